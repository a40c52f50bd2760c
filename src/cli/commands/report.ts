// `rescap report`: the shards of a sweep, done on several machines, become one record and one result; many sweeps become one table.
// Owns no state. Records of different sweeps, and shards that overlap, are refused in words.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { sweepText } from '../../report/sweep.ts';
import { sweepTable } from '../../report/sweep_table.ts';
import { mergeRecords, parseRecord, printRecord, type SweepRecord } from '../../runner/sweep/record.ts';
import { type Command, type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { writeFile } from '../files.ts';

const FILE_BYTES_MAX = 256 * 1024 * 1024;

export const REPORT: Command = {
  name: 'report',
  summary: 'Merges the records of a sweep whose shards were done on several machines, or makes a table of the records of many sweeps.',
  usage: 'report --merge|--table FILE... [--output FILE]',
  example: ['rescap report --merge shard-1.json shard-2.json shard-3.json', 'rescap report --merge shards/*.json --output sweep.json', 'rescap report --table reports/*/sweep.json'],
  options: {
    merge: { type: 'boolean', doc: 'merge the records named' },
    table: { type: 'boolean', doc: 'a table in Markdown, one row for each record' },
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'write the merged record' },
  },
  run: ({ values, positionals }, context) => {
    if (values['table'] === true && values['merge'] !== true && positionals.length > 0) {
      context.out(sweepTable(positionals.map((file) => readRecord(file, context))));
      return PASSED;
    }
    if (values['merge'] !== true || positionals.length === 0) throw new UsageError('report needs --merge or --table, and records', 'for example: rescap report --merge shard-*.json');
    const merged = mergeRecords(positionals.map((file) => readRecord(file, context)));
    if ('error' in merged) throw new UsageError(merged.error);
    const { output } = values;
    if (typeof output === 'string') writeFile(resolve(context.cwd, output), printRecord(merged));
    context.out(sweepText(merged, (moment) => ['rescap sweep', merged.identity.scenario, ...componentOptions(merged), ...strategyOptions(merged), `--only ${moment}`].join(' ')));
    return verdictOf(merged);
  },
};

/** "rtcr -> server, client" names the first by its path, and others that were checkpointed together with it. */
function componentOptions({ identity: { component } }: SweepRecord): string[] {
  const [path = '', ...others] = component.split(', ');
  return [`--of "${path}"`, ...(others.length === 0 ? [] : [`--with "${others.join(',')}"`])];
}

const strategyOptions = ({ identity: { strategy } }: SweepRecord): string[] =>
  (['checkpoint', 'restore'] as const).flatMap((command) => {
    const pairs = Object.entries(strategy[command]).map(([name, value]) => `${name}=${value}`);
    return pairs.length === 0 ? [] : [`--${command} "${pairs.join(',')}"`];
  });

function verdictOf(record: SweepRecord): Exit {
  const failed = record.failures.length + record.failures_more;
  if (record.tried.length === 0) return { verdict: 'nothing', reason: 'no moment was tried' };
  if (failed > 0) return { verdict: 'failed', reason: `${failed} of ${record.tried.length} moments failed, the smallest is instruction ${record.failures[0]?.moment ?? 0}` };
  const missing = record.total - record.tried.length;
  return missing > 0 ? { verdict: 'failed', reason: `${missing} of ${record.total} moments were not tried: a shard is missing` } : PASSED;
}

function readRecord(file: string, context: Context): SweepRecord {
  const path = resolve(context.cwd, file);
  if (!existsSync(path) || !statSync(path).isFile()) throw new UsageError(`there is no file '${file}'`);
  if (statSync(path).size > FILE_BYTES_MAX) throw new UsageError(`'${file}' has ${statSync(path).size} bytes, the limit is ${FILE_BYTES_MAX}`);
  const record = parseRecord(readFileSync(path, 'utf8'));
  if ('error' in record) throw new UsageError(`${file} ${record.error}`);
  return record;
}
