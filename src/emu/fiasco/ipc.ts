// The IPC algorithm: send phase, receive phase, direct switching, and what happens when a sleeping thread is dispatched again.
// Owns no state; a thread's `ipc` and `step` say where it is. Source modelled: fiasco-kernel.md 5.7, 5.8.

import { type DebugId, debugId } from '../numbers.ts';
import { accepts, firstSender, senderNamed } from './acceptance.ts';
import { IPC_ERROR } from './errors.ts';
import { failSend, finishIpc, OUTPUT_FLAGS } from './ipc_end.ts';
import { IpcGate } from './ipc_gate.ts';
import { deliverIrq, Irq } from './irq.ts';
import type { Kernel } from './kernel.ts';
import type { KernelObject } from './kernel_object.ts';
import { TAG_ERROR, TAG_SCHEDULE } from './message_tag.ts';
import { transferMessage } from './message_transfer.ts';
import { type Sender, Thread, frameTag, setFrameLabel, setFrameTag, utcbOf } from './thread.ts';
import { CANCEL, IPC_ABNORMAL, IPC_MASK, READY, RECEIVE_WAIT, SEND_WAIT, TIMEOUT, TRANSFER } from './thread_state.ts';
import { deadlineOf, isNever, isZero } from './timeouts.ts';

export interface IpcRequest {
  readonly target: Thread | IpcGate | null;
  readonly receive: boolean;
  /** Closed wait for this object; null waits for anybody. A call through a gate waits for the gate's thread. */
  readonly partner: KernelObject | null;
  readonly send_timeout: number;
  readonly receive_timeout: number;
  readonly rights: number;
}

/** Starts an IPC of the current thread. It may end at once, or leave the thread asleep or switched away. */
export function startIpc(kernel: Kernel, thread: Thread, request: IpcRequest): void {
  const { target } = request;
  thread.ipc = {
    send: target !== null,
    receiver: target instanceof IpcGate ? null : target,
    gate: target instanceof IpcGate ? target : null,
    receive: request.receive,
    partner: request.partner,
    send_timeout: request.send_timeout,
    receive_timeout: request.receive_timeout,
    rights: request.rights,
    through: throughOf(request),
    sent: false,
  };
  if (thread.ipc.gate !== null && kernel.denial?.(thread, thread.ipc.gate) === true) failSend(kernel, thread, IPC_ERROR.NOT_EXISTENT);
  else if (thread.ipc.send) sendPhase(kernel, thread);
  // An object operation before the receive phase may have switched to another thread already.
  else if (thread !== kernel.processor.current) thread.step = 'receive_begin';
  else receivePhase(kernel, thread, null);
}

function throughOf({ target, partner }: IpcRequest): DebugId {
  if (target instanceof IpcGate) return target.id;
  return partner instanceof Irq ? partner.id : debugId(0);
}

/** Goes on where the thread stands inside the kernel, when it is dispatched. */
export function continueIpc(kernel: Kernel, thread: Thread): void {
  switch (thread.step) {
    case 'receive_begin':
      return receivePhase(kernel, thread, null);
    case 'receive_enter':
      return receiveEnter(kernel, thread);
    case 'receive_wait':
      return receiveWoken(kernel, thread);
    case 'receive_done':
    case 'send_done':
      return finishIpc(kernel, thread);
    case 'send_wait':
    case 'gate_wait':
      return sendWoken(kernel, thread);
    case 'user':
      throw new Error('a thread in user mode has no IPC to go on with');
  }
}

const ipcOf = (thread: Thread) => {
  if (thread.ipc === null) throw new Error(`thread ${thread.id.toString(16)} is in no IPC`);
  return thread.ipc;
};

function sendPhase(kernel: Kernel, thread: Thread): void {
  const ipc = ipcOf(thread);
  if (ipc.gate !== null && !enterGate(kernel, thread, ipc.gate)) return;
  const { receiver } = ipc;
  if (receiver === null) return failSend(kernel, thread, IPC_ERROR.NOT_EXISTENT);
  if (!accepts(kernel, receiver, thread)) return queueAt(kernel, thread, receiver);
  const mayDonate = (frameTag(thread) & TAG_SCHEDULE) === 0;
  const error = deliver(kernel, thread, receiver);
  if (error === 0) return receivePhase(kernel, thread, { receiver, mayDonate });
  // The receiver got what could be transferred and runs as after a message; of the sender's IPC nothing follows.
  utcbOf(thread).error = error;
  setFrameTag(thread, TAG_ERROR);
  if (activateReceiver(kernel, thread, { receiver, mayDonate }, { served: false, calls: false })) thread.step = 'send_done';
  else finishIpc(kernel, thread);
}

