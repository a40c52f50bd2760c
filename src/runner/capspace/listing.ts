// A capability space with whose it is and what its slots are for, wherever it came from; and as JSON, printed and read.
// Owns no state. record.json (run_record.ts) is read, too: its spaces are listings.

import { OBJECT_TYPES, type ObjectSpace, type ObjectType, RIGHTS, type Rights, type SlotEntry } from '../../emu/jdb/model.ts';
import type { DebugId, Slot } from '../../emu/numbers.ts';

export type { ObjectType, Rights, SlotEntry } from '../../emu/jdb/model.ts';

export interface Listing {
  /** Label of the component, else "task 0x142", else "listing 2". */
  readonly name: string;
  /** The point at which it was taken; empty where nobody says. */
  readonly point: string;
  readonly space: ObjectSpace;
  /** Labels of the rows that are covered, where the listing is a part of its table. */
  readonly rows: readonly Slot[];
  readonly partial: boolean;
  /** Slot to what it is for and where it came from. */
  readonly words: ReadonlyMap<number, string>;
}

const FORMAT = 1;
const SLOT_MAX = 0xf_ffff;
const ID_MAX = 0xffff_ffff;

export function printListings(listings: readonly Listing[]): string {
  const spaces = listings.map(({ name, point, space, rows, partial, words }) => ({
    task: name,
    ...(point === '' ? {} : { point }),
    ...(space.task === undefined ? {} : { task_id: space.task }),
    ...(partial ? { rows } : {}),
    slots: space.slots.map(({ slot, id, rights, type }) => ({ slot, id, rights, type, ...(words.has(slot) ? { words: words.get(slot) } : {}) })),
  }));
  const lists = spaces.map(({ slots, ...rest }) => `{${JSON.stringify(rest).slice(1, -1)},"slots":[${slots.length === 0 ? '' : '\n'}${slots.map((slot) => JSON.stringify(slot)).join(',\n')}]}`);
  return `{"format":${FORMAT},"spaces":[${lists.length === 0 ? '' : '\n'}${lists.join(',\n')}]}\n`;
}

/** @returns what is wrong, in words, for a text that is no such JSON */
export function parseListings(text: string): readonly Listing[] | { readonly error: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    return { error: `no JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
  }
  if (!isRecord(value) || !Array.isArray(value['spaces'])) return { error: "an object with a list 'spaces' is expected" };
  if (value['format'] !== FORMAT) return { error: `format ${JSON.stringify(value['format'])}, this version reads ${FORMAT}` };
  const listings: Listing[] = [];
  for (const [index, space] of (value['spaces'] as readonly unknown[]).entries()) {
    const listing = parseSpace(space, `spaces[${index}]`);
    if ('error' in listing) return listing;
    listings.push(listing);
  }
  return listings;
}

function parseSpace(value: unknown, where: string): Listing | { readonly error: string } {
  if (!isRecord(value)) return { error: `${where} is no object` };
  const { task, point, task_id, rows, slots } = value;
  if (typeof task !== 'string') return { error: `${where} has no text 'task'` };
  if (point !== undefined && typeof point !== 'string') return { error: `${where}.point is no text` };
  if (task_id !== undefined && !isNumber(task_id, ID_MAX)) return { error: `${where}.task_id is no debugger id` };
  if (rows !== undefined && !(Array.isArray(rows) && rows.every((row) => isNumber(row, SLOT_MAX)))) return { error: `${where}.rows is no list of slots` };
  if (!Array.isArray(slots)) return { error: `${where} has no list 'slots'` };
  const entries: SlotEntry[] = [];
  const words = new Map<number, string>();
  for (const [index, slot] of (slots as readonly unknown[]).entries()) {
    const entry = parseSlot(slot);
    if (entry === null) return { error: `${where}.slots[${index}] is no slot with number, id, rights and type` };
    if (entry.slot <= (entries.at(-1)?.slot ?? -1)) return { error: `${where}.slots[${index}]: slots ascend, each at most once` };
    entries.push(entry);
    const told = wordsOf(slot);
    if (told !== undefined) words.set(entry.slot, told);
  }
  return {
    name: task, point: point ?? '', words,
    space: { ...(task_id === undefined ? {} : { task: task_id as DebugId }), slots: entries },
    rows: (rows ?? []) as Slot[],
    partial: rows !== undefined,
  };
}

function parseSlot(value: unknown): SlotEntry | null {
  if (!isRecord(value)) return null;
  const { slot, id, rights, type } = value;
  if (!isNumber(slot, SLOT_MAX) || !isNumber(id, ID_MAX) || !RIGHTS.includes(rights as Rights) || !OBJECT_TYPES.includes(type as ObjectType)) return null;
  return { slot: slot as Slot, id: id as DebugId, rights: rights as Rights, type: type as ObjectType };
}

/** A run record has the origin as data, with its words inside. */
function wordsOf(slot: unknown): string | undefined {
  if (!isRecord(slot)) return undefined;
  const { words, origin } = slot;
  if (typeof words === 'string') return words;
  return isRecord(origin) && typeof origin['words'] === 'string' ? origin['words'] : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown, max: number): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
