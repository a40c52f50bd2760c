// What an engine is: something that runs a thread's code for an exact number of instructions and says why it stopped. All engines
// do the same to registers and memory; they differ in speed only. No state.

import type { Translation } from '../memory/translation.ts';
import type { CpuExit } from './exit.ts';
import type { CpuRegisters } from './registers.ts';

/** `reference` executes the instruction table as it stands; `fast` is a WebAssembly interpreter made from it, `jit` translates hot code. */
export const ENGINES = ['reference', 'fast', 'jit'] as const;
export type EngineName = (typeof ENGINES)[number];
export const ENGINE_DEFAULT: EngineName = 'fast';
export const isEngineName = (name: string): name is EngineName => (ENGINES as readonly string[]).includes(name);

export interface Engine {
  /**
   * The thread to run from now on. The file is used in place: while `run` is not active its owner may read and write all of it.
   * The exclusive mark is part of it and is not touched here: who enters the kernel clears it.
   */
  switchTo(registers: CpuRegisters, translation: Translation): void;
  /** Drops the current thread's exclusive mark: to be called on every kernel entry that `run` did not report, as interrupts are. */
  clearExclusive(): void;
  /**
   * Executes at most `budget` instructions. Every exit but `budget` is a kernel entry and clears the exclusive mark; `budget` is
   * not, so that the slicing of a run changes nothing in what the guest sees. The exit is the engine's, and good until the next run.
   */
  run(budget: number): CpuExit;
  /** Lets go of the threads and address spaces of a machine that is not used any more. Memory was cleared. */
  forget(): void;
}
