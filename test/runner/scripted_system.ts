// A scripted system for tests of the runner: components, capability spaces and a script of what happens at which virtual time.
// Owner of its clock and its script; it knows nothing of Genode and stands behind the runner's port.

import { type BoardEvent, EventStream } from '../../src/emu/event.ts';
import type { ObjectSpace, SlotEntry, ThreadRow } from '../../src/emu/jdb/model.ts';
import type { DebugId, Instructions, Microseconds, Slot } from '../../src/emu/numbers.ts';
import type { ComponentMemory } from '../../src/runtime/component_memory.ts';
import type { Inspector } from '../../src/runtime/inspector.ts';
import type { BootSystem, CapRecords, ComponentInfo, ControlCommand, ControlOutcome, Equipment, KernelState, Origin, RpcName, StopReason, System, SystemConfig, ThreadPhase } from '../../src/runtime/system.ts';
import { NOTE_CONTROL_DONE } from '../../src/runtime/system.ts';

export interface ScriptedComponent {
  readonly label: string;
  readonly task: number;
  alive: boolean;
  slots: SlotEntry[];
}

export interface Script {
  /** Virtual time in milliseconds to console text or something to do. */
  readonly at: readonly (readonly [ms: number, what: string | ((system: ScriptedSystem) => void)])[];
  readonly components: ScriptedComponent[];
  readonly threads?: readonly ThreadRow[];
  /** The thread that runs at the beginning. */
  readonly current?: DebugId;
  readonly equipment?: Partial<Equipment>;
  /** Of whichever component. */
  readonly memory?: () => ComponentMemory | undefined;
  /** Kernel states; a script may change them. */
  readonly states?: Map<number, KernelState>;
  /** The last RPC of each thread. */
  readonly calls?: ReadonlyMap<number, RpcName>;
  /** Answers a command: an outcome after some milliseconds, or a refusal at once. */
  readonly control?: (command: ControlCommand, system: ScriptedSystem) => { readonly after_ms: number; readonly outcome: ControlOutcome } | { readonly refusal: string };
}

const INSTRUCTIONS_PER_MS = 62_500;
const US_PER_MS = 1000;

export const slotEntry = (slot: number, id: number, type: SlotEntry['type'] = 'Gate', rights: SlotEntry['rights'] = '*'): SlotEntry => ({ slot: slot as Slot, id: id as DebugId, rights, type });

export class ScriptedSystem implements System {
  readonly events = new EventStream();
  readonly script: Script;
  readonly commands: ControlCommand[] = [];
  #pending: { readonly at_us: number; readonly what: string | ((system: ScriptedSystem) => void) }[];
  #now_us = 0;
  #stopped = false;
  #outcome: ControlOutcome | null = null;

  get inspector(): Inspector {
    // There are no registers behind it.
    return { current: this.script.current ?? 0 } as unknown as Inspector;
  }
  debuggerName(): undefined {}
  objectType(): undefined {}
  taskOf(): undefined {}
  gateLabel(): undefined {}
  inventory(): ReadonlyMap<string, number> {
    return new Map();
  }
  interfaceOf(): null {
    return null;
  }
  capMap(): null {
    return null;
  }

  /** A script is a list of what happens at which time: there is nothing to go back to. */
  snapshot(): never {
    throw new Error('a scripted system has no snapshots');
  }
  rewind(): never {
    return this.snapshot();
  }
  close(): void {}
  save(): never {
    return this.snapshot();
  }

  release(): never {
    return this.snapshot();
  }

  constructor(script: Script) {
    this.script = script;
    this.#pending = script.at.map(([ms, what]) => ({ at_us: ms * US_PER_MS, what }));
  }

