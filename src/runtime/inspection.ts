// The state of a hosted init for whoever looks at the system from outside: its state report as it would be now, all details on.
// Owns no state, changes nothing.

import { ramSessions } from './core/ram_account.ts';
import { initChildren, initConfig, startedChildren } from './init/state.ts';
import { type RamFigures, stateReport } from './init/state_report.ts';
import { reportedState } from './init/state_reporter.ts';
import type { HasStore } from './native/store.ts';

const EVERYTHING = { ids: true, requested: true, provided: true, session_args: true, child_ram: true, init_ram: true, delay_ms: 0, buffer_bytes: 0 } as const;

/** Whatever the configuration of that init asks for. `label` is the init's own. */
export function initState(init: HasStore, core: HasStore, label: string): string {
  const figures = new Map<number, RamFigures>();
  for (const key of startedChildren(init)) {
    const ram = ramFigures(core, `${label} -> ${initChildren(init).require(key).name}`);
    if (ram !== null) figures.set(key, ram);
  }
  return stateReport(reportedState(init, initConfig.get(init).version, ramFigures(core, label), figures), EVERYTHING);
}

/** Of the first RAM session of that label, which is the one that the component got from its parent. */
function ramFigures(core: HasStore, label: string): RamFigures | null {
  const found = ramSessions(core).find((row) => row.label === label)?.[1];
  return found === undefined ? null : { quota: found.quota, used: found.payload };
}
