// The IPC algorithm: round trips, donation, queues, reply slots, timeouts, cancel (fiasco-kernel.md 5.7, 5.8, Appendix A, C.4).

import * as assert from 'uvu/assert';
import type { StampedEvent } from '../../../src/emu/event.ts';
import { Thread } from '../../../src/emu/fiasco/thread.ts';
import { suite } from '../../kit.ts';
import {
  CALL,
  type Programs,
  REPLY_AND_WAIT,
  SELF,
  SEND,
  ScriptedBoard,
  type Step,
  WAIT,
  attachIrq,
  capItem,
  createGate,
  createIrq,
  exRegs,
  halt,
  invoke,
  local,
  noteResult,
  receiveIrq,
  sel,
  sleep,
  startLocal,
  taskUnmap,
  triggerIrq,
} from './scripted.ts';

const test = suite('IPC');

/** Both timeouts are zero. */
const YIELD = 0x0400_0400;
const wait = (): Step => invoke({ tag: 0, to: (SELF | WAIT) >>> 0 });
const replyAndWait = (tag: number, mrs: readonly number[] = []): Step => invoke({ tag, to: (SELF | REPLY_AND_WAIT) >>> 0, timeouts: 0x0400_0000, mrs });
const note = (text: string): Step => local((_cpu, script) => script.note(text));
const noteMessage = (name: string): Step => local((cpu, script) => script.note(`${name} tag=${cpu.r[0]?.toString(16)} label=${cpu.r[4]?.toString(16)} mr0=${cpu.utcb[0]}`));

const threadOf = (board: ScriptedBoard, name: string): Thread => {
  const thread = board.machine.kernel.objects.all().find((object) => object instanceof Thread && object.hosted === name);
  if (!(thread instanceof Thread)) throw new Error(`no thread ${name}`);
  return thread;
};

test('an RPC round trip transfers tags, labels and words as worked out in Appendix A', () => {
  const board = new ScriptedBoard((at) => ({
    main: [
      ...startLocal(at, 0x200, 1, 'server'),
      createGate(0x201, 0x148, 0x200),
      sleep(0x0400_0400),
      local((cpu) => {
        cpu.utcb[0] = 41;
      }),
      invoke({ tag: 1, to: sel(0x201, CALL) }),
      noteMessage('client'),
    ],
    server: [wait(), noteMessage('server'), replyAndWait(1, [42])],
  }));
  assert.equal(board.finish(), ['server tag=1 label=14b mr0=41', 'client tag=1 label=0 mr0=42']);
  assert.is(threadOf(board, 'server').state & 0x1d, 8);
});

test('a call donates the time slice: the server runs at once though a third thread of its priority was ready before', () => {
  const board = new ScriptedBoard((at) => ({
    main: [
      ...startLocal(at, 0x200, 1, 'server'),
      createGate(0x201, 0x148, 0x200),
      sleep(0x0400_0400),
      ...startLocal(at, 0x202, 2, 'third'),
      invoke({ tag: 0, to: sel(0x201, CALL) }),
      note('client'),
    ],
    server: [wait(), note('server'), replyAndWait(0)],
    third: [note('third')],
  }));
  assert.equal(board.finish(), ['server', 'client', 'third']);
});

test('queued senders are served by priority, then in the order of their arrival, IRQs first', () => {
  const client = (name: string): Step[] => [invoke({ tag: 0, to: sel(0x201, CALL) }), note(name)];
  const board = new ScriptedBoard((at) => ({
    main: [
      ...startLocal(at, 0x200, 1, 'server', 100),
      createGate(0x201, 0x40, 0x200),
      createIrq(0x205),
      attachIrq(0x205, 0x200, 0x999),
      ...startLocal(at, 0x202, 2, 'low', 120),
      ...startLocal(at, 0x203, 3, 'high', 130),
      ...startLocal(at, 0x204, 4, 'low2', 120),
      sleep((5 << 10) | 500),
      triggerIrq(0x205),
      halt(),
    ],
    server: [local(() => {}, 3_000_000), wait(), noteMessage('a'), wait(), noteMessage('b'), wait(), noteMessage('c'), wait(), noteMessage('d')],
    low: client('low'),
    low2: client('low2'),
    high: client('high'),
  }));
  const labels = board.finish().map((line) => line.split(' ')[2]);
  assert.equal(labels, ['label=999', 'label=43', 'label=43', 'label=43']);
  const order = (name: string) => threadOf(board, name).ipc?.sent;
  assert.equal([order('high'), order('low'), order('low2')], [true, true, true]);
});

