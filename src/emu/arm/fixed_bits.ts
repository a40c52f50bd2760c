// The fixed bits of all encodings of an instruction set, packed, by the rows' places in its table. In the bundle the numbers themselves
// stand here instead (build.mjs), so that no run has to read all patterns for its first instruction. Owns no state.

import type { Row } from './instruction.ts';
import { t32Table } from './t32/table.ts';
import { TABLE } from './table.ts';

export interface FixedBits {
  /** Signed, as the engines have words. */
  readonly masks: readonly number[];
  readonly values: readonly number[];
  /** Places of the rows that have no condition. */
  readonly unconditional: readonly number[];
}

function fixedBitsOf(table: readonly Row[]): FixedBits {
  const encodings = table.map(({ encoding }) => encoding);
  return {
    masks: encodings.map(({ mask }) => mask | 0),
    values: encodings.map(({ value }) => value | 0),
    unconditional: [...encodings.keys()].filter((place) => encodings[place]?.conditional === false),
  };
}

export const a32FixedBits = (): FixedBits => fixedBitsOf(TABLE);
export const t32FixedBits = (): FixedBits => fixedBitsOf(t32Table());
