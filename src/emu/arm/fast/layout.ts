// Where things are in the memory that the fast engine shares with its module: in front of the guest's RAM lies the engine's area.
// Constants and the layout of records only; no state.

import type { Instruction } from '../instruction.ts';

/** The running thread's register file, as CpuRegisters has it. */
export const AT_REGISTERS = 0x100;
/** Flags unpacked, as CpuState has them. */
export const AT_FLAGS = { n: 0x180, z: 0x184, carry: 0x188, v: 0x18c } as const;
/** Instructions left when the module returned. */
export const AT_LEFT = 0x190;
/** Set by an import that reports an abort. */
export const AT_FAULT = 0x194;
/** Address of the current address space's translations. */
export const AT_SPACE = 0x198;

/**
 * Cached translations of an address space: data first, then code, each 256 entries of 16 bytes. For data the entry is found by two
 * bytes of the page number, because programs, heaps and stacks begin at round addresses.
 */
export const SPACES_FROM = 0x1000;
export const DATA_ENTRIES = 0;
export const WORD_CODE_ENTRIES = 0x1000;
export const HALF_CODE_ENTRIES = 0x2000;
export const SPACE_BYTES = 0x3000;
export const SPACES = 64;

/** In an entry for data: tag and addend for loads, tag and addend for stores. Index in RAM = address + addend. */
export const READ_TAG = 0;
export const READ_ADDEND = 4;
export const WRITE_TAG = 8;
export const WRITE_ADDEND = 12;
/** In an entry for code: tag, index of the frame in RAM, address of the page's records. */
export const CODE_TAG = 0;
export const CODE_FRAME = 4;
export const CODE_RECORDS = 8;

/** Records of decoded instructions, by page. */
export const RECORDS_FROM = SPACES_FROM + SPACES * SPACE_BYTES;
export const RECORD_BYTES = 16;
/** In a record: the opcode it was decoded from, what to do, the place in an IT block; then the fields that this wants. */
export const RECORD_WORD = 0;
export const RECORD_OPERATION = 4;
export const RECORD_PLACE = 6;
/** Operation of an A32 record: below what these say; r15 is read as a register among others, or in a list; a condition other than always. */
export const OPERATION_BITS = 10;
export const READS_PC = 1 << OPERATION_BITS;
export const CONDITION_SHIFT = OPERATION_BITS + 1;
const RECORD_FIELDS = 7;
/** Records of a page of Thumb code: as it is outside of IT blocks, then as it is inside, where instead of the condition stands the place. */
export const HALF_RECORDS_INSIDE = 2048 * 16;

/** What the module returns with: an effect (instruction.ts), or one of these. */
export const EXIT_BUDGET = 0;
export const EXIT_FAULT = 7;
export const EXIT_EXCHANGE = 8;
/** At an instruction that the module has no code for. */
export const EXIT_REFERENCE = 9;

/** Fields that name registers are kept as byte offsets into the register file. */
export const REGISTER_FIELDS = ['rd', 'rn', 'rm', 'rs', 'ra', 'rt', 'rt2'] as const;
/** All fields that semantics may read, with what a record needs for them. */
export const FIELDS = [
  ...REGISTER_FIELDS.map((name) => ({ name, bytes: 1, signed: false, high: 15 }) as const),
  { name: 'shift', bytes: 1, signed: false, high: 4 },
  { name: 'amount', bytes: 1, signed: false, high: 64 },
  { name: 'x', bytes: 1, signed: false, high: 1 },
  { name: 'y', bytes: 1, signed: false, high: 1 },
  { name: 'rotate', bytes: 1, signed: false, high: 31 },
  { name: 'lsb', bytes: 1, signed: false, high: 31 },
  { name: 'width', bytes: 1, signed: false, high: 31 },
  { name: 'option', bytes: 1, signed: false, high: 255 },
  { name: 'list', bytes: 2, signed: false, high: 0xffff },
  { name: 'imm', bytes: 4, signed: true, high: 0x7fff_ffff },
] as const satisfies readonly { readonly name: keyof Instruction; readonly bytes: 1 | 2 | 4; readonly signed: boolean; readonly high: number }[];
export type Field = (typeof FIELDS)[number];
export type FieldName = Field['name'];

export interface Place {
  readonly field: Field;
  /** From the start of the record. */
  readonly offset: number;
}

/** Where the fields of a mask (bit k: FIELDS[k]) are in a record: the large ones from behind, the small ones from the front. */
export function placesOf(mask: number): readonly Place[] {
  let front = RECORD_FIELDS;
  let back = RECORD_BYTES;
  const places: Place[] = [];
  for (let k = FIELDS.length - 1; k >= 0; k--) {
    const field = FIELDS[k];
    if (field === undefined || ((mask >>> k) & 1) === 0) continue;
    if (field.bytes === 1) places.push({ field, offset: front++ });
    else {
      back -= field.bytes;
      places.push({ field, offset: back });
    }
  }
  if (front > back) throw new Error(`the fields ${mask.toString(2)} do not fit into a record`);
  return places;
}

/**
 * Fields that are worked out when the module is made: every combination of them that occurs has code of its own. Of a destination
 * it is known only whether it is r15.
 */
export const SHAPE = ['form', 'mode', 'up', 'writeback', 'carry', 'shift', 'x', 'y', 'cond', 'rd', 'rt'] as const satisfies readonly (keyof Instruction)[];
export type ShapeField = (typeof SHAPE)[number];

/** The value of a field as a shape has it. */
export function shapeValue(instruction: Instruction, field: ShapeField): number {
  const value = instruction[field];
  if (field !== 'rd' && field !== 'rt') return value;
  return value === 15 ? 15 : 0;
}
