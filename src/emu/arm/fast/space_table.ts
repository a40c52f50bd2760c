// The cached translations that the module looks at itself, for as many address spaces as there is room for. Owner of that part of
// the engine's area; all of it can be filled again from the MMU at any time.

import type { Translation } from '../../memory/translation.ts';
import { PAGE_BYTES } from '../../numbers.ts';
import { AT_SPACE, DATA_ENTRIES, HALF_CODE_ENTRIES, READ_ADDEND, READ_TAG, SPACE_BYTES, SPACES, SPACES_FROM, WORD_CODE_ENTRIES, WRITE_ADDEND, WRITE_TAG } from './layout.ts';

const PAGE_MASK = -PAGE_BYTES;
/** Equal to no page, and to no address with the bits that an alignment wants to be 0. */
const NO_TAG = 4;
const WORDS_PER_SPACE = SPACE_BYTES >>> 2;
/** Set instead of filled: the host fills memory that may be shared word by word. */
const NO_TAGS = new Int32Array(WORDS_PER_SPACE).fill(NO_TAG);
const WORDS_PER_ENTRY = 4;

interface Space {
  readonly from: number;
  /** Number of the address space that has the room; 0 if none. Not the address space itself, which would outlive its task then. */
  holder: number;
  version: number;
  epoch: number;
}

export class SpaceTable {
  readonly #area: Int32Array;
  readonly #spaces: readonly Space[];
  /** The rooms that are held, by the numbers of who holds them. */
  readonly #held = new Map<number, Space>();
  #next = 0;
  /** The address space that is used, which has the current room. */
  #owner: Translation | null = null;
  #current: Space;

  constructor(area: Int32Array) {
    this.#area = area;
    this.#spaces = Array.from({ length: SPACES }, (_, k) => ({ from: (SPACES_FROM + k * SPACE_BYTES) >>> 2, holder: 0, version: 0, epoch: 0 }));
    this.#current = this.#spaces[0] as Space;
  }

  /** Lets go of all address spaces. */
  forget(): void {
    for (const space of this.#spaces) space.holder = 0;
    this.#held.clear();
    this.#owner = null;
  }

  /** Accesses go through this address space from now on. */
  use(translation: Translation): void {
    if (this.#owner === translation) return;
    const space = this.#held.get(translation.number) ?? this.#take(translation);
    this.#owner = translation;
    this.#current = space;
    this.#area[AT_SPACE >>> 2] = space.from << 2;
  }

  /** The room that was taken longest ago, emptied. */
  #take(translation: Translation): Space {
    const space = this.#spaces[this.#next] as Space;
    this.#next = (this.#next + 1) % SPACES;
    this.#held.delete(space.holder);
    space.holder = translation.number;
    space.version = translation.version;
    this.#held.set(space.holder, space);
    this.#clear(space);
    return space;
  }

  /** Drops translations that the address space has lost since, and permissions to write that are void in this epoch of the memory. */
  refresh(epoch: number): void {
    const space = this.#current;
    const version = this.#owner?.version ?? 0;
    if (version !== space.version) {
      space.version = version;
      this.#clear(space);
    } else if (epoch !== space.epoch) this.#clearTags(space.from + ((DATA_ENTRIES + WRITE_TAG) >>> 2));
    space.epoch = epoch;
  }

  /** Drops everything that is known about code, in all spaces. */
  forgetCode(): void {
    for (const { from, holder } of this.#spaces) {
      if (holder === 0) continue;
      this.#clearTags(from + (WORD_CODE_ENTRIES >>> 2));
      this.#clearTags(from + (HALF_CODE_ENTRIES >>> 2));
    }
  }

  #clear(space: Space): void {
    this.#area.set(NO_TAGS, space.from);
  }

  #clearTags(from: number): void {
    for (let at = from; at < from + 256 * WORDS_PER_ENTRY; at += WORDS_PER_ENTRY) this.#area[at] = NO_TAG;
  }

  #entry(address: number): number {
    return this.#current.from + ((DATA_ENTRIES + (((address >>> 8) ^ (address >>> 16)) & 0xff0)) >>> 2);
  }

  /** The page of an address may be read; `index` is where the address lies in memory. */
  allowReads(address: number, index: number): void {
    const at = this.#entry(address);
    this.#area[at + (READ_TAG >>> 2)] = address & PAGE_MASK;
    this.#area[at + (READ_ADDEND >>> 2)] = index - address;
  }

  allowWrites(address: number, index: number): void {
    const at = this.#entry(address);
    this.#area[at + (WRITE_TAG >>> 2)] = address & PAGE_MASK;
    this.#area[at + (WRITE_ADDEND >>> 2)] = index - address;
  }
}
