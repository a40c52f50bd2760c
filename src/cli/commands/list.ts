// `rescap list`: the scenarios of run/, each with its sentence.
// Owns no state.

import type { Command } from '../command.ts';
import { PASSED } from '../command.ts';
import { findScenarios, loadScenario } from '../scenarios.ts';

export const LIST: Command = {
  name: 'list',
  summary: 'Lists the scenarios of run/ (or those named), with what each one shows.',
  usage: 'list [SCENARIO...]',
  example: ['rescap list'],
  options: {},
  run: ({ positionals }, context) => {
    const loaded = findScenarios(positionals, context).map((file) => loadScenario(file, context));
    const width = Math.max(0, ...loaded.map(({ name }) => name.length));
    for (const { name, scenario, variants } of loaded) {
      const words = scenario === undefined ? '(has errors: rescap lint)' : scenario.doc + (variants.length > 1 ? ` (${variants.length} variants)` : '') + (scenario.tags.length === 0 ? '' : ` [${scenario.tags.join(' ')}]`);
      context.out(`${name.padEnd(width)}  ${words}`.trimEnd() + '\n');
    }
    return loaded.length === 0 ? { verdict: 'nothing', reason: 'no scenario in run/' } : PASSED;
  },
};
