// Versioned tables: copy on write between forks, order of iteration, round trip of saved state.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { record, Store, Table, table } from '../../../src/runtime/native/store.ts';
import { suite } from '../../kit.ts';

const test = suite('component store');

interface Row {
  readonly value: number;
}

test('a fork sees the rows of its origin and neither sees the changes of the other', () => {
  const origin = new Table<Row>();
  const key = origin.insert({ value: 1 });
  const fork = origin.fork();
  fork.update(key, { value: 2 });
  origin.insert({ value: 3 });
  assert.is(origin.get(key)?.value, 1);
  assert.is(fork.get(key)?.value, 2);
  assert.is(fork.size, 1);
});

test('keys are never reused, not even after the last row was deleted', () => {
  const rows = new Table<Row>();
  const first = rows.insert({ value: 1 });
  rows.delete(first);
  assert.ok(rows.insert({ value: 2 }) > first);
});

test('a run of free keys is the lowest one, whatever was set, deleted or gone back to since the last search', () => {
  const act = fc.record({ key: fc.integer({ min: 1, max: 30 }), what: fc.constantFrom('set', 'delete', 'rewind'), count: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(fc.array(act), (acts) => {
      const rows = new Table<Row>();
      const start = rows.capture();
      for (const { key, what, count } of acts) {
        if (what === 'set') rows.set(key, { value: key });
        else if (what === 'delete') rows.delete(key);
        else rows.rewind(start);
        const free = (first: number): boolean => Array.from({ length: count }, (_, i) => first + i).every((other) => rows.get(other) === undefined);
        const lowest = Array.from({ length: 31 - count - 3 }, (_, i) => 3 + i).find(free) ?? -1;
        assert.is(rows.freeRun(3, count, 30), lowest);
      }
    }),
  );
});

test('iteration is in ascending order of keys whatever the order of insertion', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 1000 })), (keys) => {
      const rows = new Table<Row>();
      for (const key of keys) rows.set(key, { value: key });
      assert.equal([...rows.keys()], [...keys].sort((a, b) => a - b));
    }),
  );
});

test('a saved store restores to the same content and goes on numbering where it was', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer())), (inserts) => {
      const store = new Store();
      for (const [name, value] of inserts) store.table<Row>(name).insert({ value });
      const restored = Store.restore(structuredClone(store.save()));
      assert.equal(restored.save(), store.save());
      assert.is(restored.table<Row>('a').insert({ value: 0 }), store.table<Row>('a').insert({ value: 0 }));
    }),
  );
});

test('a record has its initial value until it is set', () => {
  const owner = { store: new Store() };
  const quota = record('quota', { used: 0, limit: 10 });
  assert.is(quota.get(owner).limit, 10);
  quota.update(owner, { used: 4 });
  assert.equal(quota.get(owner), { used: 4, limit: 10 });
});

test('a version grows with every change and only then', () => {
  const owner = { store: new Store() };
  const rows = table<Row>('rows')(owner);
  const before = rows.version;
  rows.get(1);
  rows.delete(7);
  assert.is(rows.version, before);
  rows.insert({ value: 1 });
  assert.ok(rows.version > before);
});

test.run();
