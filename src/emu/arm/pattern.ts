// Encodings written as 32 or 16 characters, most significant bit first: 0 and 1 are fixed bits, a letter names the field its bits
// belong to, blanks are for the reader. Bits that the architecture wants to be 0 or 1 "or else UNPREDICTABLE" count as fixed.

import type { Instruction } from './instruction.ts';

/** Letter of a pattern to field of an instruction; `c` is the condition, `-` a bit that is not looked at. */
const FIELD_OF_LETTER = {
  c: 'cond',
  d: 'rd',
  n: 'rn',
  m: 'rm',
  s: 'rs',
  a: 'ra',
  t: 'rt',
  b: 'rt2',
  i: 'imm',
  k: 'shift',
  h: 'amount',
  u: 'up',
  w: 'writeback',
  x: 'x',
  y: 'y',
  r: 'rotate',
  l: 'lsb',
  e: 'width',
  g: 'list',
  o: 'option',
} as const satisfies Record<string, keyof Instruction>;

export type Field = (typeof FIELD_OF_LETTER)[keyof typeof FIELD_OF_LETTER];

/** Part of a field: `bits` bits of the word from `from` upward, appended below what the field has already. */
export interface Piece {
  readonly field: Field;
  readonly from: number;
  readonly bits: number;
}

export interface Pattern {
  readonly text: string;
  /** Fixed bits and their values, unsigned. */
  readonly mask: number;
  readonly value: number;
  readonly pieces: readonly Piece[];
  readonly bytes: 2 | 4;
  /** True if the top four bits are a condition, which cannot be 1111. */
  readonly conditional: boolean;
}

const isLetter = (character: string): character is keyof typeof FIELD_OF_LETTER => character in FIELD_OF_LETTER;

/** What a pattern's text says, without the fields. */
type Parts = Omit<Pattern, 'text' | 'pieces'>;

/** Read when it is first asked for: a process that runs one instruction set does not pay for the other, nor for fields of what it never meets. */
class LazyPattern implements Pattern {
  readonly text: string;
  #parts: Parts | null = null;
  #pieces: readonly Piece[] | null = null;

  constructor(text: string) {
    this.text = text;
  }

  get #read(): Parts {
    this.#parts ??= read(this.text);
    return this.#parts;
  }

  get mask(): number {
    return this.#read.mask;
  }

  get value(): number {
    return this.#read.value;
  }

  get pieces(): readonly Piece[] {
    this.#pieces ??= piecesOf(this.text);
    return this.#pieces;
  }

  get bytes(): 2 | 4 {
    return this.#read.bytes;
  }

  get conditional(): boolean {
    return this.#read.conditional;
  }
}

export const pattern = (text: string): Pattern => new LazyPattern(text);

/** Most significant bit first, 32 of them. A 16-bit opcode is a number below 0x10000: no 32-bit Thumb instruction, first halfword above, is. */
const bitsOf = (written: string): string => written.padStart(32, '0');

const BLANK = 0x20;
const ZERO = 0x30;
const ONE = 0x31;

/** All of a table are read for its first instruction: once through the characters takes half as long as a few of the host's own routines. */
function read(text: string): Parts {
  let mask = 0;
  let value = 0;
  let length = 0;
  for (let k = 0; k < text.length; k++) {
    const character = text.charCodeAt(k);
    if (character === BLANK) continue;
    length++;
    mask = (mask << 1) | (character === ZERO || character === ONE ? 1 : 0);
    value = (value << 1) | (character === ONE ? 1 : 0);
  }
  if (length === 16) return { mask: (0xffff_0000 | mask) >>> 0, value, bytes: 2, conditional: false };
  if (length !== 32) throw new Error(`pattern of ${length} bits: ${text}`);
  return { mask: mask >>> 0, value: value >>> 0, bytes: 4, conditional: text.startsWith('cccc') };
}

function piecesOf(text: string): readonly Piece[] {
  const bits = bitsOf(text.replaceAll(' ', ''));
  const pieces: { field: Field; from: number; bits: number }[] = [];
  let previous = '';
  for (let position = 31; position >= 0; position--) {
    const character = bits.charAt(31 - position);
    if (isLetter(character)) {
      const last = pieces.at(-1);
      if (character === previous && last !== undefined) {
        last.from = position;
        last.bits++;
      } else pieces.push({ field: FIELD_OF_LETTER[character], from: position, bits: 1 });
    } else if (!'01-'.includes(character)) throw new Error(`pattern with unknown field ${character}: ${text}`);
    previous = character;
  }
  return pieces;
}

export function matches(encoding: Pattern, word: number): boolean {
  return (word & encoding.mask) >>> 0 === encoding.value && !(encoding.conditional && word >>> 28 === 15);
}

/** Whether some word has both encodings. */
export function overlaps(a: Pattern, b: Pattern): boolean {
  const unconditional = a.conditional ? b : a;
  if (a.conditional !== b.conditional && unconditional.mask >>> 28 === 15 && unconditional.value >>> 28 === 15) return false;
  return ((a.value ^ b.value) & a.mask & b.mask) === 0;
}

export function extract(encoding: Pattern, word: number, into: Instruction): void {
  for (const { field } of encoding.pieces) into[field] = 0;
  for (const { field, from, bits } of encoding.pieces) into[field] = (into[field] << bits) | ((word >>> from) & ((1 << bits) - 1));
}
