// What the thread protocol understands beyond the stock kernel (extensions.ts): register exchange, freezing, the IPC phase, UTCBs.
// Owns no state. Source modelled: genode-base-foc.md 9.5a, fiasco-kernel.md 11.

import { ERRNO } from './errors.ts';
import { repeatedInstruction } from './exception.ts';
import { CAP_S } from './flexpage.ts';
import { accepts } from './acceptance.ts';
import { Irq } from './irq.ts';
import { failure, success, wordsOf } from './message_tag.ts';
import { type ObjectCall, type Result, itemCapability } from './object_call.ts';
import type { Kernel } from './kernel.ts';
import { Task, kuIndex } from './task.ts';
import { IN_SYSTEM_CALL, Thread } from './thread.ts';
import { DEAD, IPC_MASK, READY, RECEIVE_WAIT } from './thread_state.ts';
import { deadlineOf, encodeTimeout, isNever } from './timeouts.ts';
import { UTCB_ALIGN_BYTES, UTCB_BYTES, UTCB_WORDS, Utcb } from './utcb.ts';

type Call = ObjectCall<Thread>;

const REGISTER_WORDS = 18;
const KEEP = 0xffff_ffff;
const WRITE_ALL = 0x1_0000;
/** Low bits of the status register that a frame shows while its thread is inside the kernel. */
const PSR_KERNEL_MODE = 0xd3;
const PSR_LOW = 0xff;
const UTCB_COUNT_MAX = 56;
const NO_TIMEOUT = 0xffff_ffff;

/** IPC phases as `read_ipc_state` numbers them. */
export const IPC_PHASE = {
  USER: 0,
  SEND_QUEUED: 1,
  REPLY_WAIT: 2,
  IRQ_WAIT: 3,
  OPEN_WAIT: 4,
  PAGE_FAULT: 5,
  EXCEPTION: 6,
  SLEEP: 7,
} as const;

/** What of a status word user mode keeps: flags, IT and Thumb state; the mode is user mode. */
export const userStatus = (psr: number): number => ((psr & 0xfe0f_fc20) | 0x10) >>> 0;

/**
 * r0..r12, sp, lr, pc, cpsr of the user frame; a word of all ones reads, any other writes and is not returned. With the flag
 * 0x10000 in MR0, which the historic patch does not have, every word is written as it is.
 */
export function exchangeRegisters({ object, rights, tag, input, output }: Call): Result {
  if ((rights & CAP_S) === 0) return failure(ERRNO.PERM);
  if (wordsOf(tag) !== REGISTER_WORDS) return failure(ERRNO.INVAL);
  const { registers, trigger } = object;
  const keeps = (i: number): boolean => (input.mr(0) & WRITE_ALL) === 0 && input.mr(i) === KEEP;
  for (let i = 0; i < 15; i++) {
    if (keeps(1 + i)) output.setMr(1 + i, registers.r[i] as number);
    else registers.r[i] = input.mr(1 + i);
  }
  if (keeps(16)) output.setMr(16, trigger?.pc ?? (registers.r[15] as number));
  else if (trigger !== null) trigger.pc = input.mr(16);
  else registers.r[15] = input.mr(16);
  // Inside a system call the frame holds the status of the kernel entry, not of the user.
  const mode = object.activity.kind === 'system_call' ? PSR_KERNEL_MODE : registers.cpsr & PSR_LOW;
  if (keeps(17)) output.setMr(17, ((registers.cpsr & ~PSR_LOW) | mode) >>> 0);
  // The frame takes the word as it is; a thread that has not run yet shows it so until it starts, others are in user mode.
  else registers.cpsr = (object.state & DEAD) !== 0 ? input.mr(17) : userStatus(input.mr(17));
  // A pending exception tells the status to go on with, as it tells the instruction pointer.
  if (!keeps(17) && trigger !== null) trigger.psr = registers.cpsr;
  return success(REGISTER_WORDS);
}

/** Stops a thread where it is. What it waits for in a closed wait may still arrive; nothing else happens to it. */
export function freeze({ kernel, caller, object, rights }: Call): Result {
  if ((rights & CAP_S) === 0) return failure(ERRNO.PERM);
  freezeThread(kernel, object);
  if (object === caller) kernel.processor.due = true;
  return success();
}

