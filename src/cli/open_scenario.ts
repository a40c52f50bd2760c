// A scenario file and its boot modules, ready to run, for commands that take one; what is wrong with them is told on the way.
// Owns no state.

import type { BootModule } from '../runtime/system.ts';
import type { Scenario } from '../scenario/model.ts';
import type { Exit } from './command.ts';
import type { Context } from './context.ts';
import { loadModules } from './modules.ts';
import { loadScenario, tell } from './scenarios.ts';

export interface OpenScenario {
  readonly scenario: Scenario;
  readonly modules: readonly BootModule[];
}

/** @returns the exit of the command where the scenario or a module has errors */
export function openScenario(file: string, context: Context, bootDir?: string): OpenScenario | Exit {
  const { scenario, diagnostics } = loadScenario(file, context);
  const invalid: Exit = { verdict: 'invalid', reason: `${file} has errors` };
  if (scenario === undefined) {
    tell(diagnostics, context);
    return invalid;
  }
  const loaded = loadModules(scenario, context, bootDir);
  return tell(loaded.diagnostics, context) ? invalid : { scenario, modules: loaded.modules };
}
