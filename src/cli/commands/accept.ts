// `rescap accept`: pending capability listings become goldens.
// Owns no state; the rules are the runner's.

import { resolve } from 'node:path';
import { acceptPending } from '../../runner/golden.ts';
import { type Command, PASSED, UsageError } from '../command.ts';
import { isCi } from '../context.ts';
import { goldenFolder } from '../files.ts';
import { findScenarios, goldenFolderOf, loadScenario, tell } from '../scenarios.ts';

export const ACCEPT: Command = {
  name: 'accept',
  summary: 'Makes the pending listings (*.caps.new) that runs left in golden folders the goldens.',
  usage: 'accept [SCENARIO...]',
  example: ['rescap accept sheep_counter', 'rescap accept sheep_counter --golden third.caps'],
  options: { golden: { type: 'string', value: 'FILE', doc: 'only this golden' } },
  run: ({ values, positionals }, context) => {
    if (isCi(context)) throw new UsageError('goldens are not written where CI is set');
    const files = findScenarios(positionals, context);
    let count = 0;
    for (const file of files) {
      const { scenario, diagnostics } = loadScenario(file, context);
      if (scenario === undefined) {
        tell(diagnostics, context);
        return { verdict: 'invalid', reason: `${file} has errors` };
      }
      const folder = goldenFolderOf(file);
      const accepted = acceptPending(goldenFolder(resolve(context.cwd, folder), folder), scenario, (golden) => values['golden'] === undefined || values['golden'] === golden);
      for (const golden of accepted) context.out(`accepted ${folder}/${golden}\n`);
      count += accepted.length;
    }
    return count > 0 ? PASSED : { verdict: 'nothing', reason: 'nothing is pending' };
  },
};
