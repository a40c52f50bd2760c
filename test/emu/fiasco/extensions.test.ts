// Operations beyond the stock kernel: refused unless switched on, and what they do then (extensions.ts, fiasco-kernel.md 11).

import * as assert from 'uvu/assert';
import { EXTENSIONS, type ExtensionName } from '../../../src/emu/fiasco/extensions.ts';
import { suite } from '../../kit.ts';
import { CALL, CODE, REPLY_AND_WAIT, SELF, ScriptedBoard, type Step, WAIT, OBJECT_PAGE, attachIrq, bindThread, capItem, createGate, createIrq, createThread, exRegs, invoke, local, noteResult, receiveIrq, runThread, sel, sleep, startCode, startLocal, taskUnmap, touch, triggerIrq } from './scripted.ts';

const test = suite('kernel extensions');
const ALL: readonly ExtensionName[] = EXTENSIONS.map(({ name }) => name);
const note = (text: string): Step => local((_cpu, script) => script.note(text));
const wait = (): Step => invoke({ tag: 0, to: (SELF | WAIT) >>> 0 });
const replyAndWait = (tag: number, mrs: readonly number[]): Step => invoke({ tag, to: (SELF | REPLY_AND_WAIT) >>> 0, timeouts: 0x0400_0000, mrs });
const op = (slot: number, ...mrs: readonly number[]): Step => invoke({ tag: (0xfff4_0000 | mrs.length) >>> 0, to: sel(slot), mrs });
const noteWords = (name: string, words: readonly number[]): Step => local((cpu, script) => script.note(`${name} ${words.map((i) => cpu.utcb[i]?.toString(16)).join(' ')}`));
const settle = (): Step => sleep((5 << 10) | 100);

test('every extension is answered as an unknown operation while it is off', () => {
  const codes = [8, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25];
  const board = new ScriptedBoard(() => ({
    main: [...codes.flatMap((code) => [op(3, code), noteResult(code.toString(16))]), createIrq(0x300), invoke({ tag: 0xffff_0001, to: sel(0x300), mrs: [0x20] }), noteResult('irq')],
  }));
  assert.equal(board.finish(), [...codes.map((code) => `${code.toString(16)} ffda0000`), 'irq ffea0000']);
});

test('all_registers reads the frame of a blocked thread as the kernel has it, and writes single registers', () => {
  const all = Array.from({ length: 17 }, () => 0xffff_ffff);
  const board = new ScriptedBoard(
    (at) => ({
      main: [...startLocal(at, 0x200, 1, 'waiter'), settle(), op(0x200, 8, ...all), noteWords('frame', [1, 3, 4, 17]), op(0x200, 8, 0xffff_ffff, 0x77, ...all.slice(2)), op(0x200, 8, ...all), noteWords('r1', [2])],
      waiter: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0, timeouts: 0 })],
    }),
    { extensions: ALL },
  );
  assert.equal(board.finish(), ['frame 0 fffff806 0 d3', 'r1 77']);
});

test('a thread that has not run yet shows the status word that was written; it starts in user mode all the same', () => {
  const read = Array.from({ length: 17 }, () => 0xffff_ffff);
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        createThread(0x200), op(0x200, 8, ...read.slice(1), 0x2000_00d3), op(0x200, 8, ...read), noteWords('new', [17]),
        ...startLocal(at, 0x200, 1, 'runs').slice(1), settle(), op(0x200, 8, ...read), noteWords('waits', [17]), op(0x200, 8, ...read.slice(1), 0x13), op(0x200, 8, ...read), noteWords('rewritten', [17]),
      ],
      runs: [note('runs'), invoke({ tag: 0, to: (SELF | WAIT) >>> 0, timeouts: 0 })],
    }),
    { extensions: ALL },
  );
  assert.equal(board.finish(), ['new 200000d3', 'runs', 'waits 200000d3', 'rewritten d3']);
});

test('a thread begins with general registers of 0, whatever was written before, and with the stack pointer that was', () => {
  const words = Array.from({ length: 16 }, (_, i) => 0x100 + i);
  const board = new ScriptedBoard(
    (at) => ({
      main: [createThread(0x200), op(0x200, 8, ...words, 0x10), ...startLocal(at, 0x200, 1, 'runs').slice(1), settle()],
      runs: [local((cpu, script) => script.note([...cpu.r.subarray(0, 14)].map((value) => value.toString(16)).join(' '))), sleep(0)],
    }),
    { extensions: ALL },
  );
  assert.equal(board.finish(), [`${'0 '.repeat(13)}10d`]);
});

