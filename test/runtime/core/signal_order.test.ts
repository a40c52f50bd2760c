// Test equipment for signals: a source delivers in a given order, and nothing is lost.

import * as assert from 'uvu/assert';
import { endSignalOrders, orderSignals, releaseSignals, signalsArrived, signalsDelivered, takeSignals } from '../../../src/runtime/core/signal_order.ts';
import { signalContexts, signalSources } from '../../../src/runtime/core/signal_tables.ts';
import { Store } from '../../../src/runtime/native/store.ts';
import { suite } from '../../kit.ts';

const test = suite('order of signals');

const CAP = { id: 0, slot: 0 };
const [A, B] = [0xa0, 0xb0];

function source(): { owner: { store: Store }; key: number; a: number; b: number; deliver: () => string } {
  const owner = { store: new Store() };
  const key = signalSources(owner).insert({ semaphore: CAP, finalizer: CAP, cap: CAP, contexts_slab: 0, queue: [] });
  const [a = 0, b = 0] = [A, B].map((imprint) => signalContexts(owner).insert({ source: key, imprint, count: 0, cap: CAP }));
  const deliver = (): string => {
    const { queue: [first, ...queue] } = signalSources(owner).require(key);
    if (first === undefined) return 'nothing';
    const { imprint, count } = signalContexts(owner).require(first);
    signalSources(owner).update(key, { queue });
    signalContexts(owner).update(first, { count: 0 });
    signalsDelivered(owner, key, imprint);
    return `${imprint.toString(16)} ${count}`;
  };
  return { owner, key, a, b, deliver };
}

test('without an order signals come as they are submitted, and the semaphore is raised once for each context', () => {
  const { owner, a, b, deliver } = source();
  assert.equal([takeSignals(owner, b, 1), takeSignals(owner, a, 1), takeSignals(owner, b, 2)], [true, true, false]);
  assert.equal([deliver(), deliver(), deliver()], ['b0 3', 'a0 1', 'nothing']);
});

test('with an order what is submitted too early waits, and counts are those of the order', () => {
  const { owner, key, a, b, deliver } = source();
  orderSignals(owner, key, [{ imprint: A, count: 1 }, { imprint: B, count: 2 }, { imprint: A, count: 1 }]);
  assert.equal([takeSignals(owner, b, 1), takeSignals(owner, b, 1)], [false, false]);
  assert.is(deliver(), 'nothing');
  assert.is(takeSignals(owner, a, 2), true);
  assert.is(deliver(), 'a0 1');
  assert.is(deliver(), 'nothing', 'what comes next is let go by the equipment');
  assert.is(releaseSignals(owner, key), true);
  assert.equal([deliver(), releaseSignals(owner, key), deliver()], ['b0 2', true, 'a0 1']);
  assert.is(takeSignals(owner, a, 1), false);
  assert.equal([endSignalOrders(owner), deliver()], [[key], 'a0 1'], 'at the end nothing is lost');
});

test('a delivery that was under way when the order began is its first, and is not waited for again', () => {
  const { owner, key, a, b, deliver } = source();
  takeSignals(owner, b, 1);
  assert.is(deliver(), 'b0 1', 'decided before there is an order');
  orderSignals(owner, key, [{ imprint: B, count: 1 }, { imprint: A, count: 1 }, { imprint: B, count: 1 }]);
  signalsArrived(owner, key, B);
  assert.equal([takeSignals(owner, b, 1), deliver()], [false, 'nothing'], 'the next one is the other');
  assert.equal([takeSignals(owner, a, 1), deliver()], [true, 'a0 1']);
  signalsArrived(owner, key, A);
  assert.equal([releaseSignals(owner, key), deliver()], [true, 'b0 1'], 'one that the order has decided on is counted once');
});

test.run();
