// The hosted-thread interpreter: runs procedures of TypeScript components as user-mode code of kernel threads.
// Owner of the components' stores and of the hosted threads; all of it is plain data (architecture, law 2).

import type { HostedCpu, HostedExit, HostedPort } from '../../emu/hosted.ts';
import type { DebugId } from '../../emu/numbers.ts';
import type { Plain, PlainRecord } from '../../emu/plain.ts';
import { Component, programNamed } from './component.ts';
import { COST } from './cost.ts';
import { DeadEnd, Execution, MemoryFault } from './execution.ts';
import { type CapturedThread, HostedThread, type SavedThread } from './hosted_thread.ts';
import { THREAD_ENTRY_OFFSET } from './image.ts';
import type { Action } from './procedure.ts';
import { Store } from './store.ts';
import { threads } from './thread_table.ts';
import { TAG_ERROR, UTCB } from './utcb.ts';

interface CapturedRuntime {
  readonly components: readonly { readonly component: Component; readonly store: ReturnType<Store['capture']> }[];
  readonly threads: readonly (readonly [DebugId, CapturedThread])[];
}

/** Who runs, as long as nobody else does. */
interface Running {
  readonly cpu: HostedCpu;
  readonly thread: HostedThread;
  /** Null: its entry was refused, and it has nothing to execute. */
  readonly x: Execution | null;
}

/** Where in memory the image of a program lies: the byte index of its text, which begins with its entries. */
export interface PlacedImage {
  readonly program: string;
  readonly text: number;
}

export interface HostedConfig {
  /** The images that there are; without this list every trap is taken for an entry (test equipment). */
  readonly images?: readonly PlacedImage[];
  /** Called once when a component comes to life, before its first step: fills tables that the boot loader would fill. */
  readonly prepare?: (component: Component) => void;
}

export class HostedRuntime implements HostedPort {
  #components = new Map<DebugId, Component>();
  #threads = new Map<DebugId, HostedThread>();
  #executions = new Map<DebugId, Execution>();
  #running: Running | null = null;
  readonly #config: HostedConfig;
  #images: readonly PlacedImage[] | null;

  constructor(config: HostedConfig = {}) {
    this.#config = config;
    this.#images = config.images ?? null;
  }

  admits(program: string, index: number): boolean {
    return this.#images === null || this.#images.some((image) => image.program === program && (index === image.text || index === image.text + THREAD_ENTRY_OFFSET));
  }

  component(task: DebugId): Component | undefined {
    return this.#components.get(task);
  }

  /** Components in ascending order of their tasks. */
  components(): readonly Component[] {
    return [...this.#components.values()].sort((a, b) => a.task - b.task);
  }

  /** Kernel thread of a component's thread index. */
  threadOf(task: DebugId, index: number): DebugId | undefined {
    for (const [id, state] of this.#threads) if (state.task === task && state.index === index) return id;
    return undefined;
  }

  enter(cpu: HostedCpu, programName: string, _pc: number): void {
    const stackTop = cpu.r[13] ?? 0;
    const known = this.#components.get(cpu.task);
    const row = known === undefined ? undefined : threads(known).find((thread) => thread.stack_top === stackTop);
    if (known !== undefined && row !== undefined) {
      this.#begin(cpu, row[0], row[1].entry, { ...(row[1].entry_locals as PlainRecord) });
      return;
    }
    const program = programNamed(programName);
    if (program === undefined || known !== undefined) {
      this.#add(cpu, new HostedThread(cpu.task, -1));
      cpu.note('hosted_entry_refused', { program: programName, stack: stackTop });
      return;
    }
    const component = new Component(program, cpu.task);
    this.#components.set(cpu.task, component);
    threads(component).set(0, { name: program.name, gate: 9, stack_top: stackTop, stack_ds: 0, stack_bytes: 0, entry: program.main, entry_locals: {}, cap: 0, window: 0, traced: false });
    this.#config.prepare?.(component);
    this.#begin(cpu, 0, program.main, {});
  }

  /**
   * Makes one transition: so that every step happens at an instruction of its own, whatever the lengths in which a run is cut.
   */
  run(cpu: HostedCpu): HostedExit {
    const running = this.#running?.cpu === cpu ? this.#running : this.#switchTo(cpu);
    const { thread } = running;
    thread.captured = null;
    const exit = this.#advance(running);
    if (exit !== null) return exit;
    const used = thread.owed;
    thread.owed = 0;
    return { kind: 'budget', used };
  }

  leave(id: DebugId): void {
    this.#running = null;
    const thread = this.#threads.get(id);
    this.#threads.delete(id);
    this.#executions.delete(id);
    if (thread === undefined) return;
    for (const other of this.#threads.values()) if (other.task === thread.task) return;
    this.#components.delete(thread.task);
  }

  capture(): CapturedRuntime {
    return {
      components: this.components().map((component) => ({ component, store: component.store.capture() })),
      threads: [...this.#threads].map(([id, thread]) => [id, thread.capture()] as const),
    };
  }

  rewind(captured: unknown): void {
    const { components, threads: then } = captured as CapturedRuntime;
    this.#components.clear();
    for (const { component, store } of components) {
      component.store.rewind(store);
      this.#components.set(component.task, component);
    }
    const present = this.#threads;
    this.#threads = new Map(then.map(([id, state]) => [id, present.get(id)?.rewound(state) ?? HostedThread.rewound(state)]));
    this.#forget();
  }

  save(): PlainRecord {
    return {
      images: this.#images === null ? null : this.#images.map(({ program, text }) => ({ program, text })),
      components: this.components().map((component) => ({
        task: component.task,
        program: component.program.name,
        store: component.store.save(),
      })),
      threads: [...this.#threads.entries()]
        .sort(([a], [b]) => a - b)
        .map(([id, thread]) => ({ id, ...(thread.save() as unknown as PlainRecord) })),
    };
  }

  restore(saved: Plain): void {
    const { images, components, threads: states } = saved as unknown as SavedRuntime;
    this.#images = images;
    this.#components = new Map(
      components.map(({ task, program, store }) => {
        const found = programNamed(program);
        if (found === undefined) throw new Error(`saved machine names the unknown program '${program}'`);
        return [task, new Component(found, task, Store.restore(store))];
      }),
    );
    this.#threads = new Map(states.map(({ id, ...state }) => [id, HostedThread.restore(structuredClone(state))]));
    this.#forget();
  }

  #begin(cpu: HostedCpu, index: number, procedure: string, locals: Record<string, Plain>): void {
    const thread = new HostedThread(cpu.task, index);
    thread.begin(procedure, locals);
    this.#add(cpu, thread);
  }

  #add(cpu: HostedCpu, thread: HostedThread): void {
    this.#running = null;
    this.#threads.set(cpu.thread, thread);
  }

  /** Threads and stores are others than before. */
  #forget(): void {
    this.#running = null;
    this.#executions.clear();
  }

  #switchTo(cpu: HostedCpu): Running {
    const thread = this.#threads.get(cpu.thread);
    if (thread === undefined) throw new Error(`thread ${cpu.thread} is not hosted`);
    this.#running = { cpu, thread, x: this.#execution(cpu, thread) };
    return this.#running;
  }