test('a reply slot is consumed by looking at it and overwritten by the next call', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'server'), createGate(0x201, 0x148, 0x200), sleep(0x0400_0400), invoke({ tag: 0, to: sel(0x201, CALL) }), note('answered')],
    server: [wait(), invoke({ tag: 0, to: (SELF | SEND | 8) >>> 0 }), noteResult('first'), invoke({ tag: 0, to: (SELF | SEND | 8) >>> 0 }), noteResult('second')],
  }));
  assert.equal(board.finish(), ['answered', 'first 0', 'second 8000/4']);
});

test('quirk (stale reply slot): a reply to a caller that gave up fails with a send timeout, and the slot is gone', () => {
  const board = new ScriptedBoard((at) => ({
    main: [
      ...startLocal(at, 0x200, 1, 'server'),
      createGate(0x201, 0x148, 0x200),
      sleep(0x0400_0400),
      invoke({ tag: 0, to: sel(0x201, CALL), timeouts: (7 << 10) | 40 }),
      noteResult('caller'),
    ],
    server: [wait(), sleep((8 << 10) | 40), replyAndWait(0), noteResult('reply'), replyAndWait(0), noteResult('again')],
  }));
  assert.equal(board.finish(), ['caller 8000/3', 'reply 8000/2', 'again 8000/4']);
});

/** A thread is killed for which another one waits to send. */
const killedReceiver = (...then: readonly Step[]): Programs => (at) => ({
  main: [
    ...startLocal(at, 0x200, 1, 'server'),
    createGate(0x201, 0x148, 0x200),
    ...startLocal(at, 0x202, 2, 'client'),
    sleep((5 << 10) | 500),
    taskUnmap(1, 0xc000_0000, ((0x200 << 12) | 0x37) >>> 0),
    ...then,
  ],
  server: [sleep(0)],
  client: [invoke({ tag: 0, to: sel(0x201, CALL) }), note('never')],
});

test('quirk (killed receiver): senders of a killed receiver hang for ever without timeout', () => {
  const board = new ScriptedBoard(killedReceiver(sleep((5 << 10) | 500), note('main')));
  assert.equal(board.finish(), ['main']);
  const client = threadOf(board, 'client');
  assert.is(client.step, 'send_wait');
  assert.is(client.ready, false);
});

test('a send to a deleted gate that had no thread fails with "not existent"', () => {
  const unbound = invoke({ tag: 0xfff1_0043, to: sel(2), mrs: [0, 0, 0x40, 8, ((1 << 12) | 0x37) >>> 0], buffers: [0, (0x201 << 12) | 0xa] });
  const board = new ScriptedBoard((at) => ({
    main: [unbound, ...startLocal(at, 0x202, 2, 'client'), sleep((5 << 10) | 500), taskUnmap(1, 0xc000_0000, ((0x201 << 12) | 0x37) >>> 0)],
    client: [invoke({ tag: 0, to: sel(0x201, CALL) }), noteResult('client')],
  }));
  assert.equal(board.finish(), ['client 8000/4']);
});

/** A gate without thread in 0x201: the item is a capability that names none. */
const unboundGate = (): Step => invoke({ tag: 0xfff1_0043, to: sel(2), mrs: [0, 0, 0x40, 8, ((1 << 12) | 0x37) >>> 0], buffers: [0, (0x201 << 12) | 0xa] });
/** Two senders that wait for a thread of the gate, and a third thread that is ready when the gate changes. */
const waitersOfGate = (change: Step): Programs => (at) => ({
  main: [
    unboundGate(),
    ...startLocal(at, 0x202, 2, 'first'),
    ...startLocal(at, 0x203, 3, 'second'),
    ...startLocal(at, 0x204, 4, 'server'),
    sleep((5 << 10) | 500),
    change,
    note('main'),
  ],
  first: [invoke({ tag: 0, to: sel(0x201, SEND) }), noteResult('first')],
  second: [invoke({ tag: 0, to: sel(0x201, SEND) }), noteResult('second')],
  server: [wait(), note('server'), wait(), note('server'), halt()],
});
const deleteGate = (): Step => taskUnmap(1, 0xc000_0000, ((0x201 << 12) | 0x37) >>> 0);

