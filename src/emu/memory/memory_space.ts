// A task's memory as the mapping database sees it: its mappings by address, and the table that the CPU walks. Owner of both; the
// database alone enters and removes mappings, the kernel its own fixed pages (fiasco-kernel.md 3.5, 8.3).

import { PAGE_BYTES, PAGE_SHIFT } from '../numbers.ts';
import { newStamp } from '../rewind.ts';
import { AddressSpace, SECTION_SHIFT } from './address_space.ts';

export type MappingOrder = typeof PAGE_SHIFT | typeof SECTION_SHIFT;

/** One page or section of one space, derived from `parent`'s. */
export interface MemoryMapping {
  readonly space: MemorySpace;
  readonly address: number;
  readonly order: MappingOrder;
  /** Byte index of the first frame. */
  readonly frame: number;
  rights: number;
  /** Cache attribute of the map item that made it (item bits 7..4); kept because the real page has it, without effect here. */
  cache: number;
  parent: MemoryMapping | null;
  /** In the order in which they were made; null until there is one: most mappings never have any. */
  children: Set<MemoryMapping> | null;
}

interface CapturedSpace {
  readonly stamp: number;
  readonly pages: readonly (readonly [number, MemoryMapping])[];
  readonly sections: readonly (readonly [number, MemoryMapping])[];
  readonly fixed: readonly number[];
  readonly table: ReturnType<AddressSpace['capture']>;
}

/** A task's memory as the database sees it: the mappings by address, besides the table that the CPU walks. */
export class MemorySpace {
  readonly id: number;
  readonly table = new AddressSpace();
  /** Keyed by page number of the mapping's first page. */
  readonly pages = new Map<number, MemoryMapping>();
  readonly sections = new Map<number, MemoryMapping>();
  /** Pages that the kernel itself put there (UTCB areas, entry pages): not in the database, never unmapped by user level. */
  readonly fixed = new Set<number>();
  #stamp = newStamp();
  #captured: CapturedSpace | null = null;

  constructor(id: number) {
    this.id = id;
  }

  /** To be called by whoever changes pages, sections or rights. */
  changed(): void {
    this.#stamp = newStamp();
  }

  capture(): CapturedSpace {
    if (this.#captured?.stamp !== this.#stamp) {
      const { pages, sections, fixed, table } = this;
      this.#captured = { stamp: this.#stamp, pages: [...pages], sections: [...sections], fixed: [...fixed], table: table.capture() };
    }
    return this.#captured;
  }

  rewind(captured: CapturedSpace): void {
    if (captured.stamp === this.#stamp) return;
    this.pages.clear();
    for (const [page, mapping] of captured.pages) this.pages.set(page, mapping);
    this.sections.clear();
    for (const [section, mapping] of captured.sections) this.sections.set(section, mapping);
    this.fixed.clear();
    for (const page of captured.fixed) this.fixed.add(page);
    this.table.rewind(captured.table);
    this.#stamp = captured.stamp;
    this.#captured = captured;
  }

  /** The mapping that covers an address. */
  find(address: number): MemoryMapping | undefined {
    return this.pages.get(address >>> PAGE_SHIFT) ?? this.sections.get(address >>> SECTION_SHIFT);
  }

  setFixed(address: number, entry: number): void {
    this.changed();
    this.fixed.add(address >>> PAGE_SHIFT);
    this.table.setPage(address >>> PAGE_SHIFT, entry);
  }

  clearFixed(address: number): void {
    this.changed();
    this.fixed.delete(address >>> PAGE_SHIFT);
    this.table.setPage(address >>> PAGE_SHIFT, 0);
  }

  /** True if any page of the range is mapped, by whomever. */
  occupied(address: number, size: number): boolean {
    for (let at = address; at < address + size; at += PAGE_BYTES) if (this.table.entry(at >>> PAGE_SHIFT) !== 0) return true;
    return false;
  }
}
