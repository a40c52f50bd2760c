// How rows of the T32 table are made: a T32 encoding and the A32 row whose semantics, text and rules it shares, or semantics of its
// own. Pure.

import { CARRY_KEPT, FORM_IMMEDIATE, PLACE_ANYWHERE, PLACE_LAST, PLACE_NEVER } from '../instruction.ts';
import type { Execute, Instruction, Place, Row } from '../instruction.ts';
import { rotateRight } from '../operands.ts';
import { pattern } from '../pattern.ts';
import { REG_PC, REG_SP } from '../registers.ts';
import { a32Table } from '../table.ts';

const A32_ROWS: ReadonlyMap<string, Row> = new Map(a32Table().map((row) => [row.name, row]));

export function a32Row(name: string): Row {
  const row = A32_ROWS.get(name);
  if (row === undefined) throw new Error(`no A32 row is named ${name}`);
  return row;
}

type Check = (i: Instruction) => boolean;

export interface Options {
  /** Fields that the encoding implies, and fields that it holds in another form than A32. */
  readonly arrange?: (i: Instruction) => void;
  /** Instead of A32's. */
  readonly decode?: (i: Instruction) => void;
  /** In addition to A32's rules, or with `ownRules` instead of them. */
  readonly unpredictable?: Check;
  readonly ownRules?: true;
  readonly execute?: Execute;
  readonly text?: Row['text'];
  readonly place?: (i: Instruction) => Place;
  /** Name of the A32 row that gives semantics and text inside an IT block. */
  readonly inBlock?: string;
  readonly over?: readonly string[];
}

/** A T32 encoding of what the A32 row `like` does. */
export function t32(name: string, bits: string, like: string, options: Options = {}): Row {
  const model = a32Row(like);
  const rules = [options.ownRules === true ? undefined : model.unpredictable, options.unpredictable].filter((rule) => rule !== undefined);
  const row: Row = {
    name,
    encoding: pattern(bits),
    execute: options.execute ?? model.execute,
    text: options.text ?? model.text,
    detail: model.detail,
    arrange: options.arrange,
    decode: options.decode ?? model.decode,
    unpredictable: (i) => rules.some((rule) => rule(i)),
    place: options.place,
    over: options.over,
  };
  if (options.inBlock === undefined) return row;
  const { execute, text } = a32Row(options.inBlock);
  return { ...row, inBlock: { ...row, execute, text } };
}

/** Registers 13 and 15 are UNPREDICTABLE in most places. */
export const isBad = (register: number): boolean => register === REG_SP || register === REG_PC;
export const badD: Check = (i) => isBad(i.rd);
export const badDM: Check = (i) => isBad(i.rd) || isBad(i.rm);
export const badDNM: Check = (i) => badDM(i) || isBad(i.rn);
export const badDMS: Check = (i) => badDM(i) || isBad(i.rs);

export const last = (): Place => PLACE_LAST;
export const never = (): Place => PLACE_NEVER;
export const lastIf =
  (branches: Check) =>
  (i: Instruction): Place =>
    branches(i) ? PLACE_LAST : PLACE_ANYWHERE;

/** The semantics with r15 read as a word address, as literals and adr have it. r15 is the interpreter's to forget. */
export const fromAlignedPc =
  (execute: Execute): Execute =>
  (c, i) => {
    c.r[REG_PC] = (c.r[REG_PC] as number) & ~3;
    return execute(c, i);
  };

export const scaled =
  (bytes: number) =>
  (i: Instruction): void => {
    i.imm *= bytes;
  };

/** The constant as it stands. */
export function decodePlainImmediate(i: Instruction): void {
  i.form = FORM_IMMEDIATE;
  i.carry = CARRY_KEPT;
}

/** Raw 12 bits to a byte in one of four repetitions, or an 8-bit value with its top bit set, rotated (ThumbExpandImm_C). */
export function decodeThumbImmediate(i: Instruction): void {
  i.form = FORM_IMMEDIATE;
  const byte = i.imm & 0xff;
  if (i.imm >>> 10 === 0) {
    i.imm = Math.imul(byte, [1, 0x0001_0001, 0x0100_0100, 0x0101_0101][i.imm >>> 8] ?? 1);
    i.carry = CARRY_KEPT;
  } else {
    i.imm = rotateRight(byte | 0x80, i.imm >>> 7);
    i.carry = i.imm >>> 31;
  }
}

/** A byte of 0 repeated. */
export const isBadThumbImmediate: Check = (i) => (i.imm & 0xff) === 0 && i.imm >>> 8 >= 1 && i.imm >>> 8 <= 3;
