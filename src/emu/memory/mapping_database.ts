// Mapping, granting and taking back memory between spaces: revoking a mapping takes back all that was derived from it. Owner of the trees
// of mappings, which are mapping_trees.ts' (fiasco-kernel.md 3.5, 8.3).

import { LIMIT_MEMORY_MAPPINGS } from '../limits.ts';
import { PAGE_BYTES, PAGE_SHIFT } from '../numbers.ts';
import { SECTION_SHIFT } from './address_space.ts';
import { type CapturedMappings, MappingTrees } from './mapping_trees.ts';
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

export class MappingDatabase {
  readonly trees = new MappingTrees();

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

  /** Maps a range of one space to another, page by page; holes of the source stay holes. @returns false if out of memory */
  map(source: MemorySpace, target: MemorySpace, range: MapRange): boolean {
    const end = Math.min(range.size, USER_END - range.from, USER_END - range.to);
    for (let at = 0; at < end; ) {
      const from = range.from + at;
      const to = range.to + at;
      const mapping = source.find(from);
      if (mapping === undefined) {
        at += from % SECTION_BYTES === 0 && !source.table.hasTable(from >>> PAGE_SHIFT) ? SECTION_BYTES : PAGE_BYTES;
        continue;
      }
      const whole = mapping.order === SECTION_SHIFT && from % SECTION_BYTES === 0 && to % SECTION_BYTES === 0 && end - at >= SECTION_BYTES;
      const order = whole ? SECTION_SHIFT : PAGE_SHIFT;
      if (!this.#mapOne(mapping, from, target, to, order, range)) return false;
      at += whole ? SECTION_BYTES : PAGE_BYTES;
    }
    return true;
  }

  #mapOne(mapping: MemoryMapping, from: number, target: MemorySpace, to: number, order: MappingOrder, range: MapRange): boolean {
    const source = mapping.space;
    if (source === target && from === to) return true;
    if (this.#fixedInside(target, to, order)) return true;
    const frame = mapping.frame + (from - mapping.address);
    const rights = (range.rights & mapping.rights) | RIGHT_READ;
    const present = target.find(to);
    if (present !== undefined && present.order === order && present.frame === frame) {
      present.rights |= rights;
      this.trees.enter(present);
      return true;
    }
    if (!this.#clear(target, to, order)) return false;
    // Clearing the destination may have taken the source with it, where the one was derived from the other.
    if (source.find(from) !== mapping) return true;
    if (range.grant) return this.#move(mapping, from, target, to, order, rights, range.cache);
    return this.trees.insert(target, to, order, frame, rights, range.cache, mapping) !== null;
  }

  #fixedInside(target: MemorySpace, address: number, order: MappingOrder): boolean {
    if (order === PAGE_SHIFT) return target.fixed.has(address >>> PAGE_SHIFT);
    for (const page of target.fixed) if (page >>> (SECTION_SHIFT - PAGE_SHIFT) === address >>> SECTION_SHIFT) return true;
    return false;
  }

  /** Takes away whatever is at a destination: the whole old page, and what was derived from it. */
  #clear(target: MemorySpace, address: number, order: MappingOrder): boolean {
    const present = target.find(address);
    if (present !== undefined) this.trees.remove(present);
    // A megabyte without a table has no pages: most of what is mapped at the boot goes to such places.
    if (order === PAGE_SHIFT || !target.table.hasTable(address >>> PAGE_SHIFT)) return true;
    for (let at = address + PAGE_BYTES; at < address + SECTION_BYTES; at += PAGE_BYTES) {
      const page = target.pages.get(at >>> PAGE_SHIFT);
      if (page !== undefined) this.trees.remove(page);
    }
    return true;
  }

  /** Grants: the mapping changes its place in space and keeps its place in the tree. */
  #move(mapping: MemoryMapping, from: number, target: MemorySpace, to: number, order: MappingOrder, rights: number, cache: number): boolean {
    let moved: MemoryMapping | undefined = mapping;
    if (mapping.order !== order) {
      if (!this.#split(mapping)) return false;
      moved = mapping.space.find(from);
    }
    if (moved === undefined) return true;
    const inserted = this.trees.insert(target, to, order, moved.frame, rights, cache, moved.parent);
    if (inserted === null) return false;
    this.trees.touch();
    for (const child of moved.children) {
      child.parent = inserted;
      inserted.children.add(child);
    }
    moved.children.clear();
    this.trees.remove(moved);
    return true;
  }

