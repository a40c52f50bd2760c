// Scheduling: slices, priorities, yield, switch (fiasco-kernel.md 7, Appendix C.1).

import * as assert from 'uvu/assert';
import { suite } from '../../kit.ts';
import { ScriptedBoard, type Step, halt, invoke, local, runThread, sel, sleep, startLocal } from './scripted.ts';

const test = suite('scheduling');
const note = (text: string): Step => local((_cpu, script) => script.note(text));
/** Computes for some milliseconds, and says so after each. */
const compute = (name: string, ms: number): Step[] => Array.from({ length: ms }, () => local((_cpu, script) => script.note(name), 62_500));

test('threads of one priority take turns of ten milliseconds', () => {
  const board = new ScriptedBoard((at) => ({
    main: [...startLocal(at, 0x200, 1, 'a'), ...startLocal(at, 0x201, 2, 'b'), halt()],
    a: compute('a', 25),
    b: compute('b', 25),
  }));
  const runs = board.finish().join('').replace(/(.)\1*/g, (run) => `${run[0]}${run.length} `).trim();
  assert.is(runs, 'a10 b10 a10 b10 a5 b5');
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

test('raising the priority of a ready thread above the caller runs it at once', () => {
  const board = new ScriptedBoard((at) => ({ main: [...startLocal(at, 0x200, 1, 'a', 100), runThread(0x200, 200), note('main')], a: [note('a')] }));
  assert.equal(board.finish(), ['a', 'main']);
});

test('whole ticks are charged to whoever runs at the tick', () => {
  const board = new ScriptedBoard(() => ({ main: [...compute('', 5), invoke({ tag: 0xfff4_0001, to: sel(3), mrs: [3] }), local((cpu, script) => script.note(`${cpu.r[0]} ${cpu.utcb[0]}`))] }));
  assert.is(board.finish().at(-1), '2 5000');
});

test.run();
