// The registers of a thread in an exception message, and what of the reply goes back into them. Owns no state.
// Source modelled: fiasco-kernel.md 8.4 (layout), 8.5 (selective application).

import { TAG_ERROR, wordsOf } from './message_tag.ts';
import { type Activity, type Thread, utcbOf } from './thread.ts';
import type { Utcb } from './utcb.ts';

type ExceptionActivity = Extract<Activity, { kind: 'exception' }>;

/** Condition flags, IT bits, GE bits and the Thumb bit may be set by a reply; mode and masks may not. */
const PSR_FROM_REPLY = 0xfe0f_fc20;
const PSR_USER = 0x10;
const PSR_SUPERVISOR = 0x13;
const PSR_MODE = 0x1f;

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
  if ((tag & TAG_ERROR) === 0) return;
  utcbOf(thread).open();
  utcbOf(thread).words[127] = from.mr(25);
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
