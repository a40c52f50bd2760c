// A declared order of start-up: of some tasks that come up side by side only one gets the processor at a time, until a certain kernel
// object exists. An input of the machine, for repeating a captured run whose order the ends of time slices decided. Owner of the
// position in that order; `held` of threads follows from it.

import type { Plain } from '../plain.ts';
import { Fields } from '../saved.ts';
import type { Kernel } from './kernel.ts';
import type { Thread } from './thread.ts';

const VERSION = 2;

export interface Turn {
  /** Debugger id of the task whose threads may run; those of the tasks of the other turns wait. */
  readonly task: number;
  /** The turn is over when the object with this debugger id has been created; without it when nobody can run. */
  readonly until?: number;
  /** Debugger ids of more threads that wait during this turn, of whatever task. */
  readonly hold?: readonly number[];
}

export class Turns {
  readonly #kernel: Kernel;
  #turns: readonly Turn[];
  #position = 0;

  constructor(kernel: Kernel, turns: readonly Turn[]) {
    this.#kernel = kernel;
    this.#turns = turns;
  }

  /** An object has been created. */
  created(id: number): void {
    const before = this.#position;
    for (let turn = this.#turns[this.#position]; turn?.until !== undefined && turn.until <= id; turn = this.#turns[this.#position]) this.#position++;
    if (this.#position !== before) this.#apply();
  }

  /** A thread has been bound to its task. */
  bound(thread: Thread): void {
    thread.held = this.#holds(thread);
  }

  /**
   * Nobody is left to run. If that is because threads wait for their turn, the present turn is over: its task waits for them.
   * @returns true if somebody may run now
   */
  giveUp(): boolean {
    if (this.#position >= this.#turns.length || !this.#kernel.threads().some((thread) => thread.held && thread.ready)) return false;
    if (this.#turns[this.#position]?.until !== undefined) this.#kernel.unsupported(`turn ${this.#position + 1} was given up: its task waits for another one`);
    this.#position++;
    this.#apply();
    return true;
  }

  #holds(thread: Thread): boolean {
    const turn = this.#turns[this.#position];
    if (turn === undefined) return false;
    return turn.hold?.includes(thread.id) === true || (thread.task.id !== turn.task && this.#turns.some(({ task }) => task === thread.task.id));
  }

  #apply(): void {
    for (const thread of this.#kernel.threads()) {
      const held = this.#holds(thread);
      if (held === thread.held) continue;
      thread.held = held;
      this.#kernel.processor.enqueue(thread);
      this.#kernel.processor.due = true;
    }
  }

  capture(): number {
    return this.#position;
  }
  rewind(position: number): void {
    this.#position = position;
  }

  save(): Plain {
    return { version: VERSION, turns: this.#turns.map(({ task, until = null, hold = [] }) => ({ task, until, hold: [...hold] })), position: this.#position };
  }

  /** Threads have been restored before. */
  restore(state: Plain): void {
    const fields = new Fields('turns', state, VERSION, ['turns', 'position']);
    this.#turns = fields.list('turns').map((turn) => {
      const { task, until, hold } = turn as { task: number; until: number | null; hold: readonly number[] };
      return { task, ...(until === null ? {} : { until }), hold };
    });
    this.#position = fields.number('position');
    for (const thread of this.#kernel.threads()) thread.held = this.#holds(thread);
  }
}
