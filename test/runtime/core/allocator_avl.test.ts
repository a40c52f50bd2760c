// Address allocator against vectors of the reference model, against the model itself where it is at hand, and against laws.
// Owns the generator of operation sequences. Source modelled: genode-16.08-abi.md 1.5.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { AllocatorAvl } from '../../../src/runtime/core/allocator_avl.ts';
import type { SavedNode } from '../../../src/runtime/core/block_tree.ts';
import { suite } from '../../kit.ts';

type Operation = readonly [name: 'add' | 'remove' | 'alloc' | 'at' | 'free', ...numbers: number[]];
type Answer = number | boolean | null;
interface Vector {
  readonly operations: readonly Operation[];
  readonly results: readonly Answer[];
  readonly nodes: readonly SavedNode[];
}

const TOP = 0xffff_ffff;
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const MODEL = here('../../../../shared/reference/genode-16.08-allocator-avl.py');

function apply(allocator: AllocatorAvl, [name, a = 0, b = 0, c = 0, d = TOP]: Operation): Answer {
  switch (name) {
    case 'add':
      return allocator.addRange(a, b);
    case 'remove':
      allocator.removeRange(a, b);
      return true;
    case 'alloc':
      return allocator.alloc(a, b, c, d) ?? null;
    case 'at':
      return allocator.allocAt(a, b);
    case 'free':
      return allocator.free(a);
  }
}

const page = fc.integer({ min: 0, max: 255 }).map((n) => n * 0x1000);
const bytes = fc.oneof(fc.integer({ min: 1, max: 16 }).map((n) => n * 0x1000), fc.integer({ min: 1, max: 0x3000 }));
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(fc.constant('add' as const), page, bytes) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('remove' as const), page, bytes) },
  { weight: 8, arbitrary: fc.tuple(fc.constant('alloc' as const), bytes, fc.integer({ min: 0, max: 14 }), fc.constant(0), fc.constant(TOP)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('alloc' as const), bytes, fc.integer({ min: 0, max: 14 }), page, page.map((n) => n + 0x20000)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('at' as const), page, bytes) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('free' as const), page) },
);
const operations = fc
  .array(operation, { minLength: 1, maxLength: 120, size: 'max' })
  .map((rest): Operation[] => [['add', 0x1000, 0x80000], ['add', 0x90000, 0x30000], ...rest]);

const test = suite('address allocator');

test('answers and tree of every recorded sequence are those of the reference model', () => {
  const vectors = JSON.parse(readFileSync(here('fixtures/allocator_avl.json'), 'utf8')) as Vector[];
  assert.ok(vectors.length >= 10);
  for (const vector of vectors) {
    const allocator = new AllocatorAvl();
    assert.equal(vector.operations.map((step) => apply(allocator, step)), vector.results);
    assert.equal(allocator.save().nodes, vector.nodes);
  }
});

if (!existsSync(MODEL)) test.skip('random sequences agree with the reference model', 'the reference documents are not at hand');
else if (spawnSync('python3', ['--version']).status !== 0) test.skip('random sequences agree with the reference model', 'python3 is not at hand');
else
  test('random sequences agree with the reference model', () => {
    const sequences = fc.sample(operations, { numRuns: 150, seed: 20160831 });
    const run = spawnSync('python3', [here('allocator_avl_driver.py'), MODEL], { input: JSON.stringify(sequences), encoding: 'utf8', maxBuffer: 1 << 28 });
    assert.is(run.status, 0, run.stderr);
    const answers = JSON.parse(run.stdout) as Omit<Vector, 'operations'>[];
    for (const [index, sequence] of sequences.entries()) {
      const allocator = new AllocatorAvl();
      assert.equal(sequence.map((step) => apply(allocator, step)), answers[index]?.results);
      assert.equal(allocator.save().nodes, answers[index]?.nodes);
    }
  });

test('blocks never overlap, stay in order and the counters agree with them', () => {
  void fc.assert(
    fc.property(operations, (steps) => {
      const allocator = new AllocatorAvl();
      for (const step of steps) apply(allocator, step);
      const blocks = allocator.blocks();
      for (const [index, block] of blocks.entries()) {
        const next = blocks[index + 1];
        assert.ok(next === undefined || block.base + block.size <= next.base);
      }
      assert.is(allocator.blockCount, blocks.length);
      assert.is(allocator.available_bytes, blocks.filter((block) => !block.used).reduce((sum, block) => sum + block.size, 0));
    }),
  );
});

