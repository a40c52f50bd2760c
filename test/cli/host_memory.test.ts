// What counts as growth of the host's memory: what a program keeps, not what the engine makes of its code.

import * as assert from 'uvu/assert';
import { dataGrowth, dataIn, hostData } from '../../src/cli/host_memory.ts';
import { suite } from '../kit.ts';

const test = suite('host memory');

test('of a heap snapshot objects and texts count, compiled code and shapes do not', () => {
  const meta = { node_fields: ['type', 'name', 'self_size'], node_types: [['hidden', 'object', 'code', 'string', 'object shape'], 'string', 'number'] } as const;
  assert.equal(dataIn({ snapshot: { meta }, nodes: [0, 0, 1000, 1, 0, 24, 2, 0, 5000, 3, 0, 16, 4, 0, 700, 1, 0, 8] }), { things: 3, bytes: 48 });
});

test('what each cycle leaves behind is growth, what is kept from the first time on is none', () => {
  const before = { things: 1000, bytes: 50_000 };
  assert.is(dataGrowth(before, { things: 1051, bytes: 52_000 }, 450), null);
  assert.is(dataGrowth(before, { things: 1500, bytes: 70_000 }, 500), 'host memory: 500 objects and 20000 bytes more in 500 cycles');
  assert.is(dataGrowth(before, { things: 1500, bytes: 70_000 }, 25), null, 'too few to tell');
});

test('a list that is kept shows in what this process keeps', () => {
  const before = hostData();
  const kept = Array.from({ length: 20_000 }, (_, n) => ({ n }));
  const more = hostData().things - before.things;
  // Meanwhile some of what other tests of this process have left may be found to be garbage.
  assert.ok(more > kept.length * 0.9, `${more} things more`);
});

test.run();