test('each sender that waits at a deleted gate runs at once, before the deleting thread goes on', () => {
  assert.equal(new ScriptedBoard(waitersOfGate(deleteGate())).finish(), ['first 8000/4', 'second 8000/4', 'main']);
});

test('each sender that waits for the thread of a gate runs at once when one is bound, before bind returns', () => {
  const bind = invoke({ tag: 0xfff6_0042, to: sel(0x201), mrs: [0x10, 0x40, ...capItem(0x204)] });
  const notes = new ScriptedBoard(waitersOfGate(bind)).finish();
  assert.equal(notes.slice(0, 3), ['server', 'server', 'main']);
});

const CANCEL_FLAG = 0x1_0000;

test('a sender that is cancelled while its gate has no thread fails with "not existent", and its next IPC with "canceled"', () => {
  const board = new ScriptedBoard((at) => ({
    main: [unboundGate(), ...startLocal(at, 0x202, 2, 'client'), sleep((5 << 10) | 500), exRegs(0x202, 0xffff_ffff, 0xffff_ffff, CANCEL_FLAG), note('main')],
    client: [invoke({ tag: 0, to: sel(0x201, CALL) }), noteResult('call'), sleep((5 << 10) | 500), noteResult('sleep'), sleep((5 << 10) | 500), noteResult('sleep again'), halt()],
  }));
  assert.equal(board.finish().filter((line) => line !== 'main'), ['call 8000/4', 'sleep 8000/7', 'sleep again 8000/3']);
});

test('a cancel that came before does not keep a sender from waiting for the thread of a gate', () => {
  const board = new ScriptedBoard((at) => ({
    main: [unboundGate(), ...startLocal(at, 0x202, 2, 'client'), exRegs(0x202, 0xffff_ffff, 0xffff_ffff, CANCEL_FLAG), sleep((5 << 10) | 500), note('main')],
    client: [invoke({ tag: 0, to: sel(0x201, CALL) }), note('never')],
  }));
  assert.equal(board.finish(), ['main']);
  assert.is(threadOf(board, 'client').step, 'gate_wait');
});

test('a machine saved while a thread has still to wake the senders of its gate goes on the same', () => {
  const programs = waitersOfGate(deleteGate());
  const board = new ScriptedBoard(programs);
  const { machine } = board;
  const wakes = (): boolean => machine.kernel.threads().some(({ waking }) => waking.length > 0);
  while (!wakes() && machine.instructions < 2_000_000) machine.run({ instructions: 100 });
  assert.ok(wakes());
  assert.equal(machine.kernel.check(), []);
  const again = new ScriptedBoard(programs, { state: machine.save() });
  assert.equal(again.finish(), board.finish());
});

test('a sender of a killed receiver runs at once, in the middle of the end of that thread', () => {
  const board = new ScriptedBoard(killedReceiver(halt()));
  const { machine } = board;
  machine.run({ instructions: 100_000 });
  const server = threadOf(board, 'server');
  const client = threadOf(board, 'client');
  const runs: string[] = [];
  machine.events.listen(['schedule'], (event) => {
    if (event.kind === 'schedule') runs.push(event.to === server.id ? `server, ${server.senders.size} queued` : event.to === client.id ? `client, server ${server.killed ? 'gone' : 'dying'}` : 'main');
  });
  board.finish();
  assert.equal(runs.slice(-4), ['server, 1 queued', 'client, server dying', 'server, 0 queued', 'main']);
  assert.is(client.ready, false);
});