test('a restored allocator saves the same state and answers the same ever after', () => {
  void fc.assert(
    fc.property(operations, fc.array(operation, { maxLength: 60, size: 'max' }), (before, after) => {
      const first = new AllocatorAvl();
      for (const step of before) apply(first, step);
      const second = AllocatorAvl.restore(structuredClone(first.save()));
      assert.equal(second.save(), first.save());
      assert.equal(after.map((step) => apply(second, step)), after.map((step) => apply(first, step)));
      assert.equal(second.save(), first.save());
    }),
  );
});

test('freeing all allocations leaves one free block per range', () => {
  const allocator = new AllocatorAvl();
  allocator.addRange(0x1000, 0x10000);
  const got = Array.from({ length: 16 }, () => allocator.alloc(0x1000, 12));
  assert.is(allocator.alloc(1, 0), undefined);
  for (const address of got.reverse()) assert.ok(allocator.free(address ?? -1));
  assert.equal(allocator.blocks(), [{ base: 0x1000, size: 0x10000, used: false }]);
});

test('dataspaces attached behind an image land where the captured systems put them', () => {
  for (const [image_end, expected] of [[0x105_c000, 0x105_c000], [0x105_8000, 0x105_8000]] as const) {
    const space = new AllocatorAvl();
    space.addRange(0x1000, 0xbfff_f000);
    assert.ok(space.allocAt(0x100_0000, 0x3_5000));
    assert.ok(space.allocAt(0x103_5000, image_end - 0x103_5000));
    assert.ok(space.allocAt(0x2000_0000, 0x1000_0000));
    assert.equal([space.alloc(0x2000, 13), space.alloc(0x2000, 13), space.alloc(0x2000, 13)], [expected, 0x2000, 0x4000]);
    assert.is(space.alloc(0x1000, 12), 0x1000);
  }
});

test('capability ids are handed out in steps of four and the lowest small hole is used again', () => {
  const ids = new AllocatorAvl();
  ids.addRange(4, 0xffff_fffb);
  assert.equal([ids.alloc(4, 2), ids.alloc(4, 2), ids.alloc(4, 2)], [4, 8, 12]);
  ids.free(8);
  assert.is(ids.alloc(4, 2), 8);
});

test('a range that is there already in part is refused and changes nothing', () => {
  const allocator = new AllocatorAvl();
  assert.ok(allocator.addRange(0x1000, 0x1000));
  const before = allocator.save();
  assert.not.ok(allocator.addRange(0x1fff, 0x1000));
  assert.not.ok(allocator.addRange(0x0, 0x10000));
  assert.equal(allocator.save(), before);
});

test('requests that reach over the end of the address space fail without an exception', () => {
  const allocator = new AllocatorAvl();
  allocator.addRange(0xffff_0000, 0x1_0000);
  assert.not.ok(allocator.allocAt(0xffff_f000, 0x2000));
  assert.is(allocator.alloc(0xffff_ffff, 0), undefined);
  assert.is(allocator.alloc(0x1000, 31), undefined);
  assert.not.ok(allocator.free(0x1000));
});

test('the dump prints blocks, sizes and totals as core prints them at boot', () => {
  const irq = new AllocatorAvl();
  irq.addRange(0, 0x100);
  assert.equal(irq.dump(), [
    ' Block: [00000000,00000100) size=00000100 avail=00000100 max_avail=00000100',
    ' => mem_size=256 (0 MB) / mem_avail=256 (0 MB)',
  ]);
  const memory = new AllocatorAvl();
  memory.addRange(0x7006_3000, 0x1000);
  memory.allocAt(0x7006_3000, 0x1c);
  assert.equal(memory.dump(), [
    ' Block: [70063000,7006301c) size=0000001c avail=00000000 max_avail=00000000',
    ' Block: [7006301c,70064000) size=00000fe4 avail=00000fe4 max_avail=00000fe4',
    ' => mem_size=4096 (0 MB) / mem_avail=4068 (0 MB)',
  ]);
  assert.equal(new AllocatorAvl().dump(), []);
});

