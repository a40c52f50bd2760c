// Operations that Genode's own code hardly uses, called by a bare guest: what they answer and what they change (fiasco-kernel.md 3.5, 3.6,
// 3.8, 4.1, 6, 7, 10).

import * as assert from 'uvu/assert';
import { objectRows } from '../../../src/emu/jdb/view.ts';
import { suite } from '../../kit.ts';
import { attachIrq, bindThread, capItem, createGate, createIrq, createTask, createThread, give, invoke, local, noteResult, receiveIrq, ScriptedBoard, SELF, SEND, sel, sleep, type Step, triggerIrq, WAIT } from './scripted.ts';

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
      capInfo(0x300 << 12), noteResult('valid'), capInfo(0x302 << 12), noteResult('empty'),
      createTask(0x303), give(0x303, 0x300, 9), capInfo(0x300 << 12), noteResult('valid'),
      capInfo((0x300 << 12) | 1), noteResult('counted'), capInfo((0x302 << 12) | 1), noteResult('empty'),
      capInfo(sel(0x300), sel(0x300)), noteResult('same'), capInfo(sel(0x300), sel(0x301)), noteResult('others'),
      capInfo(), noteResult('none'), capInfo(1, 2, 3), noteResult('three'),
    ]),
    ['valid 10000', 'empty 0', 'valid 10000', 'counted 20000', 'empty 0', 'same 10000', 'others 0', 'none ffea0000', 'three ffea0000'],
  );
});

test('a task has kernel-user memory once it was added, at an address that is free, and then threads may have their UTCBs there', () => {
  const AREA = 0x4000_0000;
  const add = (order: number): Step => invoke({ tag: 0xfff5_0002, to: sel(1), mrs: [3, (AREA | (order << 6) | 0x17) >>> 0] });
  assert.equal(
    steps([createThread(0x300), createThread(0x301), bindThread(0x300, 1, AREA), noteResult('before'), add(11), noteResult('order 11'), add(12), noteResult('added'), add(12), noteResult('again'), bindThread(0x300, 1, AREA), noteResult('bound'), bindThread(0x301, 1, AREA + 0xf00), noteResult('crossing')]),
    ['before ffea0000', 'order 11 ffea0000', 'added 0', 'again ffef0000', 'bound 3', 'crossing ffea0000'],
  );
});

test('kernel-user memory begins at the page that is named, whatever its size', () => {
  const add = (address: number, order: number): Step => invoke({ tag: 0xfff5_0002, to: sel(1), mrs: [3, (address | (order << 6) | 0x17) >>> 0] });
  assert.equal(
    steps([add(0x4000_1000, 13), noteResult('two pages'), createThread(0x300), bindThread(0x300, 1, 0x4000_0000), noteResult('before'), bindThread(0x300, 1, 0x4000_2000), noteResult('second'), add(0x4000_0000, 12), noteResult('in front'), add(0xbfff_f000, 13), noteResult('beyond')]),
    ['two pages 0', 'before ffea0000', 'second 3', 'in front 0', 'beyond ffea0000'],
  );
});

const createIn = (factory: number, slot: number, type: number, argument: number): Step => invoke({ tag: 0xfff1_0003, to: sel(factory), mrs: [type >>> 0, 0, argument], buffers: [0, (slot << 12) | 0xa] });
const [FACTORY, THREAD, TASK] = [-15, -12, -11];

test('a factory of a factory creates up to its limit, has what was deleted again, and its own is charged the limit at once', () => {
  const board = new ScriptedBoard(() => ({
    main: [
      createIn(2, 0x300, FACTORY, 8192), noteResult('factory'),
      createIn(0x300, 0x301, THREAD, 0), noteResult('first'), createIn(0x300, 0x302, THREAD, 0), noteResult('second'), createIn(0x300, 0x303, THREAD, 0), noteResult('third'),
      deleteSlot(0x301), createIn(0x300, 0x303, THREAD, 0), noteResult('third again'),
      deleteSlot(0x302), createIn(0x300, 0x304, FACTORY, 4096), noteResult('too much'), createIn(0x300, 0x304, FACTORY, 1000), noteResult('inner'), createIn(0x300, 0x305, THREAD, 0), noteResult('none left'),
      createIn(2, 0x306, FACTORY, 0x8000_0000), noteResult('two gigabytes'),
    ],
  }));
  assert.equal(board.finish(), ['factory 40', 'first 40', 'second 40', 'third fff40000', 'third again 40', 'too much fff40000', 'inner 40', 'none left fff40000', 'two gigabytes fff40000']);
  const factories = objectRows(board.machine.kernel).flatMap((row) => (row.type === 'Factory' ? [[row.used_bytes, row.limit_bytes]] : []));
  assert.equal(factories, [[64 + 8192, -1], [4096 + 64 + 1000, 8192], [0, 1000]]);
});

test('a task that could not be made is not counted, and what a deleted factory made outlives it', () => {
  const board = new ScriptedBoard(() => ({
    main: [
      createIn(2, 0x300, FACTORY, 40_000), createIn(0x300, 0x301, TASK, (0x2800_0000 | (20 << 6) | 0x17) >>> 0), noteResult('order 20'), createIn(0x300, 0x302, TASK, (0xc000_0000 | (20 << 6) | 0x17) >>> 0), noteResult('beyond'),
      createIn(0x300, 0x303, TASK, 0), noteResult('third'), createIn(0x300, 0x304, THREAD, 0), deleteSlot(0x300), noteResult('deleted'), deleteSlot(0x303), deleteSlot(0x301),
    ],
  }));
  assert.equal(board.finish(), ['order 20 40', 'beyond fff40000', 'third 40', 'deleted 3']);
  const { kernel } = board.machine;
  assert.equal(kernel.check(), []);
  assert.equal(objectRows(kernel).flatMap((row) => (row.type === 'Factory' ? [[row.used_bytes, row.limit_bytes]] : [])), [[0, -1]]);
  const { machine } = new ScriptedBoard(() => ({ main: [] }), { state: board.machine.save() });
  assert.equal(machine.save(), board.machine.save());
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
    steps([vlog(3), noteWords('before', 1, 2, 3), vlog(2, 0o200, 0o10, 0), vlog(3), noteWords('set', 1, 2, 3), scheduler(0, 0), noteWords('info', 0, 1), scheduler(0, 1), noteResult('beyond'), scheduler(2, 0, 1), noteWords('idle', 0, 1), sleep((10 << 10) | 8), scheduler(2, 0, 1), noteWords('later', 0, 1), scheduler(2), noteResult('short'), scheduler(2, 0, 2), noteResult('no CPU'), scheduler(2, 1, 1), noteResult('no CPU from there on')]),
    ['before 4 100 4 0', 'set 4 80 c 0', 'info 2 1 1', 'beyond ffea0000', 'idle 2 0 0', 'later 2 2328 0', 'short ffea0000', 'no CPU ffea0000', 'no CPU from there on ffea0000'],
  );
});

test.run();
