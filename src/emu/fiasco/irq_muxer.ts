// IRQ muxers: interrupts that pass each hit on to all interrupts chained to them, and stay masked until every one of those has been
// unmasked again. Owner of the chain and of the count of masked members. Source modelled: fiasco-kernel.md 6 (muxer, chain).

import { ERRNO } from './errors.ts';
import { type Chip, Interrupt } from './interrupt.ts';
import type { Kernel } from './kernel.ts';
import { failure, itemsOf, labelOf, success, wordsOf } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch, itemCapability, notObject } from './object_call.ts';
import { PROTOCOL } from './protocols.ts';

export class IrqMuxer extends Interrupt implements Chip {
  readonly name = 'Bcast';
  readonly edge = false;
  /** The interrupt chained last comes first, and is hit first. */
  chained: Interrupt[] = [];
  masked_members = 0;

  masked(): void {
    this.masked_members++;
    if (this.masked_members === 1) this.mask();
  }

  unmasked(): void {
    this.masked_members--;
    if (this.masked_members === 0) this.unmask();
  }

  release(interrupt: Interrupt): void {
    const at = this.chained.indexOf(interrupt);
    if (at < 0) return;
    this.chained.splice(at, 1);
    if (interrupt.is_masked) this.unmasked();
  }

  switchMode(): void {
    // A muxer passes every hit on, whatever the trigger mode of its pin.
  }

  /** The real muxer is left in the middle of its chain when a receiver preempts it, and goes on later: the others are ready then. */
  hit(kernel: Kernel, queue_only = false): void {
    const { current } = kernel.processor;
    this.mask();
    const members = [...this.chained];
    for (const member of members) member.is_masked = true;
    this.masked_members += members.length;
    for (const member of members) member.hit(kernel, queue_only || kernel.processor.current !== current);
  }
}

const HANDLERS: Handlers<'IRQ muxer', IrqMuxer> = { chain, trigger };

export function invokeMuxer(call: ObjectCall<IrqMuxer>): Result {
  if (labelOf(call.tag) !== PROTOCOL.IRQ) return failure(ERRNO.BADPROTO);
  if (wordsOf(call.tag) < 1) return failure(ERRNO.INVAL);
  return dispatch('IRQ muxer', call.input.mr(0) & 0xffff, call, HANDLERS);
}

function chain(call: ObjectCall<IrqMuxer>): Result {
  const { kernel, object } = call;
  if (itemsOf(call.tag) === 0) return failure(ERRNO.INVAL);
  const named = itemCapability(call);
  if (named === 'not_object') return notObject(call);
  if (named === 'none' || named === 'empty' || !(named.object instanceof Interrupt)) return failure(ERRNO.INVAL);
  const interrupt = named.object;
  if (interrupt instanceof IrqMuxer) {
    // The real muxer keeps its chain in the field with which it would join another one's: both chains would be damaged.
    kernel.unsupported('IRQ muxer chained to an IRQ muxer');
    return failure(ERRNO.INVAL);
  }
  interrupt.unbind();
  if (!interrupt.is_masked) object.masked_members++;
  interrupt.bindTo(object, null);
  object.chained.unshift(interrupt);
  return success();
}

function trigger({ kernel, object }: ObjectCall<IrqMuxer>): Result {
  object.hit(kernel);
  return null;
}

/** The muxer is gone: what was chained hangs on nothing any more. */
export function destroyMuxer(muxer: IrqMuxer): void {
  for (const interrupt of muxer.chained.splice(0)) {
    interrupt.chip = null;
    interrupt.pin = null;
  }
  muxer.unbind();
}
