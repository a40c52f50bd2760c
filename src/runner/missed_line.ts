// Why a log line that was waited for did not come, as far as the log tells: it came before, too seldom, from somebody else, or in
// slightly other words. Owns no state.

import { nearest } from '../scenario/nearest.ts';
import type { LogLine } from './log_lines.ts';
import { matches } from './pattern.ts';

/** Lines, the latest ones, that are looked at for words that are nearly the same: each costs a comparison letter by letter. */
const COMPARED_MAX = 2000;
/** A pattern shorter than this is near to too much. */
const COMPARED_LETTERS_MIN = 6;

const US_PER_S = 1e6;

/** `first`: the index of the first line that the wait could match. Lines of explanation, none where nothing is known. */
export function missedLine({ pattern, count }: { readonly pattern: string; readonly count: number }, lines: readonly LogLine[], first: number): readonly string[] {
  const found = lines.filter((line) => matches(pattern, shown(line)));
  const after = found.filter(({ index }) => index >= first);
  if (after.length > 0) return [`it came ${after.length} of ${count} times, last at ${at(after.at(-1))}`];
  const before = found.at(-1);
  if (before !== undefined) return [`it had come before this step, at ${at(before)}; a step waits for lines behind those of earlier steps`];
  const stranger = fromElsewhere(pattern, lines);
  if (stranger !== undefined) return [`somebody else printed it, at ${at(stranger)}: ${stranger.text}`];
  const alike = inOtherWords(pattern, lines);
  return alike === undefined ? [] : [`a line that is nearly the same came at ${at(alike)}: ${alike.text}`];
}

const at = (line: LogLine | undefined): string => `${((line?.time_us ?? 0) / US_PER_S).toFixed(3)} s`;
const shown = (line: LogLine): string => line.unified ?? line.text;

/** The last line with the words of the pattern, but behind another label: `[init -> worker] ready` for `[init -> rtcr -> worker] ready`. */
function fromElsewhere(pattern: string, lines: readonly LogLine[]): LogLine | undefined {
  const words = /^\[[^\]]*\] (.*[^*\s].*)$/.exec(pattern)?.[1];
  return words === undefined ? undefined : lines.findLast((line) => matches(`[*] ${words}`, shown(line)));
}

/** The last of the lines that begin most like the pattern, a few letters apart. */
function inOtherWords(pattern: string, lines: readonly LogLine[]): LogLine | undefined {
  if (pattern.includes('*') || pattern.length < COMPARED_LETTERS_MIN) return undefined;
  const beginnings = new Map(lines.slice(-COMPARED_MAX).map((line) => [shown(line).slice(0, pattern.length), line]));
  const best = nearest(pattern, beginnings.keys());
  return best === undefined ? undefined : beginnings.get(best);
}