test('a killed receiver of higher priority than its senders is gone before any of them runs', () => {
  const board: ScriptedBoard = new ScriptedBoard((at) => ({
    main: [
      ...startLocal(at, 0x200, 1, 'server', 200),
      createGate(0x201, 0x148, 0x200),
      ...startLocal(at, 0x202, 2, 'client'),
      sleep((5 << 10) | 500),
      taskUnmap(1, 0xc000_0000, ((0x200 << 12) | 0x37) >>> 0),
      sleep(0x0400_0400),
      note('main'),
    ],
    server: [sleep(0)],
    client: [invoke({ tag: 0, to: sel(0x201, CALL) }), note('never')],
  }));
  assert.equal(board.finish(), ['main']);
  assert.is(threadOf(board, 'server').killed, true);
});

test('a triggered IRQ hands over to its waiting thread at equal priority', () => {
  const board = new ScriptedBoard((at) => ({
    main: [createIrq(0x205), ...startLocal(at, 0x200, 1, 'waiter'), attachIrq(0x205, 0x200, 5), sleep(0x0400_0400), triggerIrq(0x205), note('main')],
    waiter: [receiveIrq(0x205), note('waiter')],
  }));
  assert.equal(board.finish(), ['waiter', 'main']);
});

test('an IRQ counts its triggers, loses those before attach, and keeps the others', () => {
  const board = new ScriptedBoard(() => ({
    main: [
      createIrq(0x205),
      triggerIrq(0x205),
      attachIrq(0x205, 3),
      receiveIrq(0x205, 0x0400),
      noteResult('lost'),
      triggerIrq(0x205),
      triggerIrq(0x205),
      receiveIrq(0x205),
      noteResult('first'),
      receiveIrq(0x205),
      noteResult('second'),
      receiveIrq(0x205, 0x0400),
      noteResult('third'),
    ],
  }));
  assert.equal(board.finish(), ['lost ffff8001/3', 'first 0', 'second 0', 'third ffff8001/3']);
});

test('ex_regs with cancel ends a wait with error 7 and reports that the thread was blocked', () => {
  const board = new ScriptedBoard((at) => ({
    main: [
      ...startLocal(at, 0x200, 1, 'waiter'),
      sleep(0x0400_0400),
      exRegs(0x200, 0xffff_ffff, 0xffff_ffff, 0x1_0000),
      local((cpu, script) => script.note(`ready=${cpu.utcb[0]}`)),
    ],
    waiter: [wait(), noteResult('waiter')],
  }));
  assert.equal(board.finish(), ['ready=0', 'waiter 8000/7']);
});

test('quirk (sticky cancel): a cancel of a running thread sticks until its next IPC, which reports it although it succeeded', () => {
  const board = new ScriptedBoard((at) => ({
    main: [
      ...startLocal(at, 0x200, 1, 'server'),
      createGate(0x201, 0x148, 0x200),
      sleep(0x0400_0400),
      ...startLocal(at, 0x202, 2, 'victim'),
      exRegs(0x202, 0xffff_ffff, 0xffff_ffff, 0x1_0000),
      exRegs(0x202, 0xffff_ffff, 0xffff_ffff, 0x1_0000),
      halt(),
    ],
    server: [wait(), note('got it'), wait()],
    victim: [createIrq(0x206), noteResult('object call'), invoke({ tag: 0, to: sel(0x201, SEND) }), noteResult('send')],
  }));
  assert.equal(board.finish(), ['object call 40', 'got it', 'send 8000/7']);
});

test('quirk (failed items): a queued sender whose items cannot be transferred gets the error and still enters its receive phase', () => {
  const item = [8, ((3 << 12) | 0x37) >>> 0];
  const board = new ScriptedBoard((at) => ({
    main: [
      ...startLocal(at, 0x200, 1, 'server'),
      createGate(0x201, 0x148, 0x200),
      ...startLocal(at, 0x202, 2, 'client'),
      sleep((10 << 10) | 5),
      local((_cpu, script) => script.note(`client ${threadOf(board, 'client').step} error ${threadOf(board, 'client').utcb?.error}`)),
    ],
    // No receive buffer for capabilities: the item does not fit.
    server: [sleep((10 << 10) | 2), invoke({ tag: 0, to: (SELF | WAIT) >>> 0, buffers: [0, 0, 0] }), noteResult('server'), sleep(0)],
    client: [invoke({ tag: 0x40, to: sel(0x201, CALL), mrs: item }), noteResult('client')],
  }));
  assert.equal(board.finish(5_000_000), ['server 8040/9', 'client receive_wait error 8']);
});

