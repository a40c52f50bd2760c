// Opcode to decoded instruction, by the tables. Owns caches shared by all CPUs: for each instruction set an index over some bits
// of the opcode, filled as encodings are met, and the instructions decoded so far. Decoding is a pure function, so sharing shows
// nowhere.

import { a32FixedBits, type FixedBits, t32FixedBits } from './fixed_bits.ts';
import { executeUndefined, Instruction, makeUnpredictable } from './instruction.ts';
import type { Row } from './instruction.ts';
import { extract, pattern } from './pattern.ts';
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
/** With a condition, and like everything that has one it does nothing where that fails. */
const UNALLOCATED_CONDITIONAL = unallocated(`cccc ${'-'.repeat(28)}`);
const UNALLOCATED_NARROW = unallocated('-'.repeat(16));

/** A way to look rows up. */
interface Index {
  /**
   * The bits that choose a word's bucket, and before them fewer and fewer of them: the rows of a bucket are sought among those of its
   * coarser neighbour, which many buckets share. To look through the whole table for each took half of the time of decoding.
   */
  readonly levels: readonly Level[];
  /** False where the words of this index have 1111 for a condition. */
  readonly conditional: boolean;
  readonly unallocated: Row;
}

interface Level {
  readonly bits: number;
  /** The same bits as a small number, different from those of all other levels of the instruction set. */
  readonly bucketOf: (word: number) => number;
}

/** `set` tells the two indices of an instruction set apart. */
const a32Levels = (set: 0 | 1): readonly Level[] => [
  { bits: 0x0ff0_00f0, bucketOf: (word) => (set << 12) | ((word >>> 16) & 0xff0) | ((word >>> 4) & 15) },
  { bits: 0x0ff0_0000, bucketOf: (word) => 0x1_0000 | (set << 12) | ((word >>> 20) & 0xff) },
  { bits: 0x0e00_0000, bucketOf: (word) => 0x2_0000 | (set << 12) | ((word >>> 25) & 7) },
];
const A32_CONDITIONAL: Index = { levels: a32Levels(0), conditional: true, unallocated: UNALLOCATED_CONDITIONAL };
const A32_UNCONDITIONAL: Index = { levels: a32Levels(1), conditional: false, unallocated: UNALLOCATED };
const T32_NARROW: Index = {
  levels: [
    { bits: 0xffff_ffc0, bucketOf: (word) => (word >>> 6) & 0x3ff },
    { bits: 0xffff_f000, bucketOf: (word) => 0x1_0000 | ((word >>> 12) & 15) },
  ],
  conditional: false,
  unallocated: UNALLOCATED_NARROW,
};
const T32_WIDE: Index = {
  levels: [
    { bits: 0x1ff0_80f0, bucketOf: (word) => 0x4000 | ((word >>> 15) & 0x3fe0) | ((word >>> 11) & 0x10) | ((word >>> 4) & 15) },
    { bits: 0x1ff0_0000, bucketOf: (word) => 0x1_4000 | ((word >>> 20) & 0x1ff) },
    { bits: 0x1e00_0000, bucketOf: (word) => 0x2_4000 | ((word >>> 25) & 15) },
  ],
  conditional: false,
  unallocated: UNALLOCATED,
};

/** The fixed bits of all rows, and the places of all. */
interface Places extends FixedBits {
  readonly all: readonly number[];
}

export class Decoder {
  readonly #tableOf: () => readonly Row[];
  readonly #fixedBitsOf: () => FixedBits;
  readonly #indexOf: (word: number) => Index;
  /** Places in the table. */
  readonly #buckets = new Map<number, readonly number[]>();
  readonly #decoded = new Map<number, Instruction>();

  #places: Places | null = null;

  /** The table is asked for when it is first needed: most programs are of one instruction set only. */
  constructor(tableOf: () => readonly Row[], fixedBitsOf: () => FixedBits, indexOf: (word: number) => Index) {
    this.#tableOf = tableOf;
    this.#fixedBitsOf = fixedBitsOf;
    this.#indexOf = indexOf;
  }

  get table(): readonly Row[] {
    return this.#tableOf();
  }

  get #fixedBits(): Places {
    if (this.#places !== null) return this.#places;
    const bits = this.#fixedBitsOf();
    this.#places = { ...bits, all: [...bits.masks.keys()] };
    return this.#places;
  }

  /** The row that an opcode belongs to. */
  rowOf(word: number): Row {
    const index = this.#indexOf(word);
    const { masks, values } = this.#fixedBits;
    for (const place of this.#candidatesOf(word, index, 0)) {
      if ((word & (masks[place] as number)) === values[place]) return this.table[place] as Row;
    }
    return index.unallocated;
  }

  /** In the order of the table. Where words have no condition, none of a row that has one is left. */
  #candidatesOf(word: number, index: Index, depth: number): readonly number[] {
    const level = index.levels[depth];
    const { masks, values, all, unconditional } = this.#fixedBits;
    if (level === undefined) return index.conditional ? all : unconditional;
    const bucket = level.bucketOf(word);
    const known = this.#buckets.get(bucket);
    if (known !== undefined) return known;
    const { bits } = level;
    const found: number[] = [];
    for (const place of this.#candidatesOf(word, index, depth + 1)) {
      if (((word ^ (values[place] as number)) & (masks[place] as number) & bits) === 0) found.push(place);
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

export const A32 = new Decoder(() => TABLE, a32FixedBits, (word) => (word >>> 28 === 15 ? A32_UNCONDITIONAL : A32_CONDITIONAL));
/** Opcodes of 32 bits have the first halfword on top. */
export const T32 = new Decoder(t32Table, t32FixedBits, (word) => (word >>> 16 === 0 ? T32_NARROW : T32_WIDE));
