// What finding a row by an opcode takes of all rows of an instruction set, packed, by the rows' places in its table. In the bundle the
// numbers themselves stand here instead (build.mjs), so that no run makes the rows of instructions that it never meets. Owns no state.

import { executesOf } from './executes.ts';
import type { Row } from './instruction.ts';
import { t32Table } from './t32/table.ts';
import { A32_PARTS } from './table.ts';

export type Parts = readonly (() => readonly Row[])[];

export interface PackedTable {
  /** Fixed bits and their values, signed, as the engines have words. */
  readonly masks: readonly number[];
  readonly values: readonly number[];
  /** Places of the rows that have no condition. */
  readonly unconditional: readonly number[];
  /** Place of the first row of each part. */
  readonly starts: readonly number[];
  /** The number of each row's semantics outside of IT blocks, through this table alone (executes.ts). */
  readonly executes: readonly number[];
}

function packed(parts: Parts): PackedTable {
  const rows = parts.map((part) => part());
  const table = rows.flat();
  const encodings = table.map(({ encoding }) => encoding);
  const numbers = new Map(executesOf([table]).map((execute, number) => [execute, number]));
  return {
    masks: encodings.map(({ mask }) => mask | 0),
    values: encodings.map(({ value }) => value | 0),
    unconditional: [...encodings.keys()].filter((place) => encodings[place]?.conditional === false),
    starts: rows.map((_, part) => rows.slice(0, part).flat().length),
    executes: table.map(({ execute }) => numbers.get(execute) ?? -1),
  };
}

export const a32Packed = (): PackedTable => packed(A32_PARTS);
export const t32Packed = (): PackedTable => packed([t32Table]);
