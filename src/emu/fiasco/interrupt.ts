// What senders and muxers of interrupts have in common: the mask flag, the chip they hang on, the way a hit takes.
// Owner of flag and chip. Source modelled: fiasco-kernel.md 6; the software chip is where an interrupt hangs that is bound to nothing.

import type { Kernel } from './kernel.ts';
import { KernelObject } from './kernel_object.ts';

/** What an interrupt is bound to and tells about its mask flag: a pin of a controller, or a muxer. */
export interface Chip {
  /** As listings name it. */
  readonly name: 'GIC' | 'Soft' | 'Bcast';
  /** Bound interrupts are masked at their second pending hit, not at each. */
  readonly edge: boolean;
  masked(): void;
  unmasked(): void;
  release(interrupt: Interrupt): void;
}

export abstract class Interrupt extends KernelObject {
  readonly type = 'IRQ';
  /** F=0 of the listings. */
  is_masked = true;
  /** null: the software chip, whose pins cannot be masked. */
  chip: Chip | null = null;
  /** Pin of the controller, null where it is none's. */
  pin: number | null = null;

  mask(): void {
    if (this.is_masked) return;
    this.is_masked = true;
    this.chip?.masked();
  }

  unmask(): void {
    if (!this.is_masked) return;
    this.is_masked = false;
    this.chip?.unmasked();
  }

  /** Hangs it on a chip; it leaves the one before. */
  bindTo(chip: Chip, pin: number | null): void {
    this.unbind();
    this.chip = chip;
    this.pin = pin;
    this.switchMode(chip.edge);
    if (this.is_masked) chip.masked();
    else chip.unmasked();
  }

  unbind(): void {
    this.chip?.release(this);
    this.chip = null;
    this.pin = null;
  }

  /** One more trigger. With `queue_only` a receiver becomes ready and waits for its turn. */
  abstract hit(kernel: Kernel, queue_only?: boolean): void;
  abstract switchMode(edge: boolean): void;
}
