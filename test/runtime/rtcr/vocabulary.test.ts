// The strategy attributes of the scenario language are those of the checkpointer: same names, same values.

import * as assert from 'uvu/assert';
import { PRESETS, STRATEGY_ATTRIBUTES } from '../../../src/runtime/rtcr/strategies.ts';
import { STRATEGY } from '../../../src/scenario/schema/strategy.ts';
import { suite } from '../../kit.ts';

const test = suite('vocabulary of strategies');

test('every value of a scenario attribute is known to the checkpointer, offered or refused by name', () => {
  const known = new Map<string, readonly string[]>(STRATEGY_ATTRIBUTES.map(({ name, offered, refused }) => [name, [...offered, ...refused].sort()]));
  known.set('preset', Object.keys(PRESETS).sort());
  for (const [name, { type }] of Object.entries(STRATEGY)) {
    assert.ok(known.has(name), name);
    if (type.choices !== undefined) assert.equal([...type.choices].sort(), known.get(name), name);
  }
});

test.run();
