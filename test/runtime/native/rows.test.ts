// Rows by key: the same as a map of them, below and above the bound between array and map, and in their copies.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { Rows } from '../../../src/runtime/native/rows.ts';
import { suite } from '../../kit.ts';

const test = suite('rows by key');

interface Row {
  readonly value: number;
}

test('they hold what a map holds, ascending, and a copy keeps what it had', () => {
  const act = fc.record({ key: fc.oneof(fc.nat(20), fc.integer({ min: 4090, max: 4100 })), what: fc.constantFrom('set', 'set', 'delete', 'copy') });
  fc.assert(
    fc.property(fc.array(act), (acts) => {
      let rows = new Rows<Row>();
      const map = new Map<number, Row>();
      const kept: [Rows<Row>, readonly (readonly [number, Row])[]][] = [];
      const content = (of: Rows<Row>): unknown => of.keys().map((key) => [key, of.get(key)]);
      for (const [value, { key, what }] of acts.entries()) {
        if (what === 'set') assert.is(rows.set(key, { value }), !map.has(key));
        if (what === 'set') map.set(key, { value });
        if (what === 'delete') assert.is(rows.delete(key), map.delete(key));
        if (what === 'copy') kept.push([rows, [...map].sort(([a], [b]) => a - b)]);
        if (what === 'copy') rows = rows.copy();
      }
      assert.is(rows.size, map.size);
      assert.equal(content(rows), [...map].sort(([a], [b]) => a - b));
      assert.equal(content(Rows.of([...map])), content(rows));
      for (const [old, then] of kept) assert.equal(content(old), then);
    }),
  );
});

test('what is beside the keys has no row', () => {
  const rows = new Rows<Row>();
  rows.set(0, { value: 1 });
  for (const key of [-1, 1, 4096, 1e9]) assert.is(rows.get(key), undefined);
});

test.run();
