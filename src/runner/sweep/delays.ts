// Other courses that the undisturbed component may take: a checkpoint takes time, and when threads of a component race, or a timeout
// comes due in the meantime, another course is right as well. Each is tried by stopping threads for a while, with no checkpoint.
// Owns no state. Test equipment stops the threads; the component and its parents cannot tell.

import type { DebugId } from '../../emu/numbers.ts';
import type { System } from '../../runtime/system.ts';
import { difference, type End, runToEnd } from './ends.ts';
import type { Expectation } from './experiment.ts';
import { Subject } from './subject.ts';

/** From less than a time slice of the kernel to more than what a whole restore takes. */
const DELAYS_US = [300, 1100, 3000, 20, 12_000, 45_000, 90_000, 2000, 5500, 26_000];
const THREADS_MAX = 12;

export interface Delay {
  /** Which threads stand still, by their names. */
  readonly threads: readonly string[];
  readonly us: number;
}

/** `took_us` is how long the commands took. The first delay with which the undisturbed component comes to the same end; null if none does. Every try is taken back. */
export function delayLeadingTo(end: End, took_us: number, system: System, expected: Expectation, attempt: <Result>(act: (copy: System) => Result) => Result): Delay | null {
  const threads = system.threads().filter((row) => row.task === expected.task).slice(0, THREADS_MAX);
  const groups = [threads, ...(threads.length > 1 ? threads.map((row) => [row]) : []), ...(threads.length > 2 ? threads.map((row) => threads.filter((other) => other !== row)) : [])];
  for (const us of [took_us, ...DELAYS_US]) {
    for (const group of groups) {
      const other = attempt((copy) => delayed(copy, expected, group.map(({ id }) => id), us));
      if (difference(other, end) === null && difference(end, other) === null) return { threads: group.map(({ name, id }) => name ?? id.toString(16)), us };
    }
  }
  return null;
}

function delayed(system: System, expected: Expectation, threads: readonly DebugId[], us: number): End {
  const { machine } = system;
  const subject = new Subject(system, expected.label, expected.unify, expected.past);
  try {
    for (const thread of threads) system.equipment.freeze(thread, true);
    const until_us = machine.time_us + us;
    while (machine.time_us < until_us) if (machine.run({ time_us: until_us - machine.time_us }) === 'idle_forever') break;
    for (const thread of threads) system.equipment.freeze(thread, false);
    return runToEnd(subject, expected.end.lines.length, expected.deadline_us + us);
  } finally {
    subject.close();
  }
}
