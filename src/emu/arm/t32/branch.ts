// T32 encodings of branches, compare-and-branch, table branches, IT, svc, bkpt and udf (ARM ARM A6.2.5, A6.2.6, A6.3.4).
// Rows, and semantics where r15 + 4 or the length of the instruction matters; no state.

import {
  BREAKPOINT,
  executeUndefined,
  IT_BLOCK,
  NEXT,
  PLACE_UNCONDITIONAL,
  SUPERVISOR_CALL,
} from '../instruction.ts';
import type { Effect, Execute, Instruction, Row } from '../instruction.ts';
import type { CpuState } from '../cpu_state.ts';
import { rm, rn } from '../operands.ts';
import { pattern } from '../pattern.ts';
import { REG_LR, REG_PC, REG_SP } from '../registers.ts';
import { isBad, last, never, t32 } from './row.ts';

const readPc = (c: CpuState): number => c.r[REG_PC] as number;

const near = (c: CpuState, i: Instruction): Effect => c.branchThumb(readPc(c) + i.imm);
const b: Execute = near;
/** Carries its own condition. */
const bConditional: Execute = (c, i) => (c.passes(i.cond) ? near(c, i) : NEXT);
/** The next instruction is where r15 points: this one has 32 bits. */
const bl: Execute = (c, i) => {
  c.r[REG_LR] = readPc(c) | 1;
  return near(c, i);
};
/** The immediate form always enters A32 state, at a word. */
const blxImmediate: Execute = (c, i) => {
  c.r[REG_LR] = readPc(c) | 1;
  return c.branchExchange((readPc(c) & ~3) + i.imm);
};
const blxRegister: Execute = (c, i) => {
  const target = rm(c, i);
  c.r[REG_LR] = (readPc(c) - 2) | 1;
  return c.branchExchange(target);
};
const cbz: Execute = (c, i) => (rn(c, i) === 0 ? near(c, i) : NEXT);
const cbnz: Execute = (c, i) => (rn(c, i) === 0 ? NEXT : near(c, i));
const tbb: Execute = (c, i) => c.branchThumb(readPc(c) + 2 * c.mmu.loadByte((rn(c, i) + rm(c, i)) | 0));
const tbh: Execute = (c, i) => c.branchThumb(readPc(c) + 2 * c.mmu.loadHalf((rn(c, i) + 2 * rm(c, i)) | 0));

/** Sign-extends a raw offset in units of `2 ** shift` bytes. */
const decodeOffset =
  (bits: number, shift: number) =>
  (i: Instruction): void => {
    i.imm = (i.imm << (32 - bits)) >> (32 - bits - shift);
  };
/** S:imm6:imm11 with J2 and J1 below the sign. */
function decodeConditional(i: Instruction): void {
  const sign = i.imm >>> 17;
  i.imm = (0 - sign * 0x10_0000) | (i.y << 19) | (i.x << 18) | ((i.imm & 0x1_ffff) << 1);
}
/** S:imm10:imm11 with two bits below the sign that are kept as their difference from it. */
function decodeFar(i: Instruction): void {
  const sign = i.imm >>> 21;
  const upper = ((1 ^ i.x ^ sign) << 23) | ((1 ^ i.y ^ sign) << 22);
  i.imm = (0 - sign * 0x100_0000) | upper | ((i.imm & 0x1f_ffff) << 1);
}
function decodeFarWord(i: Instruction): void {
  i.imm <<= 1;
  decodeFar(i);
}

const row = (name: string, bits: string, execute: Execute, text: string, rest: Partial<Row> = {}): Row => ({
  name,
  encoding: pattern(bits),
  execute,
  text,
  ...rest,
});

/** The condition has four bits of which some are fixed here: 1110 and 1111 are other instructions. */
const conditional = (name: string, bits: string, upper: number): Row =>
  row(name, `1111 0 i ${bits} iiiiii 10 x 0 y iiiiiiiiiii`, bConditional, 'b<c> <near>', {
    arrange: (i) => {
      i.cond |= upper;
    },
    decode: decodeConditional,
    place: never,
  });

