// `rescap bench`: the boot of a captured board to the line at which it was captured, beside what that took there.
// Owns no state; the captured figures are facts of the capture.

import { systemConfig } from '../../runner/system_config.ts';
import type { Scenario } from '../../scenario/model.ts';
import { UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { loadModules } from '../modules.ts';

export const CAPTURED = 'oracle/sheep';
const LAST_LINE = '3 sheeps';
/** The real kernel and the real Genode on an emulated board (QEMU 7.2, instruction-counted) of a two-core machine, power-on to that line. */
const CAPTURED_WALL_MS = 2765;
const CAPTURED_CPU_MS = 850;
const SLICE_US = 10_000;
const LIMIT_US = 10_000_000;

/** Wall time of the boot, idle time included on neither side's processor but in the captured wall time. */
export function captureFigures(scenario: Scenario, runs: number, context: Context): { readonly name: string; readonly unit: string; readonly samples: readonly number[] }[] {
  const { modules } = loadModules(scenario, context);
  const wall: number[] = [];
  for (let i = 0; i < runs; i++) {
    const begin = context.wall_ms();
    const system = context.boot(systemConfig(scenario, modules));
    if ('error' in system) throw new UsageError(system.error);
    const { machine } = system;
    let seen = false;
    machine.events.listen(['console'], (event) => {
      if (event.kind !== 'console' || !event.text.includes(LAST_LINE)) return;
      seen = true;
      machine.stop();
    });
    while (!seen && machine.time_us < LIMIT_US && machine.run({ time_us: SLICE_US }) !== 'idle_forever');
    if (!seen) throw new Error(`${CAPTURED} did not come to '${LAST_LINE}'`);
    wall.push(context.wall_ms() - begin);
  }
  return [
    { name: `${CAPTURED}, boot to "${LAST_LINE}"`, unit: 'ms', samples: wall },
    { name: 'captured board, wall time, against that', unit: 'times slower', samples: wall.map((ms) => CAPTURED_WALL_MS / ms) },
    { name: 'captured board, CPU time, against that', unit: 'times slower', samples: wall.map((ms) => CAPTURED_CPU_MS / ms) },
  ];
}
