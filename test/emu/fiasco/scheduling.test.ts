// Scheduling: slices, priorities, yield, switch (fiasco-kernel.md 7, Appendix C.1).

import * as assert from 'uvu/assert';
import { suite } from '../../kit.ts';
import { capItem, SELF, SEND, ScriptedBoard, type Step, WAIT, attachIrq, createGate, createIrq, createThread, halt, invoke, local, receiveIrq, runThread, sel, sleep, startLocal, triggerIrq } from './scripted.ts';

const test = suite('scheduling');
/** Tag of a message that is not to hand on the slice. */
const DO_NOT_DONATE = 0x2000;
const note = (text: string): Step => local((_cpu, script) => script.note(text));
/** Who computed for how many milliseconds, in order. */
const turnsOf = (board: ScriptedBoard): string => board.finish().join('').replace(/(.)\1*/g, (run) => `${run[0]}${run.length} `).trim();
/** Computes for some milliseconds, and says so after each. */
const compute = (name: string, ms: number): Step[] => Array.from({ length: ms }, () => local((_cpu, script) => script.note(name), 62_500));

test('threads of one priority take turns of ten milliseconds', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'a'), ...startLocal(at, 0x201, 2, 'b'), halt()],
    a: compute('a', 25),
    b: compute('b', 25),
  }));
  assert.is(turnsOf(board), 'a10 b10 a10 b10 a5 b5');
});

test('a woken thread of higher priority preempts at the tick, one of lower waits', () => {
  const board = new ScriptedBoard((at) => ({
    // Starting a thread does not preempt the starter, whatever its priority: main yields once, so that the other goes to sleep.
    main: [...startLocal(at, 0x200, 1, 'high', 140), ...startLocal(at, 0x201, 2, 'low', 100), sleep(0x0400_0400), ...compute('main', 4), note('main ends')],
    high: [sleep((10 << 10) | 2), note('high'), halt()],
    low: [note('low')],
  }));
  const notes = board.finish();
  assert.equal([notes.indexOf('high') < notes.indexOf('main ends'), notes.at(-1)], [true, 'low']);
});

test('yield lets the others of the same priority run first', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'a'), ...startLocal(at, 0x201, 2, 'b'), note('main'), sleep(0x0400_0400), note('main')],
    a: [note('a')],
    b: [note('b')],
  }));
  assert.equal(board.finish(), ['main', 'a', 'b', 'main']);
});

test('thread switch runs the named thread whatever its priority', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'low', 100), invoke({ tag: 0xfff4_0001, to: sel(0x200), mrs: [2] }), note('main')],
    low: [note('low'), sleep(0)],
  }));
  assert.equal(board.finish(), ['low', 'main']);
});

const switchTo = (slot: number): Step => invoke({ tag: 0xfff4_0001, to: sel(slot), mrs: [2] });
/** Number of words of the answer and the microseconds it tells. */
const noteLeft = local((cpu, script) => script.note(`${(cpu.r[0] as number) & 0x3f} words, ${(cpu.r[0] as number) & 0x3f ? cpu.utcb[0] : '-'} us`));

test('thread switch to a sleeping thread tells what is left of the slice, and its owner keeps the turn though another thread is ready', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'sleeper'), sleep((10 << 10) | 1), ...startLocal(at, 0x201, 2, 'other'), ...compute('m', 4), switchTo(0x200), noteLeft, note('main'), halt()],
    sleeper: [sleep(0)],
    other: [note('other')],
  }));
  const notes = board.finish().filter((line) => line !== 'm');
  // Four of ten milliseconds are used up, at the ticks; the clock moves with them.
  assert.ok(['2 words, 5000 us', '2 words, 6000 us'].includes(notes[0] ?? ''), notes[0]);
  assert.equal(notes.slice(1), ['main', 'other']);
});

test('thread switch to a sleeping thread on a donated slice takes the turn back to the owner of the slice', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'sleeper'), sleep((10 << 10) | 1), ...startLocal(at, 0x201, 2, 'guest'), ...startLocal(at, 0x202, 3, 'other'), switchTo(0x201), note('main'), halt()],
    sleeper: [sleep(0)],
    guest: [note('guest'), switchTo(0x200), note('guest goes on')],
    other: [note('other')],
  }));
  assert.equal(board.finish(), ['guest', 'main', 'guest goes on', 'other']);
});

test('thread switch to a thread without a CPU does nothing and tells nothing', () => {
  const board = new ScriptedBoard(() => ({ main: [createThread(0x200), switchTo(0x200), noteLeft] }));
  assert.equal(board.finish(), ['0 words, - us']);
});

test('raising the priority of a ready thread above the caller runs it at once', () => {
  const board = new ScriptedBoard((at) => ({ main: [...startLocal(at, 0x200, 1, 'a', 100), runThread(0x200, 200), note('main')], a: [note('a')] }));
  assert.equal(board.finish(), ['a', 'main']);
});

