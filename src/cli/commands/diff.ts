// `rescap diff A B`: compares two capability listings wherever they stand: goldens, dumps, raw serial logs, mails.
// Owns no state. Where one side shows a part of its table, only those rows are compared, and that is said.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type FoundObjectSpace, findObjectSpaces, readObjectSpace } from '../../emu/jdb/serial.ts';
import { bad, good, quiet } from '../../report/colors.ts';
import { compare, type CompareMode } from '../../runner/capspace/compare.ts';
import { type RowLine, unifiedRows } from '../../runner/capspace/rows.ts';
import { countWords, explain } from '../../runner/capspace/words.ts';
import { type Command, type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';

const MODES: readonly CompareMode[] = ['exact', 'shape', 'isomorphic'];
const FILE_BYTES_MAX = 64 * 1024 * 1024;

export const DIFF: Command = {
  name: 'diff',
  summary: 'Compares two capability listings: goldens, dumps, serial logs with escape codes, or mails that quote one.',
  usage: 'diff A B [--compare exact|shape|isomorphic]',
  example: ['rescap diff run/sheep_counter.golden/third.caps reports/sheep_counter/third.caps', 'rescap diff --compare shape board.log:2 mail.txt'],
  options: {
    compare: { type: 'string', short: 'c', value: 'HOW', doc: 'exact, shape or isomorphic (default): what has to be equal' },
  },
  run: ({ values, positionals }, context) => {
    const [a, b] = positionals;
    if (a === undefined || b === undefined || positionals.length !== 2) throw new UsageError('diff needs two files', 'FILE:2 means the second listing in a file');
    const asked = values['compare'] ?? 'isomorphic';
    const mode = MODES.find((candidate) => candidate === asked);
    if (mode === undefined) throw new UsageError(`'${String(asked)}' is no way to compare`, `there are: ${MODES.join(', ')}`);
    return diff(readListing(a, context), readListing(b, context), mode, context);
  },
};

interface Listing extends FoundObjectSpace {
  readonly shown: string;
}

function diff(before: Listing, after: Listing, mode: CompareMode, context: Context): Exit {
  const parts = [before, after].filter((side) => side.partial);
  const onlyRows = parts.length === 0 ? undefined : parts.map((side) => side.rows.map(Number)).reduce((a, b) => a.filter((row) => b.includes(row)));
  for (const side of parts) context.out(`${side.shown} shows part of a table: its ${side.rows.length} rows are compared\n`);
  if (onlyRows?.length === 0) throw new UsageError('the two listings have no row in common');
  const options = onlyRows === undefined ? {} : { onlyRows };
  const differences = compare(before.space, after.space, mode, options);
  if (differences.length === 0) {
    context.out(`${good('same')} (${mode}): ${before.shown} and ${after.shown}\n`);
    return PASSED;
  }
  context.out(`${bad(countWords(differences))} (${mode})\n`);
  for (const sentence of explain(differences)) context.out(`${sentence}\n`);
  context.out(`${bad(`--- ${before.shown}`)}\n${good(`+++ ${after.shown}`)}\n`);
  for (const line of unifiedRows(before.space, after.space, differences, options)) context.out(`${colored(line)}\n`);
  return { verdict: 'golden', reason: `${before.shown} and ${after.shown} differ: ${countWords(differences)}` };
}

function colored({ tag, text }: RowLine): string {
  if (tag === 'removed') return bad(text);
  return tag === 'added' ? good(text) : quiet(text);
}

/** FILE, or FILE:N for the N-th listing in it. */
function readListing(asked: string, context: Context): Listing {
  const isFile = (path: string) => existsSync(resolve(context.cwd, path)) && statSync(resolve(context.cwd, path)).isFile();
  const match = /^(.*):([1-9][0-9]{0,3})$/.exec(asked);
  const numbered = !isFile(asked) && match !== null && isFile(match[1] ?? '');
  const path = numbered ? (match[1] ?? '') : asked;
  if (!isFile(path)) throw new UsageError(`there is no file '${path}'`);
  const bytes = new Uint8Array(readFileSync(resolve(context.cwd, path)));
  if (bytes.length > FILE_BYTES_MAX) throw new UsageError(`'${path}' has ${bytes.length} bytes, the limit is ${FILE_BYTES_MAX}`);
  const { value, errors } = numbered ? nth(bytes, Number(match[2]), path) : readObjectSpace(bytes);
  const [error] = errors;
  if (error === undefined) return { ...value, shown: asked };
  const several = findObjectSpaces(bytes).value.length;
  throw new UsageError(`${path}:${error.line}:${error.column}: ${error.message}`, several > 1 ? `${path}:1 to ${path}:${several} name one of them` : undefined);
}

function nth(bytes: Uint8Array, number: number, path: string): ReturnType<typeof readObjectSpace> {
  const { value, errors } = findObjectSpaces(bytes);
  const found = value[number - 1];
  if (found === undefined) throw new UsageError(`${path} has ${value.length} listings, no number ${number}`);
  return { value: found, errors: errors.filter(({ line }) => line >= found.where.first_line && line <= found.where.last_line) };
}
