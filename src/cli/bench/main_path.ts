// The main path of the product: boot to verdict of one scenario, whole and in parts. Owns no state.
// Start-up of node is left out here; start_up.ts has it.

import type { StepOutcome } from '../../runner/result.ts';
import { runScenario } from '../../runner/run.ts';
import { loadModules } from '../modules.ts';
import type { Bench, Figure } from './figures.ts';
import { scenarioNamed } from './systems.ts';

const SCENARIO = 'sheep_counter';
const WALL_LIMIT_MS = 600_000;
/** Of the processor, as everywhere here. */
const used_ms = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const NO_GOLDENS = { folder: '', list: () => [], read: () => undefined, write: () => undefined, remove: () => undefined };

/** The main path, whole and in parts: what a person waits for after `make run/sheep_counter`, start-up of node left out. */
export function mainPath({ runs, context }: Bench): Figure[] {
  const scenario = scenarioNamed(SCENARIO, context);
  const { modules } = loadModules(scenario, context);
  const whole: number[] = [];
  const parts = new Map<string, number[]>([['checkpoint', []], ['kill', []], ['restore', []]]);
  const virtual: number[] = [];
  for (let i = 0; i < runs; i++) {
    let last = used_ms();
    const begin = last;
    const stepDone = (step: StepOutcome): void => {
      const now = used_ms();
      parts.get(step.kind)?.push(now - last);
      last = now;
    };
    const observer = { line: () => undefined, stepDone };
    const result = runScenario(scenario, modules, { boot: context.boot, goldens: NO_GOLDENS, ci: true, observer, wall_ms: context.wall_ms, wall_limit_ms: WALL_LIMIT_MS });
    const wall_ms = used_ms() - begin;
    whole.push(wall_ms);
    virtual.push(result.time_us / 1000 / wall_ms);
  }
  return [
    { name: `${scenario.name}: boot to verdict`, unit: 'ms', samples: whole },
    ...[...parts].map(([tag, samples]) => ({ name: `${scenario.name}: ${tag}`, unit: 'ms', samples })),
    { name: `${scenario.name}: virtual time against that of the processor`, unit: 'times faster', samples: virtual },
  ];
}
