// Opcode word to decoded instruction, by the table. Owns two caches shared by all CPUs: an index over bits 27..20 and 7..4, filled
// as encodings are met, and the instructions decoded so far. Decoding is a pure function, so sharing shows nowhere.

import { ALWAYS, executeUndefined, Instruction } from './instruction.ts';
import type { Row } from './instruction.ts';
import { extract, matches, pattern } from './pattern.ts';
import { TABLE } from './table.ts';

/** The bits that the index looks at. */
const INDEX_BITS = 0x0ff0_00f0;
const UNCONDITIONAL = 0x1000;

/** Reaching the limit empties the cache of decoded instructions. */
const LIMIT_DECODED = 1 << 17;

const UNALLOCATED: Row = {
  name: 'unallocated',
  a32: pattern('---- ---- ---- ---- ---- ---- ---- ----'),
  execute: executeUndefined,
  detail: 'unallocated',
  text: '.inst <word>',
};

const candidates: (readonly Row[] | undefined)[] = new Array(2 * UNCONDITIONAL).fill(undefined);

function candidatesOf(word: number): readonly Row[] {
  const unconditional = word >>> 28 === 15;
  const key = ((word >>> 16) & 0xff0) | ((word >>> 4) & 15) | (unconditional ? UNCONDITIONAL : 0);
  const known = candidates[key];
  if (known !== undefined) return known;
  const found = TABLE.filter(({ a32 }) => !(a32.conditional && unconditional) && ((word ^ a32.value) & a32.mask & INDEX_BITS) === 0);
  candidates[key] = found;
  return found;
}

/** The row that an opcode belongs to. */
export function rowOf(word: number): Row {
  for (const row of candidatesOf(word)) if (matches(row.a32, word)) return row;
  return UNALLOCATED;
}

export function decode(word: number): Instruction {
  const row = rowOf(word);
  const instruction = new Instruction(word | 0, row);
  extract(row.a32, word, instruction);
  const unpredictable = row.unpredictable?.(instruction) === true;
  row.decode?.(instruction);
  if (!row.a32.conditional) instruction.cond = ALWAYS;
  if (unpredictable) {
    instruction.execute = executeUndefined;
    instruction.detail = 'unpredictable';
  }
  return instruction;
}

const cache = new Map<number, Instruction>();

/** The same, remembered. `word` is signed, and the instruction is not to be changed. */
export function decoded(word: number): Instruction {
  const known = cache.get(word);
  if (known !== undefined) return known;
  if (cache.size >= LIMIT_DECODED) cache.clear();
  const instruction = decode(word);
  cache.set(word, instruction);
  return instruction;
}
