// `rescap accept`: pending capability listings become goldens.
// Owns no state; the rules are the runner's.

import { acceptPending } from '../../runner/golden.ts';
import { type Command, PASSED, UsageError } from '../command.ts';
import { isCi } from '../context.ts';
import { findScenarios, goldensOf, loadScenario, tell } from '../scenarios.ts';

export const ACCEPT: Command = {
  name: 'accept',
  summary: 'Makes the pending files (*.new) that runs left in golden folders the goldens.',
  usage: 'accept [SCENARIO...]',
  example: ['rescap accept sheep_counter', 'rescap accept sheep_counter --golden third.caps'],
  options: { golden: { type: 'string', value: 'FILE', doc: 'only this golden' } },
  run: ({ values, positionals }, context) => {
    if (isCi(context)) throw new UsageError('goldens are not written where CI is set');
    const files = findScenarios(positionals, context);
    let count = 0;
    for (const file of files) {
      const { scenario, variants, diagnostics } = loadScenario(file, context);
      if (scenario === undefined) {
        tell(diagnostics, context);
        return { verdict: 'invalid', reason: `${file} has errors` };
      }
      for (const one of variants) {
        const store = goldensOf(file, one.variant, context);
        const accepted = acceptPending(store, one, (golden) => values['golden'] === undefined || values['golden'] === golden);
        for (const golden of accepted) context.out(`accepted ${store.folder}/${golden}\n`);
        count += accepted.length;
      }
    }
    return count > 0 ? PASSED : { verdict: 'nothing', reason: 'nothing is pending' };
  },
};
