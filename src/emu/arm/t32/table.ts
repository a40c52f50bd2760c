// The T32 table: every Thumb instruction of user mode, 16 and 32 bits, once for each of its encodings. It drives what the A32 table
// (../table.ts) drives. Where encodings overlap, the row that wins stands first and names the other in `over`.

import type { Row } from '../instruction.ts';
import { T32_BRANCH } from './branch.ts';
import { T32_DATA_PROCESSING } from './data_processing.ts';
import { T32_LOAD_STORE } from './load_store.ts';
import { T32_MEDIA } from './media.ts';
import { T32_SYSTEM } from './system.ts';
import { T32_TRANSFER } from './transfer.ts';

export const T32_TABLE: readonly Row[] = [
  ...T32_DATA_PROCESSING,
  ...T32_LOAD_STORE,
  ...T32_TRANSFER,
  ...T32_BRANCH,
  ...T32_MEDIA,
  ...T32_SYSTEM,
];

/** The same; in the bundle what loads it. */
export const t32Table = (): readonly Row[] => T32_TABLE;