  #execution(cpu: HostedCpu, { task, index }: HostedThread): Execution | null {
    const known = this.#executions.get(cpu.thread);
    if (known?.cpu === cpu) return known;
    const component = this.#components.get(task);
    if (component === undefined) return null;
    const x = new Execution(cpu, component, index);
    this.#executions.set(cpu.thread, x);
    return x;
  }

  /** Makes one transition of a thread. Returns how it left user mode, or null to go on. */
  #advance({ cpu, thread, x }: Running): HostedExit | null {
    if (cpu.r[15] === 0) return { kind: 'fault', used: 1, address: 0, write: false };
    switch (thread.doing) {
      case 'ended':
        return { kind: 'fault', used: 1, address: 0, write: false };
      case 'enter':
        thread.doing = 'returned';
        return { kind: 'invoke', used: 1 };
      case 'touch':
        thread.doing = 'step';
        return { kind: 'fault', used: 1, address: thread.address, write: thread.write };
      case 'returned': {
        const tag = cpu.r[0] ?? 0;
        thread.top.step = thread.then;
        thread.input = { tag, label: cpu.r[4] ?? 0, error: (tag & TAG_ERROR) === 0 ? 0 : (cpu.utcb[UTCB.error] ?? 0) };
        break;
      }
      case 'step':
    }
    if (x === null) throw new Error(`thread ${cpu.thread} has no component`);
    this.#step(thread, x);
    return null;
  }

  #step(thread: HostedThread, x: Execution): void {
    const { top: frame, input } = thread;
    const step = frame.steps[frame.step];
    if (step === undefined) throw new Error(`procedure '${frame.procedure}' has no step '${frame.step}'`);
    x.charged = COST.step;
    let action: Action;
    try {
      action = step(x, frame.locals as never, input as never);
    } catch (fault) {
      if (fault instanceof DeadEnd) return deadEnd(thread, x, fault);
      if (!(fault instanceof MemoryFault)) throw new Error(`${x.component.program.name}: ${frame.procedure}.${frame.step}: ${words(fault)}`, { cause: fault });
      thread.owed += Math.max(1, Math.ceil(x.charged));
      thread.touch(fault.address, fault.write);
      return;
    }
    thread.owed += Math.max(1, Math.ceil(x.charged));
    const failure = thread.perform(action);
    if (failure !== null) x.cpu.note('uncaught_failure', { name: failure.name, text: failure.text });
  }
}

interface SavedRuntime {
  readonly images: readonly PlacedImage[] | null;
  readonly components: readonly { readonly task: DebugId; readonly program: string; readonly store: PlainRecord }[];
  readonly threads: readonly (SavedThread & { readonly id: DebugId })[];
}

/** The thread has nothing to execute any more: where it gets to user mode again it faults at address 0, which nobody resolves. */
function deadEnd(thread: HostedThread, x: Execution, { why }: DeadEnd): void {
  thread.owed += Math.max(1, Math.ceil(x.charged));
  thread.end();
  x.cpu.note('dead_end', { thread: x.index, why });
}

function words(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
