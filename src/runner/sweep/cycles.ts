// Many cycles of checkpoint, kill and restore of one component, one after the other in one system: nothing may grow.
// Owner of the system for that long.

import { type Inventory, inventoryDifferences } from '../../runtime/inventory.ts';
import type { BootModule, BootSystem, System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { systemConfig } from '../system_config.ts';
import type { Mark } from './mark.ts';
import { cycle, type CycleStrategy, settle, toStanding } from './standing.ts';

export interface CyclesRequest extends Mark {
  readonly scenario: Scenario;
  readonly modules: readonly BootModule[];
  readonly strategy: CycleStrategy;
  readonly cycles: number;
}

export interface CyclesResult {
  readonly done: number;
  /** What there is more or less of than before the first cycle; empty: nothing. */
  readonly growth: readonly string[];
  /** How many things were counted. */
  readonly counted: number;
}

/** Cycles after which the counts were compared, every so often. */
export type Look = (done: number) => void;

/** Counts are compared after every so many cycles, and after the last. */
const LOOK_EVERY = 25;
/** Counts that differ are taken again so often, after a pause each time. */
const LOOKS_AGAIN = 5;

/** What there is more or less of; a call in flight has a receive window, so that others than before are counted again a little later. */
function differences(system: System, before: Inventory): string[] {
  let found = inventoryDifferences(before, system.inventory());
  for (let again = 0; found.length > 0 && again < LOOKS_AGAIN; again++) {
    settle(system);
    found = inventoryDifferences(before, system.inventory());
  }
  return found;
}

/** `progress` is told after each cycle, false ends it; `look` whenever the counts were compared and equal. */
export function cycles(request: CyclesRequest, boot: BootSystem, progress: (done: number) => boolean, look: Look = () => undefined): CyclesResult | { readonly error: string } {
  const { scenario, modules, strategy } = request;
  const system = boot(systemConfig(scenario, modules));
  if ('error' in system) return { error: `the system does not boot: ${system.error}` };
  const problem = toStanding(system, scenario, request, strategy);
  if (problem !== null) return { error: problem };
  const before = system.inventory();
  for (let done = 1; done <= request.cycles; done++) {
    const wrong = cycle(system, request, strategy);
    if (wrong !== null) return { error: `cycle ${done}: ${wrong}` };
    const goesOn = progress(done);
    if (goesOn && done % LOOK_EVERY !== 0 && done !== request.cycles) continue;
    settle(system);
    const growth = differences(system, before);
    if (growth.length === 0) look(done);
    if (growth.length > 0 || !goesOn || done === request.cycles) return { done, growth, counted: before.size };
  }
  return { done: 0, growth: [], counted: before.size };
}
