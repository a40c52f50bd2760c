// Data and instruction accesses of user mode: address translation through small direct-mapped caches, access sizes, alignment and
// aborts. Owns only caches, each rebuilt from its Translation (ARM ARM A3.2, B3; SCTLR.A = 0, SCTLR.U = 1).

import { FRAME_OPEN, type PhysicalMemory } from '../memory/physical_memory.ts';
import { RIGHT_EXECUTE, RIGHT_READ, RIGHT_WRITE } from '../memory/translation.ts';
import type { Translation } from '../memory/translation.ts';
import { PAGE_BYTES, PAGE_SHIFT } from '../numbers.ts';
import type { DataFault } from './exit.ts';

/**
 * Thrown by every access that aborts; which abort it is stands in the Mmu. One object, so that throwing allocates nothing; but the host
 * takes longer to throw it than the kernel to handle the fault. Whoever can ask `allows` before does.
 */
export const GUEST_FAULT = new Error('guest access fault');

const CACHE_ENTRIES = 256;
const CACHE_MASK = CACHE_ENTRIES - 1;
const PAGE_MASK = -PAGE_BYTES;
const OFFSET_MASK = PAGE_BYTES - 1;
/** Tags are page addresses. An aligned access compares its address without the offset but with the bits that must be 0. */
const WORD_TAG = PAGE_MASK | 3;
const HALF_TAG = PAGE_MASK | 1;
/** Equal to no address under any of the masks above. */
const NO_TAG = 4;

/** Cached translations of one address space for one kind of access. */
class AccessCache {
  readonly tags = new Int32Array(CACHE_ENTRIES).fill(NO_TAG);
  /** Byte index of the page's frame in memory. */
  readonly frames = new Int32Array(CACHE_ENTRIES);
}

class SpaceCache {
  version: number;
  /** Epoch of the memory in which the frames of the write cache are open. */
  epoch = 0;
  readonly read = new AccessCache();
  readonly write = new AccessCache();
  readonly fetch = new AccessCache();

  constructor(version: number) {
    this.version = version;
  }

  clear(version: number): void {
    this.version = version;
    for (const cache of [this.read, this.write, this.fetch]) cache.tags.fill(NO_TAG);
  }

  /** A new epoch has closed all frames. */
  close(epoch: number): void {
    this.epoch = epoch;
    this.write.tags.fill(NO_TAG);
  }
}

const NOTHING_MAPPED: Translation = { number: 0, entry: () => 0, version: 0 };

export class Mmu {
  readonly words: Int32Array;
  readonly halves: Uint16Array;
  readonly #bytes: Uint8Array;
  readonly #memory: PhysicalMemory;
  #spaces = new WeakMap<Translation, SpaceCache>();
  #translation = NOTHING_MAPPED;
  #space = new SpaceCache(0);
  #readTags = this.#space.read.tags;
  #readFrames = this.#space.read.frames;
  #writeTags = this.#space.write.tags;
  #writeFrames = this.#space.write.frames;

  /** Describes the abort that was thrown or told last. */
  faultAddress = 0;
  faultWrite = false;
  faultFetch = false;
  faultCause: DataFault = 'translation';

  constructor(memory: PhysicalMemory) {
    this.words = memory.i32;
    this.halves = memory.u16;
    this.#bytes = memory.u8;
    this.#memory = memory;
  }

  /** Lets go of all address spaces. */
  forget(): void {
    this.#spaces = new WeakMap();
    this.use(NOTHING_MAPPED);
  }

  /** Accesses go through this address space from now on. */
  use(translation: Translation): void {
    if (translation !== this.#translation) {
      let space = this.#spaces.get(translation);
      if (space === undefined) {
        space = new SpaceCache(translation.version);
        this.#spaces.set(translation, space);
      }
      this.#translation = translation;
      this.#space = space;
      this.#readTags = space.read.tags;
      this.#readFrames = space.read.frames;
      this.#writeTags = space.write.tags;
      this.#writeFrames = space.write.frames;
    }
    this.refresh();
  }

  /** Drops cached translations if the address space lost any since, and those for writing if a new epoch began. */
  refresh(): void {
    const { version } = this.#translation;
    if (version !== this.#space.version) this.#space.clear(version);
    const { epoch } = this.#memory;
    if (epoch !== this.#space.epoch) this.#space.close(epoch);
  }

  #note(address: number, write: boolean, fetch: boolean, cause: DataFault): void {
    this.faultAddress = address;
    this.faultWrite = write;
    this.faultFetch = fetch;
    this.faultCause = cause;
  }

  #denied(address: number, right: number, entry: number): void {
    this.#note(address, right === RIGHT_WRITE, right === RIGHT_EXECUTE, entry === 0 ? 'translation' : 'permission');
  }

  #translate(cache: AccessCache, address: number, right: number): number {
    const slot = (address >>> PAGE_SHIFT) & CACHE_MASK;
    const tag = address & PAGE_MASK;
    if (cache.tags[slot] === tag) return (cache.frames[slot] as number) | (address & OFFSET_MASK);
    const entry = this.#translation.entry(address >>> PAGE_SHIFT);
    if ((entry & right) === 0) {
      this.#denied(address, right, entry);
      throw GUEST_FAULT;
    }
    const frame = entry & PAGE_MASK;
    if (right === RIGHT_WRITE && this.#memory.state[frame >>> PAGE_SHIFT] !== FRAME_OPEN) this.#memory.open(frame);
    cache.tags[slot] = tag;
    cache.frames[slot] = frame;
    return frame | (address & OFFSET_MASK);
  }

