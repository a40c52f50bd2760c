// What map items and flexpages say, through messages and through the task: place, size, rights, attributes, compound and void items
// (fiasco-kernel.md 3.4, 3.5, 5.5, C.3).

import * as assert from 'uvu/assert';
import type { Mapping } from '../../../src/emu/fiasco/mapping_list.ts';
import { debugId } from '../../../src/emu/numbers.ts';
import { suite } from '../../kit.ts';
import { bindThread, CALL, capItem, createGate, createIrq, createTask, createThread, exRegs, give, IMAGE, invoke, local, noteResult, runThread, ScriptedBoard, SELF, SEND, sel, sleep, startLocal, type Step, taskMap, taskUnmap, touch, UTCB_AREA, WAIT } from './scripted.ts';

const test = suite('map items');
const [ALL, DELETE] = [0x8000_0000, 0xc000_0000];
const WINDOW = 0x1000_0000;
const PAGE = 0x1000;
const [WEAK, EXTRA] = [0x10, 0xe0];
const objects = (slot: number, order = 0, rights = 7): number => ((slot << 12) | (order << 6) | 0x30 | rights) >>> 0;
const memory = (address: number, order: number, rights = 7): number => (address | (order << 6) | 0x10 | rights) >>> 0;
const map = (item: number, page: number): Step => taskMap(1, 1, (item | 8) >>> 0, page);
const root = (board: ScriptedBoard) => board.machine.kernel.tasks().find(({ id }) => id === debugId(9)) ?? assert.unreachable('no root task') as never;
const slotsOf = (board: ScriptedBoard, from: number, to: number): readonly Mapping[] => root(board).objects.mappings().filter(({ slot }) => slot >= from && slot < to);
/** Which object is in which slot, by number. */
const shown = (board: ScriptedBoard, from: number, to: number): string => slotsOf(board, from, to).map(({ slot, object }) => `${slot.toString(16)}=${object.id.toString(16)}`).join(' ');
const finished = (main: readonly Step[]): ScriptedBoard => {
  const board = new ScriptedBoard(() => ({ main }));
  board.finish(5_000_000);
  assert.equal(board.machine.kernel.check(), []);
  return board;
};

/** A message with items that a server of the same task takes into these buffers. */
function sent(items: readonly number[], count: number, buffers: readonly number[], before: readonly Step[] = []): ScriptedBoard {
  const board = new ScriptedBoard((at) => ({
    main: [...before, ...startLocal(at, 0x200, 1, 'server'), createGate(0x201, 0x148, 0x200), sleep(0x0400_0400), invoke({ tag: count << 6, to: sel(0x201, CALL), mrs: items, timeouts: (10 << 10) | 4 }), noteResult('sent')],
    server: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0, buffers }), noteResult('got'), sleep(0)],
  }));
  board.finish(5_000_000);
  assert.equal(board.machine.kernel.check(), []);
  return board;
}

const same = (board: ScriptedBoard, address: number, as: number): void => {
  const { kernel } = board.machine;
  assert.is(kernel.translate(root(board), address, false), kernel.translate(root(board), as, false), `${address.toString(16)} is not ${as.toString(16)}`);
};

test('of a page that is larger than the window the hot spot chooses a part, of a larger window the place', () => {
  const part = sent([0x2000 | 8, memory(IMAGE, 14)], 1, [0, 8, memory(WINDOW, 12)]);
  same(part, WINDOW, IMAGE + 2 * PAGE);
  assert.is(part.machine.kernel.translate(root(part), WINDOW + PAGE, false), -1);
  const place = sent([0x3000 | 8, memory(IMAGE + 5 * PAGE, 12)], 1, [0, 8, memory(WINDOW, 14)]);
  same(place, WINDOW + 3 * PAGE, IMAGE + 5 * PAGE);
  assert.is(place.machine.kernel.translate(root(place), WINDOW, false), -1);
  // Both are aligned to their sizes, whatever they are written as.
  const unaligned = sent([0x1000 | 8, memory(IMAGE + 3 * PAGE, 14)], 1, [0, 8, memory(WINDOW, 12)]);
  same(unaligned, WINDOW, IMAGE + PAGE);
  const window = sent([8, memory(IMAGE, 13)], 1, [0, 8, memory(WINDOW + PAGE, 13)]);
  same(window, WINDOW, IMAGE);
  same(window, WINDOW + PAGE, IMAGE + PAGE);
});

test('the cache attribute of an item stays with the page', () => {
  const board = finished([touch(IMAGE), map(WINDOW | 0x30, memory(IMAGE, 12)), map((WINDOW + PAGE) >>> 0, memory(IMAGE, 12))]);
  assert.equal([0, 1].map((page) => root(board).memory.pages.get((WINDOW >>> 12) + page)?.cache), [0x30, 0]);
});