/** The same for test equipment, which is no caller. */
export function freezeThread(kernel: Kernel, thread: Thread): void {
  if (!thread.frozen) thread.timeout_left_us = thread.timeout === null ? null : thread.timeout.deadline_us - kernel.clock_us;
  thread.frozen = true;
  kernel.processor.queue.dequeue(thread);
  if (thread === kernel.processor.current) kernel.processor.due = true;
}

export function thaw({ kernel, object, rights }: Call): Result {
  if ((rights & CAP_S) === 0) return failure(ERRNO.PERM);
  thawThread(kernel, object);
  return success();
}

export function thawThread(kernel: Kernel, object: Thread): void {
  if (!object.frozen) return;
  const { ipc, timeout_left_us: left_us } = object;
  object.frozen = false;
  object.timeout_left_us = null;
  if (left_us !== null && object.timeout === null && object.step === 'receive_wait' && (object.state & (IPC_MASK | READY)) === RECEIVE_WAIT) kernel.timeouts.arm(object, kernel.clock_us + left_us);
  // What queued up meanwhile is looked at now: senders at its open wait, and its own place in a receiver's queue.
  if (ipc !== null && (object.state & IPC_MASK) === RECEIVE_WAIT && object.step === 'receive_wait' && object.senders.size > 0) object.state |= READY;
  const receiver = ipc?.receiver ?? null;
  if (receiver !== null && receiver.senders.has(object) && accepts(kernel, receiver, object) && receiver.step === 'receive_wait') kernel.processor.wake(receiver);
  if (object.ready) kernel.processor.wake(object);
}

function phaseOf(thread: Thread): number {
  const { activity, ipc } = thread;
  if (activity.kind === 'page_fault') return IPC_PHASE.PAGE_FAULT;
  if (activity.kind === 'exception') return IPC_PHASE.EXCEPTION;
  if (ipc === null || thread.step === 'receive_done' || thread.step === 'send_done') return IPC_PHASE.USER;
  if (thread.step === 'send_wait' || thread.step === 'gate_wait') return IPC_PHASE.SEND_QUEUED;
  if (thread.step !== 'receive_begin' && (thread.state & IPC_MASK) !== RECEIVE_WAIT) return IPC_PHASE.USER;
  if (ipc.partner === null) return IPC_PHASE.OPEN_WAIT;
  if (ipc.partner === thread) return IPC_PHASE.SLEEP;
  return ipc.partner instanceof Irq ? IPC_PHASE.IRQ_WAIT : IPC_PHASE.REPLY_WAIT;
}

/**
 * MR0 phase, MR1 partner, MR2 object invoked, MR3 timeout left in us (of a frozen thread: when it was frozen), MR4 and MR5 reply slot, MR6 pending
 * count of the IRQ or, in an exception, by how much the pc is behind the instruction that raised it, MR7 own id, MR8 the status word with which
 * that instruction is executed again.
 */
export function readIpcState({ kernel, object, rights, output }: Call): Result {
  if ((rights & CAP_S) === 0) return failure(ERRNO.PERM);
  const { ipc, reply } = object;
  const phase = phaseOf(object);
  const again = repeatedInstruction(object);
  const partner = phase === IPC_PHASE.SEND_QUEUED ? (ipc?.receiver ?? ipc?.gate ?? null) : (ipc?.partner ?? null);
  output.setMr(0, phase);
  output.setMr(1, phase === IPC_PHASE.USER ? 0 : (partner?.id ?? 0));
  output.setMr(2, phase === IPC_PHASE.USER ? 0 : (ipc?.through ?? 0));
  output.setMr(3, phase === IPC_PHASE.USER ? NO_TIMEOUT : timeLeft(object, phase, kernel.clock_us));
  output.setMr(4, reply?.caller.id ?? 0);
  output.setMr(5, reply?.rights ?? 0);
  output.setMr(6, phase === IPC_PHASE.IRQ_WAIT && partner instanceof Irq ? partner.queued : again === null ? 0 : ((object.registers.r[15] as number) - again.pc) >>> 0);
  output.setMr(7, object.id);
  output.setMr(8, again?.psr ?? object.registers.cpsr);
  return success(9);
}

