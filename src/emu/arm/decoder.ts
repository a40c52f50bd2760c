// Opcode to decoded instruction, by the tables. Owns caches shared by all CPUs: for each instruction set an index over some bits
// of the opcode, filled as encodings are met, and the instructions decoded so far. Decoding is a pure function, so sharing shows
// nowhere.

import { executeUndefined, Instruction, makeUnpredictable } from './instruction.ts';
import type { Row } from './instruction.ts';
import { extract, matches, pattern } from './pattern.ts';
import { t32Table } from './t32/table.ts';
import { TABLE } from './table.ts';

/** Reaching the limit empties the cache of decoded instructions. */
const LIMIT_DECODED = 1 << 17;

const unallocated = (bits: string): Row => ({
  name: 'unallocated',
  encoding: pattern(bits),
  execute: executeUndefined,
  detail: 'unallocated',
  text: '.inst <word>',
});
const UNALLOCATED = unallocated('-'.repeat(32));
const UNALLOCATED_NARROW = unallocated('-'.repeat(16));

/** A way to look rows up: the bits of a word that choose its bucket. Words that differ in them have different buckets. */
interface Index {
  readonly bits: number;
  /** The same bits as a small number, different from those of the set's other index. */
  readonly bucketOf: (word: number) => number;
  /** False where the words of this index have 1111 for a condition. */
  readonly conditional: boolean;
  readonly unallocated: Row;
}
const a32Bucket = (word: number): number => ((word >>> 16) & 0xff0) | ((word >>> 4) & 15);
const A32_CONDITIONAL: Index = { bits: 0x0ff0_00f0, bucketOf: a32Bucket, conditional: true, unallocated: UNALLOCATED };
const A32_UNCONDITIONAL: Index = {
  bits: 0x0ff0_00f0,
  bucketOf: (word) => 0x1000 | a32Bucket(word),
  conditional: false,
  unallocated: UNALLOCATED,
};
const T32_NARROW: Index = {
  bits: 0xffff_ffc0,
  bucketOf: (word) => (word >>> 6) & 0x3ff,
  conditional: false,
  unallocated: UNALLOCATED_NARROW,
};
const T32_WIDE: Index = {
  bits: 0x1ff0_80f0,
  bucketOf: (word) => 0x4000 | ((word >>> 15) & 0x3fe0) | ((word >>> 11) & 0x10) | ((word >>> 4) & 15),
  conditional: false,
  unallocated: UNALLOCATED,
};

/** The fixed bits of a table's rows, packed: all rows are looked through for every bucket. */
interface FixedBits {
  readonly masks: Int32Array;
  readonly values: Int32Array;
  readonly unconditional: Uint8Array;
}

function fixedBitsOf(table: readonly Row[]): FixedBits {
  const encodings = table.map(({ encoding }) => encoding);
  return {
    masks: Int32Array.from(encodings, ({ mask }) => mask),
    values: Int32Array.from(encodings, ({ value }) => value),
    unconditional: Uint8Array.from(encodings, ({ conditional }) => (conditional ? 0 : 1)),
  };
}

export class Decoder {
  readonly #tableOf: () => readonly Row[];
  readonly #indexOf: (word: number) => Index;
  readonly #buckets = new Map<number, readonly Row[]>();
  readonly #decoded = new Map<number, Instruction>();

  #fixed: FixedBits | null = null;

  /** The table is asked for when it is first needed: most programs are of one instruction set only. */
  constructor(tableOf: () => readonly Row[], indexOf: (word: number) => Index) {
    this.#tableOf = tableOf;
    this.#indexOf = indexOf;
  }

  get table(): readonly Row[] {
    return this.#tableOf();
  }

  get #fixedBits(): FixedBits {
    this.#fixed ??= fixedBitsOf(this.table);
    return this.#fixed;
  }

  /** The row that an opcode belongs to. */
  rowOf(word: number): Row {
    const index = this.#indexOf(word);
    for (const row of this.#candidatesOf(word, index)) if (matches(row.encoding, word)) return row;
    return index.unallocated;
  }

  #candidatesOf(word: number, { bits, bucketOf, conditional }: Index): readonly Row[] {
    const bucket = bucketOf(word);
    const known = this.#buckets.get(bucket);
    if (known !== undefined) return known;
    const { masks, values, unconditional } = this.#fixedBits;
    const { table } = this;
    const found: Row[] = [];
    for (let k = 0; k < masks.length; k++) {
      if ((conditional || unconditional[k] === 1) && ((word ^ (values[k] as number)) & (masks[k] as number) & bits) === 0) found.push(table[k] as Row);
    }
    this.#buckets.set(bucket, found);
    return found;
  }

  decode(word: number): Instruction {
    const row = this.rowOf(word);
    const instruction = instantiate(row, word);
    if (row.inBlock !== undefined) instruction.inBlock = instantiate(row.inBlock, word);
    return instruction;
  }

  /** The same, remembered. `word` is signed, and the instruction is not to be changed. */
  decoded(word: number): Instruction {
    const known = this.#decoded.get(word);
    if (known !== undefined) return known;
    if (this.#decoded.size >= LIMIT_DECODED) this.#decoded.clear();
    const instruction = this.decode(word);
    this.#decoded.set(word, instruction);
    return instruction;
  }
}

function instantiate(row: Row, word: number): Instruction {
  const instruction = new Instruction(word | 0, row);
  extract(row.encoding, word, instruction);
  row.arrange?.(instruction);
  const unpredictable = row.unpredictable?.(instruction) === true;
  row.decode?.(instruction);
  instruction.place = row.place?.(instruction) ?? instruction.place;
  if (unpredictable) makeUnpredictable(instruction);
  return instruction;
}

export const A32 = new Decoder(() => TABLE, (word) => (word >>> 28 === 15 ? A32_UNCONDITIONAL : A32_CONDITIONAL));
/** Opcodes of 32 bits have the first halfword on top. */
export const T32 = new Decoder(t32Table, (word) => (word >>> 16 === 0 ? T32_NARROW : T32_WIDE));
