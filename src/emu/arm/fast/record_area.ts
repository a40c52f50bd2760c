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
   * `key` names page and kind of code; `zeros` are the records of memory full of zeros, one for each part of the page's records.
   */
  of(key: number, records: number, zeros: readonly Plan[]): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const bytes = records * RECORD_BYTES * zeros.length;
    if (this.#used + bytes > LIMIT_BYTES) return 0;
    const address = RECORDS_FROM + this.#used;
    this.#used += bytes;
    this.#known.set(key, address);
    zeros.forEach((zero, part) => this.#fill((address + part * records * RECORD_BYTES) >>> 2, records, zero));
    return address;
  }

  /** Address of the records of a page, or 0 where it has none. */
  at(key: number): number {
    return this.#known.get(key) ?? 0;
  }

  #fill(from: number, records: number, plan: Plan): void {
    this.#words.set(plan, from);
    for (let done = 1; done < records; done *= 2) this.#words.copyWithin(from + done * plan.length, from, from + done * plan.length);
  }

  clear(): void {
    this.#known.clear();
    this.#used = 0;
  }
}
