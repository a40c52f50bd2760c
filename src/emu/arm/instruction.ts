// One decoded instruction and one row of the instruction table; the vocabulary shared by table, decoder, interpreter and
// disassembler. A decoded instruction depends on its opcode word alone, never on where it stands. No state.

import type { CpuState } from './cpu_state.ts';
import type { UndefinedDetail } from './exit.ts';
import type { Pattern } from './pattern.ts';

/** What the interpreter does after an instruction: go on with the next one ... */
export const NEXT = 0;
/** ... or at the address that the instruction put into r15, ... */
export const BRANCH = 1;
/** ... which may be in the other instruction set now, ... */
export const EXCHANGE = 2;
/** ... or begin an IT block (T32), or leave for the kernel. */
export const IT_BLOCK = 3;
export const SUPERVISOR_CALL = 4;
export const BREAKPOINT = 5;
export const UNDEFINED = 6;
export type Effect = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/**
 * The semantics of a row. Called with r15 = address of the instruction + 8 (in Thumb state + 4) and a condition that holds.
 * Memory accesses throw the MMU's fault mark; a row changes registers only after its last access that can fault.
 */
export type Execute = (c: CpuState, i: Instruction) => Effect;

export const ALWAYS = 14;

/** How the flexible operand (or the offset of a load) is made. */
export const FORM_IMMEDIATE = 0;
export const FORM_REGISTER = 1;
export const FORM_SHIFT_IMMEDIATE = 2;
export const FORM_SHIFT_REGISTER = 3;

export const SHIFT_LSL = 0;
export const SHIFT_LSR = 1;
export const SHIFT_ASR = 2;
export const SHIFT_ROR = 3;
/** Not an encoding of its own: ror #0. */
export const SHIFT_RRX = 4;

/** Carry out of an immediate operand: 0, 1 or what it was. */
export const CARRY_KEPT = 2;

/** Addressing modes of single and dual transfers. */
export const MODE_OFFSET = 0;
export const MODE_PRE = 1;
export const MODE_POST = 2;

/** Where in an IT block an instruction may stand (T32). A place that is not allowed is UNPREDICTABLE. */
export const PLACE_ANYWHERE = 0;
export const PLACE_LAST = 1;
export const PLACE_NEVER = 2;
/** Anywhere, and the block's condition does not matter. */
export const PLACE_UNCONDITIONAL = 3;
export type Place = 0 | 1 | 2 | 3;

/** A row of one of the two tables, A32 (table.ts) and T32 (t32/table.ts). */
export interface Row {
  /** Unique in the table. */
  readonly name: string;
  readonly encoding: Pattern;
  readonly execute: Execute;
  /** UAL text with <operand> marks (disassembler.ts), or a choice among such texts. */
  readonly text: string | ((i: Instruction) => string);
  /** Turns raw fields into what the semantics want (constants expanded, shifts normalised). */
  readonly decode?: ((i: Instruction) => void) | undefined;
  /** True for register choices that the architecture calls UNPREDICTABLE: they are undefined here. */
  readonly unpredictable?: ((i: Instruction) => boolean) | undefined;
  /** For rows that are undefined by intent. */
  readonly detail?: UndefinedDetail | undefined;
  /** Names of rows whose encodings include some of this row's: this one wins, and stands before them in the table. */
  readonly over?: readonly string[] | undefined;
  /** T32 only: brings raw fields to what they are in A32, before `unpredictable` and `decode`, which may be A32's, see them. */
  readonly arrange?: ((i: Instruction) => void) | undefined;
  /** T32 only; looks at decoded fields. */
  readonly place?: ((i: Instruction) => Place) | undefined;
  /** T32 only: what the encoding means inside an IT block, where most 16-bit instructions leave the flags alone. */
  readonly inBlock?: Row | undefined;
}

export class Instruction {
  /** The opcode, signed. */
  word: number;
  row: Row;
  execute: Execute;
  detail: UndefinedDetail;
  bytes: 2 | 4;
  /** The same opcode inside an IT block, where that makes a difference. */
  inBlock: Instruction | null = null;
  place: Place = PLACE_ANYWHERE;
  cond = ALWAYS;
  form = FORM_IMMEDIATE;
  rd = 0;
  rn = 0;
  rm = 0;
  rs = 0;
  ra = 0;
  rt = 0;
  /** Second register of a dual transfer. */
  rt2 = 0;
  imm = 0;
  carry = CARRY_KEPT;
  shift = SHIFT_LSL;
  amount = 0;
  mode = MODE_OFFSET;
  /** 1: the offset is added; 0: subtracted. */
  up = 1;
  writeback = 0;
  /** Halves chosen by the 16-bit multiplies (0 bottom, 1 top), and the X or R option of the dual ones in `x`. */
  x = 0;
  y = 0;
  rotate = 0;
  lsb = 0;
  /** Width of a bit field; raw: its last bit, or width - 1. */
  width = 0;
  list = 0;
  option = 0;

  constructor(word: number, row: Row) {
    this.word = word;
    this.row = row;
    this.execute = row.execute;
    this.detail = row.detail ?? 'unallocated';
    this.bytes = row.encoding.bytes;
  }
}

export const executeUndefined: Execute = () => UNDEFINED;

export function makeUnpredictable(instruction: Instruction): void {
  instruction.execute = executeUndefined;
  instruction.detail = 'unpredictable';
}
