// `rescap bench`: measures the board and the main path. Figures are medians of runs in this process, one after the other; the
// ratios compare things measured side by side in the same call. Owns no state; writes reports/bench.json.

import { join, resolve } from 'node:path';
import type { StepOutcome } from '../../runner/result.ts';
import { systemConfig } from '../../runner/system_config.ts';
import { runScenario } from '../../runner/run.ts';
import type { System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { CAPTURED, captureFigures } from './bench_capture.ts';
import { type Command, ENGINE_OPTION, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { writeFile } from '../files.ts';
import { loadModules } from '../modules.ts';
import { findScenarios, loadScenario } from '../scenarios.ts';
import { languageFigures } from './bench_language.ts';
import { runFigures } from './bench_runs.ts';
import { REPORT_FOLDER } from './run.ts';

const RUNS_DEFAULT = 5;
const WALL_LIMIT_MS = 600_000;
const SCENARIO = 'sheep_counter';
const SPINNING = 'endless_loop';
/** Instructions per measured piece of the guest's loop, and rounds of the same loop in the host. */
const LOOP_INSTRUCTIONS = 20_000_000;
const LOOP_ROUNDS = 20_000_000;
/** Instructions of one round of the guest's loop (programs/spin.c: load, add, store, branch). */
const ROUND_INSTRUCTIONS = 4;
const NO_GOLDENS = { folder: '', list: () => [], read: () => undefined, write: () => undefined, remove: () => undefined };

interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly samples: readonly number[];
}

export const BENCH: Command = {
  name: 'bench',
  summary: 'Measures guest speed, boot to verdict, checkpoint and restore; writes reports/bench.json.',
  usage: 'bench [--runs N]',
  example: ['rescap bench', 'rescap bench --runs 9'],
  options: { engine: ENGINE_OPTION, runs: { type: 'string', value: 'N', doc: `runs per figure, instead of ${RUNS_DEFAULT}` } },
  run: async ({ values }, context) => {
    const runs = values['runs'] === undefined ? RUNS_DEFAULT : Number(values['runs']);
    if (!Number.isInteger(runs) || runs < 1 || runs > 1000) throw new UsageError(`--runs: '${String(values['runs'])}' is no number from 1 to 1000`);
    const spinning = load(SPINNING, context);
    const counting = load(SCENARIO, context);
    const figures = [...guestSpeed(spinning, runs, context), ...mainPath(counting, runs, context), ...captureFigures(load(CAPTURED, context), runs, context), ...languageFigures([spinning, counting], runs), ...(await runFigures(context.script, runs, context))];
    report(figures, context);
    return PASSED;
  },
};

function load(name: string, context: Context): Scenario {
  const [file = ''] = findScenarios([name], context);
  const { scenario } = loadScenario(file, context);
  if (scenario === undefined) throw new UsageError(`${file} has errors`, `rescap lint ${name} shows them`);
  return scenario;
}

/** The guest's endless loop against the same loop in the host, alternating. */
function guestSpeed(scenario: Scenario, runs: number, context: Context): Figure[] {
  const system = bootFor(scenario, context);
  const { machine } = system;
  let begun = false;
  const quiet = machine.events.listen(['console'], (event) => {
    begun ||= event.kind === 'console' && event.text.includes('spinning');
  });
  while (!begun && machine.run({ time_us: 1000 }) !== 'idle_forever');
  quiet();
  machine.run({ instructions: LOOP_INSTRUCTIONS });
  const mips: number[] = [];
  const slowdown: number[] = [];
  for (let i = 0; i < runs; i++) {
    const guest_ms = wall(context, () => machine.run({ instructions: LOOP_INSTRUCTIONS }));
    const host_ms = wall(context, hostLoop);
    mips.push(LOOP_INSTRUCTIONS / guest_ms / 1000);
    slowdown.push(guest_ms / LOOP_INSTRUCTIONS / (host_ms / (LOOP_ROUNDS * ROUND_INSTRUCTIONS)));
  }
  return [
    { name: 'guest speed, endless loop', unit: 'MIPS', samples: mips },
    { name: 'guest against host, same loop', unit: 'times slower', samples: slowdown },
  ];
}

function bootFor(scenario: Scenario, context: Context): System {
  const { modules } = loadModules(scenario, context);
  const system = context.boot(systemConfig(scenario, modules));
  if ('error' in system) throw new UsageError(system.error);
  return system;
}

const counter = new Uint32Array(1);
function hostLoop(): void {
  for (let i = 0; i < LOOP_ROUNDS; i++) counter[0] = ((counter[0] as number) + 1) >>> 0;
}

/** The main path, whole and in parts: what a person waits for after `make run/sheep_counter`, start-up of node left out. */
function mainPath(scenario: Scenario, runs: number, context: Context): Figure[] {
  const { modules } = loadModules(scenario, context);
  const whole: number[] = [];
  const parts = new Map<string, number[]>([['checkpoint', []], ['kill', []], ['restore', []]]);
  const virtual: number[] = [];
  for (let i = 0; i < runs; i++) {
    let last = context.wall_ms();
    const begin = last;
    const stepDone = (step: StepOutcome): void => {
      const now = context.wall_ms();
      parts.get(step.kind)?.push(now - last);
      last = now;
    };
    const observer = { line: () => undefined, stepDone };
    const result = runScenario(scenario, modules, { boot: context.boot, goldens: NO_GOLDENS, ci: true, observer, wall_ms: context.wall_ms, wall_limit_ms: WALL_LIMIT_MS });
    const wall_ms = context.wall_ms() - begin;
    whole.push(wall_ms);
    virtual.push(result.time_us / 1000 / wall_ms);
  }
  return [
    { name: `${scenario.name}: boot to verdict`, unit: 'ms', samples: whole },
    ...[...parts].map(([tag, samples]) => ({ name: `${scenario.name}: ${tag}`, unit: 'ms', samples })),
    { name: `${scenario.name}: virtual against wall time`, unit: 'times faster', samples: virtual },
  ];
}

function wall(context: Context, work: () => void): number {
  const begin = context.wall_ms();
  work();
  return context.wall_ms() - begin;
}

function report(figures: readonly Figure[], context: Context): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const rows = figures.map(({ name, unit, samples }) => ({ name, unit, ...spread(samples) }));
  for (const { name, unit, minimum, median, maximum } of rows) {
    context.out(`${name.padEnd(width)}  ${shown(median).padStart(8)} ${unit}  (${shown(minimum)} .. ${shown(maximum)})\n`);
  }
  const file = join(resolve(context.cwd, REPORT_FOLDER), 'bench.json');
  writeFile(file, `${JSON.stringify({ format: 1, node: process.version, figures: rows }, null, 2)}\n`);
}

function spread(samples: readonly number[]): { minimum: number; median: number; maximum: number } {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  return { minimum: at(0), median: at(sorted.length >>> 1), maximum: at(sorted.length - 1) };
}

const shown = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

