// Who lacks a right, names too little or finds no memory left is refused with the kernel's error, and nothing has changed
// (fiasco-kernel.md 1.2, 3.2, 3.3, 3.4, 3.8, 4.1, 4.3, 6, 10).

import * as assert from 'uvu/assert';
import { objectRows } from '../../../src/emu/jdb/view.ts';
import { suite } from '../../kit.ts';
import { bindThread, capItem, createGate, createIrq, createTask, createThread, exRegs, invoke, noteResult, ScriptedBoard, SEND, sel, type Step, taskMap } from './scripted.ts';

const test = suite('refusals');
const PERM = 'ffff0000';
const INVAL = 'ffea0000';
const NOMEM = 'fff40000';

/** A copy of a capability with these rights of R, S and W only. */
const copy = (from: number, to: number, rights: number): Step => taskMap(1, 1, (to << 12) | 8, ((from << 12) | 0x30 | rights) >>> 0);
const [WITHOUT_S, WITHOUT_W] = [5, 6];
const boardOf = (main: readonly Step[]): ScriptedBoard => {
  const board = new ScriptedBoard(() => ({ main }));
  board.finish(5_000_000);
  assert.equal(board.machine.kernel.check(), []);
  return board;
};
const notes = (...main: readonly (Step | readonly Step[])[]): readonly string[] => boardOf(main.flat()).notes;
const control = (thread: number, words: number, ...mrs: readonly number[]): Step => invoke({ tag: (0xfff4_0000 | words) >>> 0, to: sel(thread), mrs });
const ROOT_UTCB = 0xbfff_0000;

test('a thread is controlled through a strong capability only, and bound to a task that is named by one', () => {
  assert.equal(
    notes(
      createThread(0x200), copy(0x200, 0x201, WITHOUT_S), copy(1, 0x202, WITHOUT_S),
      bindThread(0x201, 1, ROOT_UTCB + 512), noteResult('weak thread'), bindThread(0x200, 0x202, ROOT_UTCB + 512), noteResult('weak task'),
      bindThread(0x200, 0x300, ROOT_UTCB + 512), noteResult('empty'), bindThread(0x200, 2, ROOT_UTCB + 512), noteResult('factory'),
      bindThread(0x200, 1, ROOT_UTCB + 516), noteResult('unaligned'), bindThread(0x200, 1, 0x7049_0000), noteResult('no kernel-user memory'),
      control(0x200, 5, 0x1_0000, 4 << 12, 0, 0, 0), noteResult('five words'), bindThread(0x200, 1, ROOT_UTCB + 520), noteResult('all is well'),
    ),
    [`weak thread ${PERM}`, `weak task ${PERM}`, `empty ${PERM}`, `factory ${INVAL}`, `unaligned ${INVAL}`, `no kernel-user memory ${INVAL}`, `five words ${INVAL}`, 'all is well 3'],
  );
});

test('ex_regs has three words, and a registered IRQ and a bound pin want the write right', () => {
  assert.equal(
    notes(
      createThread(0x200), control(0x200, 2, 1, 0x1000), noteResult('two words'), control(0x200, 4, 1, 0x1000, 0, 0), noteResult('four words'), exRegs(0x200, 0x1000), noteResult('three words'),
      createIrq(0x300), copy(0x300, 0x301, WITHOUT_W), invoke({ tag: 0xfff4_0041, to: sel(0x200), mrs: [5, ...capItem(0x301)] }), noteResult('delete IRQ'),
      invoke({ tag: 0xffff_0042, to: sel(6), mrs: [0, 40, ...capItem(0x301)] }), noteResult('pin'), invoke({ tag: 0xffff_0042, to: sel(6), mrs: [0, 36, ...capItem(0x300)] }), noteResult("the kernel's pin"),
    ),
    [`two words ${INVAL}`, `four words ${INVAL}`, 'three words 3', `delete IRQ ${PERM}`, `pin ${PERM}`, `the kernel's pin ${PERM}`],
  );
});