test('a frozen open wait serves nobody; thawing serves the queue', () => {
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        ...startLocal(at, 0x200, 1, 'server'),
        createGate(0x201, 0x148, 0x200),
        settle(),
        op(0x200, 0x20),
        ...startLocal(at, 0x202, 2, 'client'),
        settle(),
        note('thaw'),
        op(0x200, 0x21),
        settle(),
      ],
      server: [wait(), note('served'), replyAndWait(0, [])],
      client: [invoke({ tag: 0, to: sel(0x201, CALL) }), note('client')],
    }),
    { extensions: ALL },
  );
  assert.equal(board.finish(), ['thaw', 'served', 'client']);
});

test('a reply and an IRQ reach a frozen closed wait, and act after the thaw', () => {
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        createIrq(0x300),
        ...startLocal(at, 0x200, 1, 'server'),
        createGate(0x201, 0x148, 0x200),
        ...startLocal(at, 0x202, 2, 'client'),
        attachIrq(0x300, 0x202, 9),
        settle(),
        op(0x202, 0x20),
        sleep((10 << 10) | 9),
        op(0x202, 0x22),
        noteWords('phase', [0]),
        op(0x202, 0x21),
        settle(),
        op(0x202, 0x20),
        triggerIrq(0x300),
        settle(),
        note('thaw'),
        op(0x202, 0x21),
        settle(),
      ],
      server: [wait(), sleep((10 << 10) | 6), note('reply'), replyAndWait(0, [])],
      client: [invoke({ tag: 0, to: sel(0x201, CALL) }), note('client'), receiveIrq(0x300), note('irq')],
    }),
    { extensions: ALL },
  );
  assert.equal(board.finish(), ['reply', 'phase 0', 'client', 'thaw', 'irq']);
});

test('a frozen sender is passed over, and goes on after the thaw', () => {
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        ...startLocal(at, 0x200, 1, 'server'),
        createGate(0x201, 0x148, 0x200),
        ...startLocal(at, 0x202, 2, 'client'),
        settle(),
        op(0x202, 0x20),
        sleep((10 << 10) | 9),
        note('thaw'),
        op(0x202, 0x21),
        settle(),
      ],
      server: [sleep((10 << 10) | 6), note('server waits'), wait(), note('served'), replyAndWait(0, [])],
      client: [invoke({ tag: 0, to: sel(0x201, CALL) }), note('client')],
    }),
    { extensions: ALL },
  );
  assert.equal(board.finish(), ['server waits', 'thaw', 'served', 'client']);
});

test('a frozen sender that is destroyed leaves its place at once: who sends before it has taken itself apart is served', () => {
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        ...startLocal(at, 0x200, 1, 'server'),
        createGate(0x201, 0x148, 0x200),
        // Of lower priority than main, so that main sends before it is dispatched to take itself apart.
        ...startLocal(at, 0x202, 2, 'client', 100),
        settle(),
        op(0x202, 0x20),
        sleep((10 << 10) | 9),
        taskUnmap(1, 0xffff_ffff, ((0x202 << 12) | OBJECT_PAGE) >>> 0),
        invoke({ tag: 0, to: sel(0x201, CALL), timeouts: (10 << 10) | 9 }),
        noteResult('main'),
      ],
      server: [sleep((10 << 10) | 6), note('server waits'), wait(), note('served'), replyAndWait(0, [])],
      client: [invoke({ tag: 0, to: sel(0x201, CALL) }), note('client')],
    }),
    { extensions: ALL },
  );
  assert.equal(board.finish(), ['server waits', 'served', 'main 0']);
});

