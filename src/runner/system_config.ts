// From a scenario and its boot modules to what a system is booted with: the one place that knows which fields go along.
// Pure; owns no state.

import type { BootModule, SystemConfig } from '../runtime/system.ts';
import type { Scenario } from '../scenario/model.ts';

/** The scenario's first machine; `over` says in what a further one differs. */
export function systemConfig(scenario: Scenario, modules: readonly BootModule[], over: Partial<Pick<SystemConfig, 'modules' | 'ram_bytes' | 'seed'>> = {}): SystemConfig {
  const { ram_bytes, flavour, genode: dialect, extensions, turns, seed } = scenario;
  return { modules, ram_bytes, flavour, dialect, extensions, turns, seed, ...over };
}