test('a gate is bound to a thread that is named by a strong capability', () => {
  const bind = (thread: number): Step => invoke({ tag: 0xfff6_0042, to: sel(0x210), mrs: [0x10, 0x188, ...capItem(thread)] });
  const board = boardOf([createThread(0x200), copy(0x200, 0x201, WITHOUT_S), createGate(0x210, 0x140, 3), bind(0x201), noteResult('weak'), bind(0x300), noteResult('empty'), createGate(0x211, 0x144, 0x201), noteResult('made with a weak one')]);
  assert.equal(board.notes, [`weak ${PERM}`, `empty ${PERM}`, `made with a weak one ${PERM}`]);
  assert.equal(objectRows(board.machine.kernel).flatMap((row) => (row.type === 'Gate' ? [[row.label, row.thread]] : [])).at(-1), [0x140, 0xa]);
});

test('a task takes mappings through a writable capability only, and strong ones where both tasks are strong', () => {
  const map = (to: number, from: number, slot: number): Step => taskMap(to, from, (slot << 12) | 8, ((0x300 << 12) | 0x37) >>> 0);
  const board = boardOf([createTask(0x200), copy(0x200, 0x201, WITHOUT_W), copy(0x200, 0x202, WITHOUT_S), copy(1, 0x203, WITHOUT_S), createIrq(0x300), map(0x201, 1, 8), noteResult('not writable'), map(0x202, 1, 9), map(0x200, 0x203, 10), map(0x200, 1, 11), noteResult('strong')]);
  assert.equal(board.notes, [`not writable ${PERM}`, 'strong 0']);
  assert.equal(board.machine.kernel.tasks().at(-1)?.objects.mappings().map(({ slot, rights }) => [slot, rights]), [[9, 1], [10, 1], [11, 3]]);
});

test('a factory makes nothing for who does not receive or lacks the strong right, and for none what its limit does not allow', () => {
  const create = (to: number, ...mrs: readonly number[]): Step => invoke({ tag: (0xfff1_0000 | mrs.length) >>> 0, to, mrs: mrs.map((word) => word >>> 0), buffers: [0, 0x30_000a] });
  const types: readonly (readonly [string, readonly number[]])[] = [['gate', [0, 0, 0x140]], ['IRQ', [-1]], ['muxer', [-1, 0, 1]], ['task', [-11, 0, 0]], ['thread', [-12]], ['factory', [-15, 0, 10]]];
  const board = boardOf([
    create(sel(2), -15, 0, 70), copy(0x300, 0x310, 7), copy(2, 0x311, WITHOUT_S),
    ...types.flatMap(([name, mrs]) => [create(sel(0x310), ...mrs), noteResult(name)]),
    create(sel(0x311), -1), noteResult('weak'), create(sel(2, SEND), -1), noteResult('no receive'),
  ]);
  assert.equal(board.notes, [...types.map(([name]) => `${name} ${NOMEM}`), `weak ${PERM}`, 'no receive fff10001']);
  // Nothing was made, and nothing in the slot was overwritten.
  assert.equal(objectRows(board.machine.kernel).flatMap((row) => (row.type === 'Factory' ? [[row.used_bytes, row.limit_bytes]] : [])), [[134, -1], [0, 70]]);
  assert.is(board.machine.kernel.objects.next, 0xd);
});

test('the console is read through a writable capability, as many bytes as a message holds, and writes line ends as it must', () => {
  const read = (slot: number, bytes: number): Step => invoke({ tag: 0xfff3_0001, to: sel(slot), mrs: [((bytes << 16) | 1) >>> 0] });
  const board = new ScriptedBoard(() => ({ main: [copy(5, 0x300, WITHOUT_W), read(0x300, 4), noteResult('weak'), invoke({ tag: 0xffff_0001, to: sel(3, 2), timeouts: (11 << 10) | 1 }), read(5, 0xffff), noteResult('all'), (cpu, script) => { script.note(`${cpu.utcb[0]?.toString(16)}`); return { kind: 'budget', used: 1 }; }] }));
  board.finish(60_000);
  board.machine.kernel.equipment.type(Array.from({ length: 255 }, () => 0x61));
  assert.equal(board.finish(10_000_000), [`weak ${PERM}`, 'all 0', 'f8']);
});

test.run();
