// Address allocator: ranges of numbers (virtual or physical addresses, capability ids), handed out by the best-fit rule of
// Genode 16.08 with its peculiarities. Owns the blocks of its ranges. Source modelled: genode-16.08-abi.md 1.5 and 5.2.

import type { Plain } from '../../emu/plain.ts';
import { Fields, recordOf } from '../../emu/saved.ts';
import type { Block } from './block_nodes.ts';
import { alignUp, BlockTree, type SavedNode } from './block_tree.ts';

export const ALLOCATOR_STATE_VERSION = 1;

export type AllocatorState = {
  readonly version: number;
  /** The tree in pre-order; children are positions in this list. */
  readonly nodes: readonly SavedNode[];
};

const HIGHEST_ADDRESS = 0xffff_ffff;
const MEGABYTE = 1024 * 1024;
const NODE_NUMBERS = ['base', 'size', 'depth', 'max_avail', 'left', 'right'] as const;

export class AllocatorAvl {
  #tree: BlockTree;

  /** Empty, or a copy. */
  constructor(like?: AllocatorAvl) {
    this.#tree = new BlockTree(like === undefined ? undefined : like.#tree);
  }

  /** Hands a range over to the allocator. False, and nothing changed, if a part of it is there already. */
  addRange(base: number, size: number): boolean {
    checkRange(base, size);
    if (this.#tree.findOverlapping(base, size) !== undefined) return false;
    this.#addFree(base, size);
    return true;
  }

  /** Takes a range away, used or not; parts that are not there do not matter. */
  removeRange(base: number, size: number): void {
    checkRange(base, size);
    for (;;) {
      const index = this.#tree.findOverlapping(base, size);
      if (index === undefined) return;
      const from = this.#tree.base(index);
      const start = Math.max(base, from);
      const end = Math.min(base + size, from + this.#tree.size(index));
      this.#cut(index, start, end - start);
    }
  }

  /** Allocates anywhere between `from` and `to` (the last address that may be used). */
  alloc(size: number, alignLog2: number, from = 0, to = HIGHEST_ADDRESS): number | undefined {
    checkSize(size);
    const align = 2 ** alignLog2;
    const index = this.#tree.findBestFit(size, align, from, to);
    if (index === undefined) return undefined;
    const start = alignUp(Math.max(this.#tree.base(index), from), align);
    this.#take(index, start, size);
    return start;
  }

  /** Allocates exactly this range. False, and nothing changed, unless it is free and inside one block. */
  allocAt(base: number, size: number): boolean {
    checkSize(size);
    const index = this.#tree.findContaining(base, size);
    if (index === undefined || this.#tree.used(index)) return false;
    this.#take(index, base, size);
    return true;
  }

  /** Frees the used block that contains the address; false if there is none. */
  free(address: number): boolean {
    const index = this.#tree.findContaining(address, 1);
    if (index === undefined) return false;
    if (!this.#tree.used(index)) return false;
    const [base, size] = [this.#tree.base(index), this.#tree.size(index)];
    this.#tree.remove(index);
    this.#addFree(base, size);
    return true;
  }

  /** The block, free or used, that contains the address. */
  blockAt(address: number): Block | undefined {
    const index = this.#tree.findContaining(address, 1);
    return index === undefined ? undefined : this.#tree.block(index);
  }

  /** All blocks, free and used, ascending by address. */
  blocks(): Block[] {
    return [...this.#tree.indices()].map((index) => this.#tree.block(index));
  }

  /** How many blocks there are: what the allocator needs memory for. */
  get blockCount(): number {
    return this.#tree.count;
  }

  get available_bytes(): number {
    return this.blocks().reduce((sum, block) => sum + (block.used ? 0 : block.size), 0);
  }

  /** Lines of a dump as core prints them at boot, without the line that names the allocator. */
  dump(): string[] {
    const lines: string[] = [];
    let total = 0;
    for (const index of this.#tree.indices()) {
      const { base, size, used } = this.#tree.block(index);
      const range = `[${hex8(base)},${hex8(base + size)})`;
      lines.push(` Block: ${range} size=${hex8(size)} avail=${hex8(used ? 0 : size)} max_avail=${hex8(this.#tree.maxAvail(index))}`);
      total += size;
    }
    const available = this.available_bytes;
    if (lines.length > 0) lines.push(` => mem_size=${inBytes(total)} / mem_avail=${inBytes(available)}`);
    return lines;
  }

  save(): AllocatorState {
    return { version: ALLOCATOR_STATE_VERSION, nodes: this.#tree.save() };
  }

  static restore(state: Plain): AllocatorAvl {
    const fields = new Fields('address allocator', state, ALLOCATOR_STATE_VERSION, ['nodes']);
    const allocator = new AllocatorAvl();
    allocator.#tree = BlockTree.restore(fields.list('nodes').map(nodeOf));
    return allocator;
  }

  /** Inserts a free block, merged with its free neighbours: the predecessor first. */
  #addFree(base: number, size: number): void {
    let start = base;
    let length = size;
    const before = base === 0 ? undefined : this.#tree.findContaining(base - 1, 1);
    if (before !== undefined && !this.#tree.used(before)) {
      start = this.#tree.base(before);
      length += this.#tree.size(before);
      this.#tree.remove(before);
    }
    const after = this.#tree.findContaining(start + length, 1);
    if (after !== undefined && !this.#tree.used(after)) {
      length += this.#tree.size(after);
      this.#tree.remove(after);
    }
    this.#tree.insert(start, length, false);
  }

  #take(index: number, base: number, size: number): void {
    this.#cut(index, base, size);
    this.#tree.insert(base, size, true);
  }

  /** Replaces a block by what remains of it in front of and behind the range; the remainders are free. */
  #cut(index: number, base: number, size: number): void {
    const from = this.#tree.base(index);
    const blockEnd = from + this.#tree.size(index);
    this.#tree.remove(index);
    if (base > from) this.#tree.insert(from, base - from, false);
    const end = base + size;
    if (end < blockEnd) this.#tree.insert(end, blockEnd - end, false);
  }
}

/** As on the board, the end of a range that reaches the end of the address space prints as 0. */
const hex8 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
const inBytes = (bytes: number): string => `${bytes >>> 0} (${Math.floor((bytes >>> 0) / MEGABYTE)} MB)`;

function checkSize(size: number): void {
  if (!(Number.isInteger(size) && size > 0)) throw new Error(`address allocator: bad size ${size}`);
}

function checkRange(base: number, size: number): void {
  checkSize(size);
  if (!(Number.isInteger(base) && base >= 0 && size <= HIGHEST_ADDRESS + 1)) throw new Error(`address allocator: bad range ${base} + ${size}`);
}

function nodeOf(state: Plain, position: number): SavedNode {
  const what = `address allocator: node ${position}`;
  const { used, ...numbers } = recordOf(what, state);
  const bad =
    NODE_NUMBERS.find((name) => typeof numbers[name] !== 'number') ?? Object.keys(numbers).find((key) => !NODE_NUMBERS.some((name) => name === key));
  if (bad !== undefined || typeof used !== 'boolean') throw new Error(`saved state of ${what}: bad, unknown or missing field ${bad ?? 'used'}`);
  return { ...(numbers as Omit<SavedNode, 'used'>), used };
}
