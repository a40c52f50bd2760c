// The interrupt controller and, with fewer pins, the interrupt side of Vlog and Scheduler: pins to which IRQ objects are bound.
// Owner of the bindings. Source modelled: fiasco-kernel.md 6 (ICU object).

import { ERRNO } from './errors.ts';
import { CAP_W } from './flexpage.ts';
import { Irq } from './irq.ts';
import { KernelObject } from './kernel_object.ts';
import { failure, labelOf, success, wordsOf } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch, itemCapability } from './object_call.ts';
import { PROTOCOL } from './protocols.ts';

/** Pins of the GIC of the captured board. */
export const GIC_PINS = 96;
/** Pins that the kernel keeps: its timer and its serial line. */
const GIC_RESERVED: readonly number[] = [36, 44];

export class Pins {
  readonly count: number;
  readonly reserved: readonly number[];
  readonly #bound = new Map<number, Irq>();

  constructor(count: number, reserved: readonly number[] = []) {
    this.count = count;
    this.reserved = reserved;
  }

  /** @returns false where the pin does not exist or is taken */
  bind(pin: number, irq: Irq): boolean {
    if (pin >= this.count || this.reserved.includes(pin) || this.#bound.has(pin)) return false;
    this.#bound.set(pin, irq);
    return true;
  }

  irq(pin: number): Irq | undefined {
    return this.#bound.get(pin);
  }

  release(irq: Irq): void {
    for (const [pin, bound] of this.#bound) if (bound === irq) this.#bound.delete(pin);
  }

  /** Bound pins in ascending order. */
  entries(): (readonly [number, Irq])[] {
    return [...this.#bound].sort(([a], [b]) => a - b);
  }
}

export class Icu extends KernelObject {
  readonly type = 'Icu';
  readonly pins = new Pins(GIC_PINS, GIC_RESERVED);
}

export type PinsCall = ObjectCall<KernelObject> & { readonly pins: Pins };

/** The interrupt protocol of an object with pins; any other label is refused. */
export function invokeIcu(call: ObjectCall<KernelObject>, pins: Pins): Result {
  if (labelOf(call.tag) !== PROTOCOL.IRQ) return failure(ERRNO.BADPROTO);
  if (wordsOf(call.tag) < 1) return failure(ERRNO.INVAL);
  return dispatch('Icu', call.input.mr(0), call, handlersOf(pins));
}

function handlersOf(pins: Pins): Handlers<'Icu', KernelObject> {
  const masked = (value: boolean) => ({ input, tag }: ObjectCall<KernelObject>) => {
    const irq = wordsOf(tag) > 1 ? pins.irq(input.mr(1)) : undefined;
    if (irq !== undefined) irq.masked = value;
    return null;
  };
  return {
    bind: (call) => bind(call, pins),
    unbind: (call) => unbind(call, pins),
    info: ({ output }) => {
      output.setMr(0, 0);
      output.setMr(1, pins.count);
      output.setMr(2, 0);
      return success(3);
    },
    unmask: masked(false),
    mask: masked(true),
    set_mode: ({ input, tag }) => (wordsOf(tag) < 3 || input.mr(1) >= pins.count ? failure(ERRNO.INVAL) : success()),
  };
}

/** The IRQ that the item names, or the error. */
function namedIrq(call: ObjectCall<KernelObject>): Irq | number {
  const named = itemCapability(call);
  if (named === 'not_object' || named === 'empty' || !(named.object instanceof Irq)) return failure(ERRNO.INVAL);
  return (named.rights & CAP_W) === 0 ? failure(ERRNO.PERM) : named.object;
}

function bind(call: ObjectCall<KernelObject>, pins: Pins): Result {
  const irq = namedIrq(call);
  if (typeof irq === 'number') return irq;
  if (wordsOf(call.tag) < 2) return failure(ERRNO.INVAL);
  const pin = call.input.mr(1);
  call.kernel.unbindPins(irq);
  if (!pins.bind(pin, irq)) return failure(ERRNO.PERM);
  irq.pin = pin;
  irq.masked = true;
  return success();
}

function unbind(call: ObjectCall<KernelObject>, pins: Pins): Result {
  const irq = namedIrq(call);
  if (typeof irq === 'number') return irq;
  if (wordsOf(call.tag) < 2 || pins.irq(call.input.mr(1)) !== irq) return failure(ERRNO.INVAL);
  call.kernel.unbindPins(irq);
  return success();
}
