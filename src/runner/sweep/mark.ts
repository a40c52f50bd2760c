// What a sweep is about: the component, or the components together, whose checkpoint a scenario marks.
// Pure; owns no state.

import type { Scenario } from '../../scenario/model.ts';

export interface Mark {
  /** Path below init, as steps name it: "rtcr -> server". */
  readonly path: string;
  /** Names of further children of the same checkpointer that belong to the same checkpoint. */
  readonly with?: readonly string[];
}

const ARROW = ' -> ';

/** Labels of all members, the named one first: "init -> rtcr -> server". */
export function labelsOf(mark: Mark): readonly string[] {
  const parent = parentOf(mark);
  return [`init${ARROW}${mark.path}`, ...(mark.with ?? []).map((name) => `${parent}${ARROW}${name}`)];
}

/** Label of the checkpointer. */
export const parentOf = ({ path }: Mark): string => ['init', ...path.split(ARROW).slice(0, -1)].join(ARROW);

export const markWords = (mark: Mark): string => [mark.path, ...(mark.with ?? [])].join(', ');

/** The groups that the scenario's steps checkpoint, each once; of what is expected to be refused there is no checkpoint to sweep. */
export function marksOf(scenario: Scenario): readonly Mark[] {
  const marks = new Map<string, Mark>();
  for (const step of scenario.steps) {
    if (step.kind !== 'checkpoint') continue;
    const mark: Mark = { path: step.of, ...(step.with === undefined ? {} : { with: step.with }) };
    const key = [...labelsOf(mark)].sort().join();
    if (step.refused === undefined && !marks.has(key)) marks.set(key, mark);
  }
  return [...marks.values()];
}