  /**
   * Takes back a range: with `own` also from the space itself, else only what was derived from it. Without the read right only the
   * named rights are lost.
   */
  unmap(space: MemorySpace, address: number, size: number, rights: number, own: boolean): boolean {
    const end = Math.min(address + size, USER_END);
    for (let at = address; at < end; ) {
      const mapping = space.find(at);
      if (mapping === undefined) {
        at += at % SECTION_BYTES === 0 && !space.table.hasTable(at >>> PAGE_SHIFT) ? SECTION_BYTES : PAGE_BYTES;
        continue;
      }
      const start = mapping.frame + (at - mapping.address);
      const until = Math.min(mapping.address + (mapping.order === PAGE_SHIFT ? PAGE_BYTES : SECTION_BYTES), end);
      const whole = at === mapping.address && until - at === (mapping.order === PAGE_SHIFT ? PAGE_BYTES : SECTION_BYTES);
      if (own && !whole) {
        // A part of a section is to go: make pages of it and look again.
        if (!this.#split(mapping)) return false;
        continue;
      }
      if ((rights & RIGHT_READ) === 0) this.#strip(mapping, start, start + (until - at), rights, own);
      else if (own) this.trees.remove(mapping);
      else if (!this.#revoke(mapping, start, start + (until - at))) return false;
      at = until;
    }
    return true;
  }

  /** Everything a space has, when its task goes. */
  clearSpace(space: MemorySpace): void {
    for (const mapping of [...space.sections.values(), ...space.pages.values()]) if (space.find(mapping.address) === mapping) this.trees.remove(mapping);
  }

  #revoke(mapping: MemoryMapping, start: number, end: number): boolean {
    for (const child of [...mapping.children]) {
      const size = child.order === PAGE_SHIFT ? PAGE_BYTES : SECTION_BYTES;
      if (child.frame >= end || child.frame + size <= start) continue;
      if (child.frame >= start && child.frame + size <= end) {
        this.trees.remove(child);
        continue;
      }
      const parent = child.parent;
      if (!this.#split(child)) return false;
      if (parent !== null) return this.#revoke(parent, start, end);
    }
    return true;
  }

  #strip(mapping: MemoryMapping, start: number, end: number, rights: number, own: boolean): void {
    const size = mapping.order === PAGE_SHIFT ? PAGE_BYTES : SECTION_BYTES;
    if (mapping.frame >= end || mapping.frame + size <= start) return;
    if (own) {
      mapping.rights &= ~rights | RIGHT_READ;
      this.trees.enter(mapping);
    }
    for (const child of mapping.children) this.#strip(child, start, end, rights, true);
  }

  /** Replaces a section by 256 pages with the same rights and descendants. @returns false if out of memory */
  #split(section: MemoryMapping): boolean {
    if (this.trees.count + 256 > LIMIT_MEMORY_MAPPINGS) return false;
    const { space, parent } = section;
    const children = [...section.children];
    section.children.clear();
    this.trees.remove(section);
    const pages: MemoryMapping[] = [];
    for (let at = 0; at < SECTION_BYTES; at += PAGE_BYTES) {
      const page = this.trees.insert(space, section.address + at, PAGE_SHIFT, section.frame + at, section.rights, section.cache, parent);
      if (page !== null) pages.push(page);
    }
    for (const child of children) {
      if (child.order === SECTION_SHIFT) {
        child.parent = section;
        section.children.add(child);
        if (!this.#split(child)) return false;
      }
    }
    for (const child of [...children.filter((child) => child.order === PAGE_SHIFT), ...section.children]) {
      const page = pages[(child.frame - section.frame) >>> PAGE_SHIFT];
      if (page === undefined) throw new Error('a page of a section lies outside of it');
      child.parent = page;
      page.children.add(child);
    }
    section.children.clear();
    return true;
  }
}
