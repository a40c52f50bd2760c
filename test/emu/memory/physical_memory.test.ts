// The RAM and its snapshots: a tree of states, compared with plain copies.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { MemorySnapshot } from '../../../src/emu/memory/frame_history.ts';
import { FRAME_OPEN, PhysicalMemory } from '../../../src/emu/memory/physical_memory.ts';
import { PAGE_BYTES } from '../../../src/emu/numbers.ts';
import { suite } from '../../kit.ts';

const test = suite('emu/memory/physical_memory');
const FRAMES = 6;

type Operation =
  | { readonly kind: 'write'; readonly frame: number; readonly offset: number; readonly value: number }
  | { readonly kind: 'clear'; readonly frame: number }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'rewind' | 'release'; readonly which: number };

const frame = fc.nat(FRAMES - 1);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), frame, offset: fc.nat(PAGE_BYTES - 4), value: fc.nat(255) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), frame }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('snapshot' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('rewind' as const, 'release' as const), which: fc.nat(20) }) },
);

test('going to any snapshot of a tree, in any order and with others released, brings its bytes back', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
      const memory = new PhysicalMemory(0, FRAMES * PAGE_BYTES);
      const kept: { snapshot: MemorySnapshot; bytes: Uint8Array }[] = [];
      for (const it of operations) {
        if (it.kind === 'write') memory.write(it.frame * PAGE_BYTES + it.offset, Uint8Array.of(it.value, 1));
        else if (it.kind === 'clear') memory.fill(it.frame * PAGE_BYTES, PAGE_BYTES);
        else if (it.kind === 'snapshot') kept.push({ snapshot: memory.snapshot(), bytes: memory.u8.slice() });
        else if (kept.length > 0) {
          const at = it.which % kept.length;
          const chosen = kept[at];
          if (chosen === undefined) continue;
          if (it.kind === 'rewind') {
            memory.rewind(chosen.snapshot);
            assert.equal(Buffer.compare(memory.u8, chosen.bytes), 0);
          } else {
            memory.release(chosen.snapshot);
            kept.splice(at, 1);
          }
        }
      }
      for (const { snapshot, bytes } of kept) {
        memory.rewind(snapshot);
        assert.equal(Buffer.compare(memory.u8, bytes), 0);
      }
      for (const { snapshot } of kept) memory.release(snapshot);
      assert.is(memory.snapshot_bytes, 0);
    }),
    { numRuns: 300 },
  );
});

test('a snapshot keeps only the frames that change after it, each once', () => {
  const memory = new PhysicalMemory(0, FRAMES * PAGE_BYTES);
  memory.write(0, new Uint8Array(FRAMES * PAGE_BYTES).fill(7));
  memory.snapshot();
  assert.is(memory.snapshot_bytes, 0);
  for (let k = 0; k < 10; k++) memory.write(PAGE_BYTES - 2, Uint8Array.of(k, k, k, k));
  assert.equal(memory.changed, [0, 1]);
  assert.is(memory.snapshot_bytes, 2 * PAGE_BYTES);
});

test('every snapshot and every rewind closes the frames and begins an epoch', () => {
  const memory = new PhysicalMemory(0, FRAMES * PAGE_BYTES);
  memory.open(0);
  assert.is(memory.state[0], FRAME_OPEN);
  const before = memory.epoch;
  const snapshot = memory.snapshot();
  assert.is.not(memory.state[0], FRAME_OPEN);
  memory.open(0);
  memory.rewind(snapshot);
  assert.is.not(memory.state[0], FRAME_OPEN);
  assert.ok(memory.epoch >= before + 2);
});

test('a frame with decoded code is closed to writers, and its change is announced once, by a rewind as well', () => {
  const memory = new PhysicalMemory(0, FRAMES * PAGE_BYTES);
  const changed: number[] = [];
  memory.codeChanged = (at) => changed.push(at);
  memory.open(PAGE_BYTES);
  const snapshot = memory.snapshot();
  memory.watchCode(1);
  memory.write(PAGE_BYTES, Uint8Array.of(1));
  memory.write(PAGE_BYTES, Uint8Array.of(2));
  assert.equal(changed, [1]);
  memory.watchCode(1);
  memory.rewind(snapshot);
  assert.equal(changed, [1, 1]);
  memory.rewind(snapshot);
  assert.equal(changed, [1, 1]);
});

test('a released snapshot and one of another memory are refused', () => {
  const memory = new PhysicalMemory(0, PAGE_BYTES);
  const snapshot = memory.snapshot();
  memory.release(snapshot);
  assert.throws(() => memory.rewind(snapshot), /released/);
  assert.throws(() => memory.rewind(new PhysicalMemory(0, PAGE_BYTES).snapshot()), /another machine/);
});

test('a copy between frames is a copy of the bytes, whatever was written there before', () => {
  const place = fc.nat(2 * PAGE_BYTES - 1);
  fc.assert(
    fc.property(fc.array(fc.nat(FRAMES * PAGE_BYTES - 1), { maxLength: 4 }), place, place, fc.nat(2 * PAGE_BYTES), (written, from, to, length) => {
      const memory = new PhysicalMemory(0, 2 * FRAMES * PAGE_BYTES);
      for (const at of written) memory.write(2 * at, Uint8Array.of(at % 251, 7));
      const behind = FRAMES * PAGE_BYTES + to;
      const expected = memory.u8.slice();
      expected.copyWithin(behind, from, from + length);
      const snapshot = memory.snapshot();
      const before = memory.u8.slice();
      memory.copy(behind, from, length);
      assert.equal(memory.u8.slice(), expected);
      memory.rewind(snapshot);
      assert.equal(memory.u8.slice(), before);
    }),
    { numRuns: 60 },
  );
});

test.run();