/** Resolves a gate to its thread, or waits until it has one. @returns false if the thread sleeps or has failed */
function enterGate(kernel: Kernel, thread: Thread, gate: IpcGate): boolean {
  const ipc = ipcOf(thread);
  if (!gate.alive) {
    failSend(kernel, thread, IPC_ERROR.NOT_EXISTENT);
    return false;
  }
  if (gate.thread === null) {
    if (prepareSendSleep(kernel, thread, false)) {
      gate.waiters.enqueue(thread, thread.priority);
      thread.step = 'gate_wait';
      kernel.processor.schedule();
    }
    return false;
  }
  ipc.receiver = gate.thread;
  ipc.partner = ipc.receive && ipc.partner === gate ? gate.thread : ipc.partner;
  setFrameLabel(thread, (gate.label | ipc.rights) >>> 0);
  return true;
}

function queueAt(kernel: Kernel, thread: Thread, receiver: Thread): void {
  if (!prepareSendSleep(kernel, thread)) return;
  receiver.senders.enqueue(thread, thread.priority);
  thread.step = 'send_wait';
  kernel.processor.schedule();
}

/**
 * Arms the send timeout and takes the thread off the ready state. A cancel that came before fails the send, but where a gate has no
 * thread: there the kernel does not look for it. @returns false if the send has failed at once
 */
function prepareSendSleep(kernel: Kernel, thread: Thread, cancelable = true): boolean {
  const { send_timeout } = ipcOf(thread);
  if (isZero(send_timeout)) failSend(kernel, thread, IPC_ERROR.SEND_TIMEOUT);
  else if (cancelable && (thread.state & CANCEL) !== 0) failSend(kernel, thread, IPC_ERROR.SEND_CANCELED);
  else if (armTimeout(kernel, thread, send_timeout)) {
    thread.state = (thread.state | SEND_WAIT) & ~READY;
    if (kernel.wanted.ipc_wait) reportWait(kernel, 'send', ipcOf(thread).receiver, send_timeout);
    return true;
  } else failSend(kernel, thread, IPC_ERROR.SEND_TIMEOUT);
  return false;
}

function reportWait(kernel: Kernel, phase: 'send' | 'receive', partner: KernelObject | null, timeout: number): void {
  kernel.emit({ kind: 'ipc_wait', phase, partner: partner?.id ?? null, timeout });
}

/** @returns false if the deadline has passed already */
function armTimeout(kernel: Kernel, thread: Thread, timeout: number): boolean {
  if (isNever(timeout)) return true;
  const deadline = deadlineOf(timeout, kernel.clock_us, utcbOf(thread));
  if (deadline <= kernel.clock_us) return false;
  kernel.timeouts.arm(thread, deadline);
  return true;
}

/** Transfers the sender's message; the receiver's IPC is over afterwards. @returns the sender's error, 0 if none */
function deliver(kernel: Kernel, sender: Thread, receiver: Thread): number {
  const ipc = ipcOf(sender);
  const through = ipc.gate ?? null;
  const { error, code } = transferMessage(kernel, sender, receiver, through);
  if (code !== 0) utcbOf(receiver).error = code;
  ipc.sent = true;
  if (error === 0 && ipc.receive && ipc.partner === receiver) receiver.reply = { caller: sender, rights: ipc.rights };
  receiver.state &= ~(IPC_MASK | TRANSFER);
  kernel.timeouts.disarm(receiver);
  return error;
}

/** The thread that has just got a message and is to become ready. */
interface Activation {
  readonly receiver: Thread;
  readonly mayDonate: boolean;
}

/** What its sender is about to do: take the message of somebody who waits, or wait for one alone. */
interface Sending {
  readonly served: boolean;
  readonly calls: boolean;
}

function receivePhase(kernel: Kernel, thread: Thread, activate: Activation | null): void {
  const { receive } = ipcOf(thread);
  if (receive) thread.state |= RECEIVE_WAIT;
  const expected = receive && nextSender(kernel, thread) !== undefined;
  // Where the receiver runs at once, whoever waits to send to this thread is served when it goes on.
  if (activate !== null && activateReceiver(kernel, thread, activate, { served: expected, calls: receive && ipcOf(thread).partner !== null })) thread.step = receive ? 'receive_enter' : 'receive_done';
  else if (receive) takeOrSleep(kernel, thread);
  else finishIpc(kernel, thread);
}

/** The receiver of a message becomes ready, and runs at once where the rules of donation or priority say so. */
function activateReceiver(kernel: Kernel, sender: Thread, { receiver, mayDonate }: Activation, { served, calls }: Sending): boolean {
  const { processor } = kernel;
  const donate = mayDonate && !served && (calls || processor.queue.owner !== sender);
  if (donate) {
    receiver.state |= READY;
    if (!receiver.runnable || receiver === processor.current) return false;
    processor.donateTo(receiver);
    return true;
  }
  if (!processor.deblock(receiver, 'none')) return false;
  processor.switchTo(receiver);
  return true;
}

function nextSender(kernel: Kernel, thread: Thread): Sender | undefined {
  const { partner } = ipcOf(thread);
  return partner === null ? firstSender(kernel, thread) : senderNamed(thread, partner);
}

