// IRQ muxers, pins, console input, platform control, the debugger's log operations (fiasco-kernel.md 6, 5.10, 10).

import * as assert from 'uvu/assert';
import { objectRows } from '../../../src/emu/jdb/view.ts';
import { suite } from '../../kit.ts';
import { OBJECT_PAGE, SEND, ScriptedBoard, type Step, attachIrq, capItem, createIrq, halt, invoke, local, noteResult, receiveIrq, sel, sleep, startLocal, triggerIrq } from './scripted.ts';

const test = suite('interrupt muxers, console, platform control');

const createMuxer = (slot: number): Step => invoke({ tag: 0xfff1_0003, to: sel(2), mrs: [0xffff_ffff, 0, 1], buffers: [0, (slot << 12) | 0xa] });
const irqOp = (slot: number, op: number, ...item: readonly number[]): Step => invoke({ tag: item.length > 0 ? 0xffff_0041 : 0xffff_0001, to: sel(slot), timeouts: 0x0400_0400, mrs: [op, ...item] });
const chain = (muxer: number, irq: number): Step => irqOp(muxer, 3, ...capItem(irq));
const note = (text: string): Step => local((_cpu, script) => script.note(text));
const noteWords = (name: string, words: readonly number[]): Step => local((cpu, script) => script.note(`${name} ${cpu.r[0]?.toString(16)} ${words.map((i) => cpu.utcb[i]?.toString(16)).join(' ')}`));
const steps = (main: readonly Step[]): readonly string[] => new ScriptedBoard(() => ({ main })).finish();

test('a hit of a muxer reaches every chained IRQ, and the muxer stays masked until all of them were received again', () => {
  const flags = (board: ScriptedBoard): string => objectRows(board.machine.kernel).flatMap((row) => (row.type === 'IRQ' ? [`${row.chip}${row.flags}/${row.queued}`] : [])).join(' ');
  const board = new ScriptedBoard((at) => ({
    main: [
      createMuxer(0x300),
      createIrq(0x301),
      createIrq(0x302),
      chain(0x300, 0x301),
      noteResult('chain'),
      chain(0x300, 0x302),
      ...startLocal(at, 0x200, 1, 'one'),
      ...startLocal(at, 0x201, 2, 'two'),
      attachIrq(0x301, 0x200, 0x11),
      attachIrq(0x302, 0x201, 0x22),
      sleep((10 << 10) | 2),
      local((_cpu, script) => script.note(flags(board))),
      triggerIrq(0x300),
      sleep((10 << 10) | 2),
      local((_cpu, script) => script.note(flags(board))),
      triggerIrq(0x300),
      sleep((10 << 10) | 2),
      local((_cpu, script) => script.note(flags(board))),
      halt(),
    ],
    one: [receiveIrq(0x301), noteWords('one', []), receiveIrq(0x301), noteWords('one', [])],
    two: [receiveIrq(0x302), noteWords('two', []), sleep(0)],
  }));
  assert.equal(board.finish(), ['chain 0', 'Soft1/-1 Bcast1/0 Bcast1/0', 'two 0 ', 'one 0 ', 'Soft0/-1 Bcast1/0 Bcast0/0', 'one 0 ', 'Soft0/-1 Bcast0/0 Bcast0/1']);
});

test('a muxer knows chain and trigger only, and chains nothing but IRQ senders', () => {
  assert.equal(
    steps([
      createMuxer(0x300),
      noteResult('muxer'),
      createMuxer(0x301),
      irqOp(0x300, 0),
      noteResult('eoi'),
      irqOp(0x300, 1, ...capItem(3)),
      noteResult('attach'),
      chain(0x300, 3),
      noteResult('thread'),
      irqOp(0x300, 3),
      noteResult('none'),
      chain(0x300, 0x301),
      noteResult('muxer'),
      createIrq(0x302),
      irqOp(0x302, 3, ...capItem(0x300)),
      noteResult('sender'),
    ]),
    ['muxer 40', 'eoi ffea0000', 'attach ffea0000', 'thread ffea0000', 'none ffea0000', 'muxer ffea0000', 'sender ffea0000'],
  );
});

test('a chained IRQ that is deleted leaves its muxer, and a deleted muxer its IRQs', () => {
  const unmap = (slot: number): Step => invoke({ tag: 0xfff5_0003, to: sel(1), mrs: [1, 0xc000_0000, ((slot << 12) | OBJECT_PAGE) >>> 0] });
  const board = new ScriptedBoard(() => ({
    main: [createMuxer(0x300), createIrq(0x301), createIrq(0x302), chain(0x300, 0x301), chain(0x300, 0x302), unmap(0x301), triggerIrq(0x300), unmap(0x300), triggerIrq(0x302), note('alive')],
  }));
  assert.equal(board.finish(), ['alive']);
  assert.equal(board.machine.kernel.check(), []);
});

test('typed bytes raise the IRQ of the console and are read with the line ends that its attributes ask for', () => {
  const bind = invoke({ tag: 0xffff_0042, to: sel(5), mrs: [0, 0, ...capItem(0x300)] });
  const board = new ScriptedBoard(() => ({
    main: [
      createIrq(0x300),
      bind,
      noteResult('bind'),
      attachIrq(0x300, 3, 0x99),
      invoke({ tag: 0xfff3_0001, to: sel(5), mrs: [(8 << 16) | 1] }),
      noteWords('nothing', [0]),
      receiveIrq(0x300),
      noteWords('hit', []),
      invoke({ tag: 0xfff3_0001, to: sel(5), mrs: [(2 << 16) | 1, 0xaaaa_aaaa] }),
      noteWords('two', [0, 1]),
      invoke({ tag: 0xfff3_0001, to: sel(5), mrs: [(9 << 16) | 1, 0xaaaa_aaaa] }),
      noteWords('rest', [0, 1]),
    ],
  }));
  board.finish(1_000_000);
  assert.is(board.machine.kernel.equipment.type([0x61, 0x0d, 0x62]), 3);
  assert.equal(board.finish(), ['bind 0', 'nothing 0 80000000', 'hit 0 ', 'two 0 2 aaaa0a61', 'rest 0 80000001 aaaaaa62']);
});

