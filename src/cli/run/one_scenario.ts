// One scenario from its file to its judgement: read, run as often as asked, judged, its traces written.
// Owns no state; the same in this process and in a worker, where the text that would be shown is collected.

import type { EngineName } from '../../emu/arm/engine.ts';
import { join, relative, resolve } from 'node:path';
import { useColors } from '../../report/colors.ts';
import { reportFiles, resultJson } from '../../report/files.ts';
import { htmlReport } from '../../report/html.ts';
import { type Detail, TerminalReport } from '../../report/terminal.ts';
import { type Attempt, type Circumstances, fails, type Judged, judge } from '../../runner/judgement.ts';
import { notRun, type RunResult, told } from '../../runner/result.ts';
import { runScenario } from '../../runner/run.ts';
import type { BootSystem, System } from '../../runtime/system.ts';
import { type Context, isCi } from '../context.ts';
import { obsoleteOfAll } from '../../runner/golden.ts';
import { removeReport, writeFile, writeReport } from '../files.ts';
import { missingRequirement } from '../requirements.ts';
import { imageStore } from '../image_store.ts';
import { loadModules } from '../modules.ts';
import { goldenFolderOf, goldensOf, type LoadedScenario, loadScenario, nameOf } from '../scenarios.ts';

export type Keep = 'always' | 'failed' | 'never';

/** What is to be done with one scenario; plain data. */
export interface Job {
  readonly file: string;
  /** What the run is called: "lost[skip]". */
  readonly name: string;
  /** Of a scenario with a matrix. */
  readonly variant?: string;
  readonly detail: Detail;
  readonly colors: boolean;
  readonly columns?: number;
  readonly name_columns?: number;
  readonly seed?: number;
  readonly wall_limit_ms: number;
  /** Folder that ROM modules are taken from first. */
  readonly boot_dir?: string;
  readonly engine?: EngineName;
  /** Further attempts after a failure. */
  readonly retry: number;
  /** Runs that all have to come to the same. */
  readonly repeat: number;
  readonly keep: Keep;
  /** Absolute folder of reports. */
  readonly reports: string;
  readonly html: boolean;
}

export interface Finished {
  readonly judged: Judged;
  readonly serial: readonly string[];
  /** The scenario file's text. */
  readonly source: string;
}

interface Run {
  readonly result: RunResult;
  readonly serial: readonly string[];
  readonly attempt: Attempt;
}

/** `loaded`: what was read of the job's scenario already. */
export function runJob(job: Job, context: Context, write: (text: string) => void, loaded = loadScenario(job.file, context, job.variant)): Finished {
  useColors(job.colors);
  const { detail, name_columns, columns } = job;
  const terminal = new TerminalReport({ write, detail, ...(name_columns === undefined ? {} : { name_columns }), ...(columns === undefined ? {} : { columns }) });
  terminal.start(loaded.name, loaded.scenario?.doc ?? '');
  const { judged, serial } = attempts(loaded, job, terminal, context);
  terminal.end(judged, serial);
  const finished: Finished = { judged, serial, source: loaded.scenario?.source.text ?? '' };
  keepReport(reportFolderOf(job, context), finished, job);
  return finished;
}

/** `reports/NAME/`, of a variant `reports/NAME/VARIANT/`. */
function reportFolderOf({ file, variant, reports }: Job, context: Context): string {
  return join(reports, nameOf(relative(context.cwd, resolve(context.cwd, file))), variant ?? '');
}

function keepReport(folder: string, finished: Finished, { keep, html }: Job): void {
  const { judged, serial } = finished;
  if (keep === 'never' || (keep === 'failed' && !fails(judged) && judged.class !== 'FLAKY')) return removeReport(folder);
  writeReport(folder, reportFiles(judged.result, serial));
  if (html) writeFile(join(folder, 'report.html'), htmlReport([finished]));
}

/** Repeats until one run fails; each failing one is tried again as often as asked. */
function attempts(loaded: LoadedScenario, job: Job, terminal: TerminalReport, context: Context): { readonly judged: Judged; readonly serial: readonly string[] } {
  const circumstances = circumstancesOf(loaded);
  let first: Run | undefined;
  for (let round = 1; ; round++) {
    if (round > 1) terminal.again(`run ${round} of ${job.repeat}`);
    const tried = tryOften(loaded, job, terminal, context);
    const last = tried.at(-1) as Run;
    const judged = judge(last.result, tried.map(({ attempt }) => attempt), circumstances);
    first ??= last;
    const difference = round === 1 || fails(judged) ? undefined : differenceBetween(first, last);
    if (difference !== undefined) {
      const result: RunResult = { ...last.result, verdict: 'internal', reason: `run ${round} differs from the first: ${difference}` };
      return { judged: judge(result, [last.attempt], circumstances), serial: last.serial };
    }
    if (round >= job.repeat || fails(judged)) return { judged, serial: last.serial };
  }
}

