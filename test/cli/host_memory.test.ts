// What counts as growth of the host's memory: what a program keeps, not what the engine makes of its code.

import * as assert from 'uvu/assert';
import { dataGrowth, dataIn, hostData } from '../../src/cli/host_memory.ts';
import { suite } from '../kit.ts';

const test = suite('host memory');

test('of a heap snapshot objects and texts count, compiled code and shapes do not', () => {
  const meta = { node_fields: ['type', 'name', 'self_size'], node_types: [['hidden', 'object', 'code', 'string', 'object shape'], 'string', 'number'] } as const;
  assert.equal(dataIn({ snapshot: { meta }, nodes: [0, 0, 1000, 1, 0, 24, 2, 0, 5000, 3, 0, 16, 4, 0, 700, 1, 0, 8] }), { things: 3, bytes: 48 });
});

const looks = (...things: readonly number[]) => things.map((n, k) => ({ done: (k + 1) * 150, things: n, bytes: n * 50 }));

test('what each cycle leaves behind is growth', () => {
  assert.is(dataGrowth(looks(1000, 1150, 1300, 1450)), 'host memory: 450 objects and 22500 bytes more in 450 cycles');
  assert.is(dataGrowth(looks(1000, 1150).map((look) => ({ ...look, done: look.done / 10 }))), null, 'too few to tell');
});

test('what is kept from the first time on, or made once at any cycle, is none', () => {
  assert.is(dataGrowth(looks(1000, 1020, 1035, 1051)), null);
  for (const once of [looks(1000, 2000, 2010, 2020), looks(1000, 1010, 2010, 2020), looks(1000, 1010, 1020, 2020)]) assert.is(dataGrowth(once), null);
});

test('a list that is kept shows in what this process keeps', () => {
  const before = hostData();
  const kept = Array.from({ length: 20_000 }, (_, n) => ({ n }));
  const more = hostData().things - before.things;
  // Meanwhile some of what other tests of this process have left may be found to be garbage.
  assert.ok(more > kept.length * 0.9, `${more} things more`);
});

test.run();
