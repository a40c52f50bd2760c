// How semantics read and write registers and form the flexible second operand and its carry (ARM ARM A5.2, A8.4).
// No state. `as number`: register numbers are 4-bit fields, always inside the file.

import type { CpuState } from './cpu_state.ts';
import {
  CARRY_KEPT,
  FORM_IMMEDIATE,
  FORM_REGISTER,
  FORM_SHIFT_IMMEDIATE,
  FORM_SHIFT_REGISTER,
  NEXT,
  SHIFT_ASR,
  SHIFT_LSL,
  SHIFT_LSR,
  SHIFT_ROR,
  SHIFT_RRX,
} from './instruction.ts';
import type { Effect, Instruction } from './instruction.ts';
import { REG_PC } from './registers.ts';

export const rn = (c: CpuState, i: Instruction): number => c.r[i.rn] as number;
export const rm = (c: CpuState, i: Instruction): number => c.r[i.rm] as number;
export const rs = (c: CpuState, i: Instruction): number => c.r[i.rs] as number;
export const ra = (c: CpuState, i: Instruction): number => c.r[i.ra] as number;
export const rt = (c: CpuState, i: Instruction): number => c.r[i.rt] as number;

/** Writes the destination; a write to r15 branches, possibly to the other instruction set. */
export function setRd(c: CpuState, i: Instruction, value: number): Effect {
  if (i.rd === REG_PC) return c.branchExchange(value);
  c.r[i.rd] = value;
  return NEXT;
}

export function setNZ(c: CpuState, value: number): void {
  c.n = value;
  c.z = value;
}

/** `amount` is 0..255; for a shift by a constant it is normalised by decodeShift. */
function shiftValue(c: CpuState, shift: number, value: number, amount: number): number {
  switch (shift) {
    case SHIFT_LSL:
      return amount > 31 ? 0 : value << amount;
    case SHIFT_LSR:
      return amount > 31 ? 0 : (value >>> amount) | 0;
    case SHIFT_ASR:
      return value >> (amount > 31 ? 31 : amount);
    case SHIFT_ROR:
      return rotateRight(value, amount);
    default:
      return (value >>> 1) | (c.carry << 31);
  }
}

function shiftCarry(c: CpuState, shift: number, value: number, amount: number): number {
  if (shift === SHIFT_RRX) return value & 1;
  if (amount === 0) return c.carry;
  switch (shift) {
    case SHIFT_LSL:
      return amount > 32 ? 0 : (value >>> (32 - amount)) & 1;
    case SHIFT_LSR:
      return amount > 32 ? 0 : (value >>> (amount - 1)) & 1;
    case SHIFT_ASR:
      return (value >>> (amount > 31 ? 31 : amount - 1)) & 1;
    default:
      return (value >>> ((amount - 1) & 31)) & 1;
  }
}

export const rotateRight = (value: number, amount: number): number => (value >>> (amount & 31)) | (value << (-amount & 31));

const shiftAmount = (c: CpuState, i: Instruction): number => (i.form === FORM_SHIFT_REGISTER ? rs(c, i) & 255 : i.amount);

function shifted(c: CpuState, i: Instruction): number {
  return shiftValue(c, i.shift, rm(c, i), shiftAmount(c, i));
}

export function operand(c: CpuState, i: Instruction): number {
  if (i.form === FORM_IMMEDIATE) return i.imm;
  if (i.form === FORM_REGISTER) return rm(c, i);
  return shifted(c, i);
}

/** C as the shifter leaves it. To be asked before anything of the instruction is written. */
export function operandCarry(c: CpuState, i: Instruction): number {
  if (i.form === FORM_IMMEDIATE) return i.carry === CARRY_KEPT ? c.carry : i.carry;
  if (i.form === FORM_REGISTER) return c.carry;
  return shiftCarry(c, i.shift, rm(c, i), shiftAmount(c, i));
}

/** rm shifted by a constant, for the instructions that have no other operand form. */
export const shiftedRm = (c: CpuState, i: Instruction): number => (i.form === FORM_REGISTER ? rm(c, i) : shifted(c, i));

/** Raw 12 bits to an 8-bit value rotated by twice the upper 4 (ARMExpandImm_C). */
export function decodeModifiedImmediate(i: Instruction): void {
  const rotation = (i.imm >>> 8) << 1;
  const value = rotateRight(i.imm & 255, rotation);
  i.form = FORM_IMMEDIATE;
  i.rotate = rotation;
  i.carry = rotation === 0 ? CARRY_KEPT : value >>> 31;
  i.imm = value;
}

/** Raw shift type and 5-bit amount: lsl #0 is no shift, lsr and asr #0 mean 32, ror #0 is rrx (DecodeImmShift). */
export function decodeShift(i: Instruction): void {
  i.form = FORM_SHIFT_IMMEDIATE;
  if (i.amount !== 0) return;
  if (i.shift === SHIFT_LSL) i.form = FORM_REGISTER;
  else if (i.shift === SHIFT_ROR) {
    i.shift = SHIFT_RRX;
    i.amount = 1;
  } else i.amount = 32;
}

export function decodeShiftByRegister(i: Instruction): void {
  i.form = FORM_SHIFT_REGISTER;
}
