// The component that a sweep is about, as seen during one run of its system: its task, its lines, whether the system rests.
// Owner of the log of that run; subscribed to the board's console until closed.

import type { ObjectSpace } from '../../emu/jdb/model.ts';
import type { DebugId } from '../../emu/numbers.ts';
import type { ComponentMemory } from '../../runtime/component_memory.ts';
import type { System } from '../../runtime/system.ts';
import { LogLines } from '../log_lines.ts';

/** How long is waited for the system to rest, and how often is looked. */
const REST_SLICE_INSTRUCTIONS = 4000;
const REST_SLICES = 500;

/** What is compared at the end of a run. */
export interface FinalState {
  readonly space: ObjectSpace;
  readonly memory: ComponentMemory | undefined;
}

export class Subject {
  readonly system: System;
  readonly label: string;
  readonly log: LogLines;
  readonly #prefix: string;
  readonly #close: () => void;
  #apart = false;
  #wanted = Number.POSITIVE_INFINITY;
  /** Lines of the component, and of everybody. */
  readonly lines: string[];
  #seen = 0;

  /** `label` as in "init -> rtcr -> x"; `before` are the component's lines so far, `unfinished` the beginning of a line. */
  constructor(system: System, label: string, before: readonly string[] = [], unfinished = '') {
    this.system = system;
    this.label = label;
    this.log = new LogLines(unfinished);
    this.lines = [...before];
    this.#prefix = `[${label}] `;
    this.#close = system.machine.events.listen(['console'], (event) => {
      if (event.kind === 'console' && !this.#apart) this.#take(event.text, event.time_us);
    });
  }

  /** Does something to the system that is none of this run's business. */
  apart<Result>(act: () => Result): Result {
    this.#apart = true;
    try {
      return act();
    } finally {
      this.#apart = false;
    }
  }

  close(): void {
    this.#close();
  }

  /** The component's task while it lives. */
  get task(): DebugId | undefined {
    return this.system.components().find(({ label, alive }) => alive && label === this.label)?.task;
  }

  get space(): ObjectSpace | undefined {
    const { task } = this;
    return task === undefined ? undefined : this.system.objectSpace(task);
  }

  /** Runs until the component has said so many lines; false if it did not before a virtual moment, or never will. */
  untilLines(count: number, deadline_us: number): boolean {
    const { machine } = this.system;
    this.#wanted = count;
    while (this.lines.length < count && machine.time_us < deadline_us) {
      if (machine.run({ time_us: deadline_us - machine.time_us }) === 'idle_forever') break;
    }
    this.#wanted = Number.POSITIVE_INFINITY;
    return this.lines.length >= count;
  }

  /** Lets the system come to rest: nobody is ready to run. False if it does not within a bound. */
  rest(): boolean {
    for (let slice = 0; slice < REST_SLICES; slice++) {
      if (!this.system.threads().some((row) => row.states.includes('ready') && this.system.threadPhase(row.id) !== 'idle')) return true;
      this.system.machine.run({ instructions: REST_SLICE_INSTRUCTIONS });
    }
    return false;
  }

  /** Space and memory as they are; undefined where the component does not live. */
  final(): FinalState | undefined {
    const { task } = this;
    return task === undefined ? undefined : { space: this.system.objectSpace(task), memory: this.system.memory(task) };
  }

  #take(text: string, time_us: number): void {
    this.log.append(text, time_us);
    for (; this.#seen < this.log.count; this.#seen++) {
      const line = this.log.all[this.#seen]?.text ?? '';
      if (line.startsWith(this.#prefix)) this.lines.push(line.slice(this.#prefix.length));
    }
    if (this.lines.length >= this.#wanted) this.system.machine.stop();
  }
}
