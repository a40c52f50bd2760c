// What instruction semantics act on: the register file of the running thread, the condition flags unpacked, and the MMU.
// Owns nothing that lasts: flags are unpacked from the file's CPSR on entry and packed again on exit (ARM ARM A2.3, A2.4).

import type { PhysicalMemory } from '../memory/physical_memory.ts';
import { BRANCH, EXCHANGE } from './instruction.ts';
import type { Effect } from './instruction.ts';
import { Mmu } from './mmu.ts';
import {
  CpuRegisters,
  CPSR_C,
  CPSR_GE,
  CPSR_GE_SHIFT,
  CPSR_IT,
  CPSR_N,
  CPSR_Q,
  CPSR_T,
  CPSR_V,
  CPSR_Z,
  REG_CPSR,
  REG_PC,
} from './registers.ts';

const FLAGS = CPSR_N | CPSR_Z | CPSR_C | CPSR_V;

export class CpuState {
  readonly mmu: Mmu;
  /** The words of the running thread's register file, live. */
  r: Int32Array = new CpuRegisters().words;
  /** N is the sign of this number. */
  n = 0;
  /** Z is set iff this number is 0. */
  z = 1;
  /** C, 0 or 1. */
  carry = 0;
  /** V is the sign of this number. */
  v = 0;

  constructor(memory: PhysicalMemory) {
    this.mmu = new Mmu(memory);
  }

  get cpsr(): number {
    return this.r[REG_CPSR] as number;
  }

  unpackFlags(): void {
    const cpsr = this.cpsr;
    this.n = cpsr & CPSR_N;
    this.z = ~cpsr & CPSR_Z;
    this.carry = (cpsr & CPSR_C) === 0 ? 0 : 1;
    this.v = (cpsr & CPSR_V) << 3;
  }

  packFlags(): void {
    const flags = (this.n & CPSR_N) | (this.z === 0 ? CPSR_Z : 0) | (this.carry === 0 ? 0 : CPSR_C) | (this.v < 0 ? CPSR_V : 0);
    this.r[REG_CPSR] = (this.cpsr & ~FLAGS) | flags;
  }

  /** Whether a condition code holds (ARM ARM A8.3). Bit 0 inverts the test; 14 is always. */
  passes(cond: number): boolean {
    switch (cond) {
      case 0:
        return this.z === 0;
      case 1:
        return this.z !== 0;
      case 2:
        return this.carry !== 0;
      case 3:
        return this.carry === 0;
      case 4:
        return this.n < 0;
      case 5:
        return this.n >= 0;
      case 6:
        return this.v < 0;
      case 7:
        return this.v >= 0;
      case 8:
        return this.carry !== 0 && this.z !== 0;
      case 9:
        return this.carry === 0 || this.z === 0;
      case 10:
        return (this.n ^ this.v) >= 0;
      case 11:
        return (this.n ^ this.v) < 0;
      case 12:
        return this.z !== 0 && (this.n ^ this.v) >= 0;
      case 13:
        return this.z === 0 || (this.n ^ this.v) < 0;
      default:
        return true;
    }
  }

  setQ(): void {
    this.r[REG_CPSR] = this.cpsr | CPSR_Q;
  }

  get ge(): number {
    return (this.cpsr >>> CPSR_GE_SHIFT) & 15;
  }
  set ge(lanes: number) {
    this.r[REG_CPSR] = (this.cpsr & ~CPSR_GE) | (lanes << CPSR_GE_SHIFT);
  }

  /** Goes on at an A32 instruction. */
  branch(target: number): Effect {
    this.r[REG_PC] = target & ~3;
    return BRANCH;
  }

  /** Goes on at a T32 instruction. */
  branchThumb(target: number): Effect {
    this.r[REG_PC] = target & ~1;
    return BRANCH;
  }

  /** Goes on where bit 0 of the target chooses the instruction set ("interworking"). */
  branchExchange(target: number): Effect {
    const { cpsr } = this;
    if ((target & 1) === 0) {
      this.r[REG_PC] = target & ~3;
      if ((cpsr & CPSR_T) === 0) return BRANCH;
      this.r[REG_CPSR] = cpsr & ~CPSR_T;
    } else {
      this.r[REG_PC] = target & ~1;
      if ((cpsr & CPSR_T) !== 0) return BRANCH;
      this.r[REG_CPSR] = (cpsr & ~CPSR_IT) | CPSR_T;
    }
    return EXCHANGE;
  }
}
