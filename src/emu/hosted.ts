// The port through which components written in TypeScript run as threads of the kernel.
// `emu` knows only this interface; `runtime/native` implements it. A hosted thread is a thread like any other: it has
// registers, a UTCB, a task and a capability table, and it enters the kernel through the same system calls and faults.
// Only its user-mode "instructions" are executed by the port instead of the ARM interpreter.

import type { DebugId } from './numbers.ts';
import type { PhysicalMemory } from './memory/physical_memory.ts';
import type { Plain } from './plain.ts';

/**
 * A hosted program's ELF image contains this permanently undefined A32 instruction (udf #0xe5ca) wherever a thread may enter.
 * A thread that executes it as the first instruction of its life becomes hosted for the rest of it, if the machine has a port, the
 * port admits the trap, and its task runs no machine code; else it is undefined.
 * The word that follows it is the virtual address of the program's name (NUL-terminated, at most 32 bytes).
 */
export const HOSTED_TRAP = 0xe7fe_5cfa;

/** What the port sees of a hosted thread: exactly what user code on a CPU has. */
export interface HostedCpu {
  readonly thread: DebugId;
  readonly task: DebugId;
  /** The user registers r0..r15 of this thread, live. r13 is the stack pointer it was started with. */
  readonly r: Uint32Array;
  /** The thread's UTCB (512 bytes) as 128 words, live kernel-user memory. */
  readonly utcb: Uint32Array;
  readonly memory: PhysicalMemory;
  /**
   * Translates an address of the thread's own task for an access.
   * @returns the byte index into `memory.u8` (to be opened before it is written), or -1 where the page is not mapped with sufficient rights (then exit with 'fault').
   */
  translate(address: number, write: boolean): number;
  /**
   * Executes the `invoke` system call with r0 (tag), r2 (selector | operation), r3, r4 and the UTCB as they stand, at once.
   * Only for invocations of kernel objects that cannot block or switch threads (factory, task, thread, scheduler, IRQ attach,
   * ICU). Results are in r0, r4 and the UTCB.
   * @returns false where the thread has blocked or was switched away all the same: a guest has put something else where the object was.
   */
  invokeNow(): boolean;
  /** Debugger entry: name the object behind a selector (debugger op 0). At most 16 characters are kept. */
  nameObject(selector: number, name: string): void;
  /** Kernel console output (kernel debugger entry, service "outstring"). */
  console(text: string): void;
  /** Virtual time in microseconds at 1 ms granularity, as the KIP clock shows it. */
  readonly clock_us: number;
  /** Lets an observer see what the component does; free when nobody listens. */
  note(what: string, detail: Plain): void;
}

/** How a slice of hosted execution ended; `used` is in instructions, at least 1. */
export type HostedExit =
  /** A step was made; call again when it is paid. */
  | { readonly kind: 'budget'; readonly used: number }
  /** The thread entered `invoke` with r0, r2, r3, r4 and the UTCB set. On return the kernel has set r0 and r4. */
  | { readonly kind: 'invoke'; readonly used: number }
  /** The thread touched memory that is not mapped: page-fault IPC on its behalf, then call again (the access is retried). */
  | { readonly kind: 'fault'; readonly used: number; readonly address: number; readonly write: boolean };

export interface HostedPort {
  /**
   * Whether the trap at this byte index of the memory is an entry of the program's own image. Where it is not, the instruction is
   * undefined: a guest cannot become a hosted program by naming it. A port without this admits every trap.
   */
  admits?(program: string, index: number): boolean;
  /** A thread executed HOSTED_TRAP at `pc`. Called once per thread, before the first `run`. */
  enter(cpu: HostedCpu, program: string, pc: number): void;
  /** Makes one step of the thread; whatever it costs is paid afterwards, in as many slices as it takes. */
  run(cpu: HostedCpu): HostedExit;
  /** The kernel destroyed the thread. */
  leave(thread: DebugId): void;
  save(): Plain;
  restore(state: Plain): void;
  /** In-process snapshots: see rewind.ts. */
  capture(): unknown;
  rewind(captured: unknown): void;
}
