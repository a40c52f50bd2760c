// A component that a sweep is about, as seen during one run of its system: its task, its lines, what it holds.
// Owner of the log of that run; subscribed to the board's console until closed.

import type { ObjectSpace } from '../../emu/jdb/model.ts';
import type { DebugId } from '../../emu/numbers.ts';
import type { ComponentMemory } from '../../runtime/component_memory.ts';
import type { System } from '../../runtime/system.ts';
import type { Unify } from '../../scenario/model.ts';
import type { FormerIds } from '../memory_comparison.ts';
import { LogLines } from '../log_lines.ts';

/** What is compared at the end of a run. */
export interface FinalState {
  readonly space: ObjectSpace;
  readonly memory: ComponentMemory | undefined;
  /** Ids of all objects of which the component was ever given a capability: those that it has dropped may still stand somewhere. */
  readonly given: ReadonlySet<number>;
  /** Ids that its capabilities had when it was checkpointed, and what they are called since it was restored. */
  readonly former?: FormerIds;
}

/** The past of a component, as far as it matters for what comes. */
export interface Past {
  readonly lines: readonly string[];
  /** The beginning of a line. */
  readonly unfinished: string;
  readonly given: ReadonlySet<number>;
  /** Of each ROM module that it has asked for: its content, as a checksum. */
  readonly modules: readonly string[];
}

export const NO_PAST: Past = { lines: [], unfinished: '', given: new Set(), modules: [] };

/** FNV-1a. */
function checksum(bytes: Uint8Array): string {
  let sum = 0x811c_9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x0100_0193);
  return `${bytes.length}:${(sum >>> 0).toString(16)}`;
}

export class Subject {
  readonly system: System;
  readonly label: string;
  readonly log: LogLines;
  readonly #prefix: string;
  readonly #close: () => void;
  #apart = false;
  #wanted = Number.POSITIVE_INFINITY;
  readonly lines: string[];
  readonly modules: string[];
  readonly #given: Set<number>;
  /** Tasks of the component, dead ones included, and tasks that are none of it. */
  readonly #mine = new Map<DebugId, boolean>();
  #seen = 0;

  /** `label` as in "init -> rtcr -> x". */
  constructor(system: System, label: string, unify: readonly Unify[] = [], past = NO_PAST) {
    this.system = system;
    this.label = label;
    this.log = new LogLines(past.unfinished, unify);
    this.lines = [...past.lines];
    this.modules = [...past.modules];
    this.#given = new Set(past.given);
    this.#prefix = `[${label}] `;
    this.#close = system.machine.events.listen(['console', 'cap_mapped'], (event) => {
      if (this.#apart) return;
      if (event.kind === 'console') this.#take(event.text, event.time_us);
      else if (event.kind === 'cap_mapped') this.#gave(event.object, event.into);
    });
  }

  /** What has happened so far, for another subject that goes on from here. */
  get past(): Past {
    return { lines: [...this.lines], unfinished: this.log.unfinished, given: new Set(this.#given), modules: [...this.modules] };
  }

  /** While true, what happens to the system is none of this run's business. */
  set apart(apart: boolean) {
    this.#apart = apart;
  }

  close(): void {
    this.#close();
  }

  /** The component's task while it lives. */
  get task(): DebugId | undefined {
    return this.system.components().find(({ label, alive }) => alive && label === this.label)?.task;
  }

  /** Whether it lives or has lived. */
  get born(): boolean {
    return this.system.components().some(({ label }) => label === this.label);
  }

  get space(): ObjectSpace | undefined {
    const { task } = this;
    return task === undefined ? undefined : this.system.objectSpace(task);
  }

  /** The machine is stopped when the component has said so many lines. */
  set wanted(count: number) {
    this.#wanted = count;
  }

  get satisfied(): boolean {
    return this.lines.length >= this.#wanted;
  }

  /** Space and memory as they are; undefined where the component does not live. */
  final(): FinalState | undefined {
    const { task } = this;
    return task === undefined ? undefined : { space: this.system.objectSpace(task), memory: this.system.memory(task), given: new Set(this.#given) };
  }

  /** A task that has no label yet is filled before it runs: whatever it is given counts. */
  #gave(object: DebugId, into: DebugId): void {
    if (this.#mine.get(into) === false) return;
    const id = this.system.gateLabel(object);
    if (id === undefined) return;
    if (!this.#mine.has(into)) {
      const label = this.system.components().find(({ task }) => task === into)?.label;
      if (label !== undefined) this.#mine.set(into, label === this.label);
      if (label !== undefined && label !== this.label) return;
    }
    this.#given.add(id);
    if (this.#mine.get(into) === true) this.#module(id, into);
  }

  /** Notes what somebody who has asked for a ROM module is given. */
  #module(id: number, task: DebugId): void {
    const { system } = this;
    const asks = (thread: DebugId): boolean => {
      const rpc = system.callOf(thread);
      return rpc?.interface === 'Rom_session' && rpc.function === 'dataspace' && system.threadState(thread) === 'call';
    };
    if (!system.inspector.threads().some((thread) => system.taskOf(thread) === task && asks(thread))) return;
    const content = system.equipment.dataspaceContent(id);
    if (content !== null) this.modules.push(checksum(content));
  }

  #take(text: string, time_us: number): void {
    this.log.append(text, time_us);
    for (; this.#seen < this.log.count; this.#seen++) {
      const { text = '', unified = text } = this.log.all[this.#seen] ?? {};
      const line = text.startsWith(this.#prefix) && !unified.startsWith(this.#prefix) ? text : unified;
      if (line.startsWith(this.#prefix)) this.lines.push(line.slice(this.#prefix.length));
    }
    if (this.satisfied) this.system.machine.stop();
  }
}
