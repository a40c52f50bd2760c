// Differences told in words and shown as rows.
// Source modelled: product.md, "Capability dumps and goldens"; genode-16.08-abi.md 3.5 for what slots are for.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { ObjectSpace } from '../../../src/emu/jdb/model.ts';
import { parseObjectSpace } from '../../../src/emu/jdb/object_space.ts';
import { compare } from '../../../src/runner/capspace/compare.ts';
import { columnRows, unifiedRows } from '../../../src/runner/capspace/rows.ts';
import { standardSlot } from '../../../src/runner/capspace/standard_slots.ts';
import { countWords, explain } from '../../../src/runner/capspace/words.ts';
import { fixture, objectSpace } from '../../emu/jdb/arbitrary.ts';
import { suite } from '../../kit.ts';

const test = suite('differences in words and rows');
const space = (text: string): ObjectSpace => parseObjectSpace(text).value;
const before = space('000000 :-- 00142* Task -- --\n000204 :0016e* Gate 0015f* Gate 00158* Gate 00158* Gate\n000214 :-- -- -- 00144* IRQ\n');
const after = space('000000 :-- 001d8* Task -- --\n000204 :0016e* IRQ 0015fw Gate 00158* Gate 00159* Gate\n00021c :-- 00240* Gate -- --\n');

test('a lost capability is told with what it was for', () => {
  assert.equal(explain(compare(before, after, 'isomorphic')), [
    "lost: 0x217 IRQ, the signal source's blocking semaphore (created with the PD session, handed out by Signal_source::request_semaphore), by the standard start-up order",
    'new: 0x21d Gate, object 0x240, the LOG session, by the standard start-up order',
    'retargeted: 0x204 was Gate 0x16e, the RAM session, by the standard start-up order; is IRQ 0x16e',
    'rights: 0x205 Gate had all rights (*), has strong without write (w), the CPU session, by the standard start-up order',
    'aliasing: 0x206 and 0x207 named one object (0x158), now 0x206 names 0x158, 0x207 names 0x159',
  ]);
  assert.is(countWords(compare(before, after, 'isomorphic')), '1 lost, 1 new, 1 retargeted, 1 rights, 1 aliasing');
  assert.is(countWords([]), 'no difference');
});

test('what events know wins over convention, and convention can be switched off', () => {
  const lost = compare(before, after, 'shape').filter((difference) => difference.kind === 'lost');
  assert.equal(explain(lost, { before: () => 'delivered by PD::alloc_signal_source' }), ['lost: 0x217 IRQ, delivered by PD::alloc_signal_source']);
  assert.equal(explain(lost, { standard: false }), ['lost: 0x217 IRQ']);
});

test('joined aliases are told with their former objects', () => {
  const joined = compare(after, before, 'isomorphic').filter((difference) => difference.kind === 'aliasing');
  assert.equal(explain(joined), ['aliasing: 0x206 and 0x207 named different objects (0x206 names 0x158, 0x207 names 0x159), now all name 0x158']);
});

test('many differing ids are one sentence', () => {
  const target = space(fixture('target.caps'));
  const shifted = { slots: target.slots.map((entry) => ({ ...entry, id: (entry.id + 1) as typeof entry.id })) };
  assert.equal(explain(compare(target, shifted, 'exact')), ['id: 33 slots name objects with other debug ids; the first: 0x1 Task was object 0x142, is 0x143']);
  assert.equal(explain(compare(target, shifted, 'exact').slice(0, 1)), ['id: 0x1 Task was object 0x142, is 0x143']);
});

test('every slot of the captured log_only has its conventional meaning except the stale one', () => {
  const unexplained = space(fixture('log_only.caps')).slots.filter(({ slot, type }) => standardSlot(slot, type) === undefined);
  assert.equal(unexplained.map(({ slot }) => slot.toString(16)), ['219']);
});

test('slots of threads are named by thread, and an assumption that the type contradicts is not made', () => {
  assert.is(standardSlot(1, 'Task'), "the component's own task");
  assert.is(standardSlot(8, 'Gate'), 'the parent');
  assert.is(standardSlot(9, 'Gate'), 'the gate of thread 0 (the main thread, by the standard start-up order)');
  assert.is(standardSlot(0xd, 'Gate'), 'the pager gate of thread 1 (the entrypoint "ep", by the standard start-up order)');
  assert.is(standardSlot(0x14, 'IRQ'), 'the lock IRQ of thread 3');
  assert.is(standardSlot(0x18b, 'IRQ'), undefined);
  assert.is(standardSlot(0x188, 'IRQ'), 'the lock IRQ of thread 127');
  assert.is(standardSlot(0x217, 'Gate'), undefined);
  assert.is(standardSlot(0x300, 'Gate'), undefined);
});

test('unified rows show what differs with a row around it and mark the cells', () => {
  const lines = unifiedRows(before, after, compare(before, after, 'isomorphic'));
  assert.equal(lines.map(({ tag, text }) => `${tag}: ${text}`), [
    'same:   000000 :       --        00142* Task             --               --',
    'removed: - 000204 :0016e* Gate      0015f* Gate      00158* Gate      00158* Gate',
    'added: + 000204 :0016e* IRQ       0015fw Gate      00158* Gate      00159* Gate',
    'removed: - 000214 :       --               --               --        00144* IRQ',
    'added: + 000214 :       --               --               --               --',
    'removed: - 00021c :       --               --               --               --',
    'added: + 00021c :       --        00240* Gate             --               --',
  ]);
  const removed = lines[3];
  const [mark] = removed?.marks ?? [];
  assert.is(removed?.text.slice(mark?.start, mark?.end), '00144* IRQ');
});

test('two columns stand side by side', () => {
  const lines = columnRows(before, after, compare(before, after, 'shape'), { context: 0 });
  assert.is(lines[0]?.tag, 'gap');
  assert.is(
    lines[1]?.text,
    '000204 :0016e* Gate      0015f* Gate      00158* Gate      00158* Gate      | 000204 :0016e* IRQ       0015fw Gate      00158* Gate      00159* Gate',
  );
  assert.equal(lines[1]?.marks.map(({ start, end }) => lines[1]?.text.slice(start, end).trim()), ['0016e* Gate', '0016e* IRQ']);
});

test('equal tables have no rows, and every differing slot is marked exactly once on each side', () => {
  void fc.assert(
    fc.property(objectSpace, objectSpace, (a, b) => {
      assert.equal(unifiedRows(a, a, compare(a, a, 'exact')), []);
      const differences = compare(a, b, 'exact');
      const slots = new Set(differences.flatMap((difference) => (difference.kind === 'aliasing' ? [] : [difference.slot])));
      const marks = unifiedRows(a, b, differences).flatMap((line) => line.marks);
      assert.is(marks.length, 2 * slots.size);
      assert.is(columnRows(a, b, differences).flatMap((line) => line.marks).length, 2 * slots.size);
    }),
  );
});

test.run();
