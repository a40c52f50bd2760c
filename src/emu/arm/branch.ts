// Branches and the instructions that leave for the kernel: b, bl, blx, bx, bxj, svc, bkpt, udf (ARM ARM A5.5, A8.8.18 ff.).
// Rows and semantics; no state.

import type { CpuState } from './cpu_state.ts';
import { BREAKPOINT, executeUndefined, SUPERVISOR_CALL } from './instruction.ts';
import type { Execute, Instruction, Row } from './instruction.ts';
import { once } from './once.ts';
import { rm } from './operands.ts';
import { pattern } from './pattern.ts';
import { REG_LR, REG_PC } from './registers.ts';

const readPc = (c: CpuState): number => c.r[REG_PC] as number;

/** lr := address of the next instruction; r15 reads as the current one + 8. */
function link(c: CpuState): void {
  c.r[REG_LR] = readPc(c) - 4;
}

const b: Execute = (c, i) => c.branch(readPc(c) + i.imm);
const bl: Execute = (c, i) => {
  link(c);
  return c.branch(readPc(c) + i.imm);
};
/** The immediate form always enters Thumb state; bit 24 of the opcode is bit 1 of the target. */
const blxImmediate: Execute = (c, i) => {
  link(c);
  return c.branchExchange((readPc(c) + i.imm + 2 * i.x) | 1);
};
const blxRegister: Execute = (c, i) => {
  const target = rm(c, i);
  link(c);
  return c.branchExchange(target);
};
const bx: Execute = (c, i) => c.branchExchange(rm(c, i));

const decodeOffset = (i: Instruction): void => {
  i.imm = (i.imm << 8) >> 6;
};
const viaPc = (i: Instruction): boolean => i.rm === REG_PC;

export const branchRows = once((): readonly Row[] => [
  { name: 'b', encoding: pattern('cccc 1010 iiii iiii iiii iiii iiii iiii'), execute: b, decode: decodeOffset, text: 'b<c> <target>' },
  { name: 'bl', encoding: pattern('cccc 1011 iiii iiii iiii iiii iiii iiii'), execute: bl, decode: decodeOffset, text: 'bl<c> <target>' },
  {
    name: 'blx (immediate)',
    encoding: pattern('1111 101x iiii iiii iiii iiii iiii iiii'),
    execute: blxImmediate,
    decode: decodeOffset,
    text: 'blx <target>',
  },
  {
    name: 'blx (register)',
    encoding: pattern('cccc 0001 0010 1111 1111 1111 0011 mmmm'),
    execute: blxRegister,
    text: 'blx<c> <rm>',
    unpredictable: viaPc,
  },
  { name: 'bx', encoding: pattern('cccc 0001 0010 1111 1111 1111 0001 mmmm'), execute: bx, text: 'bx<c> <rm>' },
  /** Without Jazelle the same as bx. */
  { name: 'bxj', encoding: pattern('cccc 0001 0010 1111 1111 1111 0010 mmmm'), execute: bx, text: 'bxj<c> <rm>', unpredictable: viaPc },
  {
    name: 'svc',
    encoding: pattern('cccc 1111 iiii iiii iiii iiii iiii iiii'),
    execute: () => SUPERVISOR_CALL,
    text: 'svc<c> <hex>',
  },
  { name: 'bkpt', encoding: pattern('1110 0001 0010 iiii iiii iiii 0111 iiii'), execute: () => BREAKPOINT, text: 'bkpt <hex>' },
  {
    name: 'udf',
    encoding: pattern('cccc 0111 1111 iiii iiii iiii 1111 iiii'),
    execute: executeUndefined,
    detail: 'udf',
    text: 'udf<c> <imm>',
  },
]);
