// `rescap run`: scenarios one after the other, the log as it comes, reports, verdict, exit status.
// Owner of the results of one call.

import { join, resolve } from 'node:path';
import { reportFiles } from '../../report/files.ts';
import { type HtmlEntry, htmlReport } from '../../report/html.ts';
import { junit } from '../../report/junit.ts';
import { TerminalReport } from '../../report/terminal.ts';
import { closingLine } from '../../report/words.ts';
import { WALL_MS_DEFAULT } from '../../runner/limits.ts';
import { gravest, notRun, type RunResult } from '../../runner/result.ts';
import { runScenario } from '../../runner/run.ts';
import { type Arguments, type Command, type Exit, UsageError } from '../command.ts';
import { type Context, isCi } from '../context.ts';
import { goldenFolder, writeFile, writeReport } from '../files.ts';
import { BOOT_DIR_OPTION, bootFolder, loadModules } from '../modules.ts';
import { findScenarios, goldenFolderOf, loadScenario } from '../scenarios.ts';

export const REPORT_FOLDER = 'reports';

export const RUN: Command = {
  name: 'run',
  summary: 'Runs scenarios: by name, by file, or all of run/. Traces of each are left in reports/NAME/.',
  usage: 'run [SCENARIO...]',
  example: ['rescap run sheep_counter', 'rescap run --quiet --junit reports/junit.xml'],
  options: {
    quiet: { type: 'boolean', short: 'q', doc: 'steps and verdict only, no log lines' },
    reports: { type: 'string', value: 'FOLDER', doc: 'where reports go, instead of reports/' },
    junit: { type: 'string', value: 'FILE', doc: 'write a JUnit file of everything that ran' },
    html: { type: 'string', value: 'FILE', doc: 'write one HTML page of everything that ran, and reports/NAME/report.html' },
    'boot-dir': BOOT_DIR_OPTION,
    'wall-limit': { type: 'string', value: 'SECONDS', doc: 'limit of one scenario on the wall clock, instead of 120' },
  },
  run: runCommand,
};

interface RunOptions {
  readonly reports: string;
  readonly wall_limit_ms: number;
  readonly boot_dir: string | undefined;
  readonly entries: HtmlEntry[] | null;
}

function runCommand(args: Arguments, context: Context): Exit {
  const { values, positionals } = args;
  const files = findScenarios(positionals, context);
  const wall_limit_ms = wallLimit(values['wall-limit']);
  const boot_dir = bootFolder(values['boot-dir'], context);
  const reports = resolve(context.cwd, typeof values['reports'] === 'string' ? values['reports'] : REPORT_FOLDER);
  const terminal = new TerminalReport({ write: context.out, quiet: values['quiet'] === true });
  const page = typeof values['html'] === 'string' ? resolve(context.cwd, values['html']) : undefined;
  const entries: HtmlEntry[] = [];
  const results = files.map((file) => runFile(file, terminal, { reports, wall_limit_ms, boot_dir, entries: page === undefined ? null : entries }, context));
  if (page !== undefined) writeFile(page, htmlReport(entries));
  if (typeof values['junit'] === 'string') writeFile(resolve(context.cwd, values['junit']), junit(results));
  if (positionals.length !== 1) context.out(`${closingLine(results)}\n`);
  if (results.length === 0) return { verdict: 'nothing', reason: 'no scenario in run/' };
  const verdict = gravest(results.map((result) => result.verdict));
  const decisive = results.filter((result) => result.verdict === verdict);
  const reason = decisive[0]?.reason ?? '';
  return { verdict, reason: results.length === 1 ? reason : `${decisive.map((result) => result.scenario).join(', ')}: ${reason}` };
}

function runFile(file: string, terminal: TerminalReport, options: RunOptions, context: Context): RunResult {
  const loaded = loadScenario(file, context);
  terminal.start(loaded.name, loaded.scenario?.doc ?? '');
  const serial: string[] = [];
  const result = runLoaded(loaded, serial, terminal, options, context);
  terminal.end(result);
  const folder = join(options.reports, loaded.name);
  writeReport(folder, reportFiles(result, serial));
  if (options.entries !== null) {
    const entry = { result, serial, source: loaded.scenario?.source.text ?? '' };
    options.entries.push(entry);
    writeFile(join(folder, 'report.html'), htmlReport([entry]));
  }
  return result;
}

function runLoaded(loaded: ReturnType<typeof loadScenario>, serial: string[], terminal: TerminalReport, { wall_limit_ms, boot_dir }: RunOptions, context: Context): RunResult {
  const { scenario, name, file } = loaded;
  if (scenario === undefined) return notRun(name, file, 'invalid', firstError(loaded.diagnostics), loaded.diagnostics);
  const { modules, diagnostics } = loadModules(scenario, context, boot_dir);
  const all = [...loaded.diagnostics, ...diagnostics];
  if (diagnostics.length > 0) return notRun(name, file, 'invalid', firstError(all), all);
  const folder = goldenFolderOf(file);
  const result = runScenario(scenario, modules, {
    boot: context.boot,
    goldens: goldenFolder(resolve(context.cwd, folder), folder),
    ci: isCi(context),
    observer: {
      line: (line) => {
        serial.push(line.text);
        terminal.line(line);
      },
      stepDone: (step) => terminal.stepDone(step),
    },
    wall_ms: context.wall_ms,
    wall_limit_ms,
  });
  return { ...result, diagnostics: [...all, ...result.diagnostics] };
}

function firstError(diagnostics: RunResult['diagnostics']): string {
  const error = diagnostics.find((diagnostic) => diagnostic.severity === 'error');
  return `${error?.message ?? 'invalid scenario'}`;
}

function wallLimit(value: string | boolean | undefined): number {
  if (typeof value !== 'string') return WALL_MS_DEFAULT;
  const seconds = Number(value);
  if (!(seconds > 0)) throw new UsageError(`'${value}' is no number of seconds`);
  return seconds * 1000;
}
