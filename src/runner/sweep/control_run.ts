// The run that an end is held against which is not the end of the undisturbed run. A checkpoint takes time, and when threads of a component
// race, another course is right as well: the one that the undisturbed component takes if its threads get the processor in the same order.
// Owns no state.

import type { System } from '../../runtime/system.ts';
import { type End, groupDifference, runToEnd } from './ends.ts';
import { type Expectation, experiment } from './experiment.ts';
import { Group } from './group.ts';
import { labelsOf } from './mark.ts';
import { takeTurns, type Turn, TURNS_MAX } from './turns.ts';

/** Does something to a copy of a system and leaves the system itself as it was. */
export type Attempt = <Result>(system: System, act: (copy: System) => Result) => Result;

/**
 * Null if the undisturbed components come to the very same end (the same lines, memory and capability spaces) when their threads get
 * the processor in the order that they had in the experiment; else what is different then.
 */
export function controlDifference(system: System, expected: Expectation, ends: readonly End[], attempt: Attempt): string[] | null {
  const turns: Turn[] = [];
  // The experiment once more, watched: to count every instruction costs more than to run it twice.
  const { took_us } = attempt(system, (copy) => experiment(copy, expected, (recorded) => turns.push(...recorded)));
  if (turns.length >= TURNS_MAX) return ['there are too many changes of threads to carry them out in a control run'];
  let found: string[] = [];
  // While components that are not restored stand still their clocks go on, so the time counts.
  for (const wait_us of [0, took_us]) {
    const control = attempt(system, (copy) => controlRun(copy, expected, turns, wait_us));
    if (control === null) found = found.length > 0 ? found : ['the undisturbed component cannot follow the order in which its threads ran'];
    else {
      const labels = labelsOf(expected.mark);
      const difference = groupDifference(control, ends, labels) ?? groupDifference(ends, control, labels);
      if (difference === null) return null;
      found = difference;
    }
  }
  return found;
}

function controlRun(system: System, expected: Expectation, turns: readonly Turn[], wait_us: number): readonly End[] | null {
  const { machine } = system;
  const group = new Group(system, labelsOf(expected.mark), expected.unify, expected.pasts);
  try {
    const begin_us = machine.time_us;
    if (!takeTurns(group, turns, wait_us)) return null;
    return runToEnd(group, expected.members.map(({ end }) => end.lines.length), expected.deadline_us + machine.time_us - begin_us);
  } finally {
    group.close();
  }
}
