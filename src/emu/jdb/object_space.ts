// The listing of one task's capability table: prints it as the debugger's screen and in the canonical form of golden files,
// and parses both, collapsed and quoted forms included. Owns no state. Source modelled: fiasco-kernel.md 2.3 and C.5.

import { type DebugId, hex, type Slot } from '../numbers.ts';
import { LISTING_ROWS_MAX } from './limits.ts';
import { ListingErrors, type ListingLine, listingLines } from './listing_text.ts';
import { OBJECT_TYPES, type ObjectSpace, type Parsed, RIGHTS, type SlotEntry } from './model.ts';
import { objectTypeOf, typeName } from './type_name.ts';

export const SLOTS_PER_ROW = 4;
const SLOT_MAX = 0xf_ffff;
const EMPTY_CELL = '       --       ';
const END_OF_SCREEN_LINE = '\u001b[K\n';

/** The label of the row that shows a slot. */
export const rowOf = (slot: Slot): Slot => (slot - (slot % SLOTS_PER_ROW)) as Slot;

/** Canonical form: rows with an occupied slot, ascending, trailing blanks trimmed, one line feed after each, no header. */
export function printObjectSpace(space: ObjectSpace): string {
  const rows = new Map<Slot, SlotEntry[]>();
  for (const entry of space.slots) {
    const row = rows.get(rowOf(entry.slot));
    if (row === undefined) rows.set(rowOf(entry.slot), [entry]);
    else row.push(entry);
  }
  return [...rows].sort(([a], [b]) => a - b).map(([label, entries]) => `${rowText(label, entries, false).trimEnd()}\n`).join('');
}

/** As the debugger fills its screen: every row, 75 visible characters, colours, and the codes that end a line. */
export function printObjectSpaceScreen(space: ObjectSpace, first: Slot, rows: number): string {
  let text = '';
  for (let row = 0; row < rows; row++) {
    const label = (rowOf(first) + row * SLOTS_PER_ROW) as Slot;
    if (label > SLOT_MAX) break;
    text += rowText(label, space.slots.filter((entry) => rowOf(entry.slot) === label), true) + END_OF_SCREEN_LINE;
  }
  return text;
}

/** One row, with all its padding. */
export function rowText(label: Slot, entries: readonly SlotEntry[], color: boolean): string {
  const cells: string[] = [];
  for (let slot: number = label; slot < label + SLOTS_PER_ROW; slot++) {
    const entry = entries.find((candidate) => candidate.slot === slot);
    cells.push(entry === undefined ? EMPTY_CELL : `${hex(entry.id, 5)}${entry.rights} ${typeName(entry.type, 9, color)}`);
  }
  return `${hex(label, 6)} :${cells.join(' ')}`;
}

/**
 * Reads a text that is a listing and nothing else: rows in ascending order, comments (#) and empty lines.
 * Cells may be separated by any number of blanks, lines may carry mail quotes and escape codes, and a row may be wrapped.
 */
export function parseObjectSpace(source: string): Parsed<ObjectSpace> {
  const errors = new ListingErrors();
  if (!errors.accepts(source)) return { value: { slots: [] }, errors: errors.list };
  const lines = listingLines(source);
  const slots: SlotEntry[] = [];
  let previous = -1;
  let count = 0;
  for (let index = 0; index < lines.length; ) {
    const line = lines[index] as ListingLine;
    if (isRemark(line.text)) {
      index++;
      continue;
    }
    const row = readRow(lines, index, errors);
    if (row === undefined) {
      errors.add(line.line, line.indent + 1, `this is no row of an object space: ${quote(line.text)}`);
      index++;
      continue;
    }
    index = row.next;
    if (++count > LISTING_ROWS_MAX) {
      errors.add(line.line, 1, `more than ${LISTING_ROWS_MAX} rows`);
      break;
    }
    if (row.label <= previous) errors.add(line.line, line.indent + 1, `row ${hex(row.label, 6)} ${row.label === previous ? 'appears twice' : 'is out of order'}`);
    else slots.push(...row.entries);
    previous = Math.max(previous, row.label);
  }
  return { value: { slots }, errors: errors.list };
}

