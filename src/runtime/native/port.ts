// The hosted-thread interpreter: runs procedures of TypeScript components as user-mode code of kernel threads.
// Owner of the components' stores and of every hosted thread's stack of frames; all of it is plain data (architecture, law 2).

import type { HostedCpu, HostedExit, HostedPort } from '../../emu/hosted.ts';
import type { DebugId } from '../../emu/numbers.ts';
import { type Plain, type PlainRecord, copyPlain, ownPlain } from '../../emu/plain.ts';
import { newStamp } from '../../emu/rewind.ts';
import { Component, programNamed } from './component.ts';
import { COST } from './cost.ts';
import { Execution, MemoryFault } from './execution.ts';
import { THREAD_ENTRY_OFFSET } from './image.ts';
import { type Action, type Failure, type Frame, procedureNamed } from './procedure.ts';
import { Store } from './store.ts';
import { threads } from './thread_table.ts';
import { UTCB } from './utcb.ts';

/** What a hosted thread does when it is run next. */
type Phase =
  /** Execute the top frame's step with this input. */
  | { readonly kind: 'step'; readonly input: Plain }
  /** Enter the kernel once the charged instructions are consumed. */
  | { readonly kind: 'enter' }
  /** The kernel returned from `invoke`: registers hold the result for this step. */
  | { readonly kind: 'returned'; readonly then: string }
  /** Touch this address once the bill is paid, then execute the step again with the same input. */
  | { readonly kind: 'touch'; readonly address: number; readonly write: boolean; readonly input: Plain }
  /** Nothing left to execute: a thread whose procedure ended stays here, as a thread that returned from its entry would hang. */
  | { readonly kind: 'ended' };

interface ThreadState {
  readonly task: DebugId;
  readonly index: number;
  frames: Frame[];
  phase: Phase;
  /** Instructions that the step being made was charged. */
  owed: number;
  /** Step that takes the result of the invocation being made. */
  then: string;
}

/** A thread's state as it was, and the number that it has as long as the thread does not run. */
interface CapturedThread {
  readonly stamp: number;
  readonly state: ThreadState;
}

interface CapturedRuntime {
  readonly components: readonly { readonly component: Component; readonly store: ReturnType<Store['capture']> }[];
  readonly threads: readonly (readonly [DebugId, CapturedThread])[];
}

