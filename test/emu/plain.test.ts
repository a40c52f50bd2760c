// Plain values: what is copied shares nothing with what it was copied from.

import * as assert from 'uvu/assert';
import { copyPlain, ownPlain, type Plain } from '../../src/emu/plain.ts';
import { suite } from '../kit.ts';

const test = suite('plain values');

const nested = (): Record<string, Plain> => ({ count: 3, list: [1, [2, 3], { deep: 'x' }], bytes: new Uint8Array([1, 2]), none: null });

test('a copy is equal and changes on its own, at any depth', () => {
  const original = nested();
  const copy = copyPlain(original) as Record<string, Plain>;
  assert.equal(copy, original);
  ((copy['list'] as Plain[])[1] as number[])[0] = 99;
  (copy['bytes'] as Uint8Array)[0] = 99;
  assert.equal(original, nested());
});

test('an owned record is the same record, and what it holds belongs to nobody else', () => {
  const held = nested();
  const record: Record<string, Plain> = { held, list: held['list'] as Plain };
  const owned = ownPlain(record);
  assert.is(owned, record);
  ((owned['list'] as Plain[])[1] as number[])[0] = 99;
  ((owned['held'] as Record<string, Plain>)['bytes'] as Uint8Array)[0] = 99;
  assert.equal(held, nested());
});

test.run();
