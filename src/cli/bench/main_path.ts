// The main path of the product: boot to verdict of one scenario, whole and in parts. Owns no state.
// Start-up of node is left out here; start_up.ts has it.

import type { StepOutcome } from '../../runner/result.ts';
import { loadModules } from '../modules.ts';
import { type Bench, type Figure, used_ms } from './figures.ts';
import { runMeasured, scenarioNamed } from './systems.ts';

const SCENARIO = 'sheep_counter';

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
    const result = runMeasured(scenario, modules, context, stepDone);
    const used = used_ms() - begin;
    whole.push(used);
    virtual.push(result.time_us / 1000 / used);
  }
  return [
    { name: `${scenario.name}: boot to verdict`, unit: 'ms', samples: whole },
    ...[...parts].map(([tag, samples]) => ({ name: `${scenario.name}: ${tag}`, unit: 'ms', samples })),
    { name: `${scenario.name}: virtual time against that of the processor`, unit: 'times faster', samples: virtual },
  ];
}
