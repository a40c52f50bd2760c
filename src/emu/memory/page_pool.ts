// Copies of frames outside of the RAM, in chunks: one allocation per frame would cost ten times the copy. Owner of the copies;
// a copy is known by its number. Source of the figures: performance.md 3.1.

import { PAGE_BYTES, PAGE_SHIFT } from '../numbers.ts';

const CHUNK_SHIFT = 8;
const CHUNK_PAGES = 1 << CHUNK_SHIFT;

export class PagePool {
  readonly #chunks: Uint8Array[] = [];
  readonly #free: number[] = [];
  readonly #spare = new Uint8Array(PAGE_BYTES);
  #used = 0;

  /** Copies that exist. */
  get pages(): number {
    return this.#used;
  }

  /** Copies a frame. @returns the copy's number */
  take(ram: Uint8Array, index: number): number {
    if (this.#free.length === 0) this.#grow();
    const page = this.#free.pop() as number;
    this.#used++;
    this.#chunk(page).set(ram.subarray(index, index + PAGE_BYTES), offsetOf(page));
    return page;
  }

  /** Puts a copy back to a frame and gives the copy up. */
  put(page: number, ram: Uint8Array, index: number): void {
    ram.set(this.#content(page), index);
    this.release(page);
  }

  /** Exchanges a copy and a frame. */
  swap(page: number, ram: Uint8Array, index: number): void {
    this.#spare.set(this.#content(page));
    this.#chunk(page).set(ram.subarray(index, index + PAGE_BYTES), offsetOf(page));
    ram.set(this.#spare, index);
  }

  release(page: number): void {
    this.#used--;
    this.#free.push(page);
  }

  #grow(): void {
    const first = this.#chunks.length << CHUNK_SHIFT;
    this.#chunks.push(new Uint8Array(CHUNK_PAGES << PAGE_SHIFT));
    for (let page = first + CHUNK_PAGES - 1; page >= first; page--) this.#free.push(page);
  }

  #chunk(page: number): Uint8Array {
    return this.#chunks[page >>> CHUNK_SHIFT] as Uint8Array;
  }

  #content(page: number): Uint8Array {
    const offset = offsetOf(page);
    return this.#chunk(page).subarray(offset, offset + PAGE_BYTES);
  }
}

const offsetOf = (page: number): number => (page & (CHUNK_PAGES - 1)) << PAGE_SHIFT;
