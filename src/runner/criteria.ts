// Whole-run criteria: which `<fail>` or `<succeed>` has come true, and the virtual deadline they set.
// Owner of the counters of matched lines. Modelled on depot autopilot: the first satisfied criterion decides.

import type { Criterion, Scenario } from '../scenario/model.ts';
import { DEADLINE_MS_DEFAULT } from './limits.ts';
import type { LogLine } from './log_lines.ts';
import { matches } from './pattern.ts';

export interface Fired {
  readonly criterion: Criterion;
  readonly time_us: number;
  /** The line that decided; left out for a deadline. */
  readonly line?: LogLine;
}

const US_PER_MS = 1000;

export class Criteria {
  readonly #succeed: readonly Criterion[];
  readonly #fail: readonly Criterion[];
  readonly #counts = new Map<Criterion, number>();
  #failed: Fired | null = null;
  #succeeded: Fired | null = null;

  constructor(scenario: Pick<Scenario, 'succeed' | 'fail'>) {
    this.#succeed = scenario.succeed;
    this.#fail = scenario.fail;
  }

  line(line: LogLine): void {
    this.#failed ??= this.#match(this.#fail, line);
    this.#succeeded ??= this.#match(this.#succeed, line);
  }

  /** Virtual time has come so far. */
  time(time_us: number): void {
    for (const criterion of this.#succeed) {
      if (criterion.kind === 'after' && time_us >= criterion.after_ms * US_PER_MS) this.#succeeded ??= { criterion, time_us };
    }
  }

  get failed(): Fired | null {
    return this.#failed;
  }

  /** True if no `<succeed>` is asked for, or one has come true. */
  get satisfied(): boolean {
    return this.#succeed.length === 0 || this.#succeeded !== null;
  }

  get succeeded(): Fired | null {
    return this.#succeeded;
  }

  /** The moment at which the run fails as timed out, and the criterion that says so, if any. */
  get deadline(): { readonly time_us: number; readonly criterion: Criterion | null } {
    let earliest: { time_us: number; criterion: Criterion | null } | null = null;
    for (const criterion of this.#fail) {
      if (criterion.kind !== 'after') continue;
      const time_us = criterion.after_ms * US_PER_MS;
      if (earliest === null || time_us < earliest.time_us) earliest = { time_us, criterion };
    }
    return earliest ?? { time_us: DEADLINE_MS_DEFAULT * US_PER_MS, criterion: null };
  }

  /** The next moment at which time alone changes something; infinite if none. */
  nextMoment_us(now_us: number): number {
    const moments = this.#succeed.flatMap((criterion) => (criterion.kind === 'after' ? [criterion.after_ms * US_PER_MS] : []));
    return Math.min(this.deadline.time_us, ...moments.filter((moment) => moment > now_us));
  }

  #match(criteria: readonly Criterion[], line: LogLine): Fired | null {
    for (const criterion of criteria) {
      if (criterion.kind !== 'log' || !matches(criterion.pattern, line.text)) continue;
      const count = (this.#counts.get(criterion) ?? 0) + 1;
      this.#counts.set(criterion, count);
      if (count >= criterion.count) return { criterion, time_us: line.time_us, line };
    }
    return null;
  }
}
