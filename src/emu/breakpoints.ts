// Addresses at which a task is stopped before it executes what is there: equipment for observers, no part of the machine's state.
// Owner of the addresses. Where a task has some, its code runs instruction by instruction; all others run as ever.

import type { DebugId } from './numbers.ts';

export class Breakpoints {
  readonly #addresses = new Map<DebugId, Set<number>>();
  /** Where the last one was announced: it is not announced again before an instruction was executed. */
  #announced: { readonly thread: DebugId; readonly instructions: number } | null = null;

  get empty(): boolean {
    return this.#addresses.size === 0;
  }

  /** An address of an instruction in a task, bit 0 clear in Thumb state too. */
  add(task: DebugId, address: number): void {
    const known = this.#addresses.get(task);
    if (known === undefined) this.#addresses.set(task, new Set([address >>> 0]));
    else known.add(address >>> 0);
  }

  remove(task: DebugId, address: number): void {
    const known = this.#addresses.get(task);
    known?.delete(address >>> 0);
    if (known?.size === 0) this.#addresses.delete(task);
  }

  of(task: DebugId): ReadonlySet<number> | undefined {
    return this.#addresses.get(task);
  }

  /** Whether a breakpoint that a thread stands at is yet to be announced. */
  announce(thread: DebugId, instructions: number): boolean {
    const before = this.#announced;
    if (before?.thread === thread && before.instructions === instructions) return false;
    this.#announced = { thread, instructions };
    return true;
  }

  /** The machine was brought to another moment. */
  rewound(): void {
    this.#announced = null;
  }
}