function tryOften(loaded: LoadedScenario, job: Job, terminal: TerminalReport, context: Context): readonly Run[] {
  const runs: Run[] = [];
  for (let attempt = 0; attempt <= job.retry; attempt++) {
    if (attempt > 0) terminal.again(`attempt ${attempt + 1} of ${job.retry + 1}`);
    const run = runOnce(loaded, job, terminal, context);
    runs.push(run);
    if (!['failed', 'golden', 'timeout'].includes(run.result.verdict)) break;
  }
  return runs;
}

/** The same scenario, modules and seed give the same bytes; where they do not, Rescap is at fault. */
function differenceBetween(a: Run, b: Run): string | undefined {
  const line = a.serial.findIndex((text, index) => text !== b.serial[index]);
  if (line !== -1) return `log line ${line + 1} was "${a.serial[line] ?? ''}", is "${b.serial[line] ?? '(none)'}"`;
  if (b.serial.length > a.serial.length) return `log line ${a.serial.length + 1} was not there: "${b.serial[a.serial.length] ?? ''}"`;
  return resultJson(a.result) === resultJson(b.result) ? undefined : 'the log is the same, but not the result (times, instructions, listings)';
}

function runOnce(loaded: LoadedScenario, job: Job, terminal: TerminalReport, context: Context): Run {
  const serial: string[] = [];
  const started = context.wall_ms();
  const result = runLoaded(loaded, job, serial, terminal, context);
  const attempt: Attempt = { verdict: result.verdict, reason: result.reason, seed: result.seed, time_us: result.time_us, wall_ms: context.wall_ms() - started };
  return { result, serial, attempt };
}

function runLoaded(loaded: LoadedScenario, job: Job, serial: string[], terminal: TerminalReport, context: Context): RunResult {
  const { name, file } = loaded;
  if (loaded.scenario === undefined) return invalid(loaded, loaded.diagnostics);
  const missing = missingRequirement(loaded.scenario);
  if (missing !== undefined) return notRun(name, file, 'nothing', missing);
  const scenario = job.seed === undefined ? loaded.scenario : { ...loaded.scenario, seed: job.seed };
  const { engine } = job;
  const { modules, diagnostics } = loadModules(scenario, context, job.boot_dir);
  const all = [...loaded.diagnostics, ...diagnostics];
  if (diagnostics.some(({ severity }) => severity === 'error')) return invalid({ name, file }, all);
  const systems: System[] = [];
  const boot: BootSystem = (config) => {
    const system = context.boot(engine === undefined ? config : { ...config, engine });
    if (!('error' in system)) systems.push(system);
    return system;
  };
  const result = runScenario(scenario, modules, {
    boot,
    goldens: goldensOf(file, scenario.variant, context),
    ci: isCi(context),
    images: imageStore(reportFolderOf(job, context), job.reports, file, context),
    observer: {
      line: (line) => {
        serial.push(line.text);
        terminal.line(line);
      },
      stepDone: (step) => terminal.stepDone(step),
    },
    wall_ms: context.wall_ms,
    wall_limit_ms: job.wall_limit_ms,
  });
  for (const system of systems) system.close();
  return withStrays({ ...result, diagnostics: [...all.map(told), ...result.diagnostics] }, loaded, context);
}

function invalid({ name, file }: Pick<LoadedScenario, 'name' | 'file'>, diagnostics: LoadedScenario['diagnostics']): RunResult {
  const error = diagnostics.find((diagnostic) => diagnostic.severity === 'error');
  return notRun(name, file, 'invalid', error?.message ?? 'invalid scenario', diagnostics.map(told));
}

/** Goldens of variants that are no more are told once, by the first variant, if it came to its end. */
function withStrays(result: RunResult, { file, scenario, variants }: LoadedScenario, context: Context): RunResult {
  if (scenario?.variant === undefined || scenario !== variants[0] || result.verdict !== 'passed') return result;
  const folders = variants.map(({ variant }) => `${variant ?? ''}/`);
  const strays = obsoleteOfAll(goldensOf(file, undefined, context), variants).filter((golden) => !folders.some((folder) => golden.file.startsWith(folder)));
  const [first] = strays;
  if (first === undefined) return result;
  const reason = `golden obsolete: no variant has a step that names ${goldenFolderOf(file)}/${first.file}`;
  const goldens = [...result.goldens, ...strays];
  return isCi(context) ? { ...result, goldens, verdict: 'golden', reason } : { ...result, goldens, notes: [...result.notes, reason] };
}

function circumstancesOf({ scenario }: LoadedScenario): Circumstances {
  return scenario === undefined ? {} : { xfail: scenario.xfail?.reason, tags: scenario.tags };
}
