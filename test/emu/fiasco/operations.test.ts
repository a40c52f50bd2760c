// Operations that Genode's own code hardly uses, called by a bare guest: what they answer and what they change (fiasco-kernel.md 3.5, 3.6,
// 3.8, 4.1, 6, 7, 10).

import * as assert from 'uvu/assert';
import { objectRows } from '../../../src/emu/jdb/view.ts';
import { suite } from '../../kit.ts';
import { attachIrq, capItem, createGate, createIrq, invoke, local, noteResult, receiveIrq, ScriptedBoard, SELF, SEND, sel, sleep, type Step, triggerIrq, WAIT } from './scripted.ts';

const test = suite('operations of kernel objects');

const steps = (main: readonly Step[]): readonly string[] => new ScriptedBoard(() => ({ main })).finish();
const noteWords = (name: string, ...words: readonly number[]): Step => local((cpu, script) => script.note(`${name} ${cpu.r[0]?.toString(16)} ${words.map((i) => cpu.utcb[i]?.toString(16)).join(' ')}`));
const deleteSlot = (slot: number): Step => invoke({ tag: 0xfff5_0003, to: sel(1), mrs: [1, 0xc000_0000, ((slot << 12) | 0x37) >>> 0] });
const never = 0x0400_0400;

test('a task tells whether a slot is valid, how often its object is counted, and whether two slots name one object', () => {
  const capInfo = (...mrs: readonly number[]): Step => invoke({ tag: (0xfff5_0001 + mrs.length) >>> 0, to: sel(1), mrs: [2, ...mrs] });
  assert.equal(
    steps([
      createIrq(0x300), createIrq(0x301),
      capInfo(sel(0x300)), noteResult('valid'), capInfo(sel(0x302)), noteResult('empty'),
      capInfo((sel(0x300) | 0x1) >>> 0), noteResult('counted'),
      capInfo(sel(0x300), sel(0x300)), noteResult('same'), capInfo(sel(0x300), sel(0x301)), noteResult('others'),
      capInfo(), noteResult('none'), capInfo(1, 2, 3), noteResult('three'),
    ]),
    ['valid 10000', 'empty 0', 'counted 10000', 'same 10000', 'others 0', 'none ffea0000', 'three ffea0000'],
  );
});

test('a gate tells its label to whoever made it, and its counted references can be lowered', () => {
  const onGate = (...mrs: readonly number[]): Step => invoke({ tag: (0xfff6_0000 | mrs.length) >>> 0, to: sel(0x300), mrs });
  assert.equal(steps([createGate(0x300, 0x1234, 3), onGate(0x11), noteWords('info', 0), onGate(0, 1), noteWords('lowered', 0)]), ['info 1 1234', 'lowered 0 0']);
});

test('the IRQ that a thread registered is hit when a gate of it is deleted', () => {
  assert.equal(
    steps([
      createIrq(0x300), attachIrq(0x300, 3, 0x44), invoke({ tag: 0xfff4_0041, to: sel(3), mrs: [5, ...capItem(0x300)] }), noteResult('registered'),
      invoke({ tag: 0xfff4_0041, to: sel(3), mrs: [5, ...capItem(3)] }), noteResult('thread'),
      createGate(0x301, 0x1234, 3), receiveIrq(0x300, 1), noteResult('before'), deleteSlot(0x301), receiveIrq(0x300, 1), noteResult('behind'),
    ]),
    ['registered 0', 'thread ffea0000', 'before ffff8001/3', 'behind 0'],
  );
});

test('labels of queued senders are rewritten by the first rule that matches', () => {
  const modify = invoke({ tag: 0xfff4_0009, to: sel(3), mrs: [6, 0xf0, 0x20, 0xf0, 0x90, 0xf0, 0x40, 0x40, 0x100] });
  const wait = invoke({ tag: 0, to: (SELF | WAIT) >>> 0 });
  const label = local((cpu, script) => script.note(`from ${cpu.r[4]?.toString(16)}`));
  const irqs = [[0x300, 0x20], [0x301, 0x40], [0x302, 0x80]] as const;
  assert.equal(steps([...irqs.flatMap(([slot, of]) => [createIrq(slot), attachIrq(slot, 3, of), triggerIrq(slot)]), modify, noteResult('modified'), wait, label, wait, label, wait, label]), ['modified 0', 'from 90', 'from 100', 'from 80']);
});

test('a pin of the interrupt controller is bound once, masked, unmasked, and free again when it is unbound', () => {
  const quietly = (op: number, pin: number): Step => invoke({ tag: 0xffff_0002, to: sel(6, SEND), timeouts: never, mrs: [op, pin] });
  const icu = (op: number, pin: number, irq: number): Step => invoke({ tag: 0xffff_0042, to: sel(6), mrs: [op, pin, ...capItem(irq)] });
  const board: ScriptedBoard = new ScriptedBoard(() => ({
    main: [createIrq(0x300), icu(0, 40, 0x300), noteResult('bind'), createIrq(0x301), icu(0, 40, 0x301), noteResult('taken'), flags(), quietly(4, 40), flags(), quietly(5, 40), flags(), icu(1, 40, 0x300), noteResult('unbind'), icu(0, 40, 0x301), noteResult('again'), flags()],
  }));
  function flags(): Step {
    return local((_cpu, script) => script.note(objectRows(board.machine.kernel).flatMap((row) => (row.type === 'IRQ' && row.chip !== 'Soft' ? [`${row.chip}${row.flags}`] : [])).join(' ')));
  }
  assert.equal(board.finish(), ['bind 0', 'taken ffff0000', 'GIC0', 'GIC1', 'GIC0', 'unbind 0', 'again 0', 'GIC0']);
});

test('attributes of the console are read as they were set, the scheduler knows one CPU and how long it was idle', () => {
  const vlog = (...mrs: readonly number[]): Step => invoke({ tag: (0xfff3_0000 | mrs.length) >>> 0, to: sel(5), mrs });
  const scheduler = (...mrs: readonly number[]): Step => invoke({ tag: (0xfff2_0000 | mrs.length) >>> 0, to: sel(7), mrs });
  assert.equal(
    steps([vlog(3), noteWords('before', 1, 2, 3), vlog(2, 0o200, 0o10, 0), vlog(3), noteWords('set', 1, 2, 3), scheduler(0, 0), noteWords('info', 0, 1), scheduler(0, 1), noteResult('beyond'), scheduler(2, 0, 1), noteWords('idle', 0, 1), sleep((10 << 10) | 8), scheduler(2, 0, 1), noteWords('later', 0, 1), scheduler(2), noteResult('short')]),
    ['before 4 100 4 8', 'set 4 80 c 0', 'info 2 1 1', 'beyond ffea0000', 'idle 2 0 0', 'later 2 2328 0', 'short ffea0000'],
  );
});

test.run();
