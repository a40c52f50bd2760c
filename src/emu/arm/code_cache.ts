// Decoded instructions by where in physical memory they stand. Owns them, possibly stale: who uses one compares it with memory
// first, so that nothing has to be dropped when memory changes.

import { PAGE_SHIFT } from '../numbers.ts';
import type { Instruction } from './instruction.ts';

/** Reaching the limit empties the cache. */
const LIMIT_FRAMES = 4096;

export class CodeCache {
  readonly #slots: number;
  readonly #zero: () => Instruction;
  readonly #frames = new Map<number, Instruction[]>();

  /** `slots` per frame; `zero` gives the instruction that memory full of zeros holds. */
  constructor(slots: number, zero: () => Instruction) {
    this.#slots = slots;
    this.#zero = zero;
  }

  /** The instructions of the frame at a byte index of memory. */
  of(frame: number): Instruction[] {
    const known = this.#frames.get(frame >>> PAGE_SHIFT);
    if (known !== undefined) return known;
    if (this.#frames.size >= LIMIT_FRAMES) this.#frames.clear();
    const code = new Array<Instruction>(this.#slots).fill(this.#zero());
    this.#frames.set(frame >>> PAGE_SHIFT, code);
    return code;
  }
}
