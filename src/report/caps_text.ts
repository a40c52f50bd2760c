// The difference of capability spaces for a terminal: the verdict in words first, then component by component the sentences and the rows;
// that of other goldens line by line. Owns no state.

import type { ComponentDiff, SpaceDiff } from '../runner/capspace/space_diff.ts';
import type { RowLine } from '../runner/capspace/rows.ts';
import { countWords } from '../runner/capspace/words.ts';
import { type DiffLine, diffLineText, lineDiff } from '../runner/line_diff.ts';
import { bad, good, quiet, strong } from './colors.ts';

export interface SideNames {
  readonly before: string;
  readonly after: string;
}

export function diffText(diff: SpaceDiff, { before, after }: SideNames): string {
  const lines: string[] = diff.components.filter(({ compared_rows }) => compared_rows !== null).map((component) => `${partName(component, { before, after })} shows part of a table: its ${component.compared_rows} rows are compared`);
  if (diff.same) return [...lines, `${good('same')} (${diff.mode}): ${before} and ${after}`, ''].join('\n');
  const several = diff.components.length > 1;
  lines.push(`${bad(diff.verdict)} (${diff.mode})`);
  for (const component of diff.components) lines.push(...componentLines(component, several, { before, after }));
  return `${lines.join('\n')}\n`;
}

function partName({ before, after }: ComponentDiff, names: SideNames): string {
  return [before.partial ? names.before : '', after.partial ? names.after : ''].filter((name) => name !== '').join(' and ');
}

function componentLines({ name, differences, sentences, rows }: ComponentDiff, several: boolean, names: SideNames): readonly string[] {
  if (differences.length === 0) return several ? [`${strong(name)}: ${good('same')}`] : [];
  const head = several ? [`${strong(name)}: ${countWords(differences)}`] : [];
  return [...head, ...sentences, bad(`--- ${names.before}`), good(`+++ ${names.after}`), ...rows.map(coloredRow)];
}

/** The difference of two texts that are no capability space: thread lists, log lines. */
export function linesText(before: readonly string[], now: readonly string[], names: SideNames): string {
  const difference = lineDiff(before, now);
  if (difference.length === 0) return `${good('same')}: ${names.before} and ${names.after}\n`;
  const colored = (line: DiffLine): string => (line.kind === 'same' ? quiet : line.kind === 'lost' ? bad : good)(diffLineText(line));
  return `${[bad(`--- ${names.before}`), good(`+++ ${names.after}`), ...difference.map(colored)].join('\n')}\n`;
}

export function coloredRow({ tag, text }: RowLine): string {
  if (tag === 'removed') return bad(text);
  return tag === 'added' ? good(text) : quiet(text);
}
