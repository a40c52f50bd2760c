// The worked values of fiasco-kernel.md, Appendix A, through the real system-call path.

import * as assert from 'uvu/assert';
import { suite } from '../../kit.ts';
import {
  CALL,
  REPLY_AND_WAIT,
  SELF,
  ScriptedBoard,
  type Step,
  WAIT,
  attachIrq,
  bindThread,
  createGate,
  createIrq,
  createTask,
  createThread,
  exRegs,
  give,
  invoke,
  noteResult,
  receiveIrq,
  runThread,
  sel,
  sleep,
  startLocal,
  taskUnmap,
  triggerIrq,
} from './scripted.ts';

const test = suite('worked values of Appendix A');

/** Runs the steps and gives the tag after each of the named ones. */
function results(steps: readonly (readonly [string, Step])[]): readonly string[] {
  const main = steps.flatMap(([name, step]) => (name === '' ? [step] : [step, noteResult(name)]));
  return new ScriptedBoard(() => ({ main })).finish();
}

test('creation and thread operations answer with the documented tags', () => {
  const notes = results([
    ['thread', createThread(0x200)],
    ['gate', createGate(0x201, 0x148, 0x200)],
    ['task', createTask(0x202)],
    ['irq', createIrq(0x203)],
    ['run', runThread(0x200)],
    ['bind', bindThread(0x200, 0x202, 0x2800_0000)],
    ['bind again', bindThread(0x200, 0x202, 0x2800_0200)],
    ['ex_regs', exRegs(0x200, 0x1000, 0x2000)],
    ['set tpidruro', invoke({ tag: 0xfff4_0002, to: sel(0x200), mrs: [0x10, 0x1234] })],
  ]);
  assert.equal(notes, ['thread 40', 'gate 40', 'task 40', 'irq 40', 'run 0', 'bind 3', 'bind again ffea0000', 'ex_regs 3', 'set tpidruro 0']);
});

test('a factory capability without the strong right refuses with -1', () => {
  const weak = invoke({ tag: 0xfff5_0043, to: sel(1), mrs: [0, 0x210_0008, ((2 << 12) | 0x35) >>> 0, 8, ((1 << 12) | 0x37) >>> 0] });
  const create = invoke({ tag: 0xfff1_0001, to: sel(0x2100), mrs: [0xffff_ffff], buffers: [0, 0x220_000a] });
  assert.equal(results([['map', weak], ['create', create]]), ['map 0', 'create ffff0000']);
});

test('task operations answer with the documented tags', () => {
  const notes = results([
    ['', createTask(0x202)],
    ['map', give(0x202, 0x202, 1)],
    ['valid', invoke({ tag: 0xfff5_0002, to: sel(0x202), mrs: [2, 1 << 12] })],
    ['empty', invoke({ tag: 0xfff5_0002, to: sel(0x202), mrs: [2, 2 << 12] })],
    ['', give(0x202, 0x202, 5)],
    ['equal', invoke({ tag: 0xfff5_0003, to: sel(0x202), mrs: [2, 1 << 12, 5 << 12] })],
    ['unequal', invoke({ tag: 0xfff5_0003, to: sel(0x202), mrs: [2, 1 << 12, 6 << 12] })],
    ['unmap', taskUnmap(0x202, 0x8000_0000, (5 << 12) | 0x37)],
    ['gone', invoke({ tag: 0xfff5_0002, to: sel(0x202), mrs: [2, 5 << 12] })],
  ]);
  assert.equal(notes, ['map 0', 'valid 10000', 'empty 0', 'equal 10000', 'unequal 0', 'unmap 3', 'gone 0']);
});

test('IRQ operations answer with the documented tags', () => {
  const notes = results([
    ['', createIrq(0x203)],
    ['attach', attachIrq(0x203, 3, 0x77)],
    ['attached', attachIrq(0x203, 3)],
    ['trigger', triggerIrq(0x203)],
    ['receive', receiveIrq(0x203)],
    ['timeout', receiveIrq(0x203, 0x0400)],
  ]);
  assert.equal(notes, ['attach 0', 'attached ffea0000', 'trigger ffff0001', 'receive 0', 'timeout ffff8001/3']);
});

test('waits and empty slots answer with the documented errors', () => {
  const notes = results([
    ['empty', invoke({ tag: 0x0000_0003, to: sel(0x300, CALL) })],
    ['no reply', invoke({ tag: 0x0000_0003, to: (SELF | REPLY_AND_WAIT) >>> 0 })],
    ['wait', invoke({ tag: 0, to: (SELF | WAIT) >>> 0, timeouts: 0x0000_0400 })],
    ['sleep', sleep((5 << 10) | 313)],
    ['yield', sleep(0x0400_0400)],
  ]);
  assert.equal(notes, ['empty 8000/4', 'no reply 8000/4', 'wait 8000/3', 'sleep 8000/3', 'yield 8000/3']);
});

test('a sleep of 10 ms ends at the first tick at or behind its deadline', () => {
  const board = new ScriptedBoard(() => ({ main: [sleep((5 << 10) | 313), noteResult('woke')] }));
  board.machine.run({ time_us: 10_900 });
  assert.equal(board.notes, []);
  board.machine.run({ time_us: 200 });
  assert.equal(board.notes, ['woke 8000/3']);
});

test('a task whose kernel-user area has no valid size is refused with -12, and its debugger id is not reused', () => {
  const create = (area: number): Step => invoke({ tag: 0xfff1_0003, to: sel(2), mrs: [0xffff_fff5, 0, area], buffers: [0, 0x20_000a] });
  const notes = results([['order 11', create((0x2800_0000 | (11 << 6) | 0x17) >>> 0)], ['order 21', create((0x2800_0000 | (21 << 6) | 0x17) >>> 0)], ['order 12', create((0x2800_0000 | (12 << 6) | 0x17) >>> 0)]]);
  assert.equal(notes, ['order 11 fff40000', 'order 21 fff40000', 'order 12 40']);
});

test('cancelled receives keep the words of their input tag: 0xffff8001 for an IRQ, 0x8003 behind a delivered reply of three words', () => {
  const cancel = (slot: number): Step => exRegs(slot, 0xffff_ffff, 0xffff_ffff, 0x1_0000);
  const board = new ScriptedBoard((at) => ({
    main: [
      createIrq(0x300),
      ...startLocal(at, 0x200, 1, 'receiver'),
      attachIrq(0x300, 0x200),
      ...startLocal(at, 0x201, 2, 'server'),
      createGate(0x202, 0x148, 0x201),
      sleep((10 << 10) | 2),
      invoke({ tag: 0, to: sel(0x202, CALL) }),
      noteResult('reply'),
      cancel(0x200),
      cancel(0x201),
      sleep((10 << 10) | 2),
    ],
    receiver: [receiveIrq(0x300), noteResult('irq')],
    server: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0 }), invoke({ tag: 3, to: (SELF | REPLY_AND_WAIT) >>> 0, timeouts: 0x0400_0000 }), noteResult('reply and wait')],
  }));
  assert.equal([...board.finish(5_000_000)].sort(), ['irq ffff8001/7', 'reply 3', 'reply and wait 8003/7']);
});

test('an invalid protocol label is refused by every kernel object', () => {
  const wrong = (slot: number): Step => invoke({ tag: 0x1234_0001, to: sel(slot), mrs: [0] });
  assert.equal(results([['factory', wrong(2)], ['vlog', wrong(5)], ['icu', wrong(6)], ['sched', wrong(7)]]), [
    'factory ffd90000',
    'vlog ffd90000',
    'icu ffd90000',
    'sched ffd90000',
  ]);
});

test.run();
