// IRQ objects: interrupts, and Genode's blocking primitive, a counting semaphore bound to one thread. Owner of count and binding.
// Source modelled: fiasco-kernel.md 6, Appendix C.2.

import { ERRNO } from './errors.ts';
import { accepts } from './acceptance.ts';
import type { Kernel } from './kernel.ts';
import { KernelObject } from './kernel_object.ts';
import { itemsOf, success, failure, labelOf, wordsOf } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch, itemCapability } from './object_call.ts';
import { PROTOCOL } from './protocols.ts';
import { IRQ_SENDER_PRIORITY } from './sender_queue.ts';
import { Thread, setFrameLabel, setFrameTag } from './thread.ts';
import { IPC_MASK, TRANSFER } from './thread_state.ts';

export const DETACHED_LABEL = 0xffff_ffff;
const COUNT_MAX = 0x7fff_ffff;

export class Irq extends KernelObject {
  readonly type = 'IRQ';
  thread: Thread | null = null;
  label = DETACHED_LABEL;
  /** Triggers that have not been received yet. */
  queued = 0;
  masked = true;
  /** Pin of the interrupt controller, null where the IRQ is a software one. */
  pin: number | null = null;
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
  if (object.queued < 1) object.masked = false;
  return null;
}

function trigger({ kernel, object }: ObjectCall<Irq>): Result {
  hit(kernel, object);
  return null;
}

function attach(call: ObjectCall<Irq>): Result {
  const { kernel, object, caller, input } = call;
  if (itemsOf(call.tag) === 0) {
    detach(kernel, object);
    return success();
  }
  if (object.thread !== null) return failure(ERRNO.INVAL);
  const named = itemCapability(call);
  // A capability that is no thread means the calling thread; Genode's signal client passes its gate and relies on that.
  const thread = typeof named === 'object' && named.object instanceof Thread ? named.object : caller;
  object.thread = thread;
  thread.references++;
  object.queued = 0;
  object.label = wordsOf(call.tag) > 1 ? input.mr(1) : 0;
  return success();
}

/** The count stays as it is; the next attach clears it. */
export function detach(kernel: Kernel, irq: Irq): void {
  const { thread } = irq;
  irq.label = DETACHED_LABEL;
  irq.masked = true;
  if (thread === null) return;
  thread.senders.dequeue(irq);
  irq.thread = null;
  kernel.release(thread);
}

/** One more trigger. Only the first of several is delivered or queued; the others are counted. */
export function hit(kernel: Kernel, irq: Irq): void {
  irq.masked = true;
  if (irq.queued >= COUNT_MAX) return;
  irq.queued++;
  if (irq.queued > 1 || irq.thread === null) return;
  offer(kernel, irq, irq.thread);
}

function offer(kernel: Kernel, irq: Irq, thread: Thread): void {
  if (!accepts(thread, irq)) {
    thread.senders.enqueue(irq, IRQ_SENDER_PRIORITY);
    return;
  }
  deliverIrq(kernel, irq, thread);
  if (kernel.processor.deblock(thread)) kernel.processor.switchTo(thread);
}

/** Gives one trigger to a receiving thread: tag 0, the label, no words. */
export function deliverIrq(kernel: Kernel, irq: Irq, receiver: Thread): void {
  irq.queued--;
  if (irq.queued < 1) receiver.senders.dequeue(irq);
  else if (!receiver.senders.has(irq)) receiver.senders.enqueue(irq, IRQ_SENDER_PRIORITY);
  setFrameTag(receiver, 0);
  setFrameLabel(receiver, irq.label);
  receiver.state &= ~(IPC_MASK | TRANSFER);
  kernel.timeouts.disarm(receiver);
  if (kernel.events.wants('ipc_transfer')) {
    kernel.emit({ kind: 'ipc_transfer', from: irq.id, to: receiver.id, object: irq.id, phase: 'irq', tag: 0, label: irq.label, words: [] });
  }
}

/** Sets the pending count, as a restorer must after attaching (attaching clears it). */
function writeCount({ kernel, object, tag, input }: ObjectCall<Irq>): Result {
  if (wordsOf(tag) < 2 || input.mr(1) > COUNT_MAX) return failure(ERRNO.INVAL);
  object.thread?.senders.dequeue(object);
  object.queued = input.mr(1);
  if (object.queued > 0 && object.thread !== null) offer(kernel, object, object.thread);
  return success();
}
