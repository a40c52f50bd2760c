// Page faults, exceptions, pausing (fiasco-kernel.md 4.4, 5.8, 8, C.4).

import * as assert from 'uvu/assert';
import { decodeMachineState, encodeMachineState } from '../../../src/emu/machine_state.ts';
import type { PlainRecord } from '../../../src/emu/plain.ts';
import { suite } from '../../kit.ts';
import { IMAGE, REPLY_AND_WAIT, SELF, SEND, ScriptedBoard, type Step, WAIT, capItem, createGate, exRegs, halt, invoke, local, noteResult, receiveIrq, createIrq, attachIrq, triggerIrq, sel, sleep, startLocal, taskUnmap } from './scripted.ts';

const test = suite('page faults and exceptions');
/** An address of the root task where nothing is mapped, and where its pager maps a page of the image. */
const HOLE = 0x1000_0000;

const wait = (): Step => invoke({ tag: 0, to: (SELF | WAIT) >>> 0, buffers: [0] });
const replyAndWait = (tag: number, mrs: readonly number[]): Step => invoke({ tag, to: (SELF | REPLY_AND_WAIT) >>> 0, timeouts: 0x0400_0000, mrs });
const note = (text: string): Step => local((_cpu, script) => script.note(text));
const noteWords = (name: string, words: readonly number[]): Step =>
  local((cpu, script) => script.note(`${name} tag=${cpu.r[0]?.toString(16)} label=${cpu.r[4]?.toString(16)} ${words.map((i) => cpu.utcb[i]?.toString(16)).join(' ')}`));
/** Writes to memory; retried until it is mapped. */
const touch = (address: number, write: boolean): Step => (cpu, script) => {
  if (cpu.translate(address, write) < 0) return { kind: 'fault', used: 5, address, write };
  script.note(`touched ${address.toString(16)}`);
  return { kind: 'budget', used: 5 };
};
const mapImage = (hot: number, rights: number): readonly number[] => [(hot | 8) >>> 0, (IMAGE | (12 << 6) | 0x10 | rights) >>> 0];

/** Main starts a client whose pager and exception handler is a pager thread behind a gate in slot 0x210. */
function withPager(pager: readonly Step[], client: readonly Step[], main: readonly Step[] = [], state?: PlainRecord): ScriptedBoard {
  return new ScriptedBoard((at) => {
    const start = startLocal(at, 0x201, 2, 'client');
    const bind: Step = invoke({ tag: 0xfff4_0046, to: sel(0x201), mrs: [0x121_0000, 0x210 << 12, 0x210 << 12, 0, 0, 0xbfff_0400, 8, (1 << 12) | 0x37] });
    const steps = start.map((step, i) => (i === 2 ? bind : step));
    return { main: [...startLocal(at, 0x200, 1, 'pager'), createGate(0x210, 0x148, 0x200), sleep(0x0400_0400), ...steps, sleep((5 << 10) | 200), ...main, halt()], pager, client };
  }, state === undefined ? {} : { state });
}

test('a fault is a call to the pager; the mapping it answers with lets the access succeed', () => {
  const board = withPager(
    [wait(), noteWords('fault', [0]), replyAndWait(0x40, mapImage(HOLE, 4)), noteWords('fault', [0]), replyAndWait(0x40, mapImage(HOLE, 6)), note('more')],
    [local((cpu) => cpu.utcb.set([0x111, 0x222])), touch(HOLE + 0x123, false), noteWords('kept', [0, 1]), touch(HOLE + 0x124, true)],
  );
  // Reading: nothing mapped, bit 0. Writing: mapped without the right, bit 1 only.
  assert.equal(board.finish(), ['fault tag=fffe0002 label=14b 10000121', 'touched 10000123', 'kept tag=0 label=0 111 222', 'fault tag=fffe0002 label=14b 10000126', 'touched 10000124']);
});

