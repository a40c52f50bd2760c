// The CPU: runs one thread's A32 code for an exact number of instructions and says why it stopped (fiasco-kernel.md 5.1, 8.1).
// Owns only caches. A decoded instruction is used only while the word in memory is still its word, so code may change at any time,
// by whatever writer, and nobody has to tell.

import type { PhysicalMemory } from '../memory/physical_memory.ts';
import type { Translation } from '../memory/translation.ts';
import { PAGE_BYTES, PAGE_SHIFT } from '../numbers.ts';
import { CpuState } from './cpu_state.ts';
import { decoded } from './decoder.ts';
import type { CpuExit, FetchFault } from './exit.ts';
import { ALWAYS, BRANCH, BREAKPOINT, EXCHANGE, NEXT, SUPERVISOR_CALL } from './instruction.ts';
import type { Instruction } from './instruction.ts';
import { GUEST_FAULT } from './mmu.ts';
import type { CpuRegisters } from './registers.ts';
import { CPSR_T, REG_CPSR, REG_EXCLUSIVE_ADDRESS, REG_EXCLUSIVE_BYTES, REG_PC } from './registers.ts';

const WORDS_PER_PAGE = PAGE_BYTES >>> 2;
const PAGE_MASK = -PAGE_BYTES;
/** Reaching the limit empties the cache of decoded frames. */
const LIMIT_CODE_FRAMES = 4096;
/** First halfwords from this value up start a 32-bit Thumb instruction. */
const FIRST_WIDE_THUMB = 0xe800;

const ZERO = decoded(0);

export class Cpu {
  readonly #state: CpuState;
  /** Decoded instructions of a frame, by word index within it; possibly stale, see the head of this file. */
  readonly #frames = new Map<number, Instruction[]>();
  /** Instructions of the current run that are not executed yet. */
  #left = 0;
  /** Address of the instruction being executed. */
  #pc = 0;

  constructor(memory: PhysicalMemory) {
    this.#state = new CpuState(memory);
  }

  /**
   * The thread to run from now on. The file is used in place: while `run` is not active its owner may read and write all of it.
   * The exclusive mark is part of it and is not touched here: who enters the kernel clears it.
   */
  switchTo(registers: CpuRegisters, translation: Translation): void {
    this.#state.r = registers.words;
    this.#state.mmu.use(translation);
  }

  /** Drops the current thread's exclusive mark: to be called on every kernel entry that `run` did not report, as interrupts are. */
  clearExclusive(): void {
    this.#state.r[REG_EXCLUSIVE_ADDRESS] = 0;
    this.#state.r[REG_EXCLUSIVE_BYTES] = 0;
  }

  /**
   * Executes at most `budget` instructions. Every exit but `budget` is a kernel entry and clears the exclusive mark; `budget` is
   * not, so that the slicing of a run changes nothing in what the guest sees.
   */
  run(budget: number): CpuExit {
    const { mmu } = this.#state;
    mmu.refresh();
    this.#state.unpackFlags();
    this.#left = budget;
    this.#pc = this.#state.r[REG_PC] as number;
    let exit: CpuExit;
    try {
      exit = this.#execute(budget);
    } catch (thrown) {
      if (thrown !== GUEST_FAULT) throw thrown;
      exit = this.#fault(budget - this.#left);
    }
    this.#state.packFlags();
    this.#state.r[REG_PC] = this.#pc;
    if (exit.kind !== 'budget') this.clearExclusive();
    return exit;
  }

  #fault(retired: number): CpuExit {
    const { mmu } = this.#state;
    const address = mmu.faultAddress >>> 0;
    if (mmu.faultFetch) return { kind: 'prefetch_abort', retired, address, cause: mmu.faultCause as FetchFault };
    return { kind: 'data_abort', retired, pc: this.#pc >>> 0, address, write: mmu.faultWrite, cause: mmu.faultCause };
  }

  /** One page of code after the other. */
  #execute(budget: number): CpuExit {
    const { r, mmu } = this.#state;
    while (this.#left > 0) {
      if (((r[REG_CPSR] as number) & CPSR_T) !== 0) return this.#thumb(budget);
      this.#pc &= ~3;
      const frame = mmu.fetchIndex(this.#pc) & PAGE_MASK;
      const stopped = this.#executePage(frame >>> 2, this.#codeOf(frame));
      if (stopped !== null) return this.#stop(stopped, budget);
    }
    return { kind: 'budget', retired: budget };
  }

  /**
   * Executes until the code leaves the page, changes state or the budget is used up (null), or an instruction wants the kernel.
   * `base` is the index of the page's first word in memory.
   */
  #executePage(base: number, code: Instruction[]): Instruction | null {
    const state = this.#state;
    const { r } = state;
    const { words } = state.mmu;
    const page = this.#pc & PAGE_MASK;
    let pc = this.#pc;
    let left = this.#left;
    try {
      do {
        const slot = (pc & (PAGE_BYTES - 1)) >>> 2;
        const word = words[base + slot] as number;
        let instruction = code[slot] as Instruction;
        if (instruction.word !== word) {
          instruction = decoded(word);
          code[slot] = instruction;
        }
        r[REG_PC] = pc + 8;
        const { cond } = instruction;
        const effect = cond === ALWAYS || state.passes(cond) ? instruction.execute(state, instruction) : NEXT;
        if (effect === NEXT) pc = (pc + 4) | 0;
        else if (effect === BRANCH) pc = r[REG_PC] as number;
        else if (effect === EXCHANGE) {
          pc = r[REG_PC] as number;
          left--;
          return null;
        } else return instruction;
        left--;
      } while (left > 0 && (pc & PAGE_MASK) === page);
      return null;
    } finally {
      this.#pc = pc;
      this.#left = left;
    }
  }

  /**
   * An instruction that wants the kernel: svc and bkpt have retired, an undefined one has not. Such instructions change nothing,
   * so that asking one again for its effect is safe.
   */
  #stop(instruction: Instruction, budget: number): CpuExit {
    const retired = budget - this.#left;
    const pc = this.#pc >>> 0;
    const effect = instruction.execute(this.#state, instruction);
    if (effect === SUPERVISOR_CALL) return { kind: 'svc', retired: retired + 1, pc, immediate: instruction.imm };
    if (effect === BREAKPOINT) return { kind: 'bkpt', retired: retired + 1, pc, immediate: instruction.imm };
    return { kind: 'undefined', retired, pc, opcode: instruction.word >>> 0, detail: instruction.detail };
  }

  #thumb(budget: number): CpuExit {
    const { mmu } = this.#state;
    this.#pc &= ~1;
    const half = (address: number): number => {
      const index = mmu.fetchIndex(address);
      return ((mmu.words[index >>> 2] as number) >>> (8 * (index & 2))) & 0xffff;
    };
    const first = half(this.#pc);
    const opcode = first < FIRST_WIDE_THUMB ? first : ((first << 16) | half((this.#pc + 2) | 0)) >>> 0;
    return { kind: 'undefined', retired: budget - this.#left, pc: this.#pc >>> 0, opcode, detail: 'thumb' };
  }

  #codeOf(frame: number): Instruction[] {
    const known = this.#frames.get(frame >>> PAGE_SHIFT);
    if (known !== undefined) return known;
    if (this.#frames.size >= LIMIT_CODE_FRAMES) this.#frames.clear();
    const code = new Array<Instruction>(WORDS_PER_PAGE).fill(ZERO);
    this.#frames.set(frame >>> PAGE_SHIFT, code);
    return code;
  }
}