test('placing a thread that has a CPU already decides the turn of the caller anew, even for a thread that sleeps', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'server'), ...startLocal(at, 0x201, 2, 'sleeper'), sleep((10 << 10) | 1), ...startLocal(at, 0x202, 3, 'client'), ...startLocal(at, 0x203, 4, 'other'), halt()],
    // Runs on the slice of the client, so that it goes to the tail.
    server: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0 }), runThread(0x201), note('server')],
    sleeper: [halt()],
    client: [invoke({ tag: 0, to: sel(0x200) })],
    other: [note('other')],
  }));
  assert.equal(board.finish(10_000_000), ['other', 'server']);
});

test('a thread is placed with parameters in the legacy form, with those of a fixed priority, and keeps its own where their kind is unknown', () => {
  const run = (...mrs: readonly number[]): Step => invoke({ tag: (0xfff2_0040 | (mrs.length + 3)) >>> 0, to: sel(7), mrs: [1, 0, 1, ...mrs, ...capItem(0x200)] });
  const board: ScriptedBoard = new ScriptedBoard(() => ({
    main: [createThread(0x200), ...([[300, 0], [0xffff_ffff, 24, 3000, 0x1_0007], [0xffff_fffe, 16, 99, 99], [0xffff_ffff, 24, 0, 0x1ff], [0xffff_ffff, 28, 0, 9], [7]] as const).flatMap((words): Step[] => [run(...words), seen()])],
  }));
  function seen(): Step {
    return local((cpu, script) => {
      const thread = board.machine.kernel.threads().at(-1);
      script.note(`${cpu.r[0]?.toString(16)} ${thread?.priority} ${thread?.quantum_us}`);
    });
  }
  assert.equal(board.finish(), ['0 255 10000', '0 7 3000', '0 7 3000', '0 255 10000', 'ffea0000 255 10000', 'ffea0000 255 10000']);
});

test('the first placing of a thread leaves the caller its turn', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'server'), sleep(0x0400_0400), createThread(0x201), ...startLocal(at, 0x202, 3, 'client'), ...startLocal(at, 0x203, 4, 'other'), halt()],
    server: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0 }), runThread(0x201), note('server')],
    client: [invoke({ tag: 0, to: sel(0x200) })],
    other: [note('other')],
  }));
  assert.equal(board.finish(10_000_000), ['server', 'other']);
});

test('whole ticks are charged to whoever runs at the tick', () => {
  const board = new ScriptedBoard(() => ({ main: [...compute('', 5), invoke({ tag: 0xfff4_0001, to: sel(3), mrs: [3] }), local((cpu, script) => script.note(`${cpu.r[0]} ${cpu.utcb[0]}`))] }));
  assert.is(board.finish().at(-1), '2 5000');
});

test('a yield costs nothing of the slice: the next turn is as long as this one would have been', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'a'), ...startLocal(at, 0x201, 2, 'b'), halt()],
    a: [...compute('a', 4), sleep(0x0400_0400), ...compute('a', 12)],
    b: compute('b', 20),
  }));
  assert.is(turnsOf(board), 'a4 b10 a10 b10 a2');
});

test('the end of a slice brings the turn to whoever stands behind its owner, over those before it', () => {
  const board = new ScriptedBoard((at) => ({
    // The owner is woken by the interrupt and runs at once, while its old place in the queue is behind 'early' and before 'late'.
    main: [
      ...startLocal(at, 0x200, 1, 'early'),
      ...startLocal(at, 0x201, 2, 'owner'),
      ...startLocal(at, 0x202, 3, 'late'),
      createIrq(0x300),
      attachIrq(0x300, 0x201),
      invoke({ tag: 0xfff4_0001, to: sel(0x201), mrs: [2] }),
      triggerIrq(0x300),
      halt(),
    ],
    early: compute('e', 2),
    owner: [receiveIrq(0x300), ...compute('o', 12)],
    late: compute('l', 2),
  }));
  assert.is(turnsOf(board), 'o10 l2 e2 o2');
});

test('of timeouts that end at one tick the one armed last is first', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'a'), ...startLocal(at, 0x201, 2, 'b'), halt()],
    a: [sleep((10 << 10) | 3), note('a')],
    b: [sleep((10 << 10) | 3), note('b')],
  }));
  assert.equal(board.finish(), ['b', 'a']);
});