test('of a range of capabilities that is larger than the window the hot spot chooses a part, and ranges are aligned to their sizes', () => {
  const four = [0x300, 0x301, 0x302, 0x303].map((slot) => createIrq(slot));
  const part = sent([0x2000 | 8, objects(0x300, 2)], 1, [0, 0x40_000a], four);
  assert.is(shown(part, 0x400, 0x410), '400=e');
  const all = finished([...four, map(0x40_0000, objects(0x303, 2))]);
  assert.is(shown(all, 0x400, 0x410), '400=c 401=d 402=e 403=f');
  const window = sent([8, objects(0x300, 1)], 1, [0, 8, objects(0x401, 1)], four);
  assert.is(shown(window, 0x400, 0x410), '400=c 401=d');
});

test('a compound item leaves its buffer to the next one, and a void item is one word', () => {
  const two = [createIrq(0x300), createIrq(0x301)];
  const compound = sent([8 | 1, objects(0x300), 0x1000 | 8, objects(0x301)], 2, [0, 8, objects(0x400, 1)], two);
  assert.equal([compound.notes, shown(compound, 0x400, 0x410)], [['got 80', 'sent 8080/3'], '400=c 401=d']);
  const single = sent([8, objects(0x300), 0x1000 | 8, objects(0x301)], 2, [0, 8, objects(0x400, 1), 0], two);
  assert.equal([single.notes, shown(single, 0x400, 0x410)], [['got 8080/9', 'sent 8000/8'], '400=c']);
  const empty = sent([0, 8, objects(0x301)], 2, [0, 0x40_000a, 0], two);
  assert.equal([empty.notes, shown(empty, 0x400, 0x410)], [['got 80', 'sent 8080/3'], '400=d']);
});

test('the receiver is told of each item but void ones, in turn', () => {
  const board = new ScriptedBoard((at) => ({
    main: [createIrq(0x300), createIrq(0x301), ...startLocal(at, 0x200, 1, 'server'), createGate(0x201, 0x148, 0x200), sleep(0x0400_0400), invoke({ tag: (3 << 6) | 1, to: sel(0x201, CALL), mrs: [7, 0, 0x9000 | 8, objects(0x300), 0xa000 | 8, objects(0x301)], timeouts: (10 << 10) | 4 })],
    server: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0, mrs: [1, 2, 3, 4, 5], buffers: [0, 0x40_000a, 0x40_100a] }), local((cpu, script) => script.note([0, 1, 2, 3, 4].map((i) => cpu.utcb[i]?.toString(16)).join(' '))), sleep(0)],
  }));
  // The second word of a mapped item is left as it was.
  assert.equal(board.finish(5_000_000), ['7 9038 3 a038 5']);
});

test('a page and a buffer of another type fit, but nothing is mapped', () => {
  const memoryToSlots = sent([8, memory(IMAGE, 12), 8, objects(0x300)], 2, [0, 0x40_000a, 0x40_100a], [createIrq(0x300)]);
  assert.equal([memoryToSlots.notes, shown(memoryToSlots, 0x400, 0x410)], [['got 80', 'sent 8080/3'], '400=c']);
  const slotsToMemory = sent([8, objects(0x300)], 1, [0, 8, memory(WINDOW, 12)], [createIrq(0x300)]);
  assert.equal(slotsToMemory.notes, ['got 40', 'sent 8040/3']);
  const io = (buffers: readonly number[]): readonly string[] => sent([8, 0x2e7], 1, buffers).notes;
  assert.equal([io([0, 0x40_000a]), io([1 << 5, 0x40_000a, 0]), io([1 << 5, 0x40_000a, 0x40_100a])], [['got 40', 'sent 8040/3'], ['got 8040/9', 'sent 8000/8'], ['got 40', 'sent 8040/3']]);
});

test('a message whose items do not fit makes its receiver run as any other message does', () => {
  const board = new ScriptedBoard((at) => ({
    main: [createIrq(0x300), ...startLocal(at, 0x200, 1, 'low', 100), ...startLocal(at, 0x202, 2, 'high', 200), sleep((10 << 10) | 1), ...[0x200, 0x202].flatMap((to): Step[] => [invoke({ tag: 1 << 6, to: sel(to, SEND), mrs: capItem(0x300) }), noteResult('sent')]), sleep(0)],
    low: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0, buffers: [0, 0] }), noteResult('low'), sleep(0)],
    high: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0, buffers: [0, 0] }), noteResult('high'), sleep(0)],
  }));
  assert.equal(board.finish(5_000_000), ['sent 8000/8', 'high 8040/9', 'sent 8000/8', 'low 8040/9']);
});

