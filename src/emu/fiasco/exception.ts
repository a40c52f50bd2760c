// Exception IPC: the message with all user registers, and what of the reply is taken back. Owns no state; the nested frame is the
// thread's activity. Source modelled: fiasco-kernel.md 8.1, 8.4, 8.5.

import { IPC_ERROR } from './errors.ts';
import { callSlot } from './fault_call.ts';
import type { Kernel } from './kernel.ts';
import { TAG_ERROR, TAG_FPU, makeTag, wordsOf } from './message_tag.ts';
import { PROTOCOL } from './protocols.ts';
import { restoreBuffers, saveBuffers } from './fault_call.ts';
import { type Activity, type Thread, utcbOf } from './thread.ts';
import { CANCEL, IN_EXCEPTION } from './thread_state.ts';
import type { Utcb } from './utcb.ts';

type ExceptionActivity = Extract<Activity, { kind: 'exception' }>;

/** Kinds of exceptions in the error word. */
export const ERROR_UNDEFINED = 0x0010_0000;
export const ERROR_SVC = 0x0020_0000;
export const ERROR_PREFETCH = 0x0030_0000;
export const ERROR_DATA = 0x0040_0000;
export const ERROR_TRIGGERED = 0x0050_0000;
export const ERROR_USER = 0x0001_0000;
export const ERROR_READ = 0x0002_0000;
export const ERROR_VFP = 0x0100_0000;
/** The address of an exception that has none. */
export const NO_ADDRESS = 0xffff_ffff;

/** Words that the tag announces; the kernel writes one more (8.4). */
const TAG_WORDS = 20;
/** Condition flags, IT bits, GE bits and the Thumb bit may be set by a reply; mode and masks may not. */
const PSR_FROM_REPLY = 0xfe0f_fc20;
const PSR_USER = 0x10;
const PSR_SUPERVISOR = 0x13;
const PSR_MODE = 0x1f;

/** Suspends the thread where its registers say and tells its exception handler. */
export function raiseException(kernel: Kernel, thread: Thread, address: number, error: number, reason: string): void {
  if (kernel.events.wants('exception')) {
    kernel.emit({ kind: 'exception', error, address, pc: thread.registers.r[15] as number, reason });
  }
  thread.state = (thread.state & ~CANCEL) | IN_EXCEPTION;
  thread.activity = { kind: 'exception', tag: makeTag(PROTOCOL.EXCEPTION, TAG_WORDS, 0, TAG_FPU), label: 0, address, error, saved: saveBuffers(utcbOf(thread)) };
  callSlot(kernel, thread, thread.handler);
}

/** Raises the exception that was triggered from outside. */
export function raiseTriggered(kernel: Kernel, thread: Thread): void {
  const { trigger } = thread;
  if (trigger === null) return;
  thread.registers.r[15] = trigger.pc;
  thread.registers.cpsr = trigger.psr;
  thread.trigger = null;
  raiseException(kernel, thread, NO_ADDRESS, ERROR_TRIGGERED, 'triggered');
}

export function finishException(kernel: Kernel, thread: Thread, activity: ExceptionActivity): void {
  const utcb = utcbOf(thread);
  const failed = (activity.tag & TAG_ERROR) !== 0 && utcb.error === IPC_ERROR.NOT_EXISTENT;
  restoreBuffers(utcb, activity.saved);
  thread.state &= ~IN_EXCEPTION;
  thread.activity = { kind: 'user' };
  // The handler vanished under the call: ask whom the slot names now, in the end the thread itself.
  if (failed) raiseException(kernel, thread, activity.address, activity.error, 'handler gone');
}

/** Writes the registers into the handler's message registers. */
export function writeExceptionMessage(thread: Thread, { address, error }: ExceptionActivity, to: Utcb): void {
  const { r, cpsr, tpidruro } = thread.registers;
  to.setMr(0, address);
  to.setMr(1, error);
  to.setMr(2, tpidruro);
  for (let i = 0; i <= 14; i++) to.setMr(3 + i, r[i] as number);
  to.setMr(18, thread.kernel_lr);
  to.setMr(19, r[15] as number);
  to.setMr(20, cpsr);
}

/** Takes from a reply what its length covers. Address, error word and the kernel's link register are never taken. */
export function applyExceptionReply(thread: Thread, tag: number, from: Utcb): void {
  const words = wordsOf(tag);
  const { registers, trigger } = thread;
  const { r } = registers;
  if (trigger !== null) applyBehindTrigger(thread, words, from);
  else {
    const count = words > 15 ? 13 : Math.min(words, 13);
    for (let i = 0; i < count; i++) r[i] = from.mr(3 + i);
    if (words > 19) r[15] = from.mr(19);
    if (words > 20) registers.cpsr = ((from.mr(20) & PSR_FROM_REPLY) | PSR_USER) >>> 0;
  }
  if (words > 16) r[13] = from.mr(16);
  if (words > 17) r[14] = from.mr(17);
  if ((tag & TAG_ERROR) !== 0) utcbOf(thread).words[127] = from.mr(25);
}

/** A new trigger is pending: the frame belongs to it, and the rest of the reply is block-copied over the saved trap state. */
function applyBehindTrigger(thread: Thread, words: number, from: Utcb): void {
  const { registers, trigger } = thread;
  if (trigger === null) return;
  if (words > 2) registers.tpidruro = from.mr(2);
  for (let i = 0; i < 13 && 3 + i < words; i++) registers.r[i] = from.mr(3 + i);
  if (words > 19) trigger.pc = from.mr(19);
  if (words > 20) trigger.psr = ((from.mr(20) & ~PSR_MODE) | PSR_SUPERVISOR) >>> 0;
}
