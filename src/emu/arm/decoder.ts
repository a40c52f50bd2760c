// Opcode to decoded instruction, by the tables. Owns caches shared by all CPUs: for each instruction set an index over some bits
// of the opcode, filled as encodings are met, and the instructions decoded so far. Decoding is a pure function, so sharing shows
// nowhere.

import { EXECUTE_UNDEFINED } from './executes.ts';
import { executeUndefined, Instruction, makeUnpredictable } from './instruction.ts';
import type { Row } from './instruction.ts';
import { a32Packed, type PackedTable, type Parts, t32Packed } from './packed_table.ts';
import { extract, pattern } from './pattern.ts';
import { t32Table } from './t32/table.ts';
import { A32_PARTS } from './table.ts';

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

/** With the places of all rows. */
interface Places extends PackedTable {
  readonly all: readonly number[];
}

export class Decoder {
  readonly #parts: Parts;
  readonly #packedOf: () => PackedTable;
  readonly #indexOf: (word: number) => Index;
  /** Places in the table. */
  readonly #buckets = new Map<number, readonly number[]>();
  readonly #decoded = new Map<number, Instruction>();

  /** The rows of the parts that were made, by their places, and the places of these rows. */
  readonly #rows: Row[] = [];
  readonly #placeOf = new Map<Row, number>();

  #places: Places | null = null;

  /** A part of the table is asked for when one of its rows is first needed: most programs are of one instruction set, and of few parts of it. */
  constructor(parts: Parts, packedOf: () => PackedTable, indexOf: (word: number) => Index) {
    this.#parts = parts;
    this.#packedOf = packedOf;
    this.#indexOf = indexOf;
  }

  /** All rows. */
  get table(): readonly Row[] {
    return this.#parts.flatMap((part) => part());
  }

  get #packed(): Places {
    if (this.#places !== null) return this.#places;
    const packed = this.#packedOf();
    this.#places = { ...packed, all: [...packed.masks.keys()] };
    return this.#places;
  }

  #rowAt(place: number): Row {
    const known = this.#rows[place];
    if (known !== undefined) return known;
    const { starts } = this.#packed;
    const part = starts.findLastIndex((start) => start <= place);
    for (const [k, row] of (this.#parts[part]?.() ?? []).entries()) {
      this.#rows[(starts[part] as number) + k] = row;
      this.#placeOf.set(row, (starts[part] as number) + k);
    }
    return this.#rows[place] as Row;
  }

  /** The number of a row's semantics outside of IT blocks, through this table alone (executes.ts). The row was found here. */
  executeOf(row: Row): number {
    const place = this.#placeOf.get(row);
    return place === undefined ? EXECUTE_UNDEFINED : (this.#packed.executes[place] as number);
  }

  /** The row that an opcode belongs to. */
  rowOf(word: number): Row {
    const index = this.#indexOf(word);
    const { masks, values } = this.#packed;
    for (const place of this.#candidatesOf(word, index, 0)) {
      if ((word & (masks[place] as number)) === values[place]) return this.#rowAt(place);
    }
    return index.unallocated;
  }

  /** In the order of the table. Where words have no condition, none of a row that has one is left. */
  #candidatesOf(word: number, index: Index, depth: number): readonly number[] {
    const level = index.levels[depth];
    const { masks, values, all, unconditional } = this.#packed;
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

export const A32 = new Decoder(A32_PARTS, a32Packed, (word) => (word >>> 28 === 15 ? A32_UNCONDITIONAL : A32_CONDITIONAL));
/** Opcodes of 32 bits have the first halfword on top. */
export const T32 = new Decoder([t32Table], t32Packed, (word) => (word >>> 16 === 0 ? T32_NARROW : T32_WIDE));
