// The run that an end is held against which is not the end of the undisturbed run. A checkpoint takes time, and when threads of a component
// race, or clients outside go on meanwhile, another course is right as well: the one that the undisturbed component takes if its threads get
// the processor in the same order and requests come in the same order. It is a run of the same machine, on which some threads are slow.
// Owns no state.

import type { System } from '../../runtime/system.ts';
import { type End, groupDifference, runToEnd } from './ends.ts';
import { type Expectation, experiment } from './experiment.ts';
import { Group } from './group.ts';
import { labelsOf } from './mark.ts';
import { INPUTS_MAX } from './outside.ts';
import { SIGNALS_MAX } from './signals.ts';
import { type Course, followCourse, type Pace } from './take_turns.ts';
import { TURNS_MAX } from './turns.ts';

/** Does something to a copy of a system and leaves the system itself as it was. */
export type Attempt = <Result>(system: System, act: (copy: System) => Result) => Result;

/**
 * Null if the undisturbed components come to the very same end (the same lines, memory and capability spaces) when their threads get
 * the processor, and requests come, in the order of the experiment; else what is different then.
 */
export function controlDifference(system: System, expected: Expectation, ends: readonly End[], attempt: Attempt): string[] | null {
  let courses: readonly Course[] = [];
  // The experiment once more, watched: to watch all of them costs more.
  const { took_us } = attempt(system, (copy) => experiment(copy, expected, (recorded) => { courses = recorded; }));
  if (courses.some(({ turns, inputs, signals }) => turns.length >= TURNS_MAX || inputs.length >= INPUTS_MAX || signals.length >= SIGNALS_MAX)) return ['there are too many changes of threads to carry them out in a control run'];
  let found: string[] = [];
  // Any one of these is a run that a machine can take. Timeouts that were set before the moment come at the same time of the components' own;
  // or as early, or as late, as they can.
  const paces: readonly Pace[] = [{ kind: 'own_time' }, { kind: 'after', wait_us: 0 }, { kind: 'after', wait_us: took_us }];
  for (const [course, pace] of courses.flatMap((each) => paces.map((one) => [each, one] as const))) {
    const control = attempt(system, (copy) => controlRun(copy, expected, course, pace));
    const labels = labelsOf(expected.mark);
    const difference = typeof control === 'string' ? [control] : (groupDifference(control, ends, labels, true) ?? groupDifference(ends, control, labels, true));
    if (difference === null) return null;
    if (found.length === 0) found = difference;
  }
  return found;
}

function controlRun(system: System, expected: Expectation, course: Course, pace: Pace): readonly End[] | string {
  const { machine } = system;
  const group = new Group(system, labelsOf(expected.mark), expected.unify, expected.pasts);
  const begin_us = machine.time_us;
  const lines = expected.members.map(({ end }) => end.lines.length);
  try {
    const followed = followCourse(group, course, pace, () => runToEnd(group, lines, expected.deadline_us + machine.time_us - begin_us));
    return typeof followed === 'string' ? followed : followed.result;
  } finally {
    group.close();
  }
}
