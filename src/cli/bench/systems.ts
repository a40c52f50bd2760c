// Systems to measure on: of a scenario in run/, or of a text. Owns no state.
// Every measurement of a whole system begins here.

import { waitingCircle } from '../../runner/command.ts';
import type { RunResult, StepOutcome } from '../../runner/result.ts';
import { NO_GOLDENS } from '../../runner/golden.ts';
import { runScenario } from '../../runner/run.ts';
import type { BootModule, System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { readScenario } from '../../scenario/read.ts';
import { UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { systemConfig } from '../../runner/system_config.ts';
import { EXTENSIONS } from '../extensions.ts';
import { loadModules } from '../modules.ts';
import { findScenarios, loadScenario } from '../scenarios.ts';

export function scenarioNamed(name: string, context: Context): Scenario {
  const [file = ''] = findScenarios([name], context);
  const { scenario } = loadScenario(file, context);
  if (scenario === undefined) throw new UsageError(`${file} has errors`, `rescap lint ${name} shows them`);
  return scenario;
}

export function scenarioOf(text: string): Scenario {
  const { scenario, diagnostics } = readScenario('bench.xml', new TextEncoder().encode(text), { extensions: EXTENSIONS });
  if (scenario === undefined) throw new Error(`the scenario of a measurement has errors: ${diagnostics[0]?.message ?? ''}`);
  return scenario;
}

/** Boots what a scenario describes, as often as it is called. */
export function booter(scenario: Scenario, context: Context): () => System {
  const { modules } = loadModules(scenario, context);
  const config = systemConfig(scenario, modules);
  return () => {
    const system = context.boot(config);
    if ('error' in system) throw new UsageError(system.error);
    return system;
  };
}

export const bootText = (text: string, context: Context): System => booter(scenarioOf(text), context)();

/** What a measurement waits for comes within so much virtual time, or never. */
const LINE_WITHIN_US = 120_000_000;

/** Runs until a text is printed. @throws Error naming it where it does not come */
export function runUntil(system: System, text: string): void {
  const { machine } = system;
  const end_us = machine.time_us + LINE_WITHIN_US;
  let seen = false;
  const quiet = machine.events.listen(['console'], (event) => {
    if (event.kind !== 'console' || !event.text.includes(text)) return;
    seen = true;
    machine.stop();
  });
  while (!seen && machine.time_us < end_us) if (machine.run({ time_us: end_us - machine.time_us }) === 'idle_forever') break;
  quiet();
  if (seen) return;
  const circle = waitingCircle(system.threads()) ?? [];
  const names = circle.map((id) => `"${system.threads().find((row) => row.id === id)?.name ?? ''}"`).join(' and ');
  throw new Error(`'${text}' is not printed within ${LINE_WITHIN_US / 1e6} s of virtual time${names === '' ? '' : `: ${names} wait for each other`}`);
}

const WALL_LIMIT_MS = 600_000;

/** Runs a scenario to its verdict, without its goldens; who measures is told of each step. */
export function runMeasured(scenario: Scenario, modules: readonly BootModule[], context: Context, stepDone: (step: StepOutcome) => void): RunResult {
  const observer = { line: () => undefined, stepDone };
  return runScenario(scenario, modules, { boot: context.boot, goldens: NO_GOLDENS, ci: true, observer, wall_ms: context.wall_ms, wall_limit_ms: WALL_LIMIT_MS });
}