test('ipc_state tells phase, partner, object and reply slot', () => {
  const phase = (slot: number, name: string): Step[] => [op(slot, 0x22), noteWords(name, [0, 1, 2, 4, 5, 6])];
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        createIrq(0x300),
        ...startLocal(at, 0x200, 1, 'server'),
        createGate(0x201, 0x148, 0x200),
        ...startLocal(at, 0x202, 2, 'client'),
        ...startLocal(at, 0x203, 3, 'irq'),
        attachIrq(0x300, 0x203),
        ...startLocal(at, 0x204, 4, 'queued'),
        settle(),
        ...phase(0x200, 'server'),
        ...phase(0x202, 'client'),
        ...phase(0x203, 'irq'),
        ...phase(0x204, 'queued'),
        ...phase(3, 'main'),
      ],
      server: [wait(), sleep(0)],
      client: [invoke({ tag: 0, to: sel(0x201, CALL) })],
      irq: [receiveIrq(0x300)],
      queued: [invoke({ tag: 0, to: sel(0x201, CALL) })],
    }),
    { extensions: ALL },
  );
  // Ids: irq c, server d, gate e, client f, irq thread 10, queued 11.
  assert.equal(board.finish(), ['server 7 d 0 f 3 0', 'client 2 d e 0 0 0', 'irq 3 c c 0 0 0', 'queued 1 d e 0 0 0', 'main 0 0 0 0 0 0']);
});

test('ipc_state tells by how much a thread in its exception stands behind the instruction that raised it, and with which status word that was executed', () => {
  const code = [
    0xeeb7_0a00, // vmov.f32 s0, #1.0
    0xe1a0_0000, // nop
    0xe7ff_defe, // undefined, and the message points at it
    0xef00_0001, // svc 1
    0xe28f_0001, // add r0, pc, #1
    0xe12f_ff10, // bx r0
    0xde00_de00, // udf in T32
    0xe7f0_00f0, // undefined, and behind it one that the message would point at
    0xe7ff_defe,
    0xe28f_0001, // add r0, pc, #1
    0xe12f_ff10, // bx r0
    0xdf01_bfe8, // it al; svc 1
  ];
  const starts = [0, 2, 3, 4, 7, 9];
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        ...startLocal(at, 0x200, 1, 'handler'),
        createGate(0x210, 0x148, 0x200),
        touch(CODE),
        ...starts.flatMap((word, i) => startCode(0x201 + i, 2 + i, { ip: CODE + 4 * word })),
        settle(),
        ...starts.flatMap((word, i): Step[] => [op(0x201 + i, 0x22), noteWords(`${word}`, [0, 6, 8])]),
      ],
      handler: [sleep(0)],
    }),
    { extensions: ALL, code },
  );
  // The last word is the status register: in Thumb state 0x20, and 0xe800 of a block whose condition is always.
  assert.equal(board.finish(10_000_000), ['0 6 4 10', '2 6 0 10', '3 6 4 10', '4 6 2 30', '7 6 4 10', '9 6 2 e830']);
});

test('a delivered call is restored: the new client gets the reply of a server that never got its request', () => {
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        ...startLocal(at, 0x200, 1, 'server'),
        createThread(0x202),
        runThread(0x202),
        bindThread(0x202, 1, 0xbfff_0400),
        invoke({ tag: 0xfff4_0043, to: sel(0x202), mrs: [0x23, 3, 0xffff_ffff, ...capItem(0x200)] }),
        noteResult('write'),
        op(0x202, 0x22),
        noteWords('phase', [0, 1]),
        exRegs(0x202, at.entry('restored')),
        settle(),
      ],
      server: [sleep((10 << 10) | 3), replyAndWait(1, [42])],
      restored: [local((cpu, script) => script.note(`restored mr0=${cpu.utcb[0]}`))],
    }),
    { extensions: ALL },
  );
  assert.equal(board.finish(), ['write 0', 'phase 2 c', 'restored mr0=42']);
});

test('ipc_state tells what was left of a timeout when its thread was frozen, also where it is over since', () => {
  const left = (slot: number, name: string): Step[] => [op(slot, 0x22), noteWords(name, [0, 3])];
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        ...startLocal(at, 0x200, 1, 'sleeper'),
        ...startLocal(at, 0x202, 2, 'sender'),
        ...startLocal(at, 0x203, 3, 'for_ever'),
        settle(), op(0x200, 0x20), op(0x202, 0x20), op(0x203, 0x20),
        ...left(0x200, 'sleeper'), ...left(0x202, 'sender'), ...left(0x203, 'for ever'),
        sleep((10 << 10) | 50),
        ...left(0x200, 'sleeper'), ...left(0x202, 'sender'),
        op(0x200, 0x21), op(0x202, 0x21), settle(), note('end'),
      ],
      sleeper: [sleep((10 << 10) | 30), noteResult('sleeper')],
      // Nobody receives: its partner is the sleeper.
      sender: [invoke({ tag: 0, to: sel(0x200, 1), timeouts: ((10 << 10) | 30) << 16 }), noteResult('sender')],
      for_ever: [sleep(0)],
    }),
    { extensions: ALL },
  );
  const lines = board.finish();
  assert.equal(lines.slice(3), [lines[0], lines[1], 'sleeper 8000/3', 'sender 8000/2', 'end'], 'what was left stays what it was, and both are over at once when they go on');
  assert.is(lines[2], 'for ever 7 ffffffff');
  for (const [at, phase] of [[0, 'sleeper 7'], [1, 'sender 1']] as const) {
    assert.ok(lines[at]?.startsWith(`${phase} `), lines[at]);
    const us = Number.parseInt(lines[at]?.split(' ')[2] ?? '', 16);
    assert.ok(us > 25_000 && us < 30_720, `${us} us are left`);
  }
});

