// One call of `rescap run`: what was selected is carried out and told on the terminal, the outputs are written, the exit is found.
// Owner of the progress line of the call.

import { join, resolve } from 'node:path';
import { autopilotClosing, autopilotLine } from '../../report/autopilot.ts';
import { colorsOn } from '../../report/colors.ts';
import { ProgressLine } from '../../report/progress_line.ts';
import type { Detail } from '../../report/terminal.ts';
import { closingLine } from '../../report/words.ts';
import { classCounts, type Judged } from '../../runner/judgement.ts';
import { gravest } from '../../runner/result.ts';
import type { Exit } from '../command.ts';
import type { Context } from '../context.ts';
import { execute } from './execution.ts';
import { HISTORY_FILE, type History, readHistory, writeHistory } from './history.ts';
import type { Finished, Job } from './one_scenario.ts';
import { STANDARD_OUTPUT, writeOutputs } from './outputs.ts';
import type { RunOptions } from './run_options.ts';
import { tracedBoot } from './trace_output.ts';
import { type Selection, select } from './selection.ts';

const NAME_COLUMNS_MAX = 32;
const COLUMNS_DEFAULT = 80;

/** What a call came to. */
export interface Ran {
  readonly exit: Exit;
}

export async function runAll(asked: readonly string[], options: RunOptions, context: Context): Promise<Ran> {
  const reports = resolve(context.cwd, options.reports);
  const historyFile = join(reports, HISTORY_FILE);
  const shown = options.timings ?? join(options.reports, HISTORY_FILE);
  const earlier = readHistory(historyFile, join(options.reports, HISTORY_FILE));
  const past = options.timings === null ? earlier : readHistory(resolve(context.cwd, options.timings), shown);
  const selection = select(asked, options, past, context);
  const several = selection.units.length !== 1 || asked.length !== 1 || options.shard !== null;
  // Reports on the standard output have it for themselves.
  const taken = Object.values(options.files).includes(STANDARD_OUTPUT);
  const write = taken ? context.err : context.out;
  const finished = await carryOut(selection, reports, several, write, options, context);
  const judged = finished.map((one) => one.judged);
  if (several) write(closing(judged, selection, options));
  const exit = exitOf(judged, selection);
  writeOutputs(finished, exit, options, context);
  writeHistoryOf(historyFile, earlier, judged);
  return { exit };
}

function writeHistoryOf(file: string, earlier: History, judged: readonly Judged[]): void {
  if (judged.length > 0) writeHistory(file, earlier, judged);
}

async function carryOut({ units }: Selection, reports: string, several: boolean, write: (text: string) => void, options: RunOptions, context: Context): Promise<readonly Finished[]> {
  const detail: Detail = several && !options.verbose ? 'brief' : options.quiet ? 'quiet' : 'full';
  // A trace is one text: its scenarios come one after the other.
  const width = options.trace !== null ? 1 : (options.jobs ?? (several ? Math.max(1, context.parallelism ?? 1) : 1));
  const terminal = context.terminal && detail === 'brief' && !options.compat;
  const columns = terminal ? (context.columns?.() ?? COLUMNS_DEFAULT) : undefined;
  const name_columns = Math.min(NAME_COLUMNS_MAX, columns === undefined ? NAME_COLUMNS_MAX : Math.floor(columns / 2), Math.max(0, ...units.map(({ name }) => name.length)));
  const jobs = units.map(({ file, name, variant }): Job => ({
    file, name, detail, reports, name_columns,
    ...(variant === undefined ? {} : { variant }),
    colors: colorsOn(),
    ...(columns === undefined ? {} : { columns }),
    ...(options.seed === null ? {} : { seed: options.seed }),
    ...(options.engine === null ? {} : { engine: options.engine }),
    ...(options.boot_dir === null ? {} : { boot_dir: options.boot_dir }),
    wall_limit_ms: options.wall_limit_ms, retry: options.retry, repeat: options.repeat, keep: options.keep,
    html: options.files.html !== null,
  }));
  const line = terminal && units.length > 1 ? new ProgressLine(units.length, { write, columns: () => context.columns?.() ?? COLUMNS_DEFAULT, now_ms: context.wall_ms }) : null;
  const tell = (text: string): void => {
    if (text === '') return;
    line?.clear();
    write(text);
  };
  const traced = options.trace === null ? null : tracedBoot(options.trace, context);
  const finished = await execute({
    jobs, loaded: units.map(({ loaded }) => loaded), width, bail: options.bail,
    write: options.compat ? () => undefined : tell,
    begun: (name) => line?.begun(name),
    finished: ({ judged }) => {
      if (options.compat) write(autopilotLine(judged));
      line?.finished(judged);
    },
  }, traced === null ? context : { ...context, boot: traced.boot });
  traced?.end();
  line?.clear();
  return finished;
}

/** Counts by class where there is more to say than passed and failed; the closing line is the last in any case. */
function closing(judged: readonly Judged[], { units }: Selection, options: RunOptions): string {
  if (options.compat) return autopilotClosing(judged);
  const special = judged.some(({ class: kind }) => kind !== 'PASS' && kind !== 'FAIL' && kind !== 'SKIP');
  const left = units.length - judged.length;
  const lines = [...(special ? [classCounts(judged)] : []), ...(left > 0 ? [`stopped early: ${left} of ${units.length} were not run`] : []), closingLine(judged)];
  return lines.map((text) => `${text}\n`).join('');
}

function exitOf(judged: readonly Judged[], { nothing }: Selection): Exit {
  if (judged.length === 0) return { verdict: 'nothing', reason: nothing };
  const verdict = gravest(judged.map((one) => one.verdict));
  const decisive = judged.filter((one) => one.verdict === verdict);
  const reason = decisive[0]?.reason ?? '';
  return { verdict, reason: judged.length === 1 ? reason : `${decisive.map(({ name }) => name).join(', ')}: ${reason}` };
}
