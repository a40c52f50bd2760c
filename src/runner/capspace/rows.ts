// Differences between capability tables as rows of the debugger's listing, unified or in two columns. Owns no state.
// Lines are tagged and differing cells marked, so that whoever shows them may colour them.

import type { ObjectSpace } from '../../emu/jdb/model.ts';
import { rowOf, rowText, SLOTS_PER_ROW } from '../../emu/jdb/object_space.ts';
import type { Slot } from '../../emu/numbers.ts';
import { type CompareOptions, type Difference, slotFilter, slotsOf } from './compare.ts';

export interface Mark {
  /** Columns of a line, from 0; the end is behind the last one. */
  readonly start: number;
  readonly end: number;
}

export interface RowLine {
  /** `gap` stands for rows that are left out; `changed` exists in two columns only. */
  readonly tag: 'same' | 'removed' | 'added' | 'changed' | 'gap';
  readonly text: string;
  readonly marks: readonly Mark[];
}

export interface RowsOptions extends CompareOptions {
  /** Rows without a difference that are shown around those that have one. */
  readonly context?: number;
}

const CONTEXT_DEFAULT = 1;
const UNIFIED_GUTTER = 2;
const LABEL_WIDTH = 8;
const CELL_STRIDE = 17;
const CELL_WIDTH = 16;
const COLUMN_WIDTH = 75;

/** `-` and `+` in front of rows that differ, two blanks in front of others. */
export function unifiedRows(before: ObjectSpace, after: ObjectSpace, differences: readonly Difference[], options: RowsOptions = {}): RowLine[] {
  return shownRows(before, after, differences, options).flatMap((row): RowLine[] => {
    if (row === null) return [{ tag: 'gap', text: '  ...', marks: [] }];
    if (row.marked.length === 0) return [{ tag: 'same', text: `  ${row.before.trimEnd()}`, marks: [] }];
    return [
      { tag: 'removed', text: `- ${row.before}`.trimEnd(), marks: marksAt(row.marked, UNIFIED_GUTTER) },
      { tag: 'added', text: `+ ${row.after}`.trimEnd(), marks: marksAt(row.marked, UNIFIED_GUTTER) },
    ];
  });
}

/** Both rows side by side, `|` between them where they differ. */
export function columnRows(before: ObjectSpace, after: ObjectSpace, differences: readonly Difference[], options: RowsOptions = {}): RowLine[] {
  return shownRows(before, after, differences, options).map((row): RowLine => {
    if (row === null) return { tag: 'gap', text: '...', marks: [] };
    const differs = row.marked.length > 0;
    const left = row.before.padEnd(COLUMN_WIDTH);
    const middle = differs ? ' | ' : '   ';
    return {
      tag: differs ? 'changed' : 'same',
      text: (left + middle + row.after).trimEnd(),
      marks: [...marksAt(row.marked, 0), ...marksAt(row.marked, left.length + middle.length)],
    };
  });
}

interface RowPair {
  readonly before: string;
  readonly after: string;
  /** Positions in the row, 0 to 3, of the cells that differ. */
  readonly marked: readonly number[];
}

/** The rows in order, null where rows were left out. */
function shownRows(before: ObjectSpace, after: ObjectSpace, differences: readonly Difference[], options: RowsOptions): (RowPair | null)[] {
  const context = options.context ?? CONTEXT_DEFAULT;
  const differing = new Set(differences.flatMap(slotsOf));
  const counts = slotFilter(options.onlyRows === undefined ? {} : { onlyRows: options.onlyRows });
  const old = byRow(before, counts);
  const now = byRow(after, counts);
  const labels = [...new Set([...old.keys(), ...now.keys()])].sort((a, b) => a - b);
  const rows = labels.map((label): RowPair => {
    const marked = Array.from({ length: SLOTS_PER_ROW }, (_, position) => position).filter((position) => differing.has((label + position) as Slot));
    return { before: rowText(label, old.get(label) ?? [], false), after: rowText(label, now.get(label) ?? [], false), marked };
  });
  const near = (index: number) => rows.slice(Math.max(0, index - context), index + context + 1).some((row) => row.marked.length > 0);
  const shown: (RowPair | null)[] = [];
  for (const [index, row] of rows.entries()) {
    if (near(index)) shown.push(row);
    else if (shown.at(-1) !== null) shown.push(null);
  }
  return differing.size === 0 ? [] : shown;
}

function byRow(space: ObjectSpace, counts: (slot: Slot) => boolean): Map<Slot, ObjectSpace['slots']> {
  const rows = new Map<Slot, ObjectSpace['slots']>();
  for (const entry of space.slots) {
    if (!counts(entry.slot)) continue;
    rows.set(rowOf(entry.slot), [...(rows.get(rowOf(entry.slot)) ?? []), entry]);
  }
  return rows;
}

const marksAt = (positions: readonly number[], offset: number): Mark[] =>
  positions.map((position) => {
    const start = offset + LABEL_WIDTH + position * CELL_STRIDE;
    return { start, end: start + CELL_WIDTH };
  });
