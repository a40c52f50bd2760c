// Multiplication: 32-bit, long, 16-bit halves, dual 16-bit, most significant word (ARM ARM A5.2.5, A5.2.7, A5.4.4).
// Rows and semantics; no state.

import type { CpuState } from './cpu_state.ts';
import { NEXT } from './instruction.ts';
import type { Effect, Execute, Instruction, Row } from './instruction.ts';
import { once } from './once.ts';
import { ra, rm, rn, rotateRight, rs, setNZ, setRd } from './operands.ts';
import { pattern } from './pattern.ts';
import { REG_PC } from './registers.ts';

const TWO_32 = 0x1_0000_0000;

const bottom = (value: number): number => (value << 16) >> 16;
const top = (value: number): number => value >> 16;
const half = (value: number, isTop: number): number => (isTop === 0 ? bottom(value) : top(value));

/** High word of the unsigned 64-bit product, from 16-bit parts: exact in doubles. */
function highUnsigned(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + Math.floor((aLow * bLow) / 0x1_0000);
  const upper = aLow * bHigh + (middle % 0x1_0000);
  return (aHigh * bHigh + Math.floor(middle / 0x1_0000) + Math.floor(upper / 0x1_0000)) | 0;
}

function highSigned(a: number, b: number): number {
  return (highUnsigned(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;
}

/** Adds a 64-bit number to (high, low) and writes rd:ra, ra being the low word of every long multiply. */
function writeLong(c: CpuState, i: Instruction, high: number, low: number, addHigh: number, addLow: number): void {
  const sum = (low >>> 0) + (addLow >>> 0);
  c.r[i.ra] = sum;
  c.r[i.rd] = high + addHigh + (sum >= TWO_32 ? 1 : 0);
}

function setLongFlags(c: CpuState, i: Instruction): Effect {
  const high = c.r[i.rd] as number;
  c.n = high;
  c.z = high | (c.r[i.ra] as number);
  return NEXT;
}

/** Adds a sign-extended product to rd:ra; the products that come here fit a double exactly. */
function accumulateLong(c: CpuState, i: Instruction, product: number): Effect {
  writeLong(c, i, Math.floor(product / TWO_32), product | 0, c.r[i.rd] as number, ra(c, i));
  return NEXT;
}

/** a + b where leaving the signed range sets Q: the result wraps, it does not saturate. */
function addQ(c: CpuState, a: number, b: number): number {
  const sum = a + b;
  if (sum !== (sum | 0)) c.setQ();
  return sum | 0;
}

const mul: Execute = (c, i) => setRd(c, i, Math.imul(rm(c, i), rs(c, i)));
const muls: Execute = (c, i) => {
  const result = Math.imul(rm(c, i), rs(c, i));
  setNZ(c, result);
  return setRd(c, i, result);
};
const mla: Execute = (c, i) => setRd(c, i, (Math.imul(rm(c, i), rs(c, i)) + ra(c, i)) | 0);
const mlas: Execute = (c, i) => {
  const result = (Math.imul(rm(c, i), rs(c, i)) + ra(c, i)) | 0;
  setNZ(c, result);
  return setRd(c, i, result);
};
const mls: Execute = (c, i) => setRd(c, i, (ra(c, i) - Math.imul(rm(c, i), rs(c, i))) | 0);

const umull: Execute = (c, i) => {
  const a = rm(c, i);
  const b = rs(c, i);
  writeLong(c, i, highUnsigned(a, b), Math.imul(a, b), 0, 0);
  return NEXT;
};
const umlal: Execute = (c, i) => {
  const a = rm(c, i);
  const b = rs(c, i);
  writeLong(c, i, highUnsigned(a, b), Math.imul(a, b), c.r[i.rd] as number, ra(c, i));
  return NEXT;
};
const smull: Execute = (c, i) => {
  const a = rm(c, i);
  const b = rs(c, i);
  writeLong(c, i, highSigned(a, b), Math.imul(a, b), 0, 0);
  return NEXT;
};
const smlal: Execute = (c, i) => {
  const a = rm(c, i);
  const b = rs(c, i);
  writeLong(c, i, highSigned(a, b), Math.imul(a, b), c.r[i.rd] as number, ra(c, i));
  return NEXT;
};
/** Both accumulators are added as 32-bit numbers; the sum cannot overflow 64 bits. */
const umaal: Execute = (c, i) => {
  const a = rm(c, i);
  const b = rs(c, i);
  const added = ((c.r[i.rd] as number) >>> 0) + (ra(c, i) >>> 0);
  writeLong(c, i, highUnsigned(a, b), Math.imul(a, b), added >= TWO_32 ? 1 : 0, added | 0);
  return NEXT;
};
const withLongFlags =
  (execute: Execute): Execute =>
  (c, i) => {
    execute(c, i);
    return setLongFlags(c, i);
  };

const halfProduct = (c: CpuState, i: Instruction): number => half(rm(c, i), i.x) * half(rs(c, i), i.y);
/** Upper 32 bits of the 48-bit product of a word and a half. */
const wordByHalf = (c: CpuState, i: Instruction): number => Math.floor((rm(c, i) * half(rs(c, i), i.y)) / 0x1_0000);

const smulxy: Execute = (c, i) => setRd(c, i, halfProduct(c, i));
const smlaxy: Execute = (c, i) => setRd(c, i, addQ(c, halfProduct(c, i), ra(c, i)));
const smulw: Execute = (c, i) => setRd(c, i, wordByHalf(c, i));
const smlaw: Execute = (c, i) => setRd(c, i, addQ(c, wordByHalf(c, i), ra(c, i)));
const smlalxy: Execute = (c, i) => accumulateLong(c, i, halfProduct(c, i));

/** Second operand of the dual multiplies; the X form exchanges its halves. */
const dualOperand = (c: CpuState, i: Instruction): number => (i.x === 0 ? rs(c, i) : rotateRight(rs(c, i), 16));
function dualSum(c: CpuState, i: Instruction): number {
  const a = rm(c, i);
  const b = dualOperand(c, i);
  return bottom(a) * bottom(b) + top(a) * top(b);
}
function dualDifference(c: CpuState, i: Instruction): number {
  const a = rm(c, i);
  const b = dualOperand(c, i);
  return bottom(a) * bottom(b) - top(a) * top(b);
}

const smuad: Execute = (c, i) => setRd(c, i, addQ(c, dualSum(c, i), 0));
const smusd: Execute = (c, i) => setRd(c, i, dualDifference(c, i));
const smlad: Execute = (c, i) => setRd(c, i, addQ(c, dualSum(c, i), ra(c, i)));
const smlsd: Execute = (c, i) => setRd(c, i, addQ(c, dualDifference(c, i), ra(c, i)));
const smlald: Execute = (c, i) => accumulateLong(c, i, dualSum(c, i));
const smlsld: Execute = (c, i) => accumulateLong(c, i, dualDifference(c, i));

/** High word of the signed product; the rounding forms (x = 1) add 0x80000000 first. */
function mostSignificant(c: CpuState, i: Instruction): number {
  const a = rm(c, i);
  const b = rs(c, i);
  return highSigned(a, b) + (i.x === 1 && Math.imul(a, b) < 0 ? 1 : 0);
}

const smmul: Execute = (c, i) => setRd(c, i, mostSignificant(c, i) | 0);
const smmla: Execute = (c, i) => setRd(c, i, (mostSignificant(c, i) + ra(c, i)) | 0);
/** (ra:00000000 - product [+ 0x80000000]) >> 32. */
const smmls: Execute = (c, i) => {
  const a = rm(c, i);
  const b = rs(c, i);
  const low = -(Math.imul(a, b) >>> 0);
  const borrow = Math.floor((low + (i.x === 1 ? 0x8000_0000 : 0)) / TWO_32);
  return setRd(c, i, (ra(c, i) - highSigned(a, b) + borrow) | 0);
};

const saturate = (c: CpuState, value: number): number => {
  if (value === (value | 0)) return value;
  c.setQ();
  return value > 0 ? 0x7fff_ffff : -0x8000_0000;
};
const qadd: Execute = (c, i) => setRd(c, i, saturate(c, rm(c, i) + rn(c, i)));
const qsub: Execute = (c, i) => setRd(c, i, saturate(c, rm(c, i) - rn(c, i)));
const qdadd: Execute = (c, i) => setRd(c, i, saturate(c, rm(c, i) + saturate(c, 2 * rn(c, i))));
const qdsub: Execute = (c, i) => setRd(c, i, saturate(c, rm(c, i) - saturate(c, 2 * rn(c, i))));

const anyPc3 = (i: Instruction): boolean => i.rd === REG_PC || i.rm === REG_PC || i.rs === REG_PC;
const anyPc4 = (i: Instruction): boolean => anyPc3(i) || i.ra === REG_PC;
const badLong = (i: Instruction): boolean => anyPc4(i) || i.rd === i.ra;
const anyPcSaturating = (i: Instruction): boolean => i.rd === REG_PC || i.rm === REG_PC || i.rn === REG_PC;

type Check = (i: Instruction) => boolean;
const row = (name: string, bits: string, execute: Execute, unpredictable: Check, text: string, over?: readonly string[]): Row => ({
  name,
  encoding: pattern(bits),
  execute,
  unpredictable,
  text,
  over,
});

const LONG = '<ra>, <rd>, <rm>, <rs>';

export const multiplyRows = once((): readonly Row[] => [
  row('mul', 'cccc 0000 0000 dddd 0000 ssss 1001 mmmm', mul, anyPc3, 'mul<c> <rd>, <rm>, <rs>'),
  row('muls', 'cccc 0000 0001 dddd 0000 ssss 1001 mmmm', muls, anyPc3, 'muls<c> <rd>, <rm>, <rs>'),
  row('mla', 'cccc 0000 0010 dddd aaaa ssss 1001 mmmm', mla, anyPc4, 'mla<c> <rd>, <rm>, <rs>, <ra>'),
  row('mlas', 'cccc 0000 0011 dddd aaaa ssss 1001 mmmm', mlas, anyPc4, 'mlas<c> <rd>, <rm>, <rs>, <ra>'),
  row('umaal', 'cccc 0000 0100 dddd aaaa ssss 1001 mmmm', umaal, badLong, `umaal<c> ${LONG}`),
  row('mls', 'cccc 0000 0110 dddd aaaa ssss 1001 mmmm', mls, anyPc4, 'mls<c> <rd>, <rm>, <rs>, <ra>'),
  row('umull', 'cccc 0000 1000 dddd aaaa ssss 1001 mmmm', umull, badLong, `umull<c> ${LONG}`),
  row('umulls', 'cccc 0000 1001 dddd aaaa ssss 1001 mmmm', withLongFlags(umull), badLong, `umulls<c> ${LONG}`),
  row('umlal', 'cccc 0000 1010 dddd aaaa ssss 1001 mmmm', umlal, badLong, `umlal<c> ${LONG}`),
  row('umlals', 'cccc 0000 1011 dddd aaaa ssss 1001 mmmm', withLongFlags(umlal), badLong, `umlals<c> ${LONG}`),
  row('smull', 'cccc 0000 1100 dddd aaaa ssss 1001 mmmm', smull, badLong, `smull<c> ${LONG}`),
  row('smulls', 'cccc 0000 1101 dddd aaaa ssss 1001 mmmm', withLongFlags(smull), badLong, `smulls<c> ${LONG}`),
  row('smlal', 'cccc 0000 1110 dddd aaaa ssss 1001 mmmm', smlal, badLong, `smlal<c> ${LONG}`),
  row('smlals', 'cccc 0000 1111 dddd aaaa ssss 1001 mmmm', withLongFlags(smlal), badLong, `smlals<c> ${LONG}`),

  row('smlaxy', 'cccc 0001 0000 dddd aaaa ssss 1yx0 mmmm', smlaxy, anyPc4, 'smla<x><y><c> <rd>, <rm>, <rs>, <ra>'),
  row('smlawy', 'cccc 0001 0010 dddd aaaa ssss 1y00 mmmm', smlaw, anyPc4, 'smlaw<y><c> <rd>, <rm>, <rs>, <ra>'),
  row('smulwy', 'cccc 0001 0010 dddd 0000 ssss 1y10 mmmm', smulw, anyPc3, 'smulw<y><c> <rd>, <rm>, <rs>'),
  row('smlalxy', 'cccc 0001 0100 dddd aaaa ssss 1yx0 mmmm', smlalxy, badLong, `smlal<x><y><c> ${LONG}`),
  row('smulxy', 'cccc 0001 0110 dddd 0000 ssss 1yx0 mmmm', smulxy, anyPc3, 'smul<x><y><c> <rd>, <rm>, <rs>'),

  row('qadd', 'cccc 0001 0000 nnnn dddd 0000 0101 mmmm', qadd, anyPcSaturating, 'qadd<c> <rd>, <rm>, <rn>'),
  row('qsub', 'cccc 0001 0010 nnnn dddd 0000 0101 mmmm', qsub, anyPcSaturating, 'qsub<c> <rd>, <rm>, <rn>'),
  row('qdadd', 'cccc 0001 0100 nnnn dddd 0000 0101 mmmm', qdadd, anyPcSaturating, 'qdadd<c> <rd>, <rm>, <rn>'),
  row('qdsub', 'cccc 0001 0110 nnnn dddd 0000 0101 mmmm', qdsub, anyPcSaturating, 'qdsub<c> <rd>, <rm>, <rn>'),

  row('smuad', 'cccc 0111 0000 dddd 1111 ssss 00x1 mmmm', smuad, anyPc3, 'smuad<exchange><c> <rd>, <rm>, <rs>', ['smlad']),
  row('smlad', 'cccc 0111 0000 dddd aaaa ssss 00x1 mmmm', smlad, anyPc3, 'smlad<exchange><c> <rd>, <rm>, <rs>, <ra>'),
  row('smusd', 'cccc 0111 0000 dddd 1111 ssss 01x1 mmmm', smusd, anyPc3, 'smusd<exchange><c> <rd>, <rm>, <rs>', ['smlsd']),
  row('smlsd', 'cccc 0111 0000 dddd aaaa ssss 01x1 mmmm', smlsd, anyPc3, 'smlsd<exchange><c> <rd>, <rm>, <rs>, <ra>'),
  row('smlald', 'cccc 0111 0100 dddd aaaa ssss 00x1 mmmm', smlald, badLong, `smlald<exchange><c> ${LONG}`),
  row('smlsld', 'cccc 0111 0100 dddd aaaa ssss 01x1 mmmm', smlsld, badLong, `smlsld<exchange><c> ${LONG}`),
  row('smmul', 'cccc 0111 0101 dddd 1111 ssss 00x1 mmmm', smmul, anyPc3, 'smmul<round><c> <rd>, <rm>, <rs>', ['smmla']),
  row('smmla', 'cccc 0111 0101 dddd aaaa ssss 00x1 mmmm', smmla, anyPc3, 'smmla<round><c> <rd>, <rm>, <rs>, <ra>'),
  row('smmls', 'cccc 0111 0101 dddd aaaa ssss 11x1 mmmm', smmls, anyPc4, 'smmls<round><c> <rd>, <rm>, <rs>, <ra>'),
]);
