// `rescap diff A B`: compares capability listings wherever they stand: goldens, dumps, JSON, raw serial logs, mails.
// Owns no state. Where one side shows a part of its table, only those rows are compared, and that is said.

import { diffCapdl, diffDot, diffJson } from '../../report/caps_formats.ts';
import { diffHtml } from '../../report/caps_html.ts';
import { diffText, type SideNames } from '../../report/caps_text.ts';
import type { CompareMode } from '../../runner/capspace/compare.ts';
import { diffSpaces, type SpaceDiff } from '../../runner/capspace/space_diff.ts';
import { type Command, PASSED, UsageError } from '../command.ts';
import { readListings } from '../listings.ts';

const MODES: readonly CompareMode[] = ['exact', 'shape', 'isomorphic'];

export const DIFF_FORMATS = {
  text: diffText,
  json: diffJson,
  dot: diffDot,
  capdl: diffCapdl,
  html: diffHtml,
} as const satisfies Readonly<Record<string, (diff: SpaceDiff, names: SideNames) => string>>;

export const DIFF: Command = {
  name: 'diff',
  summary: 'Compares capability listings: goldens, dumps, record.json, serial logs with escape codes, or mails that quote one.',
  usage: 'diff A B [--compare exact|shape|isomorphic] [--format text|json|dot|capdl|html]',
  example: ['rescap diff run/sheep_counter.golden/third.caps reports/sheep_counter/record.json:restored', 'rescap diff --compare shape board.log:2 mail.txt', 'rescap diff --format dot before.log after.log > difference.dot'],
  options: {
    compare: { type: 'string', short: 'c', value: 'HOW', doc: 'exact, shape or isomorphic (default): what has to be equal' },
    format: { type: 'string', short: 'f', value: 'FORMAT', doc: `${Object.keys(DIFF_FORMATS).join(', ')}; default text` },
  },
  run: ({ values, positionals }, context) => {
    const [a, b] = positionals;
    if (a === undefined || b === undefined || positionals.length !== 2) throw new UsageError('diff needs two files', 'FILE:2 means the second listing in a file, FILE:POINT that of a point in JSON; without it all are compared');
    const asked = values['compare'] ?? 'isomorphic';
    const mode = MODES.find((candidate) => candidate === asked);
    if (mode === undefined) throw new UsageError(`'${String(asked)}' is no way to compare`, `there are: ${MODES.join(', ')}`);
    const format = formatNamed(values['format'] ?? 'text', DIFF_FORMATS);
    const diff = diffSpaces(readListings(a, context), readListings(b, context), mode);
    if ('error' in diff) throw new UsageError(diff.error, 'FILE:N names one listing of a file');
    context.out(DIFF_FORMATS[format](diff, { before: a, after: b }));
    return diff.same ? PASSED : { verdict: 'golden', reason: `${diff.verdict}: ${a} and ${b} differ` };
  },
};

export function formatNamed<Table extends object>(asked: string | boolean, table: Table): keyof Table & string {
  const found = Object.keys(table).find((name) => name === asked);
  if (found === undefined) throw new UsageError(`'${String(asked)}' is no format`, `there are: ${Object.keys(table).join(', ')}`);
  return found as keyof Table & string;
}
