// The distinct semantics of both tables, numbered: what engines that are made from the tables call an instruction's operation.
// The order is that of the tables, so that the numbers are the same wherever the tables are loaded. Pure.

import { executeUndefined } from './instruction.ts';
import type { Execute, Row } from './instruction.ts';

/** The number of `executeUndefined`. */
export const EXECUTE_UNDEFINED = 0;

/** Row by row, what it does outside of IT blocks before what it does inside. */
export function executesOf(tables: readonly (readonly Row[])[]): readonly Execute[] {
  const found = new Set<Execute>([executeUndefined]);
  for (const row of tables.flat()) {
    found.add(row.execute);
    if (row.inBlock !== undefined) found.add(row.inBlock.execute);
  }
  return [...found];
}
