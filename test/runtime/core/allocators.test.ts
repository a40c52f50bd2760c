// Allocators as rows of a store: what a fork or a restored copy does must not show in the other one.
// Source modelled: none of the original; architecture law 2.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { changeAllocator, newAllocator, readAllocator } from '../../../src/runtime/core/allocators.ts';
import { allocId, freeId, initCapIds, takeFreshIds } from '../../../src/runtime/core/cap_ids.ts';
import { Store } from '../../../src/runtime/native/store.ts';
import { suite } from '../../kit.ts';

const test = suite('core allocators');
const PAGE = 4096;

interface Owner {
  readonly store: Store;
}

const step = fc.record({ free: fc.boolean(), page: fc.nat(63), pages: fc.integer({ min: 1, max: 4 }) });
type Step = { free: boolean; page: number; pages: number };

function apply(owner: Owner, key: number, { free, page, pages }: Step): number | boolean | undefined {
  return changeAllocator(owner, key, (all) => (free ? all.free(page * PAGE) : all.alloc(pages * PAGE, 12)));
}

const blocks = (owner: Owner, key: number): unknown => readAllocator(owner, key, (all) => all.blocks());

test('a fork, a restored store and the original go their own ways', () => {
  fc.assert(
    fc.property(fc.array(step), fc.array(step), fc.array(step), (before, one, other) => {
      const owner = { store: new Store() };
      const key = newAllocator(owner, 0, 64 * PAGE);
      for (const each of before) apply(owner, key, each);
      const expected = { store: Store.restore(structuredClone(owner.store.save())) };
      const saved = owner.store.save();
      const fork = { store: owner.store.fork() };
      const answers = one.map((each) => apply(owner, key, each));
      for (const each of other) apply(fork, key, each);
      assert.equal(one.map((each) => apply(expected, key, each)), answers);
      assert.equal(blocks(expected, key), blocks(owner, key));
      const again = { store: Store.restore(saved) };
      assert.equal(one.map((each) => apply(again, key, each)), answers);
    }),
  );
});

test('a store goes back to what was captured, whatever happened since, as often as wanted', () => {
  fc.assert(
    fc.property(fc.array(step), fc.array(step), fc.array(step), (before, one, other) => {
      const owner = { store: new Store() };
      const key = newAllocator(owner, 0, 64 * PAGE);
      for (const each of before) apply(owner, key, each);
      const captured = owner.store.capture();
      const expected = structuredClone(owner.store.save());
      const answers = one.map((each) => apply(owner, key, each));
      for (const further of [other, one]) {
        owner.store.rewind(captured);
        assert.equal(structuredClone(owner.store.save()), expected);
        owner.store.rewind(captured);
        for (const each of further) apply(owner, key, each);
      }
      owner.store.rewind(captured);
      assert.equal(one.map((each) => apply(owner, key, each)), answers);
    }),
  );
});

test('ids are multiples of four that are used again once they are free', () => {
  const owner = { store: new Store() };
  initCapIds(owner);
  assert.equal([1, 2, 3, 4].map(() => allocId(owner)), [4, 8, 0xc, 0x10]);
  freeId(owner, 8);
  assert.is(allocId(owner), 8);
  assert.is(allocId(owner), 0x14);
  freeId(owner, 0xc);
  takeFreshIds(owner);
  assert.equal([1, 2].map(() => allocId(owner)), [0x18, 0x1c]);
  freeId(owner, 0x1c);
  assert.is(allocId(owner), 0x20, 'fresh is what was never handed out');
});

test.run();
