// Frames of the kernel's own part of the RAM: UTCB areas, the kernel info page's neighbours, the system-call page.
// Owner of which of these frames are in use. First fit from below, so that the choice is the same in every run.

import { PAGE_BYTES, PAGE_SHIFT } from '../numbers.ts';
import type { PlainRecord } from '../plain.ts';
import { Fields } from '../saved.ts';
import type { PhysicalMemory } from './physical_memory.ts';

const STATE_VERSION = 1;

export class FrameAllocator {
  readonly #memory: PhysicalMemory;
  /** Byte index of the first frame. */
  readonly #start: number;
  /** One byte per frame, 1 where in use. */
  readonly #used: Uint8Array;

  constructor(memory: PhysicalMemory, size_bytes: number) {
    this.#memory = memory;
    this.#start = memory.size_bytes - size_bytes;
    this.#used = new Uint8Array(size_bytes >>> PAGE_SHIFT);
  }

  /** Byte index of the first frame that this allocator owns; everything below belongs to user level. */
  get start(): number {
    return this.#start;
  }

  get free_frames(): number {
    return this.#used.reduce((free, used) => free + (used === 0 ? 1 : 0), 0);
  }

  /** @returns byte index of `count` adjacent zeroed frames, or -1 where there is no such run */
  allocate(count: number): number {
    let run = 0;
    for (let frame = 0; frame < this.#used.length; frame++) {
      run = this.#used[frame] === 0 ? run + 1 : 0;
      if (run < count) continue;
      const first = frame - count + 1;
      this.#used.fill(1, first, first + count);
      const index = this.#start + first * PAGE_BYTES;
      this.#memory.fill(index, count * PAGE_BYTES);
      return index;
    }
    return -1;
  }

  free(index: number, count: number): void {
    const first = (index - this.#start) >>> PAGE_SHIFT;
    for (let frame = first; frame < first + count; frame++) {
      if (this.#used[frame] !== 1) throw new Error(`kernel frame ${frame} is not in use`);
      this.#used[frame] = 0;
    }
  }

  capture(): Uint8Array {
    return this.#used.slice();
  }
  rewind(captured: Uint8Array): void {
    this.#used.set(captured);
  }

  save(): PlainRecord {
    return { version: STATE_VERSION, used: this.#used.slice() };
  }

  restore(state: PlainRecord): void {
    const fields = new Fields('frame allocator', state, STATE_VERSION, ['used']);
    const used = fields.bytes('used');
    if (used.length !== this.#used.length) throw new Error(`frame allocator: ${used.length} frames instead of ${this.#used.length}`);
    this.#used.set(used);
  }
}
