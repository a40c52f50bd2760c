// The threads of a component written in TypeScript, by index (= the kernel's thread slot index in the protection domain).
// Owner of the table 'threads'. Source modelled: genode-16.08-abi.md A (fixed slots), 3.3.

import type { Plain } from '../../emu/plain.ts';
import { table } from './store.ts';

export interface ThreadRow {
  readonly name: string;
  /** Slot of the thread's own gate: 9 + 3 * index. */
  readonly gate: number;
  /** Initial stack pointer, by which a starting kernel thread finds its row. 0 for the main thread. */
  readonly stack_top: number;
  /** Slot of the stack's dataspace, with one reference, and its size; 0 where the stack is somebody else's. */
  readonly stack_ds: number;
  readonly stack_bytes: number;
  /** Procedure to run first, with its locals. */
  readonly entry: string;
  readonly entry_locals: Plain;
  /** Slot of the Cpu_thread capability, 0 if there is none (core's threads). */
  readonly cap: number;
  /** First slot of the permanent receive window, 0 while the thread serves no entrypoint. */
  readonly window: number;
  /** True once the trace logger of this thread is initialised (genode-16.08-abi.md 3.6 rule 3). */
  readonly traced: boolean;
}

export const threads = table<ThreadRow>('threads');

export const gateSlot = (index: number): number => 9 + 3 * index;
export const pagerSlot = (index: number): number => 10 + 3 * index;
export const irqSlot = (index: number): number => 11 + 3 * index;
export const UTCB_AREA = 0x2800_0000;
export const utcbAddress = (index: number): number => UTCB_AREA + 0x200 * index;