test('who asks for local ids is told the label of a gate to a thread of its own task, with the rights of the capability; nothing is mapped', () => {
  const board = new ScriptedBoard((at) => ({
    main: [
      createTask(0x210), createThread(0x200), runThread(0x200), bindThread(0x200, 0x210, UTCB_AREA), taskMap(0x210, 1, (IMAGE | 8) >>> 0, memory(IMAGE, 12)), exRegs(0x200, at.entry('server')),
      createGate(0x201, 0x148, 0x200), sleep((10 << 10) | 1), invoke({ tag: 1 << 6, to: sel(0x201, SEND), mrs: capItem(0x201, 4) }),
    ],
    server: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0, buffers: [0, 0x40_000e, 0] }), local((cpu, script) => script.note([0, 1].map((i) => cpu.utcb[i]?.toString(16)).join(' '))), sleep(0)],
  }));
  assert.equal(board.finish(5_000_000), ['3c 14b']);
  assert.equal(board.machine.kernel.tasks().at(-1)?.objects.size, 0);
});

test('rights are those of the source, of the flexpage, and without the strong one those of what is sent through a gate that lacks it', () => {
  const weakGate = [createIrq(0x300), createIrq(0x302), map(0x30_1000, objects(0x300, 0, 5))];
  const board = new ScriptedBoard((at) => ({
    main: [
      ...weakGate, ...startLocal(at, 0x200, 1, 'server'), createGate(0x201, 0x148, 0x200), map(0x20_2000, objects(0x201, 0, 5)), sleep(0x0400_0400),
      invoke({ tag: 2 << 6, to: sel(0x202, CALL), mrs: [...capItem(0x301), ...capItem(0x302)], timeouts: (10 << 10) | 4 }),
      map(0x40_4000, objects(0x302, 0, 6)), map(0x40_5000, objects(0x302, 0, 15)), map(0x40_6000, objects(0x404)),
    ],
    server: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0, buffers: [0, 0x40_000a, 0x40_100a, 0] }), sleep(0)],
  }));
  board.finish(5_000_000);
  assert.equal(slotsOf(board, 0x400, 0x410).map(({ slot, rights, flags }) => [slot, rights, flags]), [[0x400, 1, 0x10], [0x401, 1, 0x10], [0x404, 2, 0x10], [0x405, 3, 0x18], [0x406, 2, 0x10]]);
});

test('a weak mapping is not counted, nor is one that comes from it; the control right of a gate passes only where it is asked for', () => {
  const board = finished([
    createIrq(0x300), map(0x30_1000 | WEAK, objects(0x300)), map(0x30_2000, objects(0x301)), map(0x30_3000 | 2, objects(0x302)),
    createGate(0x310, 0x148, 3), map(0x31_1000, objects(0x310)), map(0x31_2000 | EXTRA, objects(0x310)), map(0x31_3000 | 0x40, objects(0x312)),
  ]);
  assert.equal(slotsOf(board, 0x300, 0x320).map(({ slot, flags }) => [slot, flags]), [[0x300, 0xf8], [0x301, 0], [0x303, 0], [0x310, 0xf8], [0x311, 0x10], [0x312, 0xf0], [0x313, 0x50]]);
  assert.equal(slotsOf(board, 0x300, 0x320).map(({ object }) => object.counted), [1, 1, 1, 4, 4, 4, 4]);
});

test('with the last counted mapping all weak ones go, and the object', () => {
  const board = finished([createIrq(0x300), map(0x30_1000 | WEAK, objects(0x300)), map(0x30_2000, objects(0x300)), taskUnmap(1, ALL, objects(0x300)), local(() => {}), taskUnmap(1, ALL, objects(0x302))]);
  assert.equal([shown(board, 0x300, 0x310), board.machine.kernel.objects.get(0xc)], ['', undefined]);
});

test('without the delete right nothing is deleted: it is taken like any other one, and does not pass unless it is sent', () => {
  const board = finished([
    createIrq(0x300), map(0x30_1000, objects(0x300)), taskUnmap(1, ALL, objects(0x300, 0, 8)), taskUnmap(1, DELETE, objects(0x300)),
    createIrq(0x304), map(0x30_5000, objects(0x304)), taskUnmap(1, DELETE, objects(0x305)),
    createIrq(0x308), map(0x30_9000, objects(0x308, 0, 15)), taskUnmap(1, DELETE, objects(0x309)),
  ]);
  assert.is(shown(board, 0x300, 0x310), '301=c 304=d');
});

test('a new object in the place of another one deletes that, in all slots, if the place holds the delete right', () => {
  const board = finished([createIrq(0x300), give(1, 0x300, 0x301), createIrq(0x304), give(1, 0x304, 0x305), createIrq(0x300), createIrq(0x305)]);
  assert.is(shown(board, 0x300, 0x310), '300=e 304=d 305=f');
});

test.run();