test("core's I/O memory allocator comes out of the boot as the captured dump shows it", () => {
  // RAM pages that sigma0 hands out: largest first, lowest address first; then the kernel info page and core's own image.
  const ram = [[0x7000_0000, 0x7000_1000], [0x7006_3000, 0x7006_4000], [0x7007_3000, 0x700a_0000], [0x700a_b000, 0x7049_0000],
    [0x7061_4000, 0x7100_e000], [0x7100_f000, 0x7110_0000], [0x7119_0000, 0x7f00_0000]] as const;
  const allocator = new AllocatorAvl();
  allocator.addRange(0, 0xffff_ffff);
  const pages = new AllocatorAvl();
  for (const [start, end] of ram) pages.addRange(start, end - start);
  for (let log2 = 31; log2 >= 12; log2--) {
    for (const { base, size } of pages.blocks()) {
      for (let page = Math.ceil(base / 2 ** log2) * 2 ** log2; page + 2 ** log2 <= base + size; page += 2 ** log2) {
        pages.removeRange(page, 2 ** log2);
        allocator.removeRange(page, 2 ** log2);
      }
    }
  }
  for (const [base, size] of [[0x7000_2000, 0x1000], [0x7049_0000, 0x18_4000], [0x7100_e000, 0x1000], [0x7110_0000, 0x9_0000]] as const) allocator.removeRange(base, size);
  assert.equal(allocator.dump(), [
    ' Block: [00000000,70000000) size=70000000 avail=70000000 max_avail=70000000',
    ' Block: [70001000,70002000) size=00001000 avail=00001000 max_avail=70000000',
    ' Block: [70003000,70063000) size=00060000 avail=00060000 max_avail=00060000',
    ' Block: [70064000,70073000) size=0000f000 avail=0000f000 max_avail=00060000',
    ' Block: [700a0000,700ab000) size=0000b000 avail=0000b000 max_avail=80ffffff',
    ' Block: [7f000000,ffffffff) size=80ffffff avail=80ffffff max_avail=80ffffff',
    ' => mem_size=4043812863 (3856 MB) / mem_avail=4043812863 (3856 MB)',
  ]);
});

test('a free block whose end wraps around is used, but never merged with what is freed in front of it', () => {
  const wrapped = new AllocatorAvl();
  wrapped.addRange(4, 0xffff_ffff);
  const plain = new AllocatorAvl();
  plain.addRange(4, 0xffff_fffb);
  for (const allocator of [wrapped, plain]) {
    assert.equal([allocator.alloc(4, 2), allocator.alloc(4, 2), allocator.alloc(4, 2)], [4, 8, 12]);
    allocator.free(12);
    allocator.free(8);
  }
  assert.equal(wrapped.blocks().map(({ base }) => base), [4, 8, 16]);
  assert.equal(plain.blocks().map(({ base }) => base), [4, 8]);
});

test('a saved state of another version, with an unknown field or a broken tree is refused', () => {
  const allocator = new AllocatorAvl();
  allocator.addRange(0x1000, 0x4000);
  allocator.alloc(0x1000, 12);
  const state = allocator.save();
  assert.throws(() => AllocatorAvl.restore({ ...state, version: 2 }), /unknown version 2/);
  assert.throws(() => AllocatorAvl.restore({ ...state, colour: 1 }), /unknown field colour/);
  assert.throws(() => AllocatorAvl.restore({ ...state, nodes: state.nodes.map((node) => ({ ...node, colour: 1 })) }), /node 0: .*colour/);
  assert.throws(() => AllocatorAvl.restore({ ...state, nodes: state.nodes.map(({ used: _, ...node }) => node) }), /field used/);
  assert.throws(() => AllocatorAvl.restore({ ...state, nodes: state.nodes.map((node) => ({ ...node, left: 0 })) }), /bad child/);
  assert.throws(() => AllocatorAvl.restore({ ...state, nodes: state.nodes.map((node) => ({ ...node, left: -1, right: -1 })) }), /hangs nowhere/);
});

test.run();
