// Which instructions of a page of code belong together: straight pieces that are entered at their first instruction only, found
// from where the page was entered by following its branches. A slot is a place where an instruction may begin. Owns a search.

import { A32, T32 } from '../decoder.ts';
import type { PageCode } from './page_code.ts';
import { DIRECT } from './translation.ts';
import type { Translated, Translation } from './translation.ts';

export interface Block {
  /** Slot where it begins. */
  readonly start: number;
  readonly instructions: readonly Translated[];
  /** How many slots it takes. */
  readonly slots: number;
}

/** Slots of a page to which direct branches in it go; data that looks like a branch does no harm. */
function targetsIn(page: PageCode): readonly number[] {
  const targets = new Set<number>();
  for (let slot = 0; slot < page.slots; ) {
    const opcode = page.opcode(slot);
    if (opcode === null) break;
    const { row, imm } = (page.thumb ? T32 : A32).decoded(opcode.word);
    if (DIRECT.test(row.name)) targets.add(page.target(slot, imm));
    slot += page.slotsOf(opcode.bytes);
  }
  return [...targets];
}

const sizeOf = (page: PageCode, instructions: readonly Translated[]): number => instructions.reduce((sum, { bytes }) => sum + page.slotsOf(bytes), 0);

/** The search for the blocks of a page. Owner of what was found at each slot. */
class Blocks {
  readonly #page: PageCode;
  readonly #translation: Translation;
  readonly #length_max: number;
  readonly #executed: Uint8Array | null;
  /** Slots that begin blocks. */
  readonly #isStart: Uint8Array;
  /** Slots that something found before takes. */
  readonly #isTaken: Uint8Array;
  readonly #known: (readonly Translated[] | null | undefined)[];
  readonly #open: number[] = [];

  constructor(page: PageCode, translation: Translation, length_max: number, executed: Uint8Array | null) {
    const { slots } = page;
    this.#page = page;
    this.#translation = translation;
    this.#length_max = length_max;
    this.#executed = executed;
    this.#isStart = new Uint8Array(slots);
    this.#isTaken = new Uint8Array(slots);
    this.#known = new Array<readonly Translated[] | null | undefined>(slots).fill(undefined);
  }

  /** All that is reached from some slots, and what has been executed although nothing is seen that leads there. */
  find(entries: Iterable<number>): void {
    for (const slot of entries) this.#enter(slot);
    this.#follow();
    this.#executed?.forEach((is, slot) => {
      if (is === 0 || this.#isTaken[slot] === 1) return;
      this.#enter(slot);
      this.#follow();
    });
  }

  #enter(slot: number): void {
    if (slot < 0 || slot >= this.#page.slots || this.#isStart[slot] === 1) return;
    this.#isStart[slot] = 1;
    this.#open.push(slot);
  }

  #at(slot: number): readonly Translated[] | null {
    let found = this.#known[slot];
    if (found === undefined) {
      found = this.#translation.at(this.#page, slot);
      if (found !== null && found.length > this.#length_max) found = null;
      this.#known[slot] = found;
      this.#isTaken.fill(1, slot, slot + (found === null ? this.#translation.skipped(this.#page, slot) : sizeOf(this.#page, found)));
    }
    return found;
  }

  #follow(): void {
    for (let from = this.#open.pop(); from !== undefined; from = this.#open.pop()) this.#straight(from);
  }

  /** From a slot to the next branch. */
  #straight(from: number): void {
    const page = this.#page;
    for (let slot = from; slot < page.slots && this.#known[slot] === undefined; ) {
      // Code that was never executed so far is left out; a region ends where it would begin.
      if (this.#executed?.[slot] === 0) return;
      const instructions = this.#at(slot);
      if (instructions === null) {
        // The interpreter executes it, and comes back behind it.
        this.#enter(slot + this.#translation.skipped(page, slot));
        return;
      }
      const last = instructions.at(-1);
      const next = slot + sizeOf(page, instructions);
      if (last?.branches === true) {
        if (last.distance !== null) this.#enter(page.target(next - page.slotsOf(last.bytes), last.distance));
        if (last.falls) this.#enter(next);
        return;
      }
      slot = next;
    }
  }

  /** In ascending order. */
  all(): readonly Block[] {
    const blocks: Block[] = [];
    for (let start = 0; start < this.#page.slots; start++) {
      if (this.#isStart[start] === 0 || this.#known[start] === undefined || this.#known[start] === null) continue;
      blocks.push(this.#block(start));
    }
    return blocks;
  }

  #block(start: number): Block {
    const { slots } = this.#page;
    const instructions: Translated[] = [];
    let slot = start;
    while (slot < slots && (slot === start || this.#isStart[slot] === 0)) {
      const more = this.#known[slot];
      if (more === undefined || more === null) break;
      if (instructions.length + more.length > this.#length_max) {
        // What is left of it is a block as well.
        this.#isStart[slot] = 1;
        break;
      }
      instructions.push(...more);
      slot += sizeOf(this.#page, more);
      if (more.at(-1)?.branches === true) break;
    }
    return { start, instructions, slots: slot - start };
  }
}

/**
 * The blocks of a page, in ascending order: of what has been executed (1 for each such slot), or, where that is not known, of all that
 * can be reached from some slots and from the targets of branches.
 * @param length_max of a block, in instructions
 */
export function blocksOf(page: PageCode, entries: Iterable<number>, executed: Uint8Array | null, translation: Translation, length_max: number): readonly Block[] {
  const blocks = new Blocks(page, translation, length_max, executed);
  blocks.find(executed === null ? [...entries, ...targetsIn(page)] : entries);
  return blocks.all();
}
