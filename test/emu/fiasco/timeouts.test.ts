// Timeouts of both phases: relative with all exponents, absolute, over before they begin, and taken away by what they waited for
// (fiasco-kernel.md 5.7, 5.9).

import * as assert from 'uvu/assert';
import { Thread } from '../../../src/emu/fiasco/thread.ts';
import { suite } from '../../kit.ts';
import { attachIrq, CALL, createGate, createIrq, invoke, local, noteResult, RECEIVE, receiveIrq, REPLY_AND_WAIT, ScriptedBoard, SELF, SEND, sel, sleep, startLocal, type Step, triggerIrq, WAIT } from './scripted.ts';

const test = suite('timeouts');
const ms = (milliseconds: number): number => (10 << 10) | milliseconds;
const clock = (name: string): Step => local((cpu, script) => script.note(`${name} ${cpu.clock_us / 1000}`));
const note = (text: string): Step => local((_cpu, script) => script.note(text));
const wait = (): Step => invoke({ tag: 0, to: (SELF | WAIT) >>> 0 });
/** Sleeps until a moment that stands in two buffer registers. */
const until = (at: number, low: number, high = 0): Step => invoke({ tag: 0, to: (SELF | RECEIVE) >>> 0, timeouts: 0x8000 | at, buffers: [0, ...Array.from({ length: at }, () => 0), low, high] });
const armed = (board: ScriptedBoard): readonly string[] => board.machine.kernel.timeouts.armed().map(({ thread }) => thread.hosted ?? '');

test('mantissa and exponent of a relative timeout are ten and five bits', () => {
  const board = new ScriptedBoard(() => ({ main: [sleep((16 << 10) | 1), clock('2^16'), sleep(0x3ff), clock('1023'), sleep((17 << 10) | 0x3), clock('3 * 2^17')] }));
  assert.equal(board.finish(60_000_000), ['2^16 66', '1023 68', '3 * 2^17 462']);
});

test('an absolute timeout is a moment of the clock that stands in two of the buffer registers', () => {
  const board = new ScriptedBoard(() => ({ main: [until(0, 5000), noteResult('first'), clock('at'), until(40, 9001), clock('at'), until(40, 9000), noteResult('past'), clock('at'), until(3, 0, 1), note('never')] }));
  assert.equal(board.finish(60_000_000), ['first 8000/3', 'at 5', 'at 10', 'past 8000/3', 'at 10']);
  assert.equal(board.machine.kernel.timeouts.armed().map(({ deadline_us }) => deadline_us), [2 ** 32]);
});

test('a deadline that is now is over', () => {
  const board = new ScriptedBoard(() => ({ main: [sleep(ms(2)), until(0, 3000), clock('at')] }));
  assert.equal(board.finish(60_000_000), ['at 3']);
});

/** A client whose call has both timeouts, and a server that receives, and answers, after some time. */
const call = (timeouts: number, server: readonly Step[]): readonly string[] =>
  new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'server'), createGate(0x201, 0x148, 0x200), ...startLocal(at, 0x202, 2, 'client'), sleep(0)],
    server,
    client: [invoke({ tag: 3, to: sel(0x201, CALL), timeouts }), noteResult('client'), clock('at')],
  })).finish(60_000_000);
const answer = (): Step => invoke({ tag: 1, to: (SELF | REPLY_AND_WAIT) >>> 0, timeouts: 0x0400_0000, mrs: [7] });

test('each phase of a call has its own timeout, which begins with the phase and ends with it', () => {
  const both = (ms(5) << 16) | ms(5);
  assert.equal(call(both, [sleep(0)]), ['client 8000/2', 'at 6']);
  assert.equal(call(both, [sleep(ms(3)), wait(), sleep(0)]), ['client 8003/3', 'at 10']);
  assert.equal(call(both, [sleep(ms(3)), wait(), sleep(ms(3)), answer()]), ['client 1', 'at 8']);
  // Sent at once: only the answer is waited for.
  assert.equal(call((0x0400 << 16) | ms(5), [sleep(0)]), ['client 8000/2', 'at 0']);
  assert.equal(call((ms(5) << 16) | 0x0400, [sleep(ms(3)), wait(), sleep(0)]), ['client 8003/3', 'at 4']);
});

test('who got its message in time keeps no timeout: a receiver, a sender whose message was pulled, and one that an interrupt woke', () => {
  const board = new ScriptedBoard((at) => ({
    main: [
      createIrq(0x300), ...startLocal(at, 0x200, 1, 'receiver'), ...startLocal(at, 0x201, 2, 'sender'), ...startLocal(at, 0x202, 3, 'woken'), attachIrq(0x300, 0x202),
      sleep(ms(1)), invoke({ tag: 0, to: sel(0x200, SEND) }), triggerIrq(0x300), wait(), local(() => void seen.push(...armed(board))), sleep(ms(60)),
    ],
    receiver: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0, timeouts: ms(30) }), noteResult('receiver'), sleep(0)],
    sender: [invoke({ tag: 0, to: sel(3, SEND), timeouts: ms(30) << 16 }), noteResult('sender'), sleep(0)],
    woken: [receiveIrq(0x300, ms(30)), noteResult('woken'), sleep(0)],
  }));
  const seen: string[] = [];
  assert.equal([...board.finish(60_000_000)].sort(), ['receiver 0', 'sender 0', 'woken 0']);
  assert.equal(seen, []);
  assert.ok(board.machine.kernel.threads().every((thread) => !(thread instanceof Thread) || thread.timeout === null));
});

test('what came in time is no timeout although its receiver runs only after the deadline', () => {
  const board = new ScriptedBoard((at) => ({
    main: [
      createIrq(0x300), ...startLocal(at, 0x200, 1, 'receiver', 100), ...startLocal(at, 0x202, 3, 'woken', 100), attachIrq(0x300, 0x202),
      sleep(ms(1)), invoke({ tag: 0x2000, to: sel(0x200, SEND) }), triggerIrq(0x300), local(() => {}, 20 * 62_500), clock('main'), sleep(0),
    ],
    receiver: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0, timeouts: ms(10) }), noteResult('receiver'), sleep(0)],
    woken: [receiveIrq(0x300, ms(10)), noteResult('woken'), sleep(0)],
  }));
  const [main, ...others] = board.finish(60_000_000);
  assert.equal([main, ...others.sort()], ['main 22', 'receiver 2000', 'woken 0']);
});

test('a send that waited tells its tag without the flags of results', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'receiver'), invoke({ tag: 0xc002, to: sel(0x200, SEND) }), noteResult('queued'), invoke({ tag: 0x2002, to: sel(0x200, SEND) }), noteResult('at once')],
    receiver: [sleep(ms(2)), wait(), noteResult('got'), wait(), noteResult('got'), sleep(0)],
  }));
  assert.equal([...board.finish(60_000_000)].sort(), ['at once 2002', 'got 2', 'got 2002', 'queued 2']);
});

test.run();