test('who wakes at the tick that ends a slice comes behind its owner if it went to sleep before the slice, and before it if in the slice', () => {
  const before = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'sleeper'), ...startLocal(at, 0x201, 2, 'owner'), halt()],
    sleeper: [sleep((4 << 10) | 750), note('s')],
    // When the owner has slept 2 of the 12 ms, its slice of 10 ms begins.
    owner: [sleep((1 << 10) | 1000), ...compute('o', 12)],
  }));
  const within = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x201, 2, 'owner'), ...startLocal(at, 0x200, 1, 'sleeper'), halt()],
    sleeper: [sleep((4 << 10) | 625), note('s')],
    // Gives the sleeper the processor, but not a slice.
    owner: [invoke({ tag: 0xfff4_0001, to: sel(0x200), mrs: [2] }), ...compute('o', 12)],
  }));
  assert.equal([turnsOf(before), turnsOf(within)], ['o12 s1', 'o10 s1 o2']);
});

test('a thread that was preempted has what was left of its slice, not a new one, unless it gets new parameters', () => {
  const interrupted = (then: readonly Step[]) => new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'a'), ...startLocal(at, 0x201, 2, 'b'), ...startLocal(at, 0x202, 3, 'high', 200), halt()],
    a: compute('a', 16),
    b: compute('b', 12),
    high: [sleep((10 << 10) | 3), ...then, sleep(0)],
  }));
  assert.equal([turnsOf(interrupted([])), turnsOf(interrupted([runThread(0x200)]))], ['a10 b10 a6 b2', 'a4 b10 a10 b2 a2']);
});

test('the time of who runs on a given slice is its own, and the slice is that of the giver', () => {
  const stats = (slot: number): Step => invoke({ tag: 0xfff4_0001, to: sel(slot), mrs: [3] });
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'server'), createGate(0x201, 0x148, 0x200), ...startLocal(at, 0x202, 2, 'client'), sleep((10 << 10) | 40), ...[0x200, 0x202].flatMap((slot): Step[] => [stats(slot), local((cpu, script) => script.note(`${cpu.utcb[0]}`))])],
    server: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0 }), local(() => {}, 5 * 62_500), invoke({ tag: 0, to: (SELF | 0xf) >>> 0, timeouts: 0x0400_0000 })],
    client: [local(() => {}, 3 * 62_500), invoke({ tag: 0, to: sel(0x201) }), sleep(0)],
  }));
  assert.equal(board.finish(), ['5000', '3000']);
});

test('an interrupt does not preempt who outranks its thread, on whosever slice that runs', () => {
  const board = new ScriptedBoard((at) => ({
    main: [
      createIrq(0x300), ...startLocal(at, 0x200, 1, 'server', 140), createGate(0x201, 0x148, 0x200), ...startLocal(at, 0x202, 2, 'middle', 120), attachIrq(0x300, 0x202), sleep((10 << 10) | 1),
      ...startLocal(at, 0x203, 3, 'client', 100), sleep(0),
    ],
    server: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0 }), triggerIrq(0x300), note('server'), invoke({ tag: 0, to: (SELF | 0xf) >>> 0, timeouts: 0x0400_0000 })],
    middle: [receiveIrq(0x300), note('middle'), sleep(0)],
    client: [invoke({ tag: 0, to: sel(0x201) }), note('client'), sleep(0)],
  }));
  assert.equal(board.finish(), ['server', 'client', 'middle']);
});

test('who gives itself new parameters keeps its turn', () => {
  const board = new ScriptedBoard((at) => ({ main: [...startLocal(at, 0x200, 1, 'other'), note('main'), runThread(3), note('main'), sleep(0)], other: [note('other')] }));
  assert.equal(board.finish(), ['main', 'main', 'other']);
});

test('a message gives the processor to whoever the slice does not outrank, whatever the priority of the thread that sends', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'middle', 120), ...startLocal(at, 0x201, 2, 'server', 140), sleep((10 << 10) | 1), ...startLocal(at, 0x202, 3, 'client', 110), sleep(0)],
    middle: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0 }), note('middle')],
    server: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0 }), invoke({ tag: DO_NOT_DONATE, to: sel(0x200, SEND), timeouts: 0x0400_0400 }), note('server'), halt()],
    // The server runs on the slice of the client, which is below the one it wakes.
    client: [invoke({ tag: 0, to: sel(0x201) })],
  }));
  assert.equal(board.finish(10_000_000), ['middle', 'server']);
});

test('an interrupt for a thread that has begun to wait but has not slept yet does not preempt', () => {
  const board = new ScriptedBoard((at) => ({
    // Sends to the other thread, which runs at once, and waits for anybody afterwards.
    main: [...startLocal(at, 0x200, 1, 'other'), createIrq(0x300), attachIrq(0x300, 3), sleep(0x0400_0400), invoke({ tag: 0, to: sel(0x200, SEND | WAIT) }), note('main')],
    other: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0 }), triggerIrq(0x300), note('other')],
  }));
  assert.equal(board.finish(10_000_000), ['other', 'main']);
});

test.run();
