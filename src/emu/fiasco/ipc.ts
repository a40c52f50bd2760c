// The IPC algorithm: send phase, receive phase, direct switching, and what happens when a sleeping thread is dispatched again.
// Owns no state; a thread's `ipc` and `step` say where it is. Source modelled: fiasco-kernel.md 5.7, 5.8.

import { accepts, firstSender, senderNamed } from './acceptance.ts';
import { IPC_ERROR, RECEIVE_PHASE } from './errors.ts';
import { failSend, finishIpc, OUTPUT_FLAGS } from './ipc_end.ts';
import type { IpcGate } from './ipc_gate.ts';
import { deliverIrq } from './irq.ts';
import type { Kernel } from './kernel.ts';
import type { KernelObject } from './kernel_object.ts';
import { TAG_ERROR, TAG_SCHEDULE } from './message_tag.ts';
import { transferMessage } from './message_transfer.ts';
import { type Ipc, type Sender, Thread, frameTag, setFrameLabel, setFrameTag, utcbOf } from './thread.ts';
import { CANCEL, IPC_ABNORMAL, IPC_MASK, READY, RECEIVE_WAIT, SEND_WAIT, TIMEOUT, TRANSFER } from './thread_state.ts';
import { deadlineOf, isNever, isZero } from './timeouts.ts';

/** Starts the IPC that the current thread has begun. It may end at once, or leave the thread asleep or switched away. */
export function startIpc(kernel: Kernel, thread: Thread, ipc: Ipc): void {
  if (ipc.gate !== null && kernel.denial !== null && kernel.denial(thread, ipc.gate)) failSend(kernel, thread, IPC_ERROR.NOT_EXISTENT);
  else if (ipc.send) sendPhase(kernel, thread, ipc);
  // An object operation before the receive phase may have switched to another thread already.
  else if (thread !== kernel.processor.current) thread.step = 'receive_begin';
  else receivePhase(kernel, thread, ipc);
}

/** Goes on where the thread stands inside the kernel, when it is dispatched. */
export function continueIpc(kernel: Kernel, thread: Thread): void {
  switch (thread.step) {
    case 'receive_begin':
      return receivePhase(kernel, thread, ipcOf(thread));
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

const ipcOf = (thread: Thread): Ipc => thread.ipc ?? withoutIpc(thread);

function withoutIpc({ id }: Thread): never {
  throw new Error(`thread ${id.toString(16)} is in no IPC`);
}

function sendPhase(kernel: Kernel, thread: Thread, ipc: Ipc): void {
  if (ipc.gate !== null && !enterGate(kernel, thread, ipc, ipc.gate)) return;
  const { receiver } = ipc;
  if (receiver === null) return failSend(kernel, thread, IPC_ERROR.NOT_EXISTENT);
  if (!accepts(kernel, receiver, thread)) return queueAt(kernel, thread, receiver);
  const mayDonate = (frameTag(thread) & TAG_SCHEDULE) === 0;
  const error = deliver(kernel, thread, ipc, receiver);
  if (error === 0) return receivePhase(kernel, thread, ipc, receiver, mayDonate);
  // The receiver got what could be transferred and runs as after a message; of the sender's IPC nothing follows.
  utcbOf(thread).error = error;
  setFrameTag(thread, TAG_ERROR);
  if (activate(kernel, receiver, mayDonate && kernel.processor.queue.owner !== thread)) thread.step = 'send_done';
  else finishIpc(kernel, thread);
}

/** Resolves a gate to its thread, or waits until it has one. @returns false if the thread sleeps or has failed */
function enterGate(kernel: Kernel, thread: Thread, ipc: Ipc, gate: IpcGate): boolean {
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
function deliver(kernel: Kernel, sender: Thread, ipc: Ipc, receiver: Thread): number {
  const error = transferMessage(kernel, sender, receiver, ipc.gate);
  if (error !== 0) utcbOf(receiver).error = error | RECEIVE_PHASE;
  ipc.sent = true;
  if (error === 0 && ipc.receive && ipc.partner === receiver) receiver.reply = { caller: sender, rights: ipc.rights };
  receiver.state &= ~(IPC_MASK | TRANSFER);
  kernel.timeouts.disarm(receiver);
  return error;
}

/** `receiver` is the thread that has just got the message, if there was one, and is to become ready. */
function receivePhase(kernel: Kernel, thread: Thread, ipc: Ipc, receiver: Thread | null = null, mayDonate = false): void {
  const { receive } = ipc;
  if (receive) thread.state |= RECEIVE_WAIT;
  // Where the receiver runs at once, whoever waits to send to this thread is served when it goes on.
  if (receiver !== null && activate(kernel, receiver, mayDonate && donates(kernel, thread, ipc))) thread.step = receive ? 'receive_enter' : 'receive_done';
  else if (receive) takeOrSleep(kernel, thread, ipc);
  else finishIpc(kernel, thread);
}

/** Whether a sender gives its time slice away: nobody's message waits to be taken by it, and it waits for one sender alone or has no slice of its own. */
function donates(kernel: Kernel, sender: Thread, ipc: Ipc): boolean {
  if (ipc.receive && nextSender(kernel, sender, ipc) !== undefined) return false;
  return (ipc.receive && ipc.partner !== null) || kernel.processor.queue.owner !== sender;
}

/** The receiver of a message becomes ready, and runs at once where it is given the slice or the priorities say so. */
function activate({ processor }: Kernel, receiver: Thread, donate: boolean): boolean {
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

function nextSender(kernel: Kernel, thread: Thread, { partner }: Ipc): Sender | undefined {
  return partner === null ? firstSender(kernel, thread) : senderNamed(thread, partner);
}

/** Takes the message of a queued sender and gives the processor to it. It goes to its own receive phase, if it has one. */
function pull(kernel: Kernel, receiver: Thread, sender: Thread): void {
  const ipc = ipcOf(sender);
  const error = deliver(kernel, sender, ipc, receiver);
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
function sleepReceiving(kernel: Kernel, thread: Thread, { receive_timeout, partner }: Ipc): void {
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
  takeOrSleep(kernel, thread, ipcOf(thread));
}

function receiveWoken(kernel: Kernel, thread: Thread): void {
  if ((thread.state & (IPC_MASK | IPC_ABNORMAL)) !== RECEIVE_WAIT) return finishIpc(kernel, thread);
  // Woken without reason: senders may have come while the thread was frozen.
  takeOrSleep(kernel, thread, ipcOf(thread));
}

function takeOrSleep(kernel: Kernel, thread: Thread, ipc: Ipc): void {
  const next = nextSender(kernel, thread, ipc);
  if (next === undefined) return sleepReceiving(kernel, thread, ipc);
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
    return sendPhase(kernel, thread, ipc);
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
  const ipc = ipcOf(thread);
  if (ipc.gate?.thread === null) failSend(kernel, thread, IPC_ERROR.NOT_EXISTENT);
  else sendPhase(kernel, thread, ipc);
}

/** Takes a thread out of the queue in which it waits to send. */
export function leaveQueue(thread: Thread): void {
  thread.ipc?.receiver?.senders.dequeue(thread);
  thread.ipc?.gate?.waiters.dequeue(thread);
}
