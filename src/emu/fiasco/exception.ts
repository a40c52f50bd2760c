// Exception IPC: the message with all user registers, and what of the reply is taken back. Owns no state; the nested frame is the
// thread's activity. Source modelled: fiasco-kernel.md 8.1, 8.4, 8.5.

import { KERNEL_COST } from './cost.ts';
import { callSlot, lendBuffers, restoreBuffers } from './fault_call.ts';
import type { Kernel } from './kernel.ts';
import { TAG_ERROR, TAG_FPU, labelOf, makeTag } from './message_tag.ts';
import { PROTOCOL } from './protocols.ts';
import { type Activity, IN_USER_MODE, type Repeated, type Thread, utcbOf } from './thread.ts';
import { ALLOW_SYSCALL, CANCEL, IN_EXCEPTION } from './thread_state.ts';

type ExceptionActivity = Extract<Activity, { kind: 'exception' }>;

/** Kinds of exceptions in the error word. */
export const ERROR_UNDEFINED = 0x0010_0000;
export const ERROR_SVC = 0x0020_0000;
export const ERROR_PREFETCH = 0x0030_0000;
export const ERROR_DATA = 0x0040_0000;
export const ERROR_TRIGGERED = 0x0050_0000;
/** A system call of an alien; with ERROR_USER: the one that was allowed is over. */
const ERROR_ALIEN = ERROR_PREFETCH;
export const ERROR_USER = 0x0001_0000;
export const ERROR_READ = 0x0002_0000;
export const ERROR_VFP = 0x0100_0000;
/** The address of an exception that has none. */
export const NO_ADDRESS = 0xffff_ffff;

/** An undefined instruction whose exception message points at it and not behind it. */
export const UNDEFINED_KEEPS_PC = 0xe7ff_defe;

/** Words that the tag announces; the kernel writes one more (8.4). */
const TAG_WORDS = 20;
/** Suspends the thread where its registers say and tells its exception handler; `again` is the instruction where that is another one. */
export function raiseException(kernel: Kernel, thread: Thread, address: number, error: number, reason: string, again?: Repeated): void {
  const { registers } = thread;
  const pc = registers.r[15] as number;
  if (kernel.wanted.exception) {
    kernel.emit({ kind: 'exception', error, address, pc, reason });
  }
  kernel.charge(KERNEL_COST.fault);
  thread.state = (thread.state & ~CANCEL) | IN_EXCEPTION;
  const utcb = utcbOf(thread);
  const saved = [utcb.bufferDescriptor, utcb.buffer(0), utcb.buffer(1)];
  lendBuffers(utcb);
  thread.activity = { kind: 'exception', tag: makeTag(PROTOCOL.EXCEPTION, TAG_WORDS, 0, TAG_FPU), label: 0, address, error, saved, pc, again: again ?? { pc, psr: registers.cpsr } };
  callSlot(kernel, thread, thread.handler);
}

/** Raises the exception that was triggered from outside. */
export function raiseTriggered(kernel: Kernel, thread: Thread): void {
  const { trigger, registers } = thread;
  if (trigger === null) return;
  registers.r[15] = trigger.pc;
  registers.cpsr = trigger.psr;
  thread.trigger = null;
  if (trigger.cause === 'call') return raiseException(kernel, thread, NO_ADDRESS, ERROR_TRIGGERED, 'triggered');
  // As of an instruction that is undefined itself: the message points behind it.
  registers.r[15] = trigger.pc + (registers.thumb ? 2 : 4);
  raiseException(kernel, thread, NO_ADDRESS, ERROR_UNDEFINED, 'undefined instruction (put there by test equipment)', { pc: trigger.pc, psr: trigger.psr });
}

/** An alien is about to make a system call, or has made the one that it was allowed. */
export function raiseAlien(kernel: Kernel, thread: Thread, when: 'before' | 'behind'): void {
  raiseException(kernel, thread, NO_ADDRESS, when === 'before' ? ERROR_ALIEN : ERROR_ALIEN | ERROR_USER, `system call of an alien (${when})`);
}

/**
 * The instruction that a thread in its exception is to execute again for the same exception; null where its registers say it, or somebody
 * has set them since.
 */
export function repeatedInstruction({ activity, registers }: Thread): Repeated | null {
  if (activity.kind !== 'exception' || registers.r[15] !== activity.pc || activity.again.pc === activity.pc) return null;
  return activity.again;
}

export function finishException(thread: Thread, activity: ExceptionActivity): void {
  restoreBuffers(utcbOf(thread), activity.saved, 0);
  thread.state &= ~IN_EXCEPTION;
  thread.activity = IN_USER_MODE;
  // Whatever became of the call, the exception counts as handled: the thread goes on where its registers say.
  if ((activity.tag & TAG_ERROR) === 0 && labelOf(activity.tag) === PROTOCOL.ALLOW_SYSCALL) thread.state |= ALLOW_SYSCALL;
}
