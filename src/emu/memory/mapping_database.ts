// Mapping, granting and taking back memory between spaces: revoking a mapping takes back all that was derived from it. A section is never
// split: what concerns a part of one concerns it as a whole. Owner of the trees of mappings, which are mapping_trees.ts' (fiasco-kernel.md 3.5,
// 8.3; where it is silent, what the kernel's own map_util.cpp, mapdb.cpp and mapping_tree.cpp do).

import { LIMIT_MEMORY_MAPPINGS } from '../limits.ts';
import { PAGE_BYTES, PAGE_SHIFT } from '../numbers.ts';
import { SECTION_SHIFT } from './address_space.ts';
import { addChild, type CapturedMappings, MappingTrees } from './mapping_trees.ts';
import type { MappingOrder, MemoryMapping, MemorySpace } from './memory_space.ts';
import { RIGHT_READ } from './translation.ts';

export const SECTION_BYTES = 1 << SECTION_SHIFT;
/** First address that user level cannot map (8.1). */
export const USER_END = 0xc000_0000;

export interface MapRange {
  readonly from: number;
  readonly to: number;
  readonly size: number;
  readonly rights: number;
  readonly cache: number;
  readonly grant: boolean;
}

/** What became of a range that was to be mapped. */
export interface Mapped {
  /** False where the kernel ran out of memory on the way. */
  readonly complete: boolean;
  /** Where the source has no page in the range, not even one of the kernel's: the last hole that was looked at; else null. */
  readonly hole: number | null;
  /** The source address from which on a grant was a map only, since it named a part of a section; null: nowhere. */
  readonly demoted: number | null;
}

const bytesOf = ({ order }: MemoryMapping): number => (order === PAGE_SHIFT ? PAGE_BYTES : SECTION_BYTES);

/** From an address where nothing is mapped to the next where something may be: a megabyte without a table has no pages. */
const holeBytes = (space: MemorySpace, address: number): number => (space.table.hasTable(address >>> PAGE_SHIFT) ? PAGE_BYTES : SECTION_BYTES - (address % SECTION_BYTES));

export class MappingDatabase {
  readonly trees: MappingTrees;

  /** `limit` is how many mappings there can be. */
  constructor(limit = LIMIT_MEMORY_MAPPINGS) {
    this.trees = new MappingTrees(limit);
  }

  get count(): number {
    return this.trees.count;
  }

  capture(): CapturedMappings {
    return this.trees.capture();
  }

  /** Brings the trees back; the spaces bring back their own side. */
  rewind(captured: CapturedMappings): void {
    this.trees.rewind(captured);
  }

  /** Gives a space memory that nobody else mapped to it. */
  mapRoot(space: MemorySpace, address: number, order: MappingOrder, frame: number, rights: number): void {
    this.trees.insert(space, address, order, frame, rights, 0, null);
  }

  /** Maps a range of one space to another, page by page; holes of the source stay holes. */
  map(source: MemorySpace, target: MemorySpace, range: MapRange): Mapped {
    const end = Math.min(range.size, USER_END - range.from, USER_END - range.to);
    let hole: number | null = range.from;
    let demoted: number | null = null;
    for (let at = 0; at < end; ) {
      const from = range.from + at;
      const to = range.to + at;
      const mapping = source.find(from);
      if (mapping === undefined) {
        if (hole !== null) hole = source.fixed.has(from >>> PAGE_SHIFT) ? null : from;
        at += holeBytes(source, from);
        continue;
      }
      hole = null;
      const aligned = from % SECTION_BYTES === 0 && to % SECTION_BYTES === 0 && end - at >= SECTION_BYTES;
      const whole = mapping.order === SECTION_SHIFT && aligned && !target.table.hasTable(to >>> PAGE_SHIFT);
      const order = whole ? SECTION_SHIFT : PAGE_SHIFT;
      if (range.grant && mapping.order !== order) demoted ??= from;
      if (!this.#mapOne(mapping, from, target, to, order, range, range.grant && demoted === null)) return { complete: false, hole, demoted };
      at += whole ? SECTION_BYTES : PAGE_BYTES;
    }
    return { complete: true, hole, demoted };
  }

  #mapOne(mapping: MemoryMapping, from: number, target: MemorySpace, to: number, order: MappingOrder, range: MapRange, grant: boolean): boolean {
    if (target.fixed.has(to >>> PAGE_SHIFT)) return true;
    const frame = mapping.frame + (from - mapping.address);
    const rights = (range.rights & mapping.rights) | RIGHT_READ;
    const present = target.find(to);
    if (present !== undefined) {
      if (!grant && present.parent === mapping && present.order === order && present.frame === frame) {
        // Mapped from this very place before: rights are added.
        present.rights |= rights;
        this.trees.enter(present);
        return true;
      }
      // Whatever else is there goes first: the whole of it, with what was derived from it, be it of the same frame; where the destination is
      // the source or the source was derived from it, the source as well.
      this.trees.remove(present);
      if (mapping.space.find(from) !== mapping) return true;
    }
    if (grant) return this.#move(mapping, target, to, rights, range.cache);
    return this.trees.insert(target, to, order, frame, rights, range.cache, mapping) !== null;
  }

  /** Grants: the mapping changes its place in space and keeps its place in the tree. */
  #move(mapping: MemoryMapping, target: MemorySpace, to: number, rights: number, cache: number): boolean {
    const moved = this.trees.insert(target, to, mapping.order, mapping.frame, rights, cache, mapping.parent);
    if (moved === null) return false;
    this.trees.touch();
    for (const child of mapping.children ?? []) {
      child.parent = moved;
      addChild(moved, child);
    }
    mapping.children = null;
    this.trees.remove(mapping);
    return true;
  }

  /**
   * Takes back a range: with `own` also from the space itself, and then each page and section that is touched as a whole; else only what
   * was derived from the range, sections again as a whole. Without the read right only the named rights are lost.
   */
  unmap(space: MemorySpace, address: number, size: number, rights: number, own: boolean): void {
    let end = Math.min(address + size, USER_END);
    for (let at = address; at < end; ) {
      const mapping = space.find(at);
      if (mapping === undefined) {
        at += holeBytes(space, at);
        continue;
      }
      const behind = mapping.address + bytesOf(mapping);
      if (own) end = Math.max(end, behind);
      const start = own ? mapping.frame : mapping.frame + (at - mapping.address);
      const until = mapping.frame + (Math.min(behind, end) - mapping.address);
      if (own) this.#take(mapping, rights);
      else if (mapping.children !== null) for (const child of mapping.children) if (child.frame < until && child.frame + bytesOf(child) > start) this.#take(child, rights);
      at = Math.min(behind, end);
    }
  }

  /** Everything a space has, when its task goes. */
  clearSpace(space: MemorySpace): void {
    for (const mapping of [...space.sections.values(), ...space.pages.values()]) if (space.find(mapping.address) === mapping) this.trees.remove(mapping);
  }

  /** Takes rights from a mapping and all that was derived from it; with the read right they are gone. */
  #take(mapping: MemoryMapping, rights: number): void {
    if ((rights & RIGHT_READ) !== 0) return this.trees.remove(mapping);
    mapping.rights &= ~rights;
    this.trees.enter(mapping);
    for (const child of mapping.children ?? []) this.#take(child, rights);
  }
}
