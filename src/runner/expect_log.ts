// Expectations about log lines that have come already.
// Pure; owns no state.

import type { StepOf } from '../scenario/model.ts';
import type { LogLine } from './log_lines.ts';
import { matches } from './pattern.ts';
import { PASSED, type StepEnd } from './step_end.ts';

/** Lines of a failure that are shown. */
const SHOWN_MAX = 5;

export function expectLog({ pattern, count }: StepOf<'expect-log'>, lines: readonly LogLine[]): StepEnd {
  const found = matching(pattern, lines);
  if (count === undefined ? found.length > 0 : found.length === count) return PASSED;
  const wanted = count === undefined ? 'no line' : `${found.length} lines, not ${count},`;
  return { verdict: 'failed', message: [`${wanted} matched "${pattern}"`, ...found.slice(0, SHOWN_MAX).map((line) => line.text)] };
}

export function expectNoLog({ pattern }: StepOf<'expect-no-log'>, lines: readonly LogLine[]): StepEnd {
  const [first] = matching(pattern, lines);
  return first === undefined ? PASSED : { verdict: 'failed', message: [`a line matched "${pattern}": ${first.text}`] };
}

/** Matched as the <unify> patterns of the scenario left it. */
const matching = (pattern: string, lines: readonly LogLine[]): readonly LogLine[] => lines.filter((line) => matches(pattern, line.unified ?? line.text));
