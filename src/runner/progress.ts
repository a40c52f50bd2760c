// Lets the machine run until something scripted happens, or a criterion, a deadline, the wall clock or eternal idleness ends it.
// Owner of the log of a run and of the watch that stops the machine; subscribed to the board's events while open.

import type { StampedEvent } from '../emu/event.ts';
import { NOTE_CONTROL_DONE, type System } from '../runtime/system.ts';
import type { Unify } from '../scenario/model.ts';
import { Stuck } from './command.ts';
import type { Criteria } from './criteria.ts';
import type { Faults } from './faults.ts';
import { SLICE_INSTRUCTIONS } from './limits.ts';
import { type LogLine, LogLines } from './log_lines.ts';
import type { Verdict } from './result.ts';

/** What ended a run before its script did. */
export interface Stop {
  readonly verdict: Verdict;
  readonly reason: string;
}

export interface ProgressPorts {
  /** Milliseconds of a clock on the wall, from any origin. */
  readonly wall_ms: () => number;
  readonly wall_limit_ms: number;
  readonly line: (line: LogLine) => void;
}

/** A moment at which a wait ends in any case, and what that means; null: the wait is over, as it should be. */
export interface Until {
  readonly moment: number;
  readonly stop: Stop | null;
}

/** What is waited for; asked at every stop and after every log line. */
type Watch = () => boolean;

const US_PER_MS = 1000;

export class Progress {
  readonly lines: LogLines;
  readonly #system: System;
  readonly #criteria: Criteria;
  readonly #faults: Faults;
  readonly #ports: ProgressPorts;
  readonly #started_ms: number;
  readonly #close: () => void;
  readonly #stuck: Stuck;
  #watch: Watch = () => false;

  constructor(system: System, criteria: Criteria, faults: Faults, ports: ProgressPorts, unify: readonly Unify[] = []) {
    this.lines = new LogLines('', unify);
    this.#system = system;
    this.#criteria = criteria;
    this.#faults = faults;
    this.#ports = ports;
    this.#started_ms = ports.wall_ms();
    this.#stuck = new Stuck(system);
    this.#close = system.machine.events.listen(['console', 'note', 'page_fault', 'exception'], (event) => this.#event(event));
  }

  get time_us(): number {
    return this.#system.machine.time_us;
  }

  /**
   * Runs until the watch says so. Null: it did; else what ended the run. `until` bounds this wait alone; after `instructions_left`
   * instructions the watch is asked again at the latest.
   */
  advance(watch: Watch, until: Until | null = null, instructions_left: () => number = () => SLICE_INSTRUCTIONS): Stop | null {
    this.#watch = watch;
    try {
      return this.#explained(this.#advance(until, instructions_left));
    } finally {
      this.#watch = () => false;
    }
  }

  finish(): void {
    this.#take(this.lines.finish(this.time_us));
    this.#close();
    this.#stuck.close();
  }

  /** What is waited for may not have come because core serves nobody any more. */
  #explained(stop: Stop | null): Stop | null {
    if (stop?.verdict !== 'timeout') return stop;
    this.#stuck.look();
    return this.#stuck.words === null ? stop : { ...stop, reason: `${stop.reason}; ${this.#stuck.words}` };
  }

  #advance(until: Until | null, instructions_left: () => number): Stop | null {
    const { machine } = this.#system;
    // A moment that a run was limited to has come, even where the board's clock is a fraction of a microsecond short of it.
    let reached_us = 0;
    for (;;) {
      const now_us = Math.max(machine.time_us, reached_us);
      this.#criteria.time(now_us);
      const failed = this.#criteria.failed;
      if (failed !== null) return { verdict: 'failed', reason: `fail: ${failed.words}: ${failed.line?.text ?? ''}` };
      if (this.#watch()) return null;
      if (until !== null && now_us >= until.moment) return until.stop;
      const deadline = this.#criteria.deadline;
      if (now_us >= deadline.time_us) return timedOut(deadline.time_us, deadline.criterion !== null);
      const wall_ms = this.#ports.wall_ms() - this.#started_ms;
      if (wall_ms > this.#ports.wall_limit_ms) return { verdict: 'timeout', reason: `the run took longer than ${this.#ports.wall_limit_ms} ms on the wall clock` };
      const limit_us = Math.min(this.#criteria.nextMoment_us(now_us), until?.moment ?? Number.POSITIVE_INFINITY);
      const why = machine.run({ instructions: Math.max(1, Math.min(SLICE_INSTRUCTIONS, instructions_left())), time_us: limit_us - now_us });
      if (why === 'time_limit') reached_us = limit_us;
      if (why !== 'idle_forever' || this.#watch() || this.#criteria.failed !== null) continue;
      // Nothing will ever happen again: only moments of time are left to come.
      const waitsForTimeOnly = until !== null && until.stop === null;
      if (waitsForTimeOnly) {
        machine.idle({ time_us: limit_us - machine.time_us });
        reached_us = limit_us;
        continue;
      }
      return { verdict: 'timeout', reason: `nothing can happen any more: every thread waits for ever (at ${Math.round(machine.time_us / US_PER_MS)} ms)` };
    }
  }

  #event(event: StampedEvent): void {
    if (event.kind === 'console') this.#take(this.lines.append(event.text, event.time_us));
    else if (event.kind === 'note') {
      if (event.what === NOTE_CONTROL_DONE) this.#system.machine.stop();
      return;
    } else this.#faults.event(event);
    if (this.#criteria.failed !== null || this.#watch()) this.#system.machine.stop();
  }

  #take(lines: readonly LogLine[]): void {
    for (const line of lines) {
      this.#criteria.line(line);
      this.#faults.line(line);
      this.#ports.line(line);
    }
  }
}

function timedOut(deadline_us: number, asked: boolean): Stop {
  const ms = deadline_us / US_PER_MS;
  return { verdict: 'timeout', reason: asked ? `fail: ${ms} ms of virtual time are over` : `${ms} ms of virtual time are over (the default; <fail after_ms="..."/> sets another)` };
}
