// The CPU: runs one thread's code, A32 and T32, for an exact number of instructions and says why it stopped (fiasco-kernel.md 5.1,
// 8.1). Owns only caches. A decoded instruction is used only while memory still holds its opcode, so code may change at any time, by
// whatever writer, and nobody has to tell.

import type { PhysicalMemory } from '../memory/physical_memory.ts';
import type { Translation } from '../memory/translation.ts';
import { PAGE_BYTES } from '../numbers.ts';
import { CpuState } from './cpu_state.ts';
import { CodeCache } from './code_cache.ts';
import { A32, T32 } from './decoder.ts';
import type { CpuExit, FetchFault } from './exit.ts';
import {
  ALWAYS,
  BRANCH,
  BREAKPOINT,
  EXCHANGE,
  Instruction,
  IT_BLOCK,
  makeUnpredictable,
  NEXT,
  PLACE_LAST,
  PLACE_NEVER,
  PLACE_UNCONDITIONAL,
  SUPERVISOR_CALL,
} from './instruction.ts';
import type { Effect } from './instruction.ts';
import { GUEST_FAULT } from './mmu.ts';
import type { CpuRegisters } from './registers.ts';
import { advancedIt, CPSR_T, itState, REG_CPSR, REG_EXCLUSIVE_ADDRESS, REG_EXCLUSIVE_BYTES, REG_PC, withItState } from './registers.ts';

const PAGE_MASK = -PAGE_BYTES;
/** First halfwords from this value up start a 32-bit Thumb instruction. */
const FIRST_WIDE_THUMB = 0xe800;
/** Slot of a page's last halfword, where the second half of a 32-bit instruction is in another page. */
const LAST_HALF = (PAGE_BYTES >>> 1) - 1;

export class Cpu {
  readonly #state: CpuState;
  readonly #words = new CodeCache(PAGE_BYTES >>> 2, () => A32.decoded(0));
  readonly #halves = new CodeCache(PAGE_BYTES >>> 1, () => T32.decoded(0));
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

  forget(): void {
    this.#state.r = new Int32Array(this.#state.r.length);
    this.#state.mmu.forget();
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
      const thumb = ((r[REG_CPSR] as number) & CPSR_T) !== 0;
      this.#pc &= thumb ? ~1 : ~3;
      const frame = mmu.fetchIndex(this.#pc) & PAGE_MASK;
      const stopped = thumb
        ? this.#executeHalves(frame >>> 1, this.#halves.of(frame))
        : this.#executeWords(frame >>> 2, this.#words.of(frame));
      if (stopped !== null) return this.#stop(stopped, budget);
    }
    return { kind: 'budget', retired: budget };
  }

  /**
   * A32: executes until the code leaves the page, changes state or the budget is used up (null), or an instruction wants the kernel.
   * `base` is the index of the page's first word in memory.
   */
  #executeWords(base: number, code: Instruction[]): Instruction | null {
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
          instruction = A32.decoded(word);
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
   * The same for T32, where `base` counts halfwords. ITSTATE is in the status word only while this does not run.
   */
  #executeHalves(base: number, code: Instruction[]): Instruction | null {
    const state = this.#state;
    const { r } = state;
    const { halves } = state.mmu;
    const page = this.#pc & PAGE_MASK;
    let pc = this.#pc;
    let left = this.#left;
    let it = itState(r[REG_CPSR] as number);
    try {
      do {
        const slot = (pc & (PAGE_BYTES - 1)) >>> 1;
        const first = halves[base + slot] as number;
        let instruction = code[slot] as Instruction;
        if (instruction.word !== (instruction.bytes === 2 ? first : (first << 16) | (halves[base + slot + 1] as number))) {
          instruction = this.#decodeThumb(pc, first);
          if (slot !== LAST_HALF || instruction.bytes === 2) code[slot] = instruction;
        }
        r[REG_PC] = pc + 4;
        let effect: Effect;
        if (it === 0) effect = instruction.execute(state, instruction);
        else {
          instruction = inBlock(instruction, it);
          const skipped = instruction.place !== PLACE_UNCONDITIONAL && !state.passes(it >>> 4);
          effect = skipped ? NEXT : instruction.execute(state, instruction);
          if (effect <= EXCHANGE) it = advancedIt(it);
        }
        if (effect === NEXT) pc = (pc + instruction.bytes) | 0;
        else if (effect === BRANCH) pc = r[REG_PC] as number;
        else if (effect === IT_BLOCK) {
          it = instruction.imm;
          pc = (pc + 2) | 0;
        } else if (effect === EXCHANGE) {
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
      r[REG_CPSR] = withItState(r[REG_CPSR] as number, it);
    }
  }

  /** The instruction at `pc`, of which the first halfword was fetched. */
  #decodeThumb(pc: number, first: number): Instruction {
    if (first < FIRST_WIDE_THUMB) return T32.decoded(first);
    const { mmu } = this.#state;
    return T32.decoded((first << 16) | (mmu.halves[mmu.fetchIndex((pc + 2) | 0) >>> 1] as number));
  }

  /**
   * An instruction that wants the kernel: svc and bkpt have retired, an undefined one has not. Such instructions change nothing,
   * so that asking one again for its effect is safe.
   */
  #stop(instruction: Instruction, budget: number): CpuExit {
    const retired = budget - this.#left;
    const pc = this.#pc >>> 0;
    const effect = instruction.execute(this.#state, instruction);
    if (effect === SUPERVISOR_CALL) return { kind: 'svc', retired: retired + 1, pc };
    if (effect === BREAKPOINT) return { kind: 'bkpt', retired: retired + 1, pc, immediate: instruction.imm };
    return { kind: 'undefined', retired, pc, opcode: instruction.word >>> 0, detail: instruction.detail };
  }
}

/** The instruction as it is in an IT block: where it may not stand there, it is undefined. */
function inBlock(outside: Instruction, it: number): Instruction {
  const instruction = outside.inBlock ?? outside;
  const { place } = instruction;
  if (place !== PLACE_NEVER && (place !== PLACE_LAST || (it & 15) === 8)) return instruction;
  const misplaced = new Instruction(instruction.word, instruction.row);
  makeUnpredictable(misplaced);
  return misplaced;
}
