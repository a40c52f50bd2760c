// Data accesses against a flat model: every size, every alignment, over a boundary between pages whose frames are not neighbours.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { GUEST_FAULT, Mmu } from '../../../src/emu/arm/mmu.ts';
import { PhysicalMemory } from '../../../src/emu/memory/physical_memory.ts';
import { suite } from '../../kit.ts';
import { HEAP, Pages, READ_ONLY, RW } from './board.ts';

const test = suite('arm mmu');

interface Access {
  readonly kind: 'loadByte' | 'loadHalf' | 'loadWord' | 'storeByte' | 'storeHalf' | 'storeWord';
  readonly offset: number;
  readonly value: number;
}
const access: fc.Arbitrary<Access> = fc.record({
  kind: fc.constantFrom('loadByte', 'loadHalf', 'loadWord', 'storeByte', 'storeHalf', 'storeWord'),
  offset: fc.oneof(fc.integer({ min: 4088, max: 4100 }), fc.integer({ min: 0, max: 8188 })),
  value: fc.integer(),
});

/** The same access on two pages of plain memory. */
function onModel(model: DataView, { kind, offset, value }: Access): number | undefined {
  switch (kind) {
    case 'loadByte':
      return model.getUint8(offset);
    case 'loadHalf':
      return model.getUint16(offset, true);
    case 'loadWord':
      return model.getInt32(offset, true);
    case 'storeByte':
      model.setUint8(offset, value);
      return undefined;
    case 'storeHalf':
      model.setUint16(offset, value, true);
      return undefined;
    case 'storeWord':
      model.setInt32(offset, value, true);
      return undefined;
  }
}

test('accesses see and make the same bytes as on flat memory', () => {
  fc.assert(
    fc.property(fc.array(access, { maxLength: 60 }), (accesses) => {
      const memory = new PhysicalMemory(0, 8 * 4096);
      const pages = new Pages();
      pages.map(HEAP, 6, RW);
      pages.map(HEAP + 4096, 2, RW);
      const mmu = new Mmu(memory);
      mmu.use(pages);
      const model = new DataView(new ArrayBuffer(8192));
      for (const step of accesses) assert.is(mmu[step.kind](HEAP + step.offset, step.value), onModel(model, step));
      const bytes = new Uint8Array(model.buffer);
      assert.equal(memory.u8.slice(6 * 4096, 7 * 4096), bytes.slice(0, 4096));
      assert.equal(memory.u8.slice(2 * 4096, 3 * 4096), bytes.slice(4096));
      const outside = memory.u8.filter((byte, index) => byte !== 0 && index >>> 12 !== 6 && index >>> 12 !== 2);
      assert.is(outside.length, 0);
    }),
  );
});

test('a store that straddles into a page it may not write changes no byte', () => {
  const memory = new PhysicalMemory(0, 8 * 4096);
  const pages = new Pages();
  pages.map(HEAP, 1, RW);
  pages.map(HEAP + 4096, 2, READ_ONLY);
  const mmu = new Mmu(memory);
  mmu.use(pages);
  assert.throws(() => mmu.storeWord(HEAP + 4094, -1), (thrown: unknown) => thrown === GUEST_FAULT);
  assert.equal([mmu.faultAddress, mmu.faultWrite, mmu.faultCause], [HEAP + 4096, true, 'permission']);
  assert.ok(memory.u8.every((byte) => byte === 0));
});

test('what is allowed is what does not fault, and an abort is described alike whether told or thrown', () => {
  const [range, rights] = [fc.record({ offset: fc.integer({ min: 0, max: 4 * 4096 - 1 }), count: fc.integer({ min: 1, max: 4096 }), write: fc.boolean() }), fc.constantFrom(null, READ_ONLY, RW)];
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 30 }), fc.tuple(rights, rights, rights, rights), (ranges, mapped) => {
      const pages = new Pages();
      mapped.forEach((right, k) => {
        if (right !== null) pages.map(HEAP + k * 4096, k + 1, right);
      });
      const [asked, probed] = [0, 1].map(() => new Mmu(new PhysicalMemory(0, 8 * 4096))) as [Mmu, Mmu];
      const abort = ({ faultAddress, faultWrite, faultFetch, faultCause }: Mmu): unknown => [faultAddress, faultWrite, faultFetch, faultCause];
      for (const mmu of [asked, probed]) mmu.use(pages);
      for (const { offset, count, write } of ranges) {
        let allowed = true;
        try {
          probed.probe(HEAP + offset, count, write);
        } catch (thrown) {
          if (thrown !== GUEST_FAULT) throw thrown;
          allowed = false;
        }
        assert.is(asked.allows(HEAP + offset, count, write), allowed);
        assert.equal(abort(asked), abort(probed));
        // What is cached by an access must not allow more.
        if (allowed) asked.probe(HEAP + offset, count, write);
      }
    }),
  );
});

test('pages that share a cache entry do not hide each other', () => {
  const memory = new PhysicalMemory(0, 8 * 4096);
  const pages = new Pages();
  const mmu = new Mmu(memory);
  for (let k = 0; k < 4; k++) pages.map(HEAP + k * 256 * 4096, k + 1, RW);
  mmu.use(pages);
  for (let round = 0; round < 2; round++) {
    for (let k = 0; k < 4; k++) mmu.storeWord(HEAP + k * 256 * 4096, 10 * k + round);
    for (let k = 0; k < 4; k++) assert.is(mmu.loadWord(HEAP + k * 256 * 4096), 10 * k + round);
  }
});

test.run();
