// The page table of one task: 4 KiB pages in tables of 256, and 1 MiB sections. Owner of the translations only; who mapped what
// to whom is the mapping database's (fiasco-kernel.md 8.3, 9).

import { PAGE_SHIFT } from '../numbers.ts';
import type { Translation } from './translation.ts';

export const SECTION_SHIFT = 20;
const SECTIONS = 4096;
const PAGES_PER_SECTION = 1 << (SECTION_SHIFT - PAGE_SHIFT);
const RIGHTS_MASK = 7;

interface CapturedTables {
  readonly sections: Uint32Array;
  readonly tables: readonly (readonly [number, Uint32Array])[];
}

export class AddressSpace implements Translation {
  version = 0;
  /** Entries of whole sections; 0 where there is a table or nothing. */
  readonly #sections = new Uint32Array(SECTIONS);
  readonly #tables: (Uint32Array | undefined)[] = new Array<Uint32Array | undefined>(SECTIONS).fill(undefined);

  entry(page: number): number {
    const section = this.#sections[page >>> 8] as number;
    if (section !== 0) return section + ((page & (PAGES_PER_SECTION - 1)) << PAGE_SHIFT);
    const table = this.#tables[page >>> 8];
    return table === undefined ? 0 : (table[page & (PAGES_PER_SECTION - 1)] as number);
  }

  /** True where the megabyte of this page has a table of pages: a fault there is a page fault, else a section fault. */
  hasTable(page: number): boolean {
    return this.#tables[page >>> 8] !== undefined;
  }

  /** Enters a page. `entry` = byte index of the frame | rights, 0 removes it. There must be no section. */
  setPage(page: number, entry: number): void {
    const at = page >>> 8;
    if (this.#sections[at] !== 0) throw new Error(`page ${page} lies in a section`);
    let table = this.#tables[at];
    if (table === undefined) {
      if (entry === 0) return;
      table = new Uint32Array(PAGES_PER_SECTION);
      this.#tables[at] = table;
    }
    this.#countChange(table[page & (PAGES_PER_SECTION - 1)] as number, entry);
    table[page & (PAGES_PER_SECTION - 1)] = entry;
  }

  /** Enters a section (entry as above, the frame's index is section aligned); its pages must have been removed before. */
  setSection(section: number, entry: number): void {
    this.#countChange(this.#sections[section] as number, entry);
    this.#sections[section] = entry;
    if (entry !== 0) this.#tables[section] = undefined;
  }

  capture(): CapturedTables {
    const tables: [number, Uint32Array][] = [];
    for (let at = 0; at < SECTIONS; at++) {
      const table = this.#tables[at];
      if (table !== undefined) tables.push([at, table.slice()]);
    }
    return { sections: this.#sections.slice(), tables };
  }

  /** All cached translations are void afterwards. */
  rewind({ sections, tables }: CapturedTables): void {
    this.#sections.set(sections);
    this.#tables.fill(undefined);
    for (const [at, table] of tables) this.#tables[at] = table.slice();
    this.version++;
  }

  #countChange(before: number, after: number): void {
    const lost = before & RIGHTS_MASK & ~after;
    if (before !== 0 && (lost !== 0 || (before & ~RIGHTS_MASK) !== (after & ~RIGHTS_MASK))) this.version++;
  }
}
