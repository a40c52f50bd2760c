// What the historic checkpoint/restore programs cost the host here, beside what they cost it on the captured board: power-on to the point
// before the checkpoint, and from there to the point after the restore. Owns no state; the captured figures are facts of the captures.

import type { StepOutcome } from '../../runner/result.ts';
import { loadModules } from '../modules.ts';
import type { Context } from '../context.ts';
import { type Figure, ratios, used_ms } from './figures.ts';
import { runMeasured, scenarioNamed } from './systems.ts';

interface Captured {
  readonly scenario: string;
  /**
   * Milliseconds of the host's processor from power-on to the point before the checkpoint, and to the one after the restore, as the timing
   * files (`rtcr_restore`) have them: QEMU 7.2 with -icount on a machine of two cores.
   */
  readonly pre_ms: number;
  readonly post_ms: number;
}

export const CAPTURED_RESTORES: readonly Captured[] = [
  { scenario: 'oracle/restore_master', pre_ms: 920, post_ms: 1730 },
  { scenario: 'oracle/restore_fixing_restore', pre_ms: 930, post_ms: 1510 },
];

/** The scenario awaits the first point in its first step, and dumps the second one after the restore. */
function timed(name: string, context: Context): { readonly pre: number; readonly rest: number } {
  const scenario = scenarioNamed(name, context);
  const { modules } = loadModules(scenario, context);
  const begin = used_ms();
  let [pre, post] = [Number.NaN, Number.NaN];
  const stepDone = ({ kind }: StepOutcome): void => {
    if (Number.isNaN(pre)) pre = used_ms();
    if (kind === 'dump') post = used_ms();
  };
  runMeasured(scenario, modules, context, stepDone);
  if (Number.isNaN(post)) throw new Error(`${name} did not come to its point after the restore`);
  return { pre: pre - begin, rest: post - pre };
}

export function capturedRestores(runs: number, context: Context, captures: readonly Captured[] = CAPTURED_RESTORES): Figure[] {
  return captures.flatMap(({ scenario, pre_ms, post_ms }) => {
    const taken = Array.from({ length: runs }, () => timed(scenario, context));
    const part = (what: string, here: readonly number[], there_ms: number): Figure[] => [
      { name: `${scenario}, ${what}, CPU time`, unit: 'ms', samples: here },
      { name: `${scenario}, ${what}: captured board, CPU time`, unit: 'ms', samples: [there_ms] },
      { name: `${scenario}, ${what}: captured board against that`, unit: 'times slower', samples: ratios(here.map(() => there_ms), here) },
    ];
    return [
      ...part('power-on to the point before the checkpoint', taken.map(({ pre }) => pre), pre_ms),
      ...part('checkpoint, restore and what follows to the point after it', taken.map(({ rest }) => rest), post_ms - pre_ms),
    ];
  });
}