  /** Byte index of an address that may be fetched from, or a fault. */
  fetchIndex(address: number): number {
    return this.#translate(this.#space.fetch, address, RIGHT_EXECUTE);
  }

  /** Byte index of an address that may be read, or a fault. */
  readIndex(address: number): number {
    return this.#translate(this.#space.read, address, RIGHT_READ);
  }

  /** Byte index of an address that will be written, in a frame that is open, or a fault. */
  writeIndex(address: number): number {
    return this.#translate(this.#space.write, address, RIGHT_WRITE);
  }

  /** Faults unless all of `count` bytes (at most a page) can be read or, with `write`, written. Lowest address first. */
  probe(address: number, count: number, write: boolean): void {
    const last = (address + count - 1) | 0;
    const cache = write ? this.#space.write : this.#space.read;
    const right = write ? RIGHT_WRITE : RIGHT_READ;
    this.#translate(cache, address, right);
    if (((address ^ last) & PAGE_MASK) !== 0) this.#translate(cache, last & PAGE_MASK, right);
  }

  /** Whether the instruction at an address may be fetched; if not, the abort is described as if it had been thrown. */
  allowsFetch(address: number): boolean {
    return this.#allowsPage(this.#space.fetch, address, RIGHT_EXECUTE);
  }

  /** The same for all of `count` bytes (at most a page) that are to be read or written: what `probe` faults for is told. */
  allows(address: number, count: number, write: boolean): boolean {
    const last = (address + count - 1) | 0;
    const cache = write ? this.#space.write : this.#space.read;
    const right = write ? RIGHT_WRITE : RIGHT_READ;
    return this.#allowsPage(cache, address, right) && (((address ^ last) & PAGE_MASK) === 0 || this.#allowsPage(cache, last & PAGE_MASK, right));
  }

  #allowsPage(cache: AccessCache, address: number, right: number): boolean {
    if (cache.tags[(address >>> PAGE_SHIFT) & CACHE_MASK] === (address & PAGE_MASK)) return true;
    const entry = this.#translation.entry(address >>> PAGE_SHIFT);
    if ((entry & right) !== 0) return true;
    this.#denied(address, right, entry);
    return false;
  }

  /** Describes the abort of an address that should have been aligned. */
  tellMisaligned(address: number, write: boolean): void {
    this.#note(address, write, false, 'alignment');
  }

  /** Faults unless the address is a multiple of `bytes` (a power of two). */
  requireAligned(address: number, bytes: number, write: boolean): void {
    if ((address & (bytes - 1)) === 0) return;
    this.tellMisaligned(address, write);
    throw GUEST_FAULT;
  }

  loadWord(address: number): number {
    const slot = (address >>> PAGE_SHIFT) & CACHE_MASK;
    if (this.#readTags[slot] === (address & WORD_TAG)) {
      return this.words[((this.#readFrames[slot] as number) | (address & OFFSET_MASK)) >>> 2] as number;
    }
    if ((address & 3) === 0) return this.words[this.readIndex(address) >>> 2] as number;
    return this.#loadBytes(address, 4);
  }

  loadHalf(address: number): number {
    const slot = (address >>> PAGE_SHIFT) & CACHE_MASK;
    if (this.#readTags[slot] === (address & HALF_TAG)) {
      return this.halves[((this.#readFrames[slot] as number) | (address & OFFSET_MASK)) >>> 1] as number;
    }
    if ((address & 1) === 0) return this.halves[this.readIndex(address) >>> 1] as number;
    return this.#loadBytes(address, 2);
  }

  loadByte(address: number): number {
    const slot = (address >>> PAGE_SHIFT) & CACHE_MASK;
    if (this.#readTags[slot] === (address & PAGE_MASK)) {
      return this.#bytes[(this.#readFrames[slot] as number) | (address & OFFSET_MASK)] as number;
    }
    return this.#bytes[this.readIndex(address)] as number;
  }

  storeWord(address: number, value: number): void {
    const slot = (address >>> PAGE_SHIFT) & CACHE_MASK;
    if (this.#writeTags[slot] === (address & WORD_TAG)) {
      this.words[((this.#writeFrames[slot] as number) | (address & OFFSET_MASK)) >>> 2] = value;
    } else if ((address & 3) === 0) this.words[this.writeIndex(address) >>> 2] = value;
    else this.#storeBytes(address, 4, value);
  }

  storeHalf(address: number, value: number): void {
    const slot = (address >>> PAGE_SHIFT) & CACHE_MASK;
    if (this.#writeTags[slot] === (address & HALF_TAG)) {
      this.halves[((this.#writeFrames[slot] as number) | (address & OFFSET_MASK)) >>> 1] = value;
    } else if ((address & 1) === 0) this.halves[this.writeIndex(address) >>> 1] = value;
    else this.#storeBytes(address, 2, value);
  }

  storeByte(address: number, value: number): void {
    const slot = (address >>> PAGE_SHIFT) & CACHE_MASK;
    if (this.#writeTags[slot] === (address & PAGE_MASK)) {
      this.#bytes[(this.#writeFrames[slot] as number) | (address & OFFSET_MASK)] = value;
    } else this.#bytes[this.writeIndex(address)] = value;
  }

  /** Unaligned accesses, possibly over a page boundary: every page is probed before the first byte moves. */
  #loadBytes(address: number, count: number): number {
    this.probe(address, count, false);
    let value = 0;
    for (let k = 0; k < count; k++) value |= this.loadByte((address + k) | 0) << (8 * k);
    return value;
  }

  #storeBytes(address: number, count: number, value: number): void {
    this.probe(address, count, true);
    for (let k = 0; k < count; k++) this.storeByte((address + k) | 0, value >>> (8 * k));
  }
}
