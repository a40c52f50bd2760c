// Comparison of capability tables: the three modes, laws that hold for all tables, and captured tables before and after a restore.
// Source modelled: product.md, "Capability dumps and goldens".

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { ObjectSpace, SlotEntry } from '../../../src/emu/jdb/model.ts';
import { parseObjectSpace, printObjectSpace } from '../../../src/emu/jdb/object_space.ts';
import { findObjectSpaces } from '../../../src/emu/jdb/serial.ts';
import type { DebugId, Slot } from '../../../src/emu/numbers.ts';
import { compare, slotsOf } from '../../../src/runner/capspace/compare.ts';
import { fixture, objectSpace } from '../../emu/jdb/arbitrary.ts';
import { suite } from '../../kit.ts';

const test = suite('comparison of capability spaces');

const space = (text: string): ObjectSpace => {
  const { value, errors } = parseObjectSpace(text);
  assert.equal(errors, []);
  return value;
};
const kinds = (a: ObjectSpace, b: ObjectSpace, mode: 'exact' | 'shape' | 'isomorphic') => compare(a, b, mode).map((difference) => `${difference.kind} ${slotsOf(difference).map((slot) => slot.toString(16)).join()}`);
const renamed = (original: ObjectSpace, rename: (id: number) => number): ObjectSpace => ({
  slots: original.slots.map((entry) => ({ ...entry, id: rename(entry.id) as DebugId })),
});
/** Few ids, so that slots alias often. */
const aliasing = objectSpace.map((original) => renamed(original, (id) => id % 7));
const MODES = ['exact', 'shape', 'isomorphic'] as const;

test('a table equals itself in every mode', () => {
  void fc.assert(fc.property(aliasing, (a) => MODES.forEach((mode) => assert.equal(compare(a, a, mode), []))));
});

test('no exact difference means the same bytes, and the other way round', () => {
  void fc.assert(
    fc.property(aliasing, aliasing, fc.boolean(), (a, other, same) => {
      const b = same ? { slots: [...a.slots] } : other;
      assert.is(compare(a, b, 'exact').length === 0, printObjectSpace(a) === printObjectSpace(b));
    }),
  );
});

test('renaming ids one to one makes no isomorphic difference, and what is exactly equal is isomorphic, and that has the same shape', () => {
  void fc.assert(
    fc.property(aliasing, aliasing, (a, b) => {
      assert.equal(compare(a, renamed(a, (id) => 100 - id), 'isomorphic'), []);
      const [exact, shape, isomorphic] = MODES.map((mode) => compare(a, b, mode).length === 0);
      assert.ok(!exact || isomorphic);
      assert.ok(!isomorphic || shape);
    }),
  );
});

test('tables are isomorphic exactly if slots, types and rights agree and a bijection of ids exists', () => {
  const small = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.constantFrom('Gate' as const, 'IRQ' as const)), { minLength: 1, maxLength: 4 });
  const table = (cells: readonly (readonly [number, 'Gate' | 'IRQ'])[]): ObjectSpace => ({
    slots: cells.map(([id, type], slot): SlotEntry => ({ slot: slot as Slot, id: id as DebugId, rights: '*', type })),
  });
  void fc.assert(
    fc.property(small, small, (left, right) => {
      const renamings = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
      const expected = renamings.some((to) => printObjectSpace(renamed(table(left), (id) => to[id] ?? 0)) === printObjectSpace(table(right)));
      assert.is(compare(table(left), table(right), 'isomorphic').length === 0, expected);
    }),
    { numRuns: 500 },
  );
});

test('swapping the sides swaps lost and new, split and joined', () => {
  const mirror: Readonly<Record<string, string>> = { lost: 'new', new: 'lost', split: 'joined', joined: 'split' };
  const tags = (a: ObjectSpace, b: ObjectSpace) =>
    compare(a, b, 'isomorphic').map((difference) => {
      const kind = difference.kind === 'aliasing' ? difference.change : difference.kind;
      return { kind, slots: slotsOf(difference).join() };
    });
  const sorted = (list: { kind: string; slots: string }[]) => list.map(({ kind, slots }) => `${kind} ${slots}`).sort();
  void fc.assert(
    fc.property(aliasing, aliasing, (a, b) => {
      assert.equal(sorted(tags(b, a)), sorted(tags(a, b).map(({ kind, slots }) => ({ kind: mirror[kind] ?? kind, slots }))));
    }),
  );
});

test('each kind of difference is told apart', () => {
  const before = space('000204 :0016e* Gate 0015f* Gate 00158* Gate 00158* Gate\n000208 :00154* Gate -- -- --\n');
  const after = space('000204 :0016e* IRQ 0015fw Gate 00158* Gate 00159* Gate\n000208 :-- 00001* Task -- --\n');
  assert.equal(kinds(before, after, 'shape'), ['lost 208', 'new 209', 'retargeted 204']);
  assert.equal(kinds(before, after, 'isomorphic'), ['lost 208', 'new 209', 'retargeted 204', 'rights 205', 'aliasing 206,207']);
  assert.equal(kinds(before, after, 'exact'), ['lost 208', 'new 209', 'retargeted 204', 'rights 205', 'id 207']);
  const [joined] = compare(after, before, 'isomorphic').filter((difference) => difference.kind === 'aliasing');
  assert.is(joined?.kind === 'aliasing' && joined.change, 'joined');
});

test('only the named rows are compared, and ignored slots are not', () => {
  const before = space('000204 :0016e* Gate 0015f* Gate -- --\n000208 :00154* Gate -- -- --\n');
  const after = space('000204 :0016e* Gate -- -- --\n');
  assert.is(compare(before, after, 'exact').length, 2);
  assert.is(compare(before, after, 'exact', { onlyRows: [0x204] }).length, 1);
  assert.is(compare(before, after, 'exact', { ignore: [0x205] }).length, 1);
  assert.is(compare(before, after, 'exact', { onlyRows: [0x204], ignore: [0x205] }).length, 0);
});

test('the rows of the mail agree exactly with the captured table but for the slot that was filled later', () => {
  const part = findObjectSpaces(fixture('quoted.txt')).value[0];
  assert.ok(part);
  const found = compare(part.space, space(fixture('target.caps')), 'exact', { onlyRows: part.rows });
  assert.equal(found.map((difference) => `${difference.kind} ${slotsOf(difference)[0]?.toString(16)}`), ['new 21e', 'new 21f']);
});

test('the captured child that started anew is isomorphic to the checkpointed one and shares no object with it', () => {
  const before = space(fixture('target.caps'));
  const after = space(fixture('restored.caps'));
  assert.equal(compare(before, after, 'isomorphic'), []);
  assert.is(compare(before, after, 'exact').filter((difference) => difference.kind === 'id').length, before.slots.length);
});

test.run();