test('quirk (attach): an attach counts from nought and takes any capability but a thread for the calling thread', () => {
  const board = new ScriptedBoard(() => ({
    main: [createIrq(0x300), triggerIrq(0x300), attachIrq(0x300, 2, 0x55), noteResult('attach'), receiveIrq(0x300, 0x0400), noteResult('nothing'), triggerIrq(0x300), receiveIrq(0x300), noteMessage('own')],
  }));
  assert.equal(board.finish(5_000_000), ['attach 0', 'nothing ffff8001/3', 'own tag=0 label=55 mr0=0']);
});

test('a sender whose queued message was pulled serves who waits for it before it sleeps in its own open wait', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'early'), ...startLocal(at, 0x201, 2, 'asker'), sleep((10 << 10) | 2), wait(), note('pulled'), halt()],
    // Sends to main, which does not receive yet, and waits for anybody afterwards; meanwhile the asker queues up.
    early: [sleep(0x0400_0400), invoke({ tag: 0, to: sel(3, 7) }), note('served')],
    asker: [sleep((10 << 10) | 1), invoke({ tag: 0, to: sel(0x200, SEND) }), note('asked')],
  }));
  assert.equal(board.finish(5_000_000), ['asked', 'pulled', 'served']);
});

test('quirk (pull): who takes the message of a queued sender gives the processor to it', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'sender'), ...startLocal(at, 0x201, 2, 'other'), sleep(YIELD), wait(), note('taken')],
    sender: [invoke({ tag: 0, to: sel(3, SEND) }), note('sent')],
    other: [sleep(YIELD), note('other')],
  }));
  assert.equal(board.finish(5_000_000), ['sent', 'taken', 'other']);
});

test('the sender of a queued message gets the processor even from a receiver of higher priority', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'sender', 100), sleep((10 << 10) | 2), wait(), note('taken')],
    sender: [invoke({ tag: 0, to: sel(3, SEND) }), note('sent')],
  }));
  assert.equal(board.finish(5_000_000), ['sent', 'taken']);
});

test('every system call is seen by a listener, with its result', () => {
  const board = new ScriptedBoard(() => ({ main: [createIrq(0x205), sleep(0x0400_0400)] }));
  const seen: StampedEvent[] = [];
  board.machine.events.listen(['syscall_enter', 'syscall_leave', 'object_created'], (event) => seen.push(event));
  board.finish();
  assert.equal(
    seen.map((event) => event.kind),
    ['syscall_enter', 'object_created', 'syscall_leave', 'syscall_enter', 'syscall_leave', 'syscall_enter'],
  );
});

test('equipment lets an open wait pass over senders as if they came later, and a closed wait takes its partner all the same', () => {
  const client = (name: string): Step[] => [invoke({ tag: 0, to: sel(0x201, CALL) }), note(name)];
  const board = new ScriptedBoard((at) => ({
    main: [
      ...startLocal(at, 0x200, 1, 'server'),
      createGate(0x201, 0x148, 0x200),
      sleep(0x0400_0400),
      ...startLocal(at, 0x202, 2, 'early'),
      ...startLocal(at, 0x203, 3, 'late'),
    ],
    server: [wait(), note('served'), replyAndWait(0), note('served'), replyAndWait(0)],
    early: client('early'),
    late: client('late'),
  }));
  const { kernel } = board.machine;
  const { equipment } = kernel;
  const first = new Set(['late']);
  const named = (id: number): string => (kernel.objects.get(id) as Thread).hosted ?? '';
  // Replies to the clients are closed waits, and nobody is let in there by the rule.
  equipment.admit((receiver, sender) => named(receiver) === 'server' && first.has(named(sender)));
  assert.equal(board.finish(), ['served', 'late']);
  first.add('early');
  equipment.admit(kernel.admission);
  assert.equal(board.finish(), ['served', 'late', 'served', 'early']);
});

test.run();
