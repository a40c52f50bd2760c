// Whether two memories of one component are the same up to the names of capabilities and what lies in dead stack.
// Pure; owns no state. "Equal after restore" is defined in architecture.md, "When the checkpointer acts".

import type { ComponentMemory, MemoryPiece } from '../runtime/component_memory.ts';

/** An address range of a stack below its stack pointer: no live value is there. */
export interface DeadStack {
  readonly from: number;
  readonly to: number;
}

/** Every thread's stack has a slot of this size in the stack area. */
const STACK_BYTES = 0x10_0000;

/** Below each stack pointer, down to the beginning of its slot in the stack area. */
export const deadStacks = (pointers: readonly number[]): DeadStack[] => pointers.map((sp) => ({ from: sp - (sp % STACK_BYTES), to: sp }));

export interface MemoryDifference {
  readonly address: number;
  readonly words: string;
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Ids of objects that each side has, or has had, capabilities of. */
export interface GivenIds {
  readonly expected: ReadonlySet<number>;
  readonly actual: ReadonlySet<number>;
  /** What an id is called now that was in the memory of one side when that was checkpointed: only capability records are written anew. */
  readonly former?: { readonly expected: FormerIds; readonly actual: FormerIds };
}

export type FormerIds = ReadonlyMap<number, number>;

const NONE: GivenIds = { expected: new Set(), actual: new Set() };

/**
 * The first difference; null if there is none. `dead` is looked at on both sides. Where the one side has the id of an object that it
 * was given and has dropped, the other must have one of its own, and always the same.
 */
export function compareMemory(expected: ComponentMemory, actual: ComponentMemory, dead: readonly DeadStack[], given = NONE): MemoryDifference | null {
  const renamed = renaming(expected, actual);
  if ('address' in renamed) return renamed;
  const names = new Names(renamed.ids, renamed.back, given);
  for (const [i, piece] of expected.pieces.entries()) {
    const other = actual.pieces[i];
    if (other === undefined || other.address !== piece.address || other.bytes.length !== piece.bytes.length) {
      return { address: piece.address, words: `${hex(piece.bytes.length)} bytes at ${hex(piece.address)} are ${other === undefined ? 'missing' : `${hex(other.bytes.length)} bytes at ${hex(other.address)}`}` };
    }
    const found = firstDifference(piece, other, names, dead);
    if (found !== null) return found;
  }
  const more = actual.pieces[expected.pieces.length];
  return more === undefined ? null : { address: more.address, words: `${hex(more.bytes.length)} bytes at ${hex(more.address)} are new` };
}

/** Ids of capability records, slot by slot: what the one side calls A the other calls B, always. */
function renaming(expected: ComponentMemory, actual: ComponentMemory): { readonly ids: Map<number, number>; readonly back: Map<number, number> } | MemoryDifference {
  const ids = new Map<number, number>();
  const back = new Map<number, number>();
  const others = new Map(actual.records.map(({ slot, id }) => [slot, id]));
  for (const { slot, id } of expected.records) {
    const other = others.get(slot);
    if (other === undefined) return { address: 0, words: `the capability record of slot ${hex(slot)} is missing` };
    others.delete(slot);
    if ((ids.get(id) ?? other) !== other || (back.get(other) ?? id) !== id) return { address: 0, words: `the capability record of slot ${hex(slot)} names another object than the other records of its id` };
    ids.set(id, other);
    back.set(other, id);
  }
  const [more] = others.keys();
  return more === undefined ? { ids, back } : { address: 0, words: `the capability record of slot ${hex(more)} is new` };
}

/** What the one side calls A the other calls B: by the records, and as found for ids that have no record any more. */
class Names {
  readonly #there: Map<number, number>;
  readonly #back: Map<number, number>;
  readonly #given: GivenIds;

  constructor(there: Map<number, number>, back: Map<number, number>, given: GivenIds) {
    this.#there = there;
    this.#back = back;
    this.#given = given;
  }

  equal(before: number, after: number): boolean {
    if (this.#same(before, after)) return true;
    const { former } = this.#given;
    const [one, other] = [former?.expected.get(before) ?? before, former?.actual.get(after) ?? after];
    return (one !== before || other !== after) && this.#same(one, other);
  }

  #same(before: number, after: number): boolean {
    const [known, other] = [this.#there.get(before), this.#back.get(after)];
    if (known !== undefined || other !== undefined) return known === after && other === before;
    if (!this.#given.expected.has(before) || !this.#given.actual.has(after)) return false;
    this.#there.set(before, after);
    this.#back.set(after, before);
    return true;
  }
}

/** Ids are 16 bits wide in records and the low half of a word elsewhere, so halves are what is compared. */
function firstDifference(expected: MemoryPiece, actual: MemoryPiece, names: Names, dead: readonly DeadStack[]): MemoryDifference | null {
  const [a, b] = [expected.bytes, actual.bytes];
  for (let at = 0; at < a.length; at += 2) {
    if (a[at] === b[at] && a[at + 1] === b[at + 1]) continue;
    const before = (a[at] ?? 0) | ((a[at + 1] ?? 0) << 8);
    const after = (b[at] ?? 0) | ((b[at + 1] ?? 0) << 8);
    const address = expected.address + at;
    if (names.equal(before, after) || dead.some(({ from, to }) => address >= from && address < to)) continue;
    return { address, words: `${hex(address)} holds ${hex(after)} instead of ${hex(before)}` };
  }
  return null;
}
