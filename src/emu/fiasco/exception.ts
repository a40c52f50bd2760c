// Exception IPC: the message with all user registers, and what of the reply is taken back. Owns no state; the nested frame is the
// thread's activity. Source modelled: fiasco-kernel.md 8.1, 8.4, 8.5.

import { itState } from '../arm/registers.ts';
import { KERNEL_COST } from './cost.ts';
import { callSlot, restoreBuffers, saveBuffers } from './fault_call.ts';
import type { Kernel } from './kernel.ts';
import { TAG_ERROR, TAG_FPU, labelOf, makeTag } from './message_tag.ts';
import { PROTOCOL } from './protocols.ts';
import { type Activity, type Thread, utcbOf } from './thread.ts';
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
const ERROR_KIND = 0x0070_0000;
export const ERROR_USER = 0x0001_0000;
export const ERROR_READ = 0x0002_0000;
export const ERROR_VFP = 0x0100_0000;
/** The address of an exception that has none. */
export const NO_ADDRESS = 0xffff_ffff;

/** An undefined instruction whose exception message points at it and not behind it. */
export const UNDEFINED_KEEPS_PC = 0xe7ff_defe;

/** Words that the tag announces; the kernel writes one more (8.4). */
const TAG_WORDS = 20;
/** Suspends the thread where its registers say and tells its exception handler. */
export function raiseException(kernel: Kernel, thread: Thread, address: number, error: number, reason: string): void {
  if (kernel.events.wants('exception')) {
    kernel.emit({ kind: 'exception', error, address, pc: thread.registers.r[15] as number, reason });
  }
  kernel.charge(KERNEL_COST.fault);
  thread.state = (thread.state & ~CANCEL) | IN_EXCEPTION;
  thread.activity = { kind: 'exception', tag: makeTag(PROTOCOL.EXCEPTION, TAG_WORDS, 0, TAG_FPU), label: 0, address, error, saved: saveBuffers(utcbOf(thread)) };
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
  raiseException(kernel, thread, NO_ADDRESS, ERROR_UNDEFINED, 'undefined instruction (put there by test equipment)');
}

/** An alien is about to make a system call, or has made the one that it was allowed. */
export function raiseAlien(kernel: Kernel, thread: Thread, when: 'before' | 'behind'): void {
  raiseException(kernel, thread, NO_ADDRESS, when === 'before' ? ERROR_ALIEN : ERROR_ALIEN | ERROR_USER, `system call of an alien (${when})`);
}

/**
 * By how many bytes the instruction pointer of a thread in its exception is behind the instruction that raised it, which is to be executed again for the same exception.
 * Of an undefined instruction right before the one whose exception points at itself nobody can tell which of them it was: the second is taken for it.
 */
export function behindInstruction(kernel: Kernel, { activity, registers, task }: Thread): number {
  if (activity.kind !== 'exception') return 0;
  const kind = activity.error & ERROR_KIND;
  if (kind !== ERROR_UNDEFINED && (kind !== ERROR_SVC || itState(registers.cpsr) !== 0)) return 0;
  const index = kernel.translate(task, registers.r[15] as number, false);
  const keeps = !registers.thumb && index >= 0 && kernel.memory.u32[index >>> 2] === UNDEFINED_KEEPS_PC;
  return keeps ? 0 : registers.thumb ? 2 : 4;
}

export function finishException(thread: Thread, activity: ExceptionActivity): void {
  restoreBuffers(utcbOf(thread), activity.saved);
  thread.state &= ~IN_EXCEPTION;
  thread.activity = { kind: 'user' };
  // Whatever became of the call, the exception counts as handled: the thread goes on where its registers say.
  if ((activity.tag & TAG_ERROR) === 0 && labelOf(activity.tag) === PROTOCOL.ALLOW_SYSCALL) thread.state |= ALLOW_SYSCALL;
}
