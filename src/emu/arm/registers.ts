// The user-visible register file of one thread. Owned by the kernel's thread; the CPU works directly on its words, so that
// nothing has to be copied back when a thread is switched out (ARM ARM B1.3, user mode; exclusive monitor A3.4).

import type { PlainRecord } from '../plain.ts';

export const REG_SP = 13;
export const REG_LR = 14;
export const REG_PC = 15;
export const REG_CPSR = 16;
export const REG_TPIDRURO = 17;
export const REG_TPIDRURW = 18;
/** Address marked by the last exclusive load; meaningful while REG_EXCLUSIVE_BYTES is not 0. */
export const REG_EXCLUSIVE_ADDRESS = 19;
/** Size of the marked range in bytes, 0 where nothing is marked. */
export const REG_EXCLUSIVE_BYTES = 20;
export const REGISTER_WORDS = 21;

export const CPSR_N = 0x8000_0000;
export const CPSR_Z = 0x4000_0000;
export const CPSR_C = 0x2000_0000;
export const CPSR_V = 0x1000_0000;
export const CPSR_Q = 0x0800_0000;
export const CPSR_GE_SHIFT = 16;
export const CPSR_GE = 0x000f_0000;
export const CPSR_T = 0x0000_0020;
/** ITSTATE, in two parts: its lower two bits, and the upper six. */
export const CPSR_IT = 0x0600_fc00;
/** User mode, A32, little endian, interrupts on, flags clear. */
export const CPSR_USER = 0x0000_0010;

/**
 * ITSTATE of a status word: condition of the next instruction and what follows in the block (ARM ARM A2.5.2); 0 outside of blocks.
 * It means nothing in A32 state.
 */
export function itState(cpsr: number): number {
  const it = ((cpsr >>> 8) & 0xfc) | ((cpsr >>> 25) & 3);
  return (it & 15) === 0 ? 0 : it;
}

export const withItState = (cpsr: number, it: number): number => (cpsr & ~CPSR_IT) | ((it & 0xfc) << 8) | ((it & 3) << 25);

/** The upper half of an it; with a mask of 0 it is a hint. */
const OPCODE_IT = 0xbf;

/** ITSTATE after an instruction of the block. */
export const advancedIt = (it: number): number => ((it & 7) === 0 ? 0 : (it & 0xe0) | ((it << 1) & 0x1f));

/** ITSTATE behind an instruction outside of a block, which begins one if it is an it, or inside of one. */
export const itStateBehind = (opcode: number, it: number): number =>
  it !== 0 ? advancedIt(it) : opcode >>> 8 === OPCODE_IT && (opcode & 15) !== 0 ? opcode & 0xff : 0;

/** The condition that the state of a block gives an instruction; null outside of blocks. */
export const conditionOfIt = (it: number): number | null => (it === 0 ? null : it >>> 4);

/** Drops the exclusive mark of a register file. */
export function clearExclusive(words: Int32Array): void {
  words[REG_EXCLUSIVE_ADDRESS] = 0;
  words[REG_EXCLUSIVE_BYTES] = 0;
}

const STATE_VERSION = 1;
const STATE_FIELDS = ['version', 'r', 'cpsr', 'tpidruro', 'tpidrurw', 'exclusive_address', 'exclusive_bytes'] as const;

export class CpuRegisters {
  /** All words as the CPU uses them; a signed view, because 32-bit signed numbers never need a heap cell in the engine. */
  readonly words = new Int32Array(REGISTER_WORDS);
  /** r0..r15 unsigned, on the same bytes. r15 is the address of the next instruction while the thread is not running. */
  readonly r = new Uint32Array(this.words.buffer, 0, 16);

  constructor() {
    this.cpsr = CPSR_USER;
  }

  get cpsr(): number {
    return (this.words[REG_CPSR] as number) >>> 0;
  }
  set cpsr(value: number) {
    this.words[REG_CPSR] = value;
  }
  get tpidruro(): number {
    return (this.words[REG_TPIDRURO] as number) >>> 0;
  }
  set tpidruro(value: number) {
    this.words[REG_TPIDRURO] = value;
  }
  get tpidrurw(): number {
    return (this.words[REG_TPIDRURW] as number) >>> 0;
  }
  set tpidrurw(value: number) {
    this.words[REG_TPIDRURW] = value;
  }

  get thumb(): boolean {
    return ((this.words[REG_CPSR] as number) & CPSR_T) !== 0;
  }

  /**
   * Goes on behind the supervisor call at r15: the kernel took it and serves it without another place to go on. T32 has that
   * instruction in 16 bits, and may have it in an IT block.
   */
  passTrap(): void {
    this.words[REG_PC] = (this.words[REG_PC] as number) + (this.thumb ? 2 : 4);
    if (this.thumb) this.cpsr = withItState(this.cpsr, advancedIt(itState(this.cpsr)));
  }

  /** Whether there is an exclusive mark. */
  get marked(): boolean {
    return this.words[REG_EXCLUSIVE_BYTES] !== 0;
  }

  /** Drops the exclusive mark, as every real kernel entry does (fiasco-kernel.md 5.1). */
  clearExclusive(): void {
    clearExclusive(this.words);
  }

  capture(): Int32Array {
    return this.words.slice();
  }
  rewind(captured: Int32Array): void {
    this.words.set(captured);
  }

  save(): PlainRecord {
    const word = (index: number): number => (this.words[index] as number) >>> 0;
    return {
      version: STATE_VERSION,
      r: Array.from(this.r),
      cpsr: this.cpsr,
      tpidruro: this.tpidruro,
      tpidrurw: this.tpidrurw,
      exclusive_address: word(REG_EXCLUSIVE_ADDRESS),
      exclusive_bytes: word(REG_EXCLUSIVE_BYTES),
    };
  }

  restore(state: PlainRecord): void {
    const fields: readonly string[] = STATE_FIELDS;
    for (const name of Object.keys(state)) if (!fields.includes(name)) throw new Error(`register state: unknown field ${name}`);
    if (state['version'] !== STATE_VERSION) throw new Error(`register state: unknown version ${String(state['version'])}`);
    const { r } = state;
    if (!Array.isArray(r) || r.length !== 16) throw new Error('register state: r is not a list of 16 words');
    const word = (name: string, value: unknown): number => {
      if (typeof value === 'number' && value >>> 0 === value) return value;
      throw new Error(`register state: ${name} is not a 32-bit word`);
    };
    const values = [
      ...r.map((value, index) => word(`r${index}`, value)),
      ...STATE_FIELDS.slice(2).map((name) => word(name, state[name])),
    ];
    this.words.set(values);
  }
}
