// What a sweep is about: the component, or the components together, whose checkpoint a scenario marks.
// Pure; owns no state.

import type { Scenario } from '../../scenario/model.ts';

export interface Mark {
  /** Path below init, as steps name it: "rtcr -> server". */
  readonly path: string;
  /** Names of further children of the same checkpointer that belong to the same checkpoint. */
  readonly with?: readonly string[];
  /** Labels of protection domains that they have made and run threads in: watched and compared like them, and part of their checkpoint. */
  readonly domains?: readonly string[];
}

const ARROW = ' -> ';

/** Labels of all members, the named one first: "init -> rtcr -> server". */
export function labelsOf(mark: Mark): readonly string[] {
  const parent = parentOf(mark);
  return [`init${ARROW}${mark.path}`, ...(mark.with ?? []).map((name) => `${parent}${ARROW}${name}`), ...(mark.domains ?? [])];
}

/** How many of these labels are of components that a checkpoint names; those of domains come behind. */
export const memberCount = (mark: Mark): number => 1 + (mark.with ?? []).length;

/** Those of some labels that are of domains which the components of a mark have made. */
export const domainsIn = (mark: Mark, labels: readonly string[]): readonly string[] =>
  [...new Set(labels.filter((label) => labelsOf(mark).some((member) => label.startsWith(`${member}${ARROW}`))))].sort();

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