  readonly machine = Object.defineProperties({} as System['machine'], {
    events: { get: () => this.events },
    time_us: { get: () => this.#now_us },
    instructions: { get: () => (this.#now_us / US_PER_MS) * INSTRUCTIONS_PER_MS },
    run: { configurable: true, value: (limit: { instructions?: number; time_us?: number }) => this.#run(limit) },
    idle: { value: (limit: { time_us: number }) => { this.#now_us += limit.time_us; } },
    stop: { value: () => { this.#stopped = true; } },
  });

  components(): readonly ComponentInfo[] {
    return this.script.components.map(({ label, task, alive }) => ({ label, task: task as DebugId, alive }));
  }

  capRecords(): CapRecords {
    return { of: () => ({ kind: 'unknown', reason: 'a scripted system has no capability maps' }), slots: [] };
  }

  memory(): ComponentMemory | undefined {
    return this.script.memory?.();
  }

  takeImage(): null {
    return null;
  }

  leaveImage(): { accepted: false; message: string } {
    return { accepted: false, message: 'a scripted system takes no image' };
  }

  component(label: string): ScriptedComponent {
    const found = this.script.components.findLast((component) => component.label === label);
    if (found === undefined) throw new Error(`no component ${label}`);
    return found;
  }

  control(command: ControlCommand): { accepted: true } | { accepted: false; message: string } {
    this.commands.push(command);
    this.#outcome = null;
    const answer = this.script.control?.(command, this) ?? { after_ms: 1, outcome: { ok: true, facts: {} } };
    if ('refusal' in answer) return { accepted: false, message: answer.refusal };
    this.later(answer.after_ms, (system) => {
      this.#outcome = answer.outcome;
      system.emit({ kind: 'note', what: NOTE_CONTROL_DONE, detail: null });
    });
    return { accepted: true };
  }

  outcome(): ControlOutcome | null {
    return this.#outcome;
  }

  objectSpace(task: DebugId): ObjectSpace {
    const found = this.script.components.find((component) => component.task === task && component.alive);
    if (found === undefined) throw new Error(`no task 0x${task.toString(16)}`);
    return { task, slots: found.slots };
  }

  slotOrigin(_task: DebugId, slot: number): Origin | undefined {
    if (slot !== 0x217) return undefined;
    return { rpc: 'Signal_source.request_semaphore', thread: 0x150 as DebugId, thread_name: 'signal handler', by_other_task: false, time_us: 12_000, words: "the signal source's semaphore" };
  }

  threads(): readonly ThreadRow[] {
    return this.script.threads ?? [];
  }

  threadPhase(thread: DebugId): ThreadPhase {
    return this.script.threads?.find(({ id }) => id === thread)?.states.includes('ready') === true ? 'ready' : 'receiving';
  }

  get equipment(): Equipment {
    const nothing: Equipment = { readMemory: () => null, writeMemory: () => false, ramAccount: () => null, exhaustRam: () => false, freeze: () => false, hold: () => false, takeExclusive: () => false, admit: () => undefined, takeFreshIds: () => undefined, pausedThreads: () => new Set(), dataspaceContent: () => null, orderSignals: () => false, pendingSignals: () => [], releaseSignals: () => undefined, endSignalOrders: () => undefined, revoke: () => false, initState: () => null, replaceModule: () => 'a scripted system has no modules' , failRpc: () => false as const, rpcsMade: () => null, breakThread: () => false, denyRpc: () => undefined, denialsToCome: () => [], dropSignal: () => false, signalLossesToCome: () => [] };
    return { ...nothing, ...this.script.equipment };
  }

  threadState(thread: DebugId): KernelState {
    return this.script.states?.get(thread) ?? 'user';
  }

  callOf(thread: DebugId): RpcName | undefined {
    return this.script.calls?.get(thread);
  }

  extensionsUsed(): readonly string[] {
    return this.commands.length > 0 ? ['install'] : [];
  }

  later(ms: number, what: (system: ScriptedSystem) => void): void {
    this.#pending.push({ at_us: this.#now_us + ms * US_PER_MS, what });
    this.#pending.sort((a, b) => a.at_us - b.at_us);
  }

  emit(event: BoardEvent, task = 0, thread = 0): void {
    this.events.emit({ ...event, instructions: 0 as Instructions, time_us: this.#now_us as Microseconds, task: task as DebugId, thread: thread as DebugId });
  }

  #run(limit: { instructions?: number; time_us?: number }): StopReason {
    this.#stopped = false;
    const byTime_us = this.#now_us + (limit.time_us ?? Number.POSITIVE_INFINITY);
    const byCount_us = this.#now_us + ((limit.instructions ?? Number.POSITIVE_INFINITY) / INSTRUCTIONS_PER_MS) * US_PER_MS;
    const bound_us = Math.min(byTime_us, byCount_us);
    for (;;) {
      const [next] = this.#pending;
      if (next === undefined) return 'idle_forever';
      if (next.at_us > bound_us) {
        this.#now_us = bound_us;
        return byTime_us === bound_us ? 'time_limit' : 'instruction_limit';
      }
      this.#pending.shift();
      this.#now_us = Math.max(this.#now_us, next.at_us);
      if (typeof next.what === 'string') this.emit({ kind: 'console', text: next.what });
      else next.what(this);
      if (this.#stopped) return 'stopped';
    }
  }
}

/** A boot function that remembers what it was asked for. */
export function bootScripted(script: () => Script): { boot: BootSystem; configs: SystemConfig[]; systems: ScriptedSystem[] } {
  const configs: SystemConfig[] = [];
  const systems: ScriptedSystem[] = [];
  const boot: BootSystem = (config) => {
    configs.push(config);
    const system = new ScriptedSystem(script());
    systems.push(system);
    return system;
  };
  return { boot, configs, systems };
}
