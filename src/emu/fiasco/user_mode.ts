// User mode of threads that execute machine code: until the budget is used up, a trap, or a place that somebody watches. Owner of the
// engine and of what observers want to be told before it is executed. Source modelled: fiasco-kernel.md 5.1.

import type { Engine } from '../arm/engine.ts';
import type { CpuExit } from '../arm/exit.ts';
import { itState } from '../arm/registers.ts';
import { Breakpoints } from '../breakpoints.ts';
import type { Kernel } from './kernel.ts';
import { handleTrap } from './system_call.ts';
import type { Thread } from './thread.ts';

/** From here on the first halfword of a T32 instruction has a second one. */
const FIRST_WIDE_THUMB = 0xe800;

export class UserMode {
  /** Where observers want to be told before an instruction is executed. */
  readonly breakpoints = new Breakpoints();
  /** Instructions executed as machine code, as far as the run of the present thread was interrupted. For who looks on; not saved. */
  executed = 0;
  readonly #kernel: Kernel;
  readonly #cpu: Engine;

  constructor(kernel: Kernel, engine: Engine) {
    this.#kernel = kernel;
    this.#cpu = engine;
  }

  /** Runs a thread for at most `budget` instructions, and handles the trap that ends it before. */
  run(thread: Thread, budget: number): void {
    const kernel = this.#kernel;
    const { registers } = thread;
    const { r } = registers;
    // The way back to user mode drops the bits that an address cannot have in the state that the PSR says: code in Thumb state
    // cannot be called back by way of bit 0 of the return address.
    r[15] = (r[15] as number) & (registers.thumb ? ~1 : ~3);
    this.#cpu.switchTo(registers, thread.task.memory.table);
    const watched = this.breakpoints.empty ? undefined : this.breakpoints.of(thread.task.id);
    if (watched?.has(r[15] as number) === true && this.breakpoints.announce(thread.id, kernel.instructions)) {
      if (kernel.wanted.breakpoint) kernel.emit({ kind: 'breakpoint', address: r[15] as number });
      return;
    }
    const stepping = kernel.wanted.instruction;
    if (stepping) this.#show(thread);
    const exit = watched === undefined || stepping ? this.#cpu.run(stepping ? Math.min(budget, 1) : budget) : this.#runWatched(thread, watched, budget);
    kernel.instructions += exit.retired;
    this.executed += exit.retired;
    if (exit.retired > 0) thread.fresh = false;
    if (exit.kind !== 'budget') handleTrap(kernel, thread, exit);
  }

  /** Shows the instruction at the program counter; where it cannot be fetched there is none. */
  #show(thread: Thread): void {
    const kernel = this.#kernel;
    const pc = thread.registers.r[15] as number;
    const { thumb } = thread.registers;
    const half = (address: number): number => {
      const index = kernel.translate(thread.task, address, false);
      return index < 0 ? -1 : (kernel.memory.u16[index >>> 1] as number);
    };
    const [first, second] = [half(pc), half(pc + 2)];
    if (first < 0) return;
    const isWide = first >= FIRST_WIDE_THUMB && second >= 0;
    const opcode = thumb ? (isWide ? ((first << 16) | second) >>> 0 : first) : ((second << 16) | first) >>> 0;
    kernel.emit({ kind: 'instruction', pc, opcode, thumb, it: thumb ? itState(thread.registers.cpsr) : 0 });
  }

  /** One instruction after the other, up to a breakpoint, which is told when the thread goes on. */
  #runWatched(thread: Thread, watched: ReadonlySet<number>, budget: number): CpuExit {
    for (let retired = 0; retired < budget; ) {
      const exit = this.#cpu.run(1);
      retired += exit.retired;
      if (exit.kind !== 'budget' || watched.has(thread.registers.r[15] as number)) return { ...exit, retired };
    }
    return { kind: 'budget', retired: budget };
  }
}
