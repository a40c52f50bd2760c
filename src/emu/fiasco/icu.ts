// The interrupt controller and, with fewer pins, the interrupt side of Vlog and Scheduler: pins to which IRQ objects are bound.
// Owner of the bindings. Source modelled: fiasco-kernel.md 6 (ICU object).

import { ERRNO } from './errors.ts';
import { CAP_W } from './flexpage.ts';
import { type Chip, Interrupt } from './interrupt.ts';
import { KernelObject } from './kernel_object.ts';
import { failure, itemsOf, labelOf, success, wordsOf } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch, itemCapability, notObject } from './object_call.ts';
import { PROTOCOL } from './protocols.ts';

/** Pins of the GIC of the captured board. */
export const GIC_PINS = 96;
/** Numbers that the kernel keeps for one chip, whatever it has: that many it tells of, and does not mind a mode for. */
const GIC_NUMBERS = 256;
/** Pins that the kernel keeps: its timer and its serial line. */
const GIC_RESERVED: readonly number[] = [36, 44];

export class Pins implements Chip {
  readonly name: 'GIC' | 'Soft';
  readonly edge: boolean;
  readonly count: number;
  readonly reserved: readonly number[];
  readonly #bound = new Map<number, Interrupt>();

  /** Pins of the interrupt controller are level triggered, those of Vlog and Scheduler software pins. */
  constructor(name: 'GIC' | 'Soft', count: number, reserved: readonly number[] = []) {
    this.name = name;
    this.edge = name === 'Soft';
    this.count = count;
    this.reserved = reserved;
  }

  /** @returns false where the pin does not exist or is taken */
  bind(pin: number, interrupt: Interrupt): boolean {
    if (pin >= this.count || this.reserved.includes(pin) || this.#bound.has(pin)) return false;
    interrupt.bindTo(this, pin);
    this.#bound.set(pin, interrupt);
    return true;
  }

  interrupt(pin: number): Interrupt | undefined {
    return this.#bound.get(pin);
  }

  release(interrupt: Interrupt): void {
    for (const [pin, bound] of this.#bound) if (bound === interrupt) this.#bound.delete(pin);
  }

  masked(): void {
    // No device raises an interrupt on this board, so a masked pin keeps nothing back.
  }

  unmasked(): void {
    // As above.
  }

  capture(): readonly (readonly [number, Interrupt])[] {
    return [...this.#bound];
  }
  rewind(captured: readonly (readonly [number, Interrupt])[]): void {
    this.#bound.clear();
    for (const [pin, irq] of captured) this.#bound.set(pin, irq);
  }

  /** Bound pins in ascending order. */
  entries(): (readonly [number, Interrupt])[] {
    return [...this.#bound].sort(([a], [b]) => a - b);
  }
}

export class Icu extends KernelObject {
  readonly type = 'Icu';
  readonly pins = new Pins('GIC', GIC_PINS, GIC_RESERVED);
}

export type PinsCall = ObjectCall<KernelObject> & { readonly pins: Pins };

/** The interrupt protocol of an object with pins; any other label is refused. The operation is looked at whatever the length. */
export function invokeIcu(call: ObjectCall<KernelObject>, pins: Pins): Result {
  if (labelOf(call.tag) !== PROTOCOL.IRQ) return failure(ERRNO.BADPROTO);
  return dispatch('Icu', call.input.mr(0), call, handlersOf(pins));
}

function handlersOf(pins: Pins): Handlers<'Icu', KernelObject> {
  const mask = ({ input, tag }: ObjectCall<KernelObject>, masked: boolean) => {
    const interrupt = wordsOf(tag) > 1 ? pins.interrupt(input.mr(1)) : undefined;
    if (masked) interrupt?.mask();
    else interrupt?.unmask();
    return null;
  };
  return {
    bind: (call) => bind(call, pins),
    unbind: (call) => unbind(call, pins),
    info: ({ output }) => {
      output.setMr(0, 0);
      output.setMr(1, numbersOf(pins));
      output.setMr(2, 0);
      return success(3);
    },
    msi_info: ({ tag, output }) => {
      if (wordsOf(tag) < 2 || pins.name !== 'GIC') return failure(ERRNO.INVAL);
      output.setMr(0, 0);
      return success(1);
    },
    unmask: (call) => mask(call, false),
    mask: (call) => mask(call, true),
    set_mode: (call) => setMode(call, pins),
  };
}

const numbersOf = (pins: Pins): number => (pins.name === 'GIC' ? GIC_NUMBERS : pins.count);

/** The interrupt that the item names, or the tag of the refusal. */
function namedInterrupt(call: ObjectCall<KernelObject>): Interrupt | number {
  if (wordsOf(call.tag) < 2 || itemsOf(call.tag) === 0) return failure(ERRNO.INVAL);
  const named = itemCapability(call);
  if (named === 'not_object') return notObject(call);
  if (named === 'none' || named === 'empty' || !(named.object instanceof Interrupt)) return failure(ERRNO.INVAL);
  return (named.rights & CAP_W) === 0 ? failure(ERRNO.PERM) : named.object;
}

function bind(call: ObjectCall<KernelObject>, pins: Pins): Result {
  const interrupt = namedInterrupt(call);
  if (typeof interrupt === 'number') return interrupt;
  const pin = call.input.mr(1);
  if (pins.name === 'Soft') {
    if (pin > 0) return failure(ERRNO.INVAL);
    pins.interrupt(0)?.unbind();
  }
  interrupt.unbind();
  return pins.bind(pin, interrupt) ? success() : failure(ERRNO.PERM);
}

/** Frees the pin, whatever is bound to it: of the item only the right is asked for. */
function unbind(call: ObjectCall<KernelObject>, pins: Pins): Result {
  const interrupt = namedInterrupt(call);
  if (typeof interrupt === 'number') return interrupt;
  pins.interrupt(call.input.mr(1))?.unbind();
  return success();
}

function setMode({ tag, input }: ObjectCall<KernelObject>, pins: Pins): Result {
  if (wordsOf(tag) < 3) return failure(ERRNO.INVAL);
  const pin = input.mr(1);
  if (pins.name === 'GIC') return pin < numbersOf(pins) ? success() : failure(ERRNO.NODEV);
  if (pin !== 0) return failure(ERRNO.INVAL);
  pins.interrupt(0)?.switchMode(true);
  return success();
}
