// Whole-run criteria: which `<fail>` or `<succeed>` has come true, and the virtual deadline they set.
// Owner of the counters of matched lines and exits. Modelled on depot autopilot: the first satisfied criterion decides (init-run-tools.md 2.4).

import type { Criterion, Scenario } from '../scenario/model.ts';
import { DepotPattern } from './depot_pattern.ts';
import { DEADLINE_MS_DEFAULT } from './limits.ts';
import type { LogLine } from './log_lines.ts';
import { matches } from './pattern.ts';
import { criterionWords } from './step_words.ts';
import { unreachable } from '../scenario/unreachable.ts';

export interface Fired {
  /** What came true, in words. */
  readonly words: string;
  readonly time_us: number;
  /** The line that decided; left out for a deadline. */
  readonly line?: LogLine;
}

const US_PER_MS = 1000;
/** How init tells that a child has exited. */
const EXITED = /^\[init\] child "[^"]*" exited with exit value (-?\d+)/;

/** What a criterion has seen so far. */
interface Seen {
  count: number;
  /** How far the pattern lines are matched, where there are any. */
  readonly pattern: DepotPattern | null;
  exited: boolean;
}

export class Criteria {
  readonly #succeed: readonly Criterion[];
  readonly #fail: readonly Criterion[];
  readonly #seen = new Map<Criterion, Seen>();
  /** Exit values that some criterion is about. */
  readonly #exits: ReadonlySet<number>;
  /** As in depot autopilot, any other exit value fails the run; only where the scenario has criteria of that form. */
  readonly #judgesExits: boolean;
  #failed: Fired | null = null;
  #succeeded: Fired | null = null;

  constructor(scenario: Pick<Scenario, 'succeed' | 'fail'>) {
    this.#succeed = scenario.succeed;
    this.#fail = scenario.fail;
    const all = [...scenario.succeed, ...scenario.fail];
    this.#exits = new Set(all.flatMap((criterion) => ((criterion.kind === 'exit' || criterion.kind === 'pattern') && criterion.exit !== undefined ? [criterion.exit] : [])));
    this.#judgesExits = all.some(({ kind }) => kind === 'exit' || kind === 'pattern');
    for (const criterion of all) this.#seen.set(criterion, { count: 0, pattern: criterion.kind === 'pattern' ? new DepotPattern(criterion.lines) : null, exited: false });
  }

  line(line: LogLine): void {
    const failed = this.#match(this.#fail, line);
    const succeeded = this.#match(this.#succeed, line);
    this.#failed ??= failed ?? this.#unexpectedExit(line);
    this.#succeeded ??= succeeded;
  }

  /** Virtual time has come so far. */
  time(time_us: number): void {
    for (const criterion of this.#succeed) {
      if (criterion.kind === 'after' && time_us >= criterion.after_ms * US_PER_MS) this.#succeeded ??= { words: criterionWords(criterion), time_us };
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

  /** All criteria see every line; the first that is complete is the answer. */
  #match(criteria: readonly Criterion[], line: LogLine): Fired | null {
    let fired: Fired | null = null;
    for (const criterion of criteria) {
      const seen = this.#seen.get(criterion);
      if (seen !== undefined && advance(criterion, seen, line)) fired ??= { words: criterionWords(criterion), time_us: line.time_us, line };
    }
    return fired;
  }

  #unexpectedExit(line: LogLine): Fired | null {
    const value = exitOf(line);
    if (value === null || !this.#judgesExits || this.#exits.has(value)) return null;
    return { words: `an exit with ${value}, which no criterion is about`, time_us: line.time_us, line };
  }
}

/** @returns true if the criterion is complete with this line */
function advance(criterion: Criterion, seen: Seen, line: LogLine): boolean {
  switch (criterion.kind) {
    case 'after':
      return false;
    case 'log':
      if (matches(criterion.pattern, line.unified ?? line.text)) seen.count += 1;
      return seen.count >= criterion.count;
    case 'exit':
      return exitOf(line) === criterion.exit;
    case 'pattern': {
      seen.pattern?.line(line.unified ?? line.text);
      if (criterion.exit !== undefined && exitOf(line) === criterion.exit) seen.exited = true;
      return seen.pattern?.matched === true && (criterion.exit === undefined || seen.exited);
    }
    default:
      return unreachable(criterion);
  }
}

function exitOf({ text }: LogLine): number | null {
  const match = EXITED.exec(text);
  return match === null ? null : Number(match[1]);
}
