// Expectations about log lines that have come already: that some match, or that all that match are those of a golden.
// Owns no state.

import type { StepOf } from '../scenario/model.ts';
import type { GoldenCheck } from './golden_check.ts';
import { diffLineText, lineDiff } from './line_diff.ts';
import type { LogLine } from './log_lines.ts';
import { matches } from './pattern.ts';
import type { GoldenResult } from './result.ts';
import { PASSED, type StepEnd } from './step_end.ts';

/** Lines of a failure that are shown. */
const SHOWN_MAX = 5;
const DIFF_SHOWN_MAX = 20;

export function expectLog({ pattern, count, golden }: StepOf<'expect-log'>, lines: readonly LogLine[], goldens: GoldenCheck): StepEnd {
  const found = pattern === undefined ? lines : matching(pattern, lines);
  if (golden !== undefined) return asInGolden(golden, found.map(shown), goldens);
  if (count === undefined ? found.length > 0 : found.length === count) return PASSED;
  const wanted = count === undefined ? 'no line' : `${found.length} lines, not ${count},`;
  return { verdict: 'failed', message: [`${wanted} matched "${pattern ?? '*'}"`, ...found.slice(0, SHOWN_MAX).map((line) => line.text)] };
}

export function expectNoLog({ pattern }: StepOf<'expect-no-log'>, lines: readonly LogLine[]): StepEnd {
  const [first] = matching(pattern, lines);
  return first === undefined ? PASSED : { verdict: 'failed', message: [`a line matched "${pattern}": ${first.text}`] };
}

/** Exactly the golden's lines, in their order. */
function asInGolden(file: string, lines: readonly string[], goldens: GoldenCheck): StepEnd {
  const failed = (state: GoldenResult['state'], ...message: readonly string[]): StepEnd => goldens.failed(state, file, 'the lines as they are now', textOf(lines), message);
  const text = goldens.read(file);
  if (text === undefined) return failed('missing', `golden missing: ${goldens.shown(file)}`);
  const difference = lineDiff(linesOf(text), lines);
  if (difference.length === 0) return goldens.same(file);
  const shownLines = difference.slice(0, DIFF_SHOWN_MAX).map(diffLineText);
  const more = difference.length - shownLines.length;
  return failed('different', `golden mismatch: ${file}`, ...shownLines, ...(more > 0 ? [`and ${more} more lines`] : []));
}

/** A log golden's text, a line a log line, and back. */
const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
export function linesOf(text: string): readonly string[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

const shown = (line: LogLine): string => line.unified ?? line.text;

/** Matched as the <unify> patterns of the scenario left it. */
const matching = (pattern: string, lines: readonly LogLine[]): readonly LogLine[] => lines.filter((line) => matches(pattern, shown(line)));
