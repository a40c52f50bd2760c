// `rescap lint`: what is wrong with scenarios, without running them.
// Owns no state.

import type { Command } from '../command.ts';
import { PASSED } from '../command.ts';
import { loadModules } from '../modules.ts';
import { findScenarios, loadScenario, tell } from '../scenarios.ts';

export const LINT: Command = {
  name: 'lint',
  summary: 'Reads scenarios and tells everything that is wrong with them, without running them.',
  usage: 'lint [SCENARIO...]',
  example: ['rescap lint run/sheep_counter.xml'],
  options: {},
  run: ({ positionals }, context) => {
    const files = findScenarios(positionals, context);
    const broken = files.filter((file) => {
      const { scenario, diagnostics } = loadScenario(file, context);
      const modules = scenario === undefined ? [] : loadModules(scenario, context).diagnostics;
      return tell([...diagnostics, ...modules], context);
    });
    if (files.length === 0) return { verdict: 'nothing', reason: 'no scenario in run/' };
    if (broken.length > 0) return { verdict: 'invalid', reason: `${broken.length} of ${files.length} scenarios have errors` };
    context.out(`${files.length === 1 ? '1 scenario is' : `${files.length} scenarios are`} well-formed\n`);
    return PASSED;
  },
};
