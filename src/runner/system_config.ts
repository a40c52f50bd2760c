// From a scenario and its boot modules to what a system is booted with: the one place that knows which fields go along.
// Pure; owns no state.

import type { BootModule, SystemConfig } from '../runtime/system.ts';
import type { Scenario } from '../scenario/model.ts';

/** The scenario's first machine; `over` says in what a further one differs. */
export function systemConfig(scenario: Scenario, modules: readonly BootModule[], over: Partial<Pick<SystemConfig, 'modules' | 'ram_bytes' | 'seed' | 'machine'>> = {}): SystemConfig {
  const { ram_bytes, flavour, genode: dialect, extensions, turns, seed, engine } = scenario;
  return { modules: withRoom(scenario, modules), ram_bytes, flavour, dialect, extensions, turns, seed, ...(engine === undefined ? {} : { engine }), ...over, ...(over.modules === undefined ? {} : { modules: withRoom(scenario, over.modules) }) };
}

/** A configuration that will be replaced gets room for the longest that comes: modules stay where they were booted. */
function withRoom(scenario: Scenario, modules: readonly BootModule[]): readonly BootModule[] {
  const longest = Math.max(0, ...scenario.steps.map((step) => (step.kind === 'reconfigure' ? new TextEncoder().encode(step.config_text).length + 1 : 0)));
  return modules.map((module) => {
    if (module.name !== 'config' || module.bytes.length >= longest) return module;
    const bytes = new Uint8Array(longest);
    bytes.set(module.bytes);
    return { ...module, bytes };
  });
}
