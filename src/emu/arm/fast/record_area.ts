// Records of decoded instructions, page by page of physical memory, in the engine's area. Owner of which page has which part.
// Records may be stale: the module compares each with memory before it uses it.

import { ENGINE_AREA_BYTES } from '../../memory/physical_memory.ts';
import { RECORD_BYTES, RECORDS_FROM } from './layout.ts';
import type { Plan } from './decoded.ts';

/** Bytes of the area used at most: what lies behind is never touched. */
const LIMIT_BYTES = ENGINE_AREA_BYTES - RECORDS_FROM;

export class RecordArea {
  readonly #words: Int32Array;
  /** By frame and kind of code. */
  readonly #known = new Map<number, number>();
  #used = 0;

  /** `words` is the engine's area. */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  /**
   * Address of the records of a page, or 0 where there is no room left: then `clear` makes some.
   * `key` names page and kind of code, `zero` is the record of memory full of zeros.
   */
  of(key: number, records: number, zero: Plan): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const bytes = records * RECORD_BYTES;
    if (this.#used + bytes > LIMIT_BYTES) return 0;
    const address = RECORDS_FROM + this.#used;
    this.#used += bytes;
    this.#known.set(key, address);
    const from = address >>> 2;
    this.#words.set(zero, from);
    for (let done = zero.length; done < bytes >>> 2; done *= 2) this.#words.copyWithin(from + done, from, from + done);
    return address;
  }

  clear(): void {
    this.#known.clear();
    this.#used = 0;
  }
}