test('a delivered call is restored with what is left of its timeout', () => {
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        ...startLocal(at, 0x200, 1, 'server'),
        createThread(0x202), runThread(0x202), bindThread(0x202, 1, 0xbfff_0400),
        invoke({ tag: 0xfff4_0043, to: sel(0x202), mrs: [0x23, 3, 10_000, ...capItem(0x200)] }),
        exRegs(0x202, at.entry('restored')),
        sleep((10 << 10) | 5), note('not yet'), sleep((10 << 10) | 20), note('end'),
      ],
      server: [sleep(0)],
      restored: [noteResult('restored')],
    }),
    { extensions: ALL },
  );
  const lines = board.finish();
  assert.is(lines[0], 'not yet');
  assert.match(lines[1] ?? '', /^restored [0-9a-f]*\/3$/);
});

test('the timeout of a call that is restored while its thread is frozen begins to run when the thread is thawed', () => {
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        ...startLocal(at, 0x200, 1, 'server'),
        createThread(0x202), invoke({ tag: 0xfff4_0001, to: sel(0x202), mrs: [0x20] }), runThread(0x202), bindThread(0x202, 1, 0xbfff_0400),
        invoke({ tag: 0xfff4_0043, to: sel(0x202), mrs: [0x23, 3, 10_000, ...capItem(0x200)] }),
        exRegs(0x202, at.entry('restored')),
        sleep((10 << 10) | 30), note('thawed'),
        invoke({ tag: 0xfff4_0001, to: sel(0x202), mrs: [0x21] }),
        sleep((10 << 10) | 5), note('not yet'), sleep((10 << 10) | 20), note('end'),
      ],
      server: [sleep(0)],
      restored: [noteResult('restored')],
    }),
    { extensions: ALL },
  );
  const lines = board.finish();
  assert.equal(lines.slice(0, 2), ['thawed', 'not yet']);
  assert.match(lines[2] ?? '', /^restored [0-9a-f]*\/3$/);
  assert.is(lines[3], 'end');
});

test('an IRQ count is restored after attaching', () => {
  const board = new ScriptedBoard(
    () => ({
      main: [
        createIrq(0x300),
        attachIrq(0x300, 3),
        invoke({ tag: 0xffff_0002, to: sel(0x300), mrs: [0x21, 2] }),
        noteResult('set'),
        receiveIrq(0x300),
        noteResult('one'),
        invoke({ tag: 0xffff_0001, to: sel(0x300), mrs: [0x20] }),
        noteWords('left', [0]),
        receiveIrq(0x300),
        noteResult('two'),
        receiveIrq(0x300, 0x0400),
        noteResult('none'),
      ],
    }),
    { extensions: ALL },
  );
  assert.equal(board.finish(), ['set 0', 'one 0', 'left 1', 'two 0', 'none ffff8001/3']);
});

test('the UTCB of another thread can be read and written in parts', () => {
  const board = new ScriptedBoard(
    (at) => ({
      main: [...startLocal(at, 0x200, 1, 'other'), settle(), invoke({ tag: 0xfff4_0005, to: sel(0x200), mrs: [0x25, 125, 2, 0xabc, 0xdef] }), noteResult('write'), op(0x200, 0x24, 125, 3), noteWords('read', [1, 2, 3]), op(0x200, 0x24, 100, 40), noteResult('beyond')],
      other: [local((cpu) => cpu.utcb.set([5], 127)), sleep(0)],
    }),
    { extensions: ALL },
  );
  assert.equal(board.finish(), ['write 0', 'read abc def 5', 'beyond ffea0000']);
});

test.run();
