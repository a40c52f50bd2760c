// The instruction table: every A32 instruction of user mode, once. Decoder, interpreter, disassembler and the coverage tests are
// driven by it. Where encodings overlap, the row that wins stands first and names the other in `over`.

import { blockTransferRows } from './block_transfer.ts';
import { branchRows } from './branch.ts';
import { dataProcessingRows } from './data_processing.ts';
import { exclusiveRows } from './exclusive.ts';
import type { Row } from './instruction.ts';
import { loadStoreRows } from './load_store.ts';
import { mediaRows } from './media.ts';
import { multiplyRows } from './multiply.ts';
import { once } from './once.ts';
import { parallelRows } from './parallel.ts';
import { systemRows } from './system.ts';

/** The table in parts, each made when a row of it is first needed: most programs are without most instructions. */
export const A32_PARTS: readonly (() => readonly Row[])[] = [
  dataProcessingRows,
  loadStoreRows,
  blockTransferRows,
  branchRows,
  multiplyRows,
  mediaRows,
  parallelRows,
  exclusiveRows,
  systemRows,
];

export const a32Table = once((): readonly Row[] => A32_PARTS.flatMap((part) => part()));
