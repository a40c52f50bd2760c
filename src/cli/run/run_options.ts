// The options of `rescap run`, described once for help and parsing, and read into what the run needs.
// Owns no state.

import type { EngineName } from '../../emu/arm/engine.ts';
import { WALL_MS_DEFAULT } from '../../runner/limits.ts';
import { parseShard, type Shard } from '../../runner/shard.ts';
import type { Context } from '../context.ts';
import { BOOT_DIR_OPTION, bootFolder } from '../modules.ts';
import { REPORT_FOLDER } from '../report_folder.ts';
import { type Arguments, ENGINE_OPTION, engineOf, type OptionSchema, UsageError } from '../command.ts';
import type { Keep } from './one_scenario.ts';
import { readTraceOptions, TRACE_OPTIONS, type TraceRequest } from './trace_output.ts';

const REPEAT_MAX = 100_000;
const JOBS_MAX = 1000;
const SEED_MAX = 0xffff_ffff;

export const RUN_OPTIONS = {
  quiet: { type: 'boolean', short: 'q', doc: 'log and verdict only, no steps and notes' },
  verbose: { type: 'boolean', short: 'v', doc: 'of several scenarios, too: log, steps, verdict' },
  tag: { type: 'string', short: 't', value: 'TAG', multiple: true, doc: "scenarios with one of these tags; '!TAG' leaves out those with it" },
  failed: { type: 'boolean', doc: 'those that failed when they ran last' },
  shard: { type: 'string', value: 'I/N', doc: 'part I of N, balanced by the durations in --timings' },
  timings: { type: 'string', value: 'FILE', doc: 'durations and results of an earlier run, instead of last_run.json in the reports' },
  jobs: { type: 'string', short: 'j', value: 'N', doc: 'scenarios at once; default: one, of several as many as there are processors' },
  retry: { type: 'string', value: 'N', doc: 'try a failed scenario again, at most N times; passing then is called flaky' },
  repeat: { type: 'string', value: 'N', doc: "run each N times ('until-failed': without end); all runs have to come to the same bytes" },
  bail: { type: 'string', value: 'N', implied: '1', doc: 'begin no more scenarios after N failures, 1 without a number' },
  watch: { type: 'boolean', short: 'w', doc: 'run again whenever a scenario, golden or guest program changes' },
  seed: { type: 'string', value: 'N', doc: "instead of the scenarios' own seeds" },
  timeout: { type: 'string', value: 'SECONDS', doc: `limit of one run on the wall clock, instead of ${WALL_MS_DEFAULT / 1000}` },
  engine: ENGINE_OPTION,
  'boot-dir': BOOT_DIR_OPTION,
  keep: { type: 'string', value: 'WHAT', doc: 'whose traces stay in the reports: always (default), failed or never' },
  reports: { type: 'string', value: 'FOLDER', doc: 'where reports go, instead of reports/' },
  junit: { type: 'string', value: 'FILE', doc: "write JUnit XML of everything that ran; '-' is the standard output" },
  tap: { type: 'string', value: 'FILE', doc: 'write TAP' },
  json: { type: 'string', value: 'FILE', doc: 'write JSON, as config/report.schema.json describes it' },
  html: { type: 'string', value: 'FILE', doc: 'write one HTML page, and reports/NAME/report.html' },
  ...TRACE_OPTIONS,
  compat: { type: 'boolean', doc: "one line a scenario in the look of Genode's autopilot: -> OK (m:ss)" },
  'run-tool-exit-codes': { type: 'boolean', doc: "exit statuses of Genode's run tool: 255 mismatch, 254 timeout, 253 died, ..." },
} as const satisfies Readonly<Record<string, OptionSchema>>;

export interface RunOptions {
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly tags: readonly string[];
  readonly failed: boolean;
  readonly shard: Shard | null;
  readonly timings: string | null;
  /** Null: by the number of scenarios and processors. */
  readonly jobs: number | null;
  readonly retry: number;
  readonly repeat: number;
  readonly bail: number;
  readonly watch: boolean;
  readonly seed: number | null;
  readonly wall_limit_ms: number;
  /** Folder that ROM modules are taken from first. */
  readonly boot_dir: string | null;
  readonly engine: EngineName | null;
  readonly keep: Keep;
  readonly reports: string;
  readonly files: { readonly junit: string | null; readonly tap: string | null; readonly json: string | null; readonly html: string | null };
  readonly trace: TraceRequest | null;
  readonly compat: boolean;
  readonly run_tool: boolean;
}

type Name = keyof typeof RUN_OPTIONS;

export function readRunOptions(args: Arguments, context: Context): RunOptions {
  const { values } = args;
  const text = (name: Name): string | null => (typeof values[name] === 'string' ? values[name] : null);
  const number = (name: Name, low: number, high: number): number | null => {
    const given = text(name);
    if (given === null) return null;
    const value = /^[0-9]+$/.test(given) ? Number(given) : Number.NaN;
    if (!(value >= low && value <= high)) throw new UsageError(`--${name}: '${given}' is no number from ${low} to ${high}`);
    return value;
  };
  const shard = text('shard');
  const parsed = shard === null ? null : parseShard(shard);
  if (shard !== null && parsed === null) throw new UsageError(`--shard: '${shard}' is no part`, '2/4 is the second of four');
  return {
    quiet: values['quiet'] === true,
    verbose: values['verbose'] === true,
    tags: (text('tag') ?? '').split(',').map((tag) => tag.trim()).filter((tag) => tag !== ''),
    failed: values['failed'] === true,
    shard: parsed,
    timings: text('timings'),
    jobs: number('jobs', 1, JOBS_MAX),
    retry: number('retry', 0, 100) ?? 0,
    repeat: text('repeat') === 'until-failed' ? REPEAT_MAX : (number('repeat', 1, REPEAT_MAX) ?? 1),
    bail: number('bail', 1, 1_000_000) ?? Number.POSITIVE_INFINITY,
    watch: values['watch'] === true,
    seed: number('seed', 0, SEED_MAX),
    wall_limit_ms: seconds(text('timeout')),
    engine: engineOf(args) ?? null,
    boot_dir: bootFolder(values['boot-dir'], context) ?? null,
    keep: keepOf(text('keep')),
    reports: text('reports') ?? REPORT_FOLDER,
    files: { junit: text('junit'), tap: text('tap'), json: text('json'), html: text('html') },
    trace: readTraceOptions(args),
    compat: values['compat'] === true,
    run_tool: values['run-tool-exit-codes'] === true,
  };
}

function seconds(value: string | null): number {
  if (value === null) return WALL_MS_DEFAULT;
  const number = Number(value);
  if (!(number > 0 && number <= 1_000_000)) throw new UsageError(`--timeout: '${value}' is no number of seconds`);
  return number * 1000;
}

function keepOf(value: string | null): Keep {
  const found = (['always', 'failed', 'never'] as const).find((keep) => keep === (value ?? 'always'));
  if (found === undefined) throw new UsageError(`--keep: '${value ?? ''}' is not known`, 'there are: always, failed, never');
  return found;
}
