// The components that are checkpointed together in one run of their system: each as a subject, and the run as a whole.
// Owner of the subjects; subscribed to the board's console until closed.

import type { System } from '../../runtime/system.ts';
import type { Unify } from '../../scenario/model.ts';
import { type Past, Subject } from './subject.ts';

/** How long is waited for the system to rest, and how often is looked. */
const REST_SLICE_INSTRUCTIONS = 4000;
const REST_SLICES = 500;

export class Group {
  readonly system: System;
  readonly subjects: readonly Subject[];

  /** `pasts`: what came before, of each; left out: nothing. */
  constructor(system: System, labels: readonly string[], unify: readonly Unify[], pasts: readonly Past[] = []) {
    this.system = system;
    this.subjects = labels.map((label, i) => new Subject(system, label, unify, pasts[i]));
  }

  get pasts(): readonly Past[] {
    return this.subjects.map(({ past }) => past);
  }

  /** Lines that each has said. */
  get counts(): readonly number[] {
    return this.subjects.map(({ lines }) => lines.length);
  }

  /** Does something to the system that is none of this run's business. */
  apart<Result>(act: () => Result): Result {
    for (const subject of this.subjects) subject.apart = true;
    try {
      return act();
    } finally {
      for (const subject of this.subjects) subject.apart = false;
    }
  }

  close(): void {
    for (const subject of this.subjects) subject.close();
  }

  /** Runs until each has said so many lines; false if that is not so before a virtual moment, or never will be. */
  untilLines(counts: readonly number[], deadline_us: number): boolean {
    const { machine } = this.system;
    for (const [i, subject] of this.subjects.entries()) subject.wanted = counts[i] ?? 0;
    const complete = (): boolean => this.subjects.every(({ satisfied }) => satisfied);
    while (!complete() && machine.time_us < deadline_us) if (machine.run({ time_us: deadline_us - machine.time_us }) === 'idle_forever') break;
    const reached = complete();
    for (const subject of this.subjects) subject.wanted = Number.POSITIVE_INFINITY;
    return reached;
  }

  /** Lets the system come to rest: nobody is ready to run. False if it does not within a bound. */
  rest(): boolean {
    for (let slice = 0; slice < REST_SLICES; slice++) {
      if (!this.system.threads().some((row) => row.states.includes('ready') && this.system.threadPhase(row.id) !== 'idle')) return true;
      this.system.machine.run({ instructions: REST_SLICE_INSTRUCTIONS });
    }
    return false;
  }
}
