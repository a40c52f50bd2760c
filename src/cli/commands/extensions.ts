// `rescap extensions SCENARIO...`: which of the kernel's and core's extensions a scenario needs, found out by running it without
// each of them. Owns no state; nothing but the answer is written.

import { good, quiet } from '../../report/colors.ts';
import { WALL_MS_DEFAULT } from '../../runner/limits.ts';
import type { RunResult } from '../../runner/result.ts';
import { runScenario } from '../../runner/run.ts';
import type { Scenario } from '../../scenario/model.ts';
import { type Command, type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { loadModules } from '../modules.ts';
import { findScenarios, goldensOf, loadScenario, tell } from '../scenarios.ts';

/** What running without one extension showed. */
interface Need {
  readonly extension: string;
  readonly needed: boolean;
  /** What failed first without it. */
  readonly reason: string;
}

export const EXTENSIONS: Command = {
  name: 'extensions',
  summary: 'Runs a scenario without each extension that it uses, and tells the smallest set with which it still passes.',
  usage: 'extensions SCENARIO... [--table]',
  example: ['rescap extensions sheep_counter', 'rescap extensions "restore/*" --table'],
  options: { table: { type: 'boolean', doc: 'one Markdown row for each scenario' } },
  run: ({ values, positionals }, context) => {
    if (positionals.length === 0) throw new UsageError('extensions needs a scenario', 'for example: rescap extensions sheep_counter');
    let exit: Exit = PASSED;
    for (const file of findScenarios(positionals, context)) {
      const end = examine(file, values['table'] === true, context);
      if (end.verdict !== 'passed') exit = end;
    }
    return exit;
  },
};

function examine(file: string, table: boolean, context: Context): Exit {
  const { scenario, diagnostics } = loadScenario(file, context);
  if (scenario === undefined) {
    tell(diagnostics, context);
    return { verdict: 'invalid', reason: `${file} has errors` };
  }
  const run = runner(file, scenario, context);
  if ('verdict' in run) return run;
  const whole = run.with(scenario.extensions);
  if (whole.verdict !== 'passed') return { verdict: whole.verdict, reason: `${scenario.name} does not pass as it is: ${whole.reason}` };
  const needs = needsOf(scenario, whole, run.with);
  context.out(table ? row(scenario.name, needs) : sentences(scenario.name, needs));
  return PASSED;
}

/** One extension after the other is left out for good if the scenario passes without it: what remains is a smallest set. */
function needsOf(scenario: Scenario, whole: RunResult, run: (extensions: ReadonlySet<string>) => RunResult): Need[] {
  let left = new Set(whole.extensions_used);
  const needs: Need[] = [];
  for (const extension of [...scenario.extensions].sort()) {
    if (!whole.extensions_used.includes(extension)) continue;
    const without = new Set([...left].filter((name) => name !== extension));
    const result = run(without);
    const needed = result.verdict !== 'passed';
    if (!needed) left = without;
    needs.push({ extension, needed, reason: needed ? firstFailure(result) : '' });
  }
  return needs;
}

function firstFailure(result: RunResult): string {
  const failed = result.steps.find(({ state }) => state === 'failed');
  return failed === undefined ? result.reason : (failed.message[0] ?? result.reason);
}

function runner(file: string, scenario: Scenario, context: Context): { with(extensions: ReadonlySet<string>): RunResult } | Exit {
  const loaded = loadModules(scenario, context);
  if (tell(loaded.diagnostics, context)) return { verdict: 'invalid', reason: `${file} has errors` };
  const observer = { line: () => undefined, stepDone: () => undefined };
  const goldens = { ...goldensOf(file, scenario.variant, context), write: () => undefined, remove: () => undefined };
  const ports = { boot: context.boot, goldens, ci: true, observer, wall_ms: context.wall_ms, wall_limit_ms: WALL_MS_DEFAULT };
  return { with: (extensions) => runScenario({ ...scenario, extensions }, loaded.modules, ports) };
}

function sentences(name: string, needs: readonly Need[]): string {
  const needed = needs.filter((need) => need.needed);
  const head = needs.length === 0 ? `${name} uses no extension\n` : `${name} needs ${needed.length} of the ${needs.length} extensions that it uses\n`;
  const width = Math.max(0, ...needs.map(({ extension }) => extension.length));
  return head + needs.map((need) => `  ${need.extension.padEnd(width)}  ${need.needed ? `needed: ${need.reason}` : quiet(`${good('not needed')}: it passes without`)}\n`).join('');
}

const row = (name: string, needs: readonly Need[]): string =>
  `| \`${name}\` | ${needs.filter(({ needed }) => needed).map(({ extension }) => `\`${extension}\``).join(' ') || 'none'} |\n`;