export interface ReadRow {
  readonly label: Slot;
  readonly entries: readonly SlotEntry[];
  /** False for a row whose cells were left out: it says nothing about its slots. */
  readonly covered: boolean;
  /** Index of the line after the row. */
  readonly next: number;
}

interface Token {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

const LABEL = /^[ \t]*([0-9a-f]{6})[ \t]*:/;
const CELL_HEAD = new RegExp(`^([0-9a-f]{5,8})([${RIGHTS.join('')}])$`);
const CELL_TOKEN = new RegExp(`^(?:--|[0-9a-f]{5,8}[${RIGHTS.join('')}]|${OBJECT_TYPES.join('|')})$`);

/** Reads the row that starts at a line, with the lines on which it goes on; undefined if there is no row label. */
export function readRow(lines: readonly ListingLine[], index: number, errors: ListingErrors): ReadRow | undefined {
  const first = lines[index] as ListingLine;
  const match = LABEL.exec(first.text);
  if (match === null) return undefined;
  const label = Number.parseInt(match[1] as string, 16) as Slot;
  const tokens = tokensOf(first, match[0].length);
  let next = index + 1;
  for (; incomplete(tokens); next++) {
    const line = lines[next];
    const more = line === undefined ? [] : tokensOf(line, 0);
    if (more.length === 0 || more.some((token) => !CELL_TOKEN.test(token.text))) break;
    tokens.push(...more);
  }
  const before = errors.list.length;
  if (label % SLOTS_PER_ROW !== 0 || label > SLOT_MAX) errors.add(first.line, first.indent + 1, `no row starts at slot ${hex(label, 6)}`);
  const cells = readCells(tokens, errors);
  if (errors.list.length === before && cells.length !== SLOTS_PER_ROW && tokens.length > 0) {
    errors.add(first.line, first.indent + 1, `row ${hex(label, 6)} has ${cells.length} cells instead of ${SLOTS_PER_ROW}`);
  }
  const entries = errors.list.length > before ? [] : cells.flatMap((cell, position) => (cell === null ? [] : [{ slot: (label + position) as Slot, ...cell }]));
  return { label, entries, covered: tokens.length > 0, next };
}

/** True while a row that a mail program wrapped may go on: fewer than four cells, or a type is missing. */
function incomplete(tokens: readonly Token[]): boolean {
  const heads = tokens.filter((token) => token.text === '--' || CELL_HEAD.test(token.text)).length;
  const last = tokens.at(-1);
  return heads < SLOTS_PER_ROW || (last !== undefined && CELL_HEAD.test(last.text));
}

function tokensOf(line: ListingLine, from: number): Token[] {
  return [...line.text.slice(from).matchAll(/\S+/g)].map((match) => ({ text: match[0], line: line.line, column: line.indent + from + match.index + 1 }));
}

type Cell = Omit<SlotEntry, 'slot'> | null;

function readCells(tokens: readonly Token[], errors: ListingErrors): Cell[] {
  const cells: Cell[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as Token;
    if (token.text === '--') {
      cells.push(null);
      continue;
    }
    const head = CELL_HEAD.exec(token.text);
    const digits = head?.[1] ?? '';
    const rights = RIGHTS.find((right) => right === head?.[2]);
    if (rights === undefined || (digits.length > 5 && digits.startsWith('0'))) {
      errors.add(token.line, token.column, badCell(token.text));
      return cells;
    }
    const typeToken = tokens[++index];
    const type = objectTypeOf(typeToken?.text ?? '');
    if (type === undefined) {
      const at = typeToken ?? token;
      errors.add(at.line, at.column, typeToken === undefined ? `${token.text} has no object type` : `unknown object type ${quote(typeToken.text)}`);
      return cells;
    }
    cells.push({ id: Number.parseInt(digits, 16) as DebugId, rights, type });
  }
  return cells;
}

function badCell(text: string): string {
  if (/^[0-9a-f]{6,16}$/.test(text)) return `${text} is a kernel pointer: the listing is in raw mode (the space bar changes the mode)`;
  if (/^[0-9a-f]{5,8}[D-][S-][W-]$/.test(text)) return `${text} has three rights characters: a listing of another kernel version`;
  return `unexpected ${quote(text)} in a row`;
}

const isRemark = (text: string): boolean => text.trim() === '' || text.startsWith('#');
const quote = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
