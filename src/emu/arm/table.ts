// The instruction table: every A32 instruction of user mode, once. Decoder, interpreter, disassembler and the coverage tests are
// driven by it. Where encodings overlap, the row that wins stands first and names the other in `over`.

import { BLOCK_TRANSFER } from './block_transfer.ts';
import { BRANCH_ROWS } from './branch.ts';
import { DATA_PROCESSING } from './data_processing.ts';
import { EXCLUSIVE } from './exclusive.ts';
import type { Row } from './instruction.ts';
import { LOAD_STORE } from './load_store.ts';
import { MEDIA } from './media.ts';
import { MULTIPLY } from './multiply.ts';
import { PARALLEL } from './parallel.ts';
import { SYSTEM } from './system.ts';

export const TABLE: readonly Row[] = [
  ...DATA_PROCESSING,
  ...LOAD_STORE,
  ...BLOCK_TRANSFER,
  ...BRANCH_ROWS,
  ...MULTIPLY,
  ...MEDIA,
  ...PARALLEL,
  ...EXCLUSIVE,
  ...SYSTEM,
];