test('unmapping from "other spaces" lets the next access fault again', () => {
  const board = new ScriptedBoard(() => ({
    main: [
      touch(IMAGE, true),
      taskUnmap(1, 0, (IMAGE | (12 << 6) | 0x17) >>> 0),
      touch(IMAGE, true),
      taskUnmap(1, 0x8000_0000, (IMAGE | (12 << 6) | 0x17) >>> 0),
      // sigma0 gives it back.
      touch(IMAGE, true),
    ],
  }));
  assert.equal(board.finish(), [`touched ${IMAGE.toString(16)}`, `touched ${IMAGE.toString(16)}`, `touched ${IMAGE.toString(16)}`]);
});

test('quirk (refused fault): a fault that is answered with all ones becomes an exception with the fault address and error word', () => {
  const board = withPager([wait(), replyAndWait(1, [0xffff_ffff]), noteWords('exception', [0, 1, 2])], [touch(HOLE, true)]);
  assert.equal(board.finish(), ['exception tag=fffb1014 label=14b 10000000 410805 bfff0400']);
});

test('a thread without pager blocks on itself for ever, and the kernel warns', () => {
  const board = withPager([wait()], [touch(HOLE, true)]);
  let console = '';
  board.machine.events.listen(['console'], (event) => {
    if (event.kind === 'console') console += event.text;
  });
  const broken = new ScriptedBoard((at) => ({ main: [...startLocal(at, 0x201, 2, 'client').map((step, i) => (i === 2 ? invoke({ tag: 0xfff4_0046, to: sel(0x201), mrs: [0x20_0000, 0, 0, 0, 0, 0xbfff_0400, 8, (1 << 12) | 0x37] }) : step))], client: [touch(HOLE, true)] }));
  broken.machine.events.listen(['console'], (event) => {
    if (event.kind === 'console') console += event.text;
  });
  broken.finish();
  const client = broken.machine.kernel.threads().at(-1);
  assert.match(console, /Pager of c is invalid \(pfa=10000000/);
  assert.equal([client?.step, client?.ipc?.receiver], ['send_wait', client]);
});

test('pausing a running thread sends all its registers to the handler; the reply sets them', () => {
  const set: Step = local((cpu) => {
    const { utcb } = cpu;
    utcb[3] = 0x1234;
    utcb[19] = 0x5678;
    utcb[20] = 0xf000_001f;
  });
  const board = withPager(
    [wait(), noteWords('pause', [0, 1, 2, 3, 16, 19, 20]), set, replyAndWait(21, [])],
    [local((cpu) => cpu.r.set([0xaa], 0), 2_000_000), local((cpu, script) => script.note(`resumed r0=${cpu.r[0]?.toString(16)} pc=${cpu.r[15]?.toString(16)}`))],
    [exRegs(0x201, 0xffff_ffff, 0xffff_ffff, 0x2_0000), local((cpu, script) => script.note(`ready=${cpu.utcb[0]}`))],
  );
  const [ready, pause, resumed] = board.finish();
  assert.is(ready, 'ready=1');
  assert.match(pause ?? '', /^pause tag=fffb1014 label=14b ffffffff 500000 bfff0400 aa 0 704900[0-9a-f]+ 10$/);
  assert.is(resumed, 'resumed r0=1234 pc=5678');
});

test('pausing a blocked thread takes effect when its wait is over', () => {
  const board = withPager(
    [wait(), noteWords('pause', [1, 3]), replyAndWait(0, [])],
    [sleep((5 << 10) | 500), receiveIrq(0x220), noteResult('client')],
    [
      createIrq(0x220),
      attachIrq(0x220, 0x201),
      sleep((5 << 10) | 800),
      exRegs(0x201, 0xffff_ffff, 0xffff_ffff, 0x2_0000),
      local((cpu, script) => script.note(`ready=${cpu.utcb[0]}`)),
      sleep((5 << 10) | 200),
      note('trigger'),
      triggerIrq(0x220),
    ],
  );
  assert.equal(board.finish(), ['ready=0', 'trigger', 'pause tag=fffb1014 label=14b 500000 0', 'client 0']);
});

test('a cancel ends a page fault, which then happens again', () => {
  const board = withPager([wait(), note('first'), wait(), note('second')], [touch(HOLE, true)], [exRegs(0x201, 0xffff_ffff, 0xffff_ffff, 0x1_0000)]);
  assert.equal(board.finish(), ['first', 'second']);
});

test('quirk (ex_regs in an exception): ex_regs without cancel changes nothing while the thread is in its exception', () => {
  const board = withPager(
    [wait(), note('paused'), wait(), note('never')],
    [local(() => {}, 2_000_000)],
    [exRegs(0x201, 0xffff_ffff, 0xffff_ffff, 0x2_0000), sleep((8 << 10) | 200), exRegs(0x201, 0x77, 0x88, 0x2_0000), sleep((8 << 10) | 200), exRegs(0x201, 0xffff_ffff), local((cpu, script) => script.note(`ip=${(cpu.utcb[1] ?? 0) === 0x77} sp=${(cpu.utcb[2] ?? 0) === 0x88}`))],
  );
  assert.equal(board.finish(), ['paused', 'ip=false sp=false']);
});

test('of a reply to an exception as many registers are taken as its words cover, and the kernel\'s own never', () => {
  const set: Step = local((cpu) => {
    for (let i = 0; i <= 19; i++) cpu.utcb[i] = 0x100 + i;
    cpu.utcb[20] = 0xa000_0013;
  });
  const taken = (words: number): readonly number[] => {
    const board = withPager([wait(), set, replyAndWait(words, [])], [local((cpu) => cpu.r.fill(0x77, 0, 13), 20 * 62_500), sleep(0)], [exRegs(0x201, 0xffff_ffff, 0xffff_ffff, 0x2_0000)]);
    board.machine.run({ time_us: 16_000 });
    const thread = board.machine.kernel.threads().find(({ hosted }) => hosted === 'client');
    assert.is(thread?.registers.tpidruro, 0xbfff_0400);
    const registers = [...(thread?.registers.r ?? []), thread?.registers.cpsr === 0xa000_0010 ? 0x100 : 0];
    return registers.flatMap((value, i) => (value >= 0x100 && value < 0x130 ? [i] : []));
  };
  const general = Array.from({ length: 13 }, (_, i) => i);
  assert.equal([0, 2, 13].map(taken), [[], [0, 1], general]);
  assert.equal([16, 17, 18, 20, 21].map(taken), [general, [...general, 13], [...general, 13, 14], [...general, 13, 14, 15], [...general, 13, 14, 15, 16]]);
});

const KEEP = 0xffff_ffff;
const [CANCEL, TRIGGER] = [0x1_0000, 0x2_0000];

test('a trigger in a page fault becomes an exception once that is answered, with pc at the instruction that faulted', () => {
  const board = withPager(
    [wait(), sleep((10 << 10) | 12), replyAndWait(0, []), noteWords('exception', [1, 19]), replyAndWait(0, []), noteWords('fault', [1]), replyAndWait(0x40, mapImage(HOLE, 6)), note('more')],
    [touch(HOLE, true)],
    [exRegs(0x201, KEEP, KEEP, TRIGGER), local((cpu, script) => script.note(`ready=${cpu.utcb[0]}`)), sleep((10 << 10) | 20)],
  );
  const [ready, exception, fault, touched] = board.finish();
  const [, pc] = /label=14b 500000 ([0-9a-f]+)$/.exec(exception ?? '') ?? [];
  // Answered without a page, the instruction has not been executed; after its exception it faults again.
  assert.equal([ready, fault, touched], ['ready=0', `fault tag=fffe0002 label=14b ${pc}`, 'touched 10000000']);
});

test('a cancel in a page fault sets a new pc, and the fault is forgotten', () => {
  const board = withPager([wait(), note('fault'), wait(), note('again')], [touch(HOLE, true)], [exRegs(0x201, 0x1234, 0x5678, CANCEL), local((cpu, script) => script.note(`sp ${board.machine.kernel.threads().at(-1)?.registers.r[13]?.toString(16)} pc ${board.machine.kernel.threads().at(-1)?.registers.r[15]?.toString(16)} ${cpu.utcb[0]}`))]);
  assert.is(board.finish()[1], 'sp 5678 pc 1234 0');
});

test('an exception and a page fault forget a cancel that came before, give back the buffer registers, and are over when they are answered', () => {
  const buffers = [0x421, 0x40_000a, 0x40_100a];
  const client = (what: Step): Step[] => [
    local((cpu) => cpu.utcb.set(buffers, 64), 20 * 62_500), what, local((cpu, script) => script.note([64, 65, 66].map((i) => cpu.utcb[i]?.toString(16)).join(' '))),
    sleep((10 << 10) | 1), noteResult('client'), sleep(0),
  ];
  const pager = [wait(), noteWords('got', []), replyAndWait(0x40, mapImage(HOLE, 6)), note('more')];
  const paused = withPager(pager, client(local(() => {})), [exRegs(0x201, KEEP, KEEP, CANCEL | TRIGGER), sleep((10 << 10) | 40), exRegs(0x201, KEEP, 0x4444), local((_cpu, script) => script.note(`sp ${paused.machine.kernel.threads().at(-1)?.registers.r[13]?.toString(16)}`))]);
  assert.equal(paused.finish(), ['got tag=fffb1014 label=14b ', '421 40000a 40100a', 'client 8000/3', 'sp 4444']);
  const faulted = withPager(pager, client(touch(HOLE, true)), [exRegs(0x201, KEEP, KEEP, CANCEL)]);
  assert.equal(faulted.finish(), ['got tag=fffe0002 label=14b ', 'touched 10000000', '421 40000a 40100a', 'client 8000/3']);
});

test('a cancel that came before ends neither the wait for the answer to an exception nor that to a page fault', () => {
  for (const [flags, what] of [[CANCEL | TRIGGER, local(() => {})], [CANCEL, touch(HOLE, true)]] as const) {
    const board = withPager([wait(), note('got'), sleep(0)], [local(() => {}, 20 * 62_500), what, note('goes on')], [exRegs(0x201, KEEP, KEEP, flags)]);
    let faults = 0;
    board.machine.events.listen(['page_fault', 'exception'], (event) => void (event.thread === board.machine.kernel.threads().at(-1)?.id && faults++));
    assert.equal([board.finish(10_000_000), faults], [['got'], 1]);
  }
});

test('a page fault that is cancelled is not refused, and the first address of the kernel is an exception at once', () => {
  const cancelled = withPager([wait(), noteWords('first', []), wait(), noteWords('second', [])], [touch(HOLE, true)], [exRegs(0x201, KEEP, KEEP, CANCEL)]);
  assert.equal(cancelled.finish(), ['first tag=fffe0002 label=14b ', 'second tag=fffe0002 label=14b ']);
  const kernel = withPager([wait(), noteWords('got', [0])], [touch(0xc000_0000, true)]);
  assert.equal(kernel.finish(), ['got tag=fffb1014 label=14b c0000000']);
  const last = withPager([wait(), noteWords('got', [0])], [touch(0xbfff_8ffc, true)]);
  assert.equal(last.finish(), ['got tag=fffe0002 label=14b bfff8fff']);
});

test("a message of an exception tells the return address of the kernel's entry, and a reply with the error flag sets a user word", () => {
  const set: Step = local((cpu) => void (cpu.utcb[25] = 0x2525));
  const board = withPager(
    [wait(), noteWords('got', [18]), set, replyAndWait(0x8000, []), note('more')],
    [sleep((10 << 10) | 1), local(() => {}, 20 * 62_500), local((cpu, script) => script.note(`${cpu.utcb[127]?.toString(16)}`)), sleep(0)],
    [exRegs(0x201, KEEP, KEEP, TRIGGER)],
  );
  assert.equal(board.finish(), ['got tag=fffb1014 label=14b fffffff8', '2525']);
});

test('of a thread with a pending trigger ex_regs tells and sets where it will go on, and a second trigger changes nothing', () => {
  const ip = (): Step => local((cpu, script) => script.note(`ip ${cpu.utcb[1]?.toString(16)}`));
  const board = withPager([wait(), noteWords('got', [19])], [sleep((10 << 10) | 20), sleep(0)], [exRegs(0x201, 0x1234, KEEP, TRIGGER), exRegs(0x201, KEEP), ip(), exRegs(0x201, KEEP, KEEP, TRIGGER), ip(), exRegs(0x201, 0x1238), ip(), sleep((10 << 10) | 30)]);
  assert.equal(board.finish(), ['ip 1234', 'ip 1234', 'ip 1234', 'got tag=fffb1014 label=14b 1238']);
});

test('a cancel ends an exception; a trigger with it makes a new one at once, whose registers are those that were given', () => {
  const pausedFirst = [exRegs(0x201, KEEP, KEEP, TRIGGER), sleep((10 << 10) | 2)];
  const pager = [wait(), noteWords('first', [1, 16]), wait(), noteWords('second', [1, 16, 19]), wait(), note('third')];
  const client = [local(() => {}, 20 * 62_500), note('client goes on'), sleep(0)];
  const only = withPager(pager, client, [...pausedFirst, exRegs(0x201, KEEP, KEEP, CANCEL)]);
  assert.equal(only.finish().map((line) => line.replace(/ .*0x/, '')), ['first tag=fffb1014 label=14b 500000 0', 'client goes on']);
  const both = withPager(pager, client, [...pausedFirst, exRegs(0x201, 0x1000, 0x2000, CANCEL | TRIGGER)]);
  assert.equal(both.finish(), ['first tag=fffb1014 label=14b 500000 0', 'second tag=fffb1014 label=14b 500000 2000 1000']);
});

test('a reply that finds a new trigger goes into what that one tells: pc and status there, the first words over the saved state', () => {
  const set: Step = local((cpu) => {
    for (let i = 0; i <= 20; i++) cpu.utcb[i] = 0x100 + i;
  });
  const board = withPager(
    [wait(), note('first'), set, sleep((10 << 10) | 4), replyAndWait(21, []), noteWords('second', [0, 1, 2, 3, 15, 16, 17, 19, 20])],
    [local(() => {}, 20 * 62_500)],
    // While main of higher priority computes, the client that it cancelled does not come to look; the pager answers meanwhile.
    [exRegs(0x201, KEEP, KEEP, TRIGGER), sleep((10 << 10) | 2), ...frozenTrigger(0x201)],
  );
  assert.equal(board.finish(), ['first', 'second tag=fffb1014 label=14b ffffffff 500000 102 103 10f 110 111 113 113']);
});

/** Cancels and triggers a thread that is outranked from now on, so that it does not run before its handler answers. */
function frozenTrigger(slot: number): Step[] {
  return [invoke({ tag: 0xfff2_0045, to: sel(7), mrs: [1, 0, 1, 50, 0, ...capItem(slot)] }), exRegs(slot, KEEP, KEEP, CANCEL | TRIGGER), local(() => {}, 6 * 62_500)];
}

test("a direct message of 21 words to a thread in an open wait is taken as an ordinary message (core's resume)", () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x201, 2, 'client'), sleep(0x0400_0400), invoke({ tag: 21, to: sel(0x201, SEND), timeouts: 0x0400_0000, mrs: [0xffff_ffff] })],
    client: [wait(), noteWords('got', [0])],
  }));
  assert.equal(board.finish(), ['got tag=15 label=0 ffffffff']);
});

test('a machine saved while a thread is in a page fault, or in its exception, is the same bytes once it is restored', () => {
  for (const [kind, pager] of [['page_fault', [wait(), halt()]], ['exception', [wait(), replyAndWait(1, [0xffff_ffff]), halt()]]] as const) {
    const board = withPager(pager, [touch(HOLE, true)]);
    board.finish();
    assert.ok(board.machine.kernel.threads().some(({ activity }) => activity.kind === kind), `no thread is in its ${kind}`);
    const bytes = encodeMachineState(board.machine.save());
    const restored = withPager(pager, [touch(HOLE, true)], [], decodeMachineState(bytes));
    assert.is(Buffer.compare(encodeMachineState(restored.machine.save()), bytes), 0, `other bytes: ${kind}`);
  }
});

test.run();
