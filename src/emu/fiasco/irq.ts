// IRQ objects: interrupts, and Genode's blocking primitive, a counting semaphore bound to one thread. Owner of count and binding.
// Source modelled: fiasco-kernel.md 6, Appendix C.2.

import { accepts } from './acceptance.ts';
import type { Kernel } from './kernel.ts';
import { KERNEL_COST } from './cost.ts';
import { ERRNO } from './errors.ts';
import { Interrupt } from './interrupt.ts';
import { failure, itemsOf, labelOf, success, wordsOf } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch, itemCapability, notObject } from './object_call.ts';
import { PROTOCOL } from './protocols.ts';
import { IRQ_SENDER_PRIORITY } from './sender_queue.ts';
import { Thread, setFrameLabel, setFrameTag } from './thread.ts';
import { IPC_MASK, TRANSFER } from './thread_state.ts';

export const DETACHED_LABEL = 0xffff_ffff;
/** Triggers that are counted at most. */
export const IRQ_COUNT_MAX = 0x7fff_ffff;

export class Irq extends Interrupt {
  thread: Thread | null = null;
  label = DETACHED_LABEL;
  /** Triggers that have not been received yet. */
  queued = 0;
  /** Masked at the second pending hit and unmasked when one is left, instead of at each hit. Stays when the pin is given up. */
  edge = false;

  switchMode(edge: boolean): void {
    this.edge = edge;
  }

  /** One more trigger. Only the first of several is delivered or queued; the others are counted. */
  hit(kernel: Kernel, queue_only = false): void {
    if (!this.edge || this.queued > 0) this.mask();
    if (this.queued >= IRQ_COUNT_MAX) return;
    this.queued++;
    if (this.queued > 1 || this.thread === null) return;
    offer(kernel, this, this.thread, queue_only);
  }
}

const HANDLERS: Handlers<'IRQ', Irq> = {
  eoi: unmask,
  unmask,
  attach,
  trigger,
  read_count: ({ output, object }) => {
    output.setMr(0, object.queued);
    return success(1);
  },
  write_count: writeCount,
};

export function invokeIrq(call: ObjectCall<Irq>): Result {
  if (labelOf(call.tag) !== PROTOCOL.IRQ) return failure(ERRNO.BADPROTO);
  if (wordsOf(call.tag) < 1) return failure(ERRNO.INVAL);
  return dispatch('IRQ', call.input.mr(0) & 0xffff, call, HANDLERS);
}

function unmask({ object }: ObjectCall<Irq>): Result {
  if (object.queued < 1) object.unmask();
  return null;
}

function trigger({ kernel, object }: ObjectCall<Irq>): Result {
  object.hit(kernel);
  return null;
}

function attach(call: ObjectCall<Irq>): Result {
  const { kernel, object, caller, input } = call;
  if (itemsOf(call.tag) === 0) {
    detach(kernel, object);
    return success();
  }
  const named = itemCapability(call);
  if (named === 'not_object') return notObject(call);
  if (object.thread !== null) return failure(ERRNO.INVAL);
  // A capability that is no thread means the calling thread; Genode's signal client passes its gate and relies on that.
  const thread = typeof named === 'object' && named.object instanceof Thread ? named.object : caller;
  object.thread = thread;
  thread.references++;
  object.queued = 0;
  object.label = input.mr(1);
  if (kernel.wanted.irq_attached) kernel.emit({ kind: 'irq_attached', irq: object.id, to: thread.id });
  return success();
}

/** The count stays as it is; the next attach clears it. */
export function detach(kernel: Kernel, irq: Irq): void {
  const { thread } = irq;
  irq.label = DETACHED_LABEL;
  irq.mask();
  if (thread === null) return;
  thread.senders.dequeue(irq);
  irq.thread = null;
  if (kernel.wanted.irq_detached) kernel.emit({ kind: 'irq_detached', irq: irq.id });
  kernel.release(thread);
}

function offer(kernel: Kernel, irq: Irq, thread: Thread, queue_only = false): void {
  if (!accepts(kernel, thread, irq)) {
    thread.senders.enqueue(irq, IRQ_SENDER_PRIORITY);
    return;
  }
  // Who has begun to wait without having slept yet is in its turn already.
  const awake = thread.ready;
  deliverIrq(kernel, irq, thread);
  if (queue_only || awake) kernel.processor.wake(thread);
  else if (kernel.processor.deblock(thread)) kernel.processor.switchTo(thread);
}

/** Gives one trigger to a receiving thread: tag 0, the label, no words. */
export function deliverIrq(kernel: Kernel, irq: Irq, receiver: Thread): void {
  kernel.charge(KERNEL_COST.ipc);
  irq.queued--;
  if (irq.edge && irq.queued === 1) irq.unmask();
  if (irq.queued < 1) receiver.senders.dequeue(irq);
  else if (!receiver.senders.has(irq)) receiver.senders.enqueue(irq, IRQ_SENDER_PRIORITY);
  setFrameTag(receiver, 0);
  setFrameLabel(receiver, irq.label);
  receiver.state &= ~(IPC_MASK | TRANSFER);
  kernel.timeouts.disarm(receiver);
  if (kernel.wanted.ipc_transfer) {
    kernel.emit({ kind: 'ipc_transfer', from: irq.id, to: receiver.id, object: irq.id, phase: 'irq', tag: 0, label: irq.label, words: [] });
  }
}

/** Sets the pending count, as a restorer must after attaching (attaching clears it). */
function writeCount({ kernel, object, tag, input }: ObjectCall<Irq>): Result {
  if (wordsOf(tag) < 2 || input.mr(1) > IRQ_COUNT_MAX) return failure(ERRNO.INVAL);
  object.thread?.senders.dequeue(object);
  object.queued = input.mr(1);
  if (object.queued > 0 && object.thread !== null) offer(kernel, object, object.thread);
  return success();
}
