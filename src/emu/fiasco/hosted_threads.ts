// Threads whose user mode is a program behind the hosted port. Owner of the port and of what each thread shows it; what must be
// saved of a hosted thread is in the thread and in the port. Contract: ../hosted.ts.

import type { HostedCpu, HostedExit, HostedPort } from '../hosted.ts';
import type { PhysicalMemory } from '../memory/physical_memory.ts';
import type { DebugId } from '../numbers.ts';
import type { Plain } from '../plain.ts';
import { userText } from './console.ts';
import { KERNEL_COST } from './cost.ts';
import type { Kernel } from './kernel.ts';
import { pageFault } from './page_fault.ts';
import { hostedInvoke } from './system_call.ts';
import { type PendingExit, type Thread, utcbOf } from './thread.ts';

const NAME_BYTES_MAX = 32;

export class HostedThreads {
  readonly #kernel: Kernel;
  readonly #port: HostedPort | null;
  readonly #cpus = new Map<number, ThreadCpu>();

  constructor(kernel: Kernel, port: HostedPort | null) {
    this.#kernel = kernel;
    this.#port = port;
  }

  /** @returns false where there is no port */
  enter(thread: Thread, pc: number): boolean {
    const kernel = this.#kernel;
    if (this.#port === null || !thread.fresh || runsMachineCode(kernel, thread)) return false;
    const word = kernel.translate(thread.task, pc + 4, false);
    const name = word < 0 ? 0 : (kernel.memory.u32[word >>> 2] as number);
    // The name's page may not be there yet: fault it in and execute the trap again.
    const missing = word < 0 ? pc + 4 : kernel.translate(thread.task, name, false) < 0 ? name : null;
    if (missing !== null) {
      pageFault(kernel, thread, { address: missing >>> 0, pc, access: 'read', cause: 'translation' });
      return true;
    }
    const program = userText(kernel, thread, name, NAME_BYTES_MAX);
    if (this.#port.admits?.(program, kernel.translate(thread.task, pc, false)) === false) return false;
    thread.hosted = program;
    this.#port.enter(this.#cpu(thread), program, pc);
    return true;
  }

  leave(thread: Thread): void {
    this.#cpus.delete(thread.id);
    this.#port?.leave(thread.id);
  }

  /** A slice of a hosted thread: steps, until something happens that is more than a step or the slice is used up. */
  run(thread: Thread, slice: number): void {
    const kernel = this.#kernel;
    if (this.#port === null) throw new Error('a hosted thread without port');
    const cpu = this.#cpu(thread);
    let budget = slice;
    do {
      if (thread.debt === 0) {
        this.#step(this.#port, thread, cpu);
        // A stop that the step asked for takes effect before its bill is paid, wherever this slice would have ended.
        if (kernel.stopRequested) return;
      }
      // A step may cost more than the slice has left: the rest is paid before its exit takes effect.
      const paid = Math.min(thread.debt, budget);
      thread.debt -= paid;
      kernel.instructions += paid;
      budget -= paid;
      if (thread.debt > 0) return;
      if (thread.pending_exit !== null) return this.#complete(thread, thread.pending_exit);
      // Whoever entered the kernel owes for that: then others may be to run, and time is to pass.
    } while (budget > 0 && kernel.owed === 0 && !kernel.processor.due);
  }

  #step(port: HostedPort, thread: Thread, cpu: ThreadCpu): void {
    // The program writes its UTCB without asking.
    utcbOf(thread).open();
    const exit = port.run(cpu);
    if (exit.used < 1 || !Number.isInteger(exit.used)) throw new Error(`hosted program '${thread.hosted}' used ${exit.used} instructions`);
    thread.debt = exit.used;
    thread.pending_exit = pendingOf(exit);
  }

  #complete(thread: Thread, exit: PendingExit): void {
    thread.pending_exit = null;
    if (exit.kind === 'invoke') return hostedInvoke(this.#kernel, thread);
    const { address, write } = exit;
    // What faulted may have been mapped while the rest of the step was paid: then the access simply works when it is retried.
    if (this.#kernel.translate(thread.task, address, write) >= 0) return;
    const cause = this.#kernel.translate(thread.task, address, false) < 0 ? 'translation' : 'permission';
    pageFault(this.#kernel, thread, { address, pc: thread.registers.r[15] as number, access: write ? 'write' : 'read', cause });
  }

  #cpu(thread: Thread): ThreadCpu {
    let cpu = this.#cpus.get(thread.id);
    if (cpu === undefined) {
      cpu = new ThreadCpu(this.#kernel, thread);
      this.#cpus.set(thread.id, cpu);
    }
    return cpu;
  }

  capture(): unknown {
    return this.#port?.capture() ?? null;
  }
  /** A number may belong to another thread than before, so all that was shown is shown anew. */
  rewind(captured: unknown): void {
    this.#cpus.clear();
    this.#port?.rewind(captured);
  }

  save(): Plain {
    return this.#port === null ? null : this.#port.save();
  }

  restore(state: Plain): void {
    if (this.#port !== null) this.#port.restore(state);
    else if (state !== null) throw new Error('the saved machine has hosted programs, this one has no port for them');
  }
}

/** A task whose threads have executed machine code stays what it is. */
const runsMachineCode = (kernel: Kernel, { task }: Thread): boolean => kernel.threads().some((thread) => thread.task === task && thread.hosted === null && !thread.fresh);

function pendingOf(exit: HostedExit): PendingExit | null {
  switch (exit.kind) {
    case 'budget':
      return null;
    case 'invoke':
      return { kind: 'invoke' };
    case 'fault':
      return { kind: 'fault', address: exit.address >>> 0, write: exit.write };
  }
}

/** A thread as its program sees it: what user code on a CPU has, and nothing more. */
class ThreadCpu implements HostedCpu {
  readonly thread: DebugId;
  readonly task: DebugId;
  readonly r: Uint32Array;
  readonly utcb: Uint32Array;
  readonly memory: PhysicalMemory;
  readonly #kernel: Kernel;
  readonly #thread: Thread;

  constructor(kernel: Kernel, thread: Thread) {
    this.thread = thread.id;
    this.task = thread.task.id;
    this.r = thread.registers.r;
    this.utcb = utcbOf(thread).words;
    this.memory = kernel.memory;
    this.#kernel = kernel;
    this.#thread = thread;
  }

  get clock_us(): number {
    return this.#kernel.clock_us;
  }

  translate(address: number, write: boolean): number {
    return this.#kernel.translate(this.#thread.task, address, write);
  }

  invokeNow(): boolean {
    const thread = this.#thread;
    hostedInvoke(this.#kernel, thread);
    return this.#kernel.processor.current === thread && thread.runnable && thread.step === 'user';
  }

  nameObject(selector: number, name: string): void {
    const object = (selector & 0x800) !== 0 ? this.#thread : this.#thread.task.objects.get(selector >>> 12)?.object;
    this.#kernel.charge(KERNEL_COST.debugger_name);
    if (object !== undefined) this.#kernel.nameObject(object, name);
  }

  console(text: string): void {
    // Genode's core prints a character a call.
    this.#kernel.charge((KERNEL_COST.debugger_entry + KERNEL_COST.character) * text.length);
    this.#kernel.console(text);
  }

  note(what: string, detail: Plain): void {
    this.#kernel.note(what, detail);
  }
}
