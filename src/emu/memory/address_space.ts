// The page table of one task: 4 KiB pages in tables of 256, and 1 MiB sections. Owner of the translations only; who mapped what
// to whom is the mapping database's (fiasco-kernel.md 8.3, 9). And of the numbers that address spaces have in this process.

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

let spaces = 0;
/** Numbers for address spaces, from 1 on. */
export const newSpaceNumber = (): number => ++spaces;

export class AddressSpace implements Translation {
  readonly number = newSpaceNumber();
  version = 0;
  /** Entries of whole sections; 0 where there is a table or nothing. */
  readonly #sections = new Uint32Array(SECTIONS);
  /** Where in `#tables` the table of a megabyte is, counted from 1; 0: it has none. */
  readonly #places = new Uint16Array(SECTIONS);
  /** Tables of pages with the megabyte each is for; undefined: a section has taken its place. */
  #tables: ({ readonly section: number; readonly pages: Uint32Array } | undefined)[] = [];

  entry(page: number): number {
    const section = this.#sections[page >>> 8] as number;
    if (section !== 0) return section + ((page & (PAGES_PER_SECTION - 1)) << PAGE_SHIFT);
    const pages = this.#pages(page >>> 8);
    return pages === undefined ? 0 : (pages[page & (PAGES_PER_SECTION - 1)] as number);
  }

  /** True where the megabyte of this page has a table of pages: a fault there is a page fault, else a section fault. */
  hasTable(page: number): boolean {
    return this.#places[page >>> 8] !== 0;
  }

  /** Enters a page. `entry` = byte index of the frame | rights, 0 removes it. There must be no section. */
  setPage(page: number, entry: number): void {
    const at = page >>> 8;
    if (this.#sections[at] !== 0) throw new Error(`page ${page} lies in a section`);
    let pages = this.#pages(at);
    if (pages === undefined) {
      if (entry === 0) return;
      pages = new Uint32Array(PAGES_PER_SECTION);
      this.#add(at, pages);
    }
    this.#countChange(pages[page & (PAGES_PER_SECTION - 1)] as number, entry);
    pages[page & (PAGES_PER_SECTION - 1)] = entry;
  }

  /** Enters a section (entry as above, the frame's index is section aligned); its pages must have been removed before. */
  setSection(section: number, entry: number): void {
    this.#countChange(this.#sections[section] as number, entry);
    this.#sections[section] = entry;
    const place = this.#places[section] as number;
    if (entry === 0 || place === 0) return;
    this.#tables[place - 1] = undefined;
    this.#places[section] = 0;
  }

  capture(): CapturedTables {
    const tables: [number, Uint32Array][] = [];
    for (const table of this.#tables) if (table !== undefined) tables.push([table.section, table.pages.slice()]);
    return { sections: this.#sections.slice(), tables };
  }

  /** All cached translations are void afterwards. */
  rewind({ sections, tables }: CapturedTables): void {
    this.#sections.set(sections);
    this.#tables = [];
    this.#places.fill(0);
    for (const [at, pages] of tables) this.#add(at, pages.slice());
    this.version++;
  }

  #pages(section: number): Uint32Array | undefined {
    const place = this.#places[section] as number;
    return place === 0 ? undefined : this.#tables[place - 1]?.pages;
  }

  #add(section: number, pages: Uint32Array): void {
    const vacant = this.#tables.indexOf(undefined);
    const place = vacant < 0 ? this.#tables.length : vacant;
    this.#tables[place] = { section, pages };
    this.#places[section] = place + 1;
  }

  #countChange(before: number, after: number): void {
    const lost = before & RIGHTS_MASK & ~after;
    if (before !== 0 && (lost !== 0 || (before & ~RIGHTS_MASK) !== (after & ~RIGHTS_MASK))) this.version++;
  }
}
