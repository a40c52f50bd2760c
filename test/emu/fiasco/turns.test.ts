// Turns: a declared order in which tasks get the processor, until certain objects exist.

import * as assert from 'uvu/assert';
import type { Turn } from '../../../src/emu/fiasco/turns.ts';
import { suite } from '../../kit.ts';
import { ScriptedBoard, type Step, UTCB_AREA, attachIrq, capItem, createIrq, createTask, createThread, exRegs, give, halt, invoke, local, receiveIrq, runThread, sel, triggerIrq } from './scripted.ts';

const test = suite('turns');

const note = (text: string): Step => local((_cpu, script) => script.note(text));
/** A thread in a task of its own, with the factory in slot 2; its code is that of the root task. */
const start = (entry: number, task: number, thread: number): Step[] => [
  createTask(task),
  give(task, 2, 2),
  invoke({ tag: 0xfff5_0043, to: sel(task), mrs: [0, 0x7040_0008, 0x7040_0517, ...capItem(1)] }),
  createThread(thread),
  runThread(thread),
  invoke({ tag: 0xfff4_0046, to: sel(thread), mrs: [0x20_0000, 0, 0, 0, 0, UTCB_AREA, ...capItem(task)] }),
  exRegs(thread, entry),
];
/** Makes two objects, after each of which the other one may run. */
const maker = (name: string): Step[] => [createIrq(0x300), note(`${name} 1`), createIrq(0x301), note(`${name} 2`), halt()];

/** The first task is 0xc, the second 0xe; the first object that they make is 0x10. */
const boardWith = (turns: readonly Turn[]): ScriptedBoard =>
  new ScriptedBoard((at) => ({ main: [...start(at.entry('first'), 0x200, 0x201), ...start(at.entry('second'), 0x202, 0x203), halt()], first: maker('first'), second: maker('second') }), { turns });

test('without turns whoever is ready first goes on until it blocks', () => {
  assert.equal(boardWith([]).finish(5_000_000), ['first 1', 'first 2', 'second 1', 'second 2']);
});

test('a turn ends with the object that it names, and the other task goes on', () => {
  const turns = [{ task: 0xe, until: 0x10 }, { task: 0xc, until: 0x11 }, { task: 0xe, until: 0x12 }];
  const board = boardWith(turns);
  board.finish(5_000_000);
  const makers = [0x10, 0x11, 0x12, 0x13].map((id) => board.machine.kernel.objects.require(id).mappings[0]?.space.task.id);
  assert.equal(makers, [0xe, 0xc, 0xe, 0xc]);
});

test('a turn whose task waits for another one is given up', () => {
  assert.equal(boardWith([{ task: 0xe, until: 0x1000 }, { task: 0xc, until: 0x1001 }]).finish(5_000_000), ['second 1', 'second 2', 'first 1', 'first 2']);
});

test('tasks without turns are not held up', () => {
  const board = new ScriptedBoard(
    (at) => ({
      main: [createIrq(0x300), attachIrq(0x300, 3), ...start(at.entry('first'), 0x200, 0x201), give(0x200, 0x300, 9), receiveIrq(0x300), note('main'), halt()],
      first: [triggerIrq(9), note('first'), halt()],
    }),
    { turns: [{ task: 0xd, until: 0x1000 }] },
  );
  assert.equal(board.finish(5_000_000), ['main', 'first']);
});

test('a thread that a turn holds waits although its task has the turn', () => {
  const board = boardWith([{ task: 0xc, hold: [0xd], until: 0x11 }]);
  board.finish(5_000_000);
  const makers = [0x10, 0x11].map((id) => board.machine.kernel.objects.require(id).mappings[0]?.space.task.id);
  assert.equal(makers, [0xe, 0xe]);
});

test('a turn without object is over when nobody can go on, and nothing is said about it', () => {
  const board = boardWith([{ task: 0xe }, { task: 0xc, until: 0x1001 }]);
  const said: string[] = [];
  board.machine.events.listen(['unsupported'], (event) => said.push(JSON.stringify(event)));
  assert.equal(board.finish(5_000_000), ['second 1', 'second 2', 'first 1', 'first 2']);
  assert.equal(said, []);
});

test.run();
