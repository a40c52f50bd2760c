// `rescap coverage SCENARIO...`: runs scenarios and tells which rows of the instruction tables their components executed.
// Owns no state; goldens are neither read nor written.

import { NO_GOLDENS } from '../../runner/golden.ts';
import { Coverage } from '../../emu/arm/coverage.ts';
import { WALL_MS_DEFAULT } from '../../runner/limits.ts';
import { runScenario } from '../../runner/run.ts';
import type { BootSystem } from '../../runtime/system.ts';
import { type Command, ENGINE_OPTION, type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { passingImages } from '../image_store.ts';
import { BOOT_DIR_OPTION, bootFolder } from '../modules.ts';
import { openScenario } from '../open_scenario.ts';
import { findScenarios } from '../scenarios.ts';

/** Instruction by instruction takes longer than a run does. */
const WALL_LIMIT_MS = 10 * WALL_MS_DEFAULT;

export const COVERAGE: Command = {
  name: 'coverage',
  summary: 'Runs scenarios instruction by instruction and tells which rows of the instruction tables they executed, and how often.',
  usage: 'coverage SCENARIO...',
  example: ['rescap coverage sheep_counter', 'rescap coverage log_only page_fault'],
  options: { engine: ENGINE_OPTION, 'boot-dir': BOOT_DIR_OPTION },
  run: ({ values, positionals }, context) => {
    if (positionals.length === 0) throw new UsageError('coverage needs a scenario', 'for example: rescap coverage sheep_counter');
    const coverage = new Coverage();
    for (const file of findScenarios(positionals, context)) {
      const exit = runOne(file, coverage, bootFolder(values['boot-dir'], context), context);
      if (exit.verdict !== 'passed') return exit;
    }
    const width = Math.max(...coverage.rows.map(({ count }) => String(count).length));
    for (const { set, row, count } of coverage.rows) context.out(`${String(count).padStart(width)}  ${set}  ${row}\n`);
    const parts = (['A32', 'T32'] as const).map((set) => ({ set, ...coverage.of(set) }));
    context.out(`${parts.map(({ set, executed, all }) => `${set}: ${executed} of ${all} rows`).join(', ')}\n`);
    return PASSED;
  },
};

function runOne(file: string, coverage: Coverage, boot_dir: string | undefined, context: Context): Exit {
  const opened = openScenario(file, context, boot_dir);
  if ('verdict' in opened) return opened;
  const { scenario, modules } = opened;
  const boot: BootSystem = (config) => {
    const system = context.boot(config);
    if ('error' in system) return system;
    system.machine.events.listen(['instruction'], (event) => {
      if (event.kind === 'instruction') coverage.see(event.opcode, event.thumb);
    });
    return system;
  };
  const observer = { line: () => undefined, stepDone: () => undefined };
  const result = runScenario(scenario, modules, { boot, goldens: NO_GOLDENS, images: passingImages(file, context), ci: true, observer, wall_ms: context.wall_ms, wall_limit_ms: WALL_LIMIT_MS });
  return result.verdict === 'invalid' || result.verdict === 'internal' ? { verdict: result.verdict, reason: result.reason } : PASSED;
}
