// Other courses that the undisturbed component may take: a checkpoint takes time, and when threads of a component race, or a timeout
// comes due in the meantime, another course is right as well. Each is tried by stopping threads for a while, with no checkpoint.
// Owns no state. Test equipment stops the threads; the component and its parents cannot tell.

import type { DebugId } from '../../emu/numbers.ts';
import type { System } from '../../runtime/system.ts';
import { type End, groupDifference, runToEnd } from './ends.ts';
import type { Expectation } from './experiment.ts';
import { Group } from './group.ts';
import { labelsOf } from './mark.ts';

/** From less than a time slice of the kernel to more than what a whole restore takes. */
const DELAYS_US = [300, 1100, 3000, 20, 12_000, 45_000, 90_000, 2000, 5500, 26_000];
const THREADS_MAX = 12;
const HELPED_MAX = 4;
const TRIES_MAX = 20;

export interface Delay {
  /** Which threads stand still, by their names; null for all threads of the board, as while somebody else has the processor. */
  readonly threads: readonly string[] | null;
  readonly us: number;
}

/** Looks for delays. Remembers what helped last: moments that follow each other take the same courses. */
export class Delays {
  readonly #attempt: <Result>(system: System, act: (copy: System) => Result) => Result;
  #helped: { readonly group: number; readonly us: number }[] = [];

  /** Every try is taken back by `attempt`. */
  constructor(attempt: <Result>(system: System, act: (copy: System) => Result) => Result) {
    this.#attempt = attempt;
  }

  /**
   * A delay with which the undisturbed component comes to the same end. If none is found, `changing` is one with which it does not come to
   * the undisturbed end: its end depends on when its threads run. `took_us` is how long the commands took.
   */
  leadingTo(ends: readonly End[], took_us: number, system: System, expected: Expectation): { readonly same?: Delay; readonly changing?: Delay } {
    const all = system.threads().filter((row) => row.task !== undefined && system.threadPhase(row.id) !== 'idle');
    const undisturbed = expected.members.map(({ end }) => end);
    const labels = labelsOf(expected.mark);
    const tasks = new Set(expected.members.map(({ task }) => task));
    const mine = all.filter((row) => row.task !== undefined && tasks.has(row.task)).slice(0, THREADS_MAX);
    const groups = [mine, all, ...(mine.length > 1 ? mine.map((row) => [row]) : []), ...(mine.length > 2 ? mine.map((row) => mine.filter((other) => other !== row)) : [])];
    const tries = [took_us, ...DELAYS_US].flatMap((us) => groups.map((_rows, group) => ({ group, us })));
    let changing: Delay | undefined;
    for (const { group, us } of [...this.#helped, ...tries].slice(0, TRIES_MAX)) {
      const rows = groups[group];
      if (rows === undefined) continue;
      const delay: Delay = { threads: rows === all ? null : rows.map(({ name, id }) => name ?? id.toString(16)), us };
      const other = this.#attempt(system, (copy) => delayed(copy, expected, rows.map(({ id }) => id), us));
      if (groupDifference(undisturbed, other, labels) !== null) changing ??= delay;
      if (groupDifference(other, ends, labels) !== null || groupDifference(ends, other, labels) !== null) continue;
      this.#helped = [{ group, us }, ...this.#helped.filter((one) => one.group !== group || one.us !== us)].slice(0, HELPED_MAX);
      return { same: delay };
    }
    return changing === undefined ? {} : { changing };
  }
}

function delayed(system: System, expected: Expectation, threads: readonly DebugId[], us: number): readonly End[] {
  const { machine } = system;
  const group = new Group(system, labelsOf(expected.mark), expected.unify, expected.pasts);
  try {
    for (const thread of threads) system.equipment.freeze(thread, true);
    const until_us = machine.time_us + us;
    while (machine.time_us < until_us) if (machine.run({ time_us: until_us - machine.time_us }) === 'idle_forever') break;
    for (const thread of threads) system.equipment.freeze(thread, false);
    return runToEnd(group, expected.members.map(({ end }) => end.lines.length), expected.deadline_us + us);
  } finally {
    group.close();
  }
}
