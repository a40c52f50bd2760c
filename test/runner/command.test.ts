// Tests of commands that do not end: threads that wait for one another are found, and only they.
// Owns no state.

import * as assert from 'uvu/assert';
import type { ThreadRow, ThreadTimeout, ThreadWait } from '../../src/emu/jdb/model.ts';
import type { DebugId } from '../../src/emu/numbers.ts';
import { waitingCircle } from '../../src/runner/command.ts';
import { suite } from '../kit.ts';

const test = suite('commands of a checkpointer');

const FOR_EVER: ThreadTimeout = { kind: 'none' };

const row = (id: number, wait: ThreadWait, timeout: ThreadTimeout = FOR_EVER): ThreadRow =>
  ({ id: id as DebugId, cpu: 0, name: `t${id}`, priority: 128, task: 1 as DebugId, wait, timeout, states: [], cut: false });
const sends = (id: number, to: number): ThreadRow => row(id, { kind: 'to', receiver: to as DebugId });
const awaits = (id: number, from: number, timeout: ThreadTimeout = FOR_EVER): ThreadRow => row(id, { kind: 'from', partner: from as DebugId, is: 'thread' }, timeout);

test('threads that wait for each other are a circle, whoever else waits for one of them', () => {
  assert.equal(waitingCircle([awaits(9, 5), sends(5, 3), sends(3, 5)]), [5, 3]);
  assert.equal(waitingCircle([awaits(1, 2), awaits(2, 3), sends(3, 1)]), [1, 2, 3]);
});

test('a wait that ends by itself, for an interrupt, for anybody or for oneself is none', () => {
  assert.is(waitingCircle([awaits(1, 2, { kind: 'left', value: 1, unit: 'ms' }), awaits(2, 1)]), null);
  assert.is(waitingCircle([row(1, { kind: 'from', partner: 2 as DebugId, is: 'irq' }), awaits(2, 1)]), null);
  assert.is(waitingCircle([row(1, { kind: 'open' }), awaits(2, 1), awaits(3, 3)]), null);
});

test.run();