test('the IRQ of the console is hit once for all that arrives while something is left unread', () => {
  const board = new ScriptedBoard(() => ({ main: [createIrq(0x300), invoke({ tag: 0xffff_0042, to: sel(5), mrs: [0, 0, ...capItem(0x300)] }), attachIrq(0x300, 3), sleep((10 << 10) | 8), invoke({ tag: 0xfff3_0001, to: sel(5), mrs: [(2 << 16) | 1] }), sleep((10 << 10) | 8)] }));
  const { kernel } = board.machine;
  const queued = (): readonly number[] => objectRows(kernel).flatMap((row) => (row.type === 'IRQ' ? [row.queued] : []));
  const counts: number[] = [];
  for (const [time_us, bytes] of [[1000, [0x61, 0x62]], [2000, [0x63]], [9000, [0x64]], [1000, []]] as const) {
    board.machine.run({ time_us });
    kernel.equipment.type(bytes);
    counts.push(...queued());
  }
  // After two of three were read, the fourth finds one unread.
  assert.equal(counts, [1, 1, 1, 1]);
});

test('what is typed is echoed only where the attributes say so, with line ends as they ask for', () => {
  const board = new ScriptedBoard(() => ({ main: [sleep((10 << 10) | 2), invoke({ tag: 0xfff3_0004, to: sel(5), mrs: [2, 0, 0, 0o10] }), sleep((10 << 10) | 2), invoke({ tag: 0xfff3_0004, to: sel(5), mrs: [2, 0, 0o10, 0o10] }), sleep((10 << 10) | 2)] }));
  const told: string[] = [];
  board.machine.events.listen(['console'], (event) => void (event.kind === 'console' && told.push(event.text)));
  for (const text of ['a', 'b\r', 'c\r']) {
    board.machine.run({ time_us: 1500 });
    board.machine.kernel.equipment.type([...text].map((char) => char.charCodeAt(0)));
    board.machine.run({ time_us: 2000 });
  }
  assert.equal(told, ['b', '\r', 'c', '\n']);
});

test('an edge-triggered IRQ of a software pin is masked at its second pending hit and unmasked when one is left', () => {
  const masked = (board: ScriptedBoard): boolean => objectRows(board.machine.kernel).some((row) => row.type === 'IRQ' && row.flags === 0);
  const board: ScriptedBoard = new ScriptedBoard(() => ({
    main: [
      createIrq(0x300),
      invoke({ tag: 0xffff_0042, to: sel(5), mrs: [0, 0, ...capItem(0x300)] }),
      attachIrq(0x300, 3),
      irqOp(0x300, 4),
      ...[0, 1].flatMap((): Step[] => [triggerIrq(0x300), local((_cpu, script) => script.note(`masked ${masked(board)}`))]),
      receiveIrq(0x300),
      local((_cpu, script) => script.note(`masked ${masked(board)}`)),
    ],
  }));
  assert.equal(board.finish(), ['masked false', 'masked true', 'masked false']);
});

test('pins that do not exist, modes and message-signalled interrupts answer as on the captured board', () => {
  const icu = (slot: number, ...mrs: readonly number[]): Step => invoke({ tag: (0xffff_0000 | mrs.length) >>> 0, to: sel(slot), timeouts: 0x0400_0400, mrs });
  assert.equal(
    steps([icu(6, 2), noteWords('info', [0, 1, 2]), icu(6, 3, 0), noteWords('msi', [0]), icu(5, 3, 0), noteResult('no msi'), icu(6, 6, 255, 0), noteResult('mode'), icu(6, 6, 256, 0), noteResult('no chip'), icu(5, 6, 1, 0), noteResult('pin 1'), icu(6, 7), noteResult('unknown')]),
    ['info 3 0 100 0', 'msi 1 0', 'no msi ffea0000', 'mode 0', 'no chip ffed0000', 'pin 1 ffea0000', 'unknown ffda0000'],
  );
});

test('the platform control of a board with one CPU refuses to suspend anything', () => {
  const pfc = (op: number): Step => invoke({ tag: 2, to: sel(8), mrs: [op, 0] });
  assert.equal(steps([0, 1, 2, 3].flatMap((op) => [pfc(op), noteResult(`${op}`)])), ['0 ffda0000', '1 ffda0000', '2 fff00000', '3 ffda0000']);
});

test('a text longer than a message is not printed, and a factory creates no semaphore', () => {
  const board = new ScriptedBoard(() => ({
    main: [
      invoke({ tag: 0xfff3_0003, to: sel(5, SEND), mrs: [0, 245, 0x6161_6161] }),
      invoke({ tag: 0xfff3_0003, to: sel(5, SEND), mrs: [0, 2, 0x6162] }),
      invoke({ tag: 0xfff1_0001, to: sel(2), mrs: [0xffff_ffec], buffers: [0, 0x30_000a] }),
      noteResult('semaphore'),
    ],
  }));
  const text: string[] = [];
  board.machine.events.listen(['console'], (event) => {
    if (event.kind === 'console') text.push(event.text);
  });
  assert.equal(board.finish(), ['semaphore ffed0000']);
  assert.equal(text, ['ba']);
});

test.run();