const BRANCHES: readonly Row[] = [
  row('udf (T1)', '1101 1110 iiiiiiii', executeUndefined, 'udf<c> <imm>', { detail: 'udf', over: ['b (T1)'] }),
  row('svc (T1)', '1101 1111 iiiiiiii', () => SUPERVISOR_CALL, 'svc<c> <hex>', { over: ['b (T1)'] }),
  row('b (T1)', '1101 cccc iiiiiiii', bConditional, 'b<c> <near>', { decode: decodeOffset(8, 1), place: never }),
  row('b (T2)', '1110 0 iiiiiiiiiii', b, 'b<c> <near>', { decode: decodeOffset(11, 1), place: last }),
  conditional('b (T3, eq to vc)', '0ccc', 0),
  conditional('b (T3, hi to lt)', '10cc', 8),
  conditional('b (T3, gt and le)', '110c', 12),
  row('b (T4)', '1111 0 i iiiiiiiiii 10 x 1 y iiiiiiiiiii', b, 'b<c> <near>', { decode: decodeFar, place: last }),
  row('bl (T1)', '1111 0 i iiiiiiiiii 11 x 1 y iiiiiiiiiii', bl, 'bl<c> <near>', { decode: decodeFar, place: last }),
  row('blx (immediate, T2)', '1111 0 i iiiiiiiiii 11 x 0 y iiiiiiiiii 0', blxImmediate, 'blx<c> <near word>', {
    decode: decodeFarWord,
    place: last,
  }),
  t32('blx (register, T1)', '0100 0111 1 mmmm 000', 'blx (register)', { execute: blxRegister, place: last }),
  t32('bx (T1)', '0100 0111 0 mmmm 000', 'bx', { place: last }),
  t32('bxj (T1)', '1111 0011 1100 mmmm 1000 1111 0000 0000', 'bxj', { unpredictable: (i) => isBad(i.rm), place: last }),
];

const decodeForward = (i: Instruction): void => {
  i.imm *= 2;
};
const badTable = (i: Instruction): boolean => i.rn === REG_SP || isBad(i.rm);

const COMPUTED: readonly Row[] = [
  row('cbz', '1011 00 i 1 iiiii nnn', cbz, 'cbz <rn>, <near>', { decode: decodeForward, place: never }),
  row('cbnz', '1011 10 i 1 iiiii nnn', cbnz, 'cbnz <rn>, <near>', { decode: decodeForward, place: never }),
  row('tbb', '1110 1000 1101 nnnn 1111 0000 0000 mmmm', tbb, 'tbb<c> [<rn>, <rm>]', { unpredictable: badTable, place: last }),
  row('tbh', '1110 1000 1101 nnnn 1111 0000 0001 mmmm', tbh, 'tbh<c> [<rn>, <rm>, lsl #1]', { unpredictable: badTable, place: last }),
];

/** First condition al allows no else, which would be never. */
const badBlock = ({ cond, option }: Instruction): boolean => cond === 15 || (cond === 14 && (option & (option - 1)) !== 0);

const OTHERS: readonly Row[] = [
  row('bkpt (T1)', '1011 1110 iiiiiiii', () => BREAKPOINT, 'bkpt <hex>', { place: () => PLACE_UNCONDITIONAL }),
  row('udf (T2)', '1111 0111 1111 iiii 1010 iiii iiii iiii', executeUndefined, 'udf<c> <imm>', { detail: 'udf' }),
];

/** Behind the hints in the table: no instruction in the block is a hint. */
export const T32_IT: Row = row('it', '1011 1111 cccc oooo', () => IT_BLOCK, 'it<then else> <block condition>', {
  decode: (i) => {
    i.imm = (i.cond << 4) | i.option;
  },
  unpredictable: badBlock,
  place: never,
});

export const T32_BRANCH: readonly Row[] = [...BRANCHES, ...COMPUTED, ...OTHERS];