/** What is left of the timeout of the phase: all of it before the wait has begun, nothing where it is over and the thread did not run since. */
export function timeLeft({ ipc, step, utcb, timeout, timeout_left_us }: Thread, phase: number, clock_us: number): number {
  const bounded = (left_us: number): number => Math.min(Math.max(left_us, 0), NO_TIMEOUT - 1);
  if (timeout_left_us !== null) return bounded(timeout_left_us);
  if (timeout !== null) return bounded(timeout.deadline_us - clock_us);
  const wanted = phase === IPC_PHASE.SEND_QUEUED ? ipc?.send_timeout : ipc?.receive_timeout;
  if (wanted === undefined || isNever(wanted) || utcb === null) return NO_TIMEOUT;
  return step === 'receive_begin' || step === 'receive_enter' ? bounded(deadlineOf(wanted, clock_us, utcb) - clock_us) : 0;
}

/** Puts a thread that has not run yet (dead, or frozen since it was made) into the wait for the reply of another one, which gets the matching reply slot. MR1 = rights, MR2 = timeout left in us. */
export function writeIpcState(call: Call): Result {
  const { kernel, object, rights, input } = call;
  if ((rights & CAP_S) === 0) return failure(ERRNO.PERM);
  const named = itemCapability(call);
  if (typeof named === 'string' || !(named.object instanceof Thread) || wordsOf(call.tag) < 3) return failure(ERRNO.INVAL);
  const partner = named.object;
  const left_us = input.mr(2) === NO_TIMEOUT ? null : Math.max(input.mr(2), 1);
  const still = (object.state & DEAD) !== 0 || (object.frozen && object.activity.kind === 'user');
  if (!still || object.killed || !object.bound || partner === object) return failure(ERRNO.INVAL);
  object.state = RECEIVE_WAIT;
  object.step = 'receive_wait';
  object.activity = IN_SYSTEM_CALL;
  object.ipc = {
    send: true,
    receiver: partner,
    gate: null,
    receive: true,
    partner,
    send_timeout: 0,
    receive_timeout: encodeTimeout(left_us),
    rights: input.mr(1) & 3,
    through: kernel.noObject,
    sent: true,
  };
  partner.reply = { caller: object, rights: input.mr(1) & 3 };
  // Of a frozen thread it begins to run when the thread is thawed: what is restored in between is no time of its own.
  if (object.frozen) object.timeout_left_us = left_us;
  else if (left_us !== null) kernel.timeouts.arm(object, kernel.clock_us + left_us);
  return success();
}

/** MR1 = first word, MR2 = count; answers the words from MR1 on. */
export function readUtcb(call: Call): Result {
  const range = utcbRange(call, 0);
  if (typeof range === 'number') return range;
  const { first, count, utcb } = range;
  for (let i = 0; i < count; i++) call.output.setMr(1 + i, utcb.words[first + i] as number);
  return success(1 + count);
}

/** MR1 = first word, MR2 = count, the words from MR3 on. */
export function writeUtcb(call: Call): Result {
  const range = utcbRange(call, call.input.mr(2));
  if (typeof range === 'number') return range;
  const { first, count, utcb } = range;
  utcb.open();
  for (let i = 0; i < count; i++) utcb.words[first + i] = call.input.mr(3 + i);
  return success();
}

/** `payload` words follow first word and count. */
function utcbRange(call: Call, payload: number): { first: number; count: number; utcb: Utcb } | number {
  const { object, rights, tag, input } = call;
  if ((rights & CAP_S) === 0) return failure(ERRNO.PERM);
  const [first, count] = [input.mr(1), input.mr(2)];
  if (wordsOf(tag) < 3 + payload || count > UTCB_COUNT_MAX || first + count > UTCB_WORDS) return failure(ERRNO.INVAL);
  const utcb = object.utcb ?? futureUtcb(call, 3 + payload);
  return utcb === null ? failure(ERRNO.INVAL) : { first, count, utcb };
}

/**
 * The UTCB that a thread which is not bound yet is going to have: its task as an item, the address as the last word. Its task
 * may have written to it already.
 */
function futureUtcb(call: Call, at: number): Utcb | null {
  const named = itemCapability(call);
  if (typeof named === 'string' || !(named.object instanceof Task) || wordsOf(call.tag) < at + 1) return null;
  const address = call.input.mr(at);
  const index = address % UTCB_ALIGN_BYTES === 0 ? kuIndex(named.object, address, UTCB_BYTES) : -1;
  return index < 0 ? null : new Utcb(call.kernel.memory, index);
}
