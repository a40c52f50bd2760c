// How a component's run ends: its lines, and its space and memory when everything rests; and in what two ends differ.
// Owns no state. "Equal" is architecture.md, "Equal after restore": times are outside, ids may be others.

import { compare } from '../capspace/compare.ts';
import { explain } from '../capspace/words.ts';
import { compareMemory, deadStacks, type FormerIds } from '../memory_comparison.ts';
import type { Group } from './group.ts';
import type { FinalState } from './subject.ts';

export interface End {
  /** As far as they came. */
  readonly lines: readonly string[];
  /** Whether all lines came in time. */
  readonly complete: boolean;
  /** Undefined where the system does not come to rest, `ended` where the component is no more. */
  readonly final: FinalState | 'ended' | undefined;
}


/** Lets each of a group say so many lines, all come to rest, and looks at them. */
export function runToEnd(group: Group, lines: readonly number[], deadline_us: number): readonly End[] {
  const rests = group.untilLines(lines, deadline_us) && group.rest();
  return group.subjects.map((subject, i) => {
    const wanted = lines[i] ?? 0;
    return { lines: subject.lines.slice(0, wanted), complete: subject.lines.length >= wanted, final: rests ? (subject.final() ?? 'ended') : undefined };
  });
}

/** Null if both ends of a group are one; else what is wrong with the second, in words. `strict`: both come to rest, or neither does. */
export function groupDifference(expected: readonly End[], actual: readonly End[], labels: readonly string[], strict = false): string[] | null {
  for (const [i, end] of expected.entries()) {
    const other = actual[i];
    const found = other === undefined ? ['it has no end'] : difference(end, other, strict);
    if (found !== null) return labels.length < 2 ? found : [`${labels[i] ?? ''}: ${found[0] ?? ''}`, ...found.slice(1)];
  }
  return null;
}

/** The same for the ends of one component. */
export function difference(expected: End, actual: End, strict = false): string[] | null {
  const wrong = expected.lines.findIndex((line, i) => actual.lines[i] !== line);
  if (wrong >= 0 && wrong < actual.lines.length) return [`line ${wrong + 1} of the component is another one`, `expected: ${expected.lines[wrong] ?? ''}`, `came:     ${actual.lines[wrong] ?? ''}`];
  if (!actual.complete) return [`the component stopped after ${actual.lines.length} of ${expected.lines.length} lines`, `expected next: ${expected.lines[actual.lines.length] ?? ''}`];
  if (strict && expected.final === undefined && actual.final !== undefined) return ['the one comes to rest, the other does not'];
  if (expected.final === undefined || actual.final === undefined) return null;
  if (expected.final === 'ended' || actual.final === 'ended') return expected.final === actual.final ? null : [expected.final === 'ended' ? 'the component did not end' : 'the component ended'];
  return finalDifference(expected.final, actual.final);
}

function finalDifference(expected: FinalState, actual: FinalState): string[] | null {
  const spaces = compare(expected.space, actual.space, 'isomorphic');
  if (spaces.length > 0) return ['at the end the capability space is another one', ...explain(spaces)];
  if (expected.memory === undefined || actual.memory === undefined) return null;
  const found = compareMemory(expected.memory, actual.memory, deadStacks(actual.memory.stack_pointers), { expected: expected.given, actual: actual.given, former: { expected: expected.former ?? NONE, actual: actual.former ?? NONE } });
  return found === null ? null : [`at the end the memory is another one: ${found.words}`];
}

const NONE: FormerIds = new Map();