/** Takes the message of a queued sender and gives the processor to it. It goes to its own receive phase, if it has one. */
function pull(kernel: Kernel, receiver: Thread, sender: Thread): void {
  const ipc = ipcOf(sender);
  const error = deliver(kernel, sender, receiver);
  receiver.senders.dequeue(sender);
  kernel.timeouts.disarm(sender);
  sender.state = (sender.state & ~(IPC_MASK | TRANSFER)) | (ipc.receive ? RECEIVE_WAIT : 0);
  // Quirk of this revision: a queued sender whose items could not be transferred still enters its receive phase.
  if (error !== 0) {
    utcbOf(sender).error = error;
    setFrameTag(sender, TAG_ERROR);
  } else if (!ipc.receive) setFrameTag(sender, frameTag(sender) & ~OUTPUT_FLAGS);
  sender.step = ipc.receive ? 'receive_enter' : 'send_done';
  sender.state |= READY;
  if (!sender.runnable) return finishIpc(kernel, receiver);
  // Quirk of this revision: whether the sender may preempt is asked of the slice's owner itself, so the answer is always yes.
  receiver.step = 'receive_done';
  kernel.processor.switchTo(sender);
}

/** The receiving thread has nothing to take: it sleeps until a message, its timeout or a cancel. */
function sleepReceiving(kernel: Kernel, thread: Thread): void {
  const { receive_timeout, partner } = ipcOf(thread);
  if ((thread.state & (IPC_MASK | IPC_ABNORMAL)) !== RECEIVE_WAIT) return finishIpc(kernel, thread);
  thread.state &= ~READY;
  if (isZero(receive_timeout) || (thread.timeout === null && !armTimeout(kernel, thread, receive_timeout))) thread.state |= READY | TIMEOUT;
  thread.step = 'receive_wait';
  if (kernel.wanted.ipc_wait && !thread.ready) reportWait(kernel, 'receive', partner, receive_timeout);
  // Waiting for oneself is how threads sleep and yield: the turn goes to the others of the same priority.
  if (partner === thread) kernel.processor.queue.requeue(thread);
  kernel.processor.schedule();
}

function receiveEnter(kernel: Kernel, thread: Thread): void {
  if ((thread.state & RECEIVE_WAIT) === 0) return finishIpc(kernel, thread);
  // Whoever gave the processor away before it slept looks at its own queue now.
  takeOrSleep(kernel, thread);
}

function receiveWoken(kernel: Kernel, thread: Thread): void {
  if ((thread.state & (IPC_MASK | IPC_ABNORMAL)) !== RECEIVE_WAIT) return finishIpc(kernel, thread);
  // Woken without reason: senders may have come while the thread was frozen.
  takeOrSleep(kernel, thread);
}

function takeOrSleep(kernel: Kernel, thread: Thread): void {
  const next = nextSender(kernel, thread);
  if (next === undefined) return sleepReceiving(kernel, thread);
  kernel.timeouts.disarm(thread);
  if (next instanceof Thread) return pull(kernel, thread, next);
  deliverIrq(kernel, next, thread);
  finishIpc(kernel, thread);
}

function sendWoken(kernel: Kernel, thread: Thread): void {
  const ipc = ipcOf(thread);
  if (thread.step === 'gate_wait' && (thread.state & (CANCEL | TIMEOUT)) === CANCEL) return gateCanceled(kernel, thread);
  if ((thread.state & (CANCEL | TIMEOUT)) !== 0) {
    const error = (thread.state & CANCEL) !== 0 ? IPC_ERROR.SEND_CANCELED : IPC_ERROR.SEND_TIMEOUT;
    leaveQueue(thread);
    return failSend(kernel, thread, error);
  }
  if (thread.step === 'gate_wait' && (ipc.gate === null || !ipc.gate.waiters.has(thread))) {
    thread.state &= ~SEND_WAIT;
    kernel.timeouts.disarm(thread);
    return sendPhase(kernel, thread);
  }
  // Quirk of this revision: the receiver was killed and this sender only made ready; it sleeps again, for ever without a timeout.
  thread.state &= ~READY;
  kernel.processor.schedule();
}

/**
 * Who waits for the thread of a gate and is cancelled goes on as if one had been bound; as there is none, the send fails for that, and
 * the cancel is still to come. (The kernel leaves such a thread in the gate's queue as well, which nothing but a later bind notices.)
 */
function gateCanceled(kernel: Kernel, thread: Thread): void {
  leaveQueue(thread);
  thread.state &= ~SEND_WAIT;
  kernel.timeouts.disarm(thread);
  if (ipcOf(thread).gate?.thread === null) failSend(kernel, thread, IPC_ERROR.NOT_EXISTENT);
  else sendPhase(kernel, thread);
}

/** Takes a thread out of the queue in which it waits to send. */
export function leaveQueue(thread: Thread): void {
  thread.ipc?.receiver?.senders.dequeue(thread);
  thread.ipc?.gate?.waiters.dequeue(thread);
}