const FRAMES_MAX = 64;

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
  #threads = new Map<DebugId, ThreadState>();
  #executions = new Map<DebugId, Execution>();
  /** Threads that did not run since they were captured last. */
  readonly #captured = new Map<DebugId, CapturedThread>();
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
      this.#begin(cpu, row[0], { procedure: row[1].entry, step: 'start', locals: copyPlain(row[1].entry_locals as Plain) as Record<string, Plain>, then: '', error: '' });
      return;
    }
    const program = programNamed(programName);
    if (program === undefined || known !== undefined) {
      this.#captured.delete(cpu.thread);
      this.#threads.set(cpu.thread, { task: cpu.task, index: -1, frames: [], phase: { kind: 'ended' }, owed: 0, then: '' });
      cpu.note('hosted_entry_refused', { program: programName, stack: stackTop });
      return;
    }
    const component = new Component(program, cpu.task);
    this.#components.set(cpu.task, component);
    threads(component).set(0, { name: program.name, gate: 9, stack_top: stackTop, stack_ds: 0, stack_bytes: 0, entry: program.main, entry_locals: {}, cap: 0, window: 0, traced: false });
    this.#config.prepare?.(component);
    this.#begin(cpu, 0, { procedure: program.main, step: 'start', locals: {}, then: '', error: '' });
  }

  /**
   * Makes one transition: so that every step happens at an instruction of its own, whatever the lengths in which a run is cut.
   */
  run(cpu: HostedCpu): HostedExit {
    const state = this.#threads.get(cpu.thread);
    if (state === undefined) throw new Error(`thread ${cpu.thread} is not hosted`);
    this.#captured.delete(cpu.thread);
    const exit = this.#advance(cpu, state);
    if (exit !== null) return exit;
    const used = state.owed;
    state.owed = 0;
    return { kind: 'budget', used };
  }

  leave(thread: DebugId): void {
    this.#captured.delete(thread);
    const state = this.#threads.get(thread);
    this.#threads.delete(thread);
    this.#executions.delete(thread);
    if (state === undefined) return;
    for (const other of this.#threads.values()) if (other.task === state.task) return;
    this.#components.delete(state.task);
  }

  capture(): CapturedRuntime {
    return {
      components: this.components().map((component) => ({ component, store: component.store.capture() })),
      threads: [...this.#threads].map(([id, state]) => [id, this.#captureThread(id, state)] as const),
    };
  }

  #captureThread(id: DebugId, state: ThreadState): CapturedThread {
    let captured = this.#captured.get(id);
    if (captured === undefined) {
      captured = { stamp: newStamp(), state: copyState(state) };
      this.#captured.set(id, captured);
    }
    return captured;
  }

  rewind(captured: unknown): void {
    const { components, threads: states } = captured as CapturedRuntime;
    this.#components.clear();
    for (const { component, store } of components) {
      component.store.rewind(store);
      this.#components.set(component.task, component);
    }
    const present = new Map(this.#threads);
    this.#threads.clear();
    for (const [id, thread] of states) {
      const state = present.get(id);
      const unchanged = state !== undefined && this.#captured.get(id)?.stamp === thread.stamp;
      this.#threads.set(id, unchanged ? state : copyState(thread.state));
      this.#captured.set(id, thread);
    }
    for (const id of this.#captured.keys()) if (!this.#threads.has(id)) this.#captured.delete(id);
    this.#executions.clear();
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
        .map(([id, state]) => ({ id, ...(structuredClone(state) as unknown as PlainRecord) })),
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
    this.#captured.clear();
    this.#threads = new Map(states.map(({ id, ...state }) => [id, structuredClone(state)]));
    this.#executions = new Map();
  }

  #begin(cpu: HostedCpu, index: number, frame: Frame): void {
    this.#captured.delete(cpu.thread);
    this.#threads.set(cpu.thread, { task: cpu.task, index, frames: [frame], phase: { kind: 'step', input: null }, owed: 0, then: '' });
  }

  #execution(cpu: HostedCpu, state: ThreadState): Execution {
    let x = this.#executions.get(cpu.thread);
    if (x === undefined || x.cpu !== cpu) {
      const component = this.#components.get(state.task);
      if (component === undefined) throw new Error(`thread ${cpu.thread} has no component`);
      x = new Execution(cpu, component, state.index);
      this.#executions.set(cpu.thread, x);
    }
    return x;
  }

  /** Makes one transition of a thread. Returns how it left user mode, or null to go on. */
  #advance(cpu: HostedCpu, state: ThreadState): HostedExit | null {
    if (cpu.r[15] === 0) return { kind: 'fault', used: 1, address: 0, write: false };
    const phase = state.phase;
    switch (phase.kind) {
      case 'ended':
        return { kind: 'fault', used: 1, address: 0, write: false };
      case 'enter':
        state.phase = { kind: 'returned', then: state.then };
        return { kind: 'invoke', used: 1 };
      case 'touch':
        state.phase = { kind: 'step', input: phase.input };
        return { kind: 'fault', used: 1, address: phase.address, write: phase.write };
      case 'returned': {
        top(state).step = phase.then;
        const tag = cpu.r[0] ?? 0;
        this.#step(cpu, state, { tag, label: cpu.r[4] ?? 0, error: (tag & 0x8000) === 0 ? 0 : (cpu.utcb[UTCB.error] ?? 0) });
        return null;
      }
      case 'step':
        this.#step(cpu, state, phase.input);
        return null;
    }
  }

  #step(cpu: HostedCpu, state: ThreadState, input: Plain): void {
    const frame = top(state);
    const declared = procedureNamed(frame.procedure);
    const step = declared.steps[frame.step];
    if (step === undefined) throw new Error(`procedure '${frame.procedure}' has no step '${frame.step}'`);
    const x = this.#execution(cpu, state);
    x.charged = COST.step;
    let action: Action;
    try {
      action = step(x, frame.locals, input as never);
    } catch (fault) {
      if (!(fault instanceof MemoryFault)) throw new Error(`${x.component.program.name}: ${frame.procedure}.${frame.step}: ${words(fault)}`, { cause: fault });
      state.owed += Math.max(1, Math.ceil(x.charged));
      state.phase = { kind: 'touch', address: fault.address, write: fault.write, input };
      return;
    }
    state.owed += Math.max(1, Math.ceil(x.charged));
    this.#perform(cpu, state, action);
  }

  #perform(cpu: HostedCpu, state: ThreadState, action: Action): void {
    switch (action.do) {
      case 'goto':
        top(state).step = action.step;
        state.phase = { kind: 'step', input: action.input as Plain };
        return;
      case 'call': {
        if (state.frames.length >= FRAMES_MAX) throw new Error(`hosted stack is deeper than ${FRAMES_MAX} frames at '${action.procedure}'`);
        const caller = top(state);
        caller.then = action.then;
        caller.error = action.error;
        state.frames.push({ procedure: action.procedure, step: 'start', locals: ownPlain(action.locals as Record<string, Plain>), then: '', error: '' });
        state.phase = { kind: 'step', input: null };
        return;
      }
      case 'return':
        state.frames.pop();
        this.#resume(state, (frame) => frame.then, action.value as Plain);
        return;
      case 'raise':
        this.#unwind(cpu, state, action.failure);
        return;
      case 'invoke':
        state.then = action.then;
        state.phase = { kind: 'enter' };
        return;
    }
  }

  #resume(state: ThreadState, stepOf: (frame: Frame) => string, input: Plain): void {
    const frame = state.frames.at(-1);
    if (frame === undefined) {
      state.phase = { kind: 'ended' };
      return;
    }
    frame.step = stepOf(frame);
    state.phase = { kind: 'step', input };
  }

  #unwind(cpu: HostedCpu, state: ThreadState, failure: Failure): void {
    state.frames.pop();
    while (state.frames.length > 0 && top(state).error === '') state.frames.pop();
    if (state.frames.length === 0) cpu.note('uncaught_failure', { name: failure.name, text: failure.text });
    this.#resume(state, (frame) => frame.error, { name: failure.name, text: failure.text });
  }
}

interface SavedRuntime {
  readonly images: readonly PlacedImage[] | null;
  readonly components: readonly { readonly task: DebugId; readonly program: string; readonly store: PlainRecord }[];
  readonly threads: readonly (ThreadState & { readonly id: DebugId })[];
}

/** Locals are changed in place by the steps; everything else is replaced. */
function copyState(state: ThreadState): ThreadState {
  return { ...state, phase: copyPlain(state.phase as unknown as Plain) as unknown as Phase, frames: state.frames.map((frame) => ({ ...frame, locals: copyPlain(frame.locals) as Record<string, Plain> })) };
}

function top(state: ThreadState): Frame {
  const frame = state.frames.at(-1);
  if (frame === undefined) throw new Error('hosted thread has no frame');
  return frame;
}

function words(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
