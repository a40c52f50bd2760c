// Capability life cycles (fiasco-kernel.md 3.4 to 3.7, Appendix B), listings of the live kernel, boot.

import * as assert from 'uvu/assert';
import { printObjectSpace } from '../../../src/emu/jdb/object_space.ts';
import { objectRows, objectSpaceOf, taskRows, threadRows } from '../../../src/emu/jdb/view.ts';
import { LIMIT_CAPABILITIES } from '../../../src/emu/limits.ts';
import { debugId } from '../../../src/emu/numbers.ts';
import { suite } from '../../kit.ts';
import { CALL, REPLY_AND_WAIT, SELF, ScriptedBoard, type Step, WAIT, bindThread, createGate, createIrq, createTask, createThread, exRegs, give, invoke, local, noteResult, runThread, sel, sleep, startLocal, taskMap, taskUnmap, capItem } from './scripted.ts';

const test = suite('capabilities');
const ALL = 0x8000_0000;
const DELETE = 0xc000_0000;
const page = (slot: number, rights = 7): number => ((slot << 12) | 0x30 | rights) >>> 0;
const note = (text: string): Step => local((_cpu, script) => script.note(text));
const info = (task: number, slot: number, name: string): Step[] => [
  invoke({ tag: 0xfff5_0002, to: sel(task), mrs: [2, (slot << 12) | 1] }),
  local((cpu, script) => script.note(`${name}=${(cpu.r[0] ?? 0) >>> 16}`)),
];

test('boot creates the objects 0 to b in their real order, with the slots of the root task', () => {
  const { kernel } = new ScriptedBoard(() => ({ main: [] })).machine;
  assert.equal(
    objectRows(kernel).map((row) => row.type),
    ['Factory', 'Task', 'Vlog', 'Pfc', 'Icu', 'Sched', 'Thread', 'Task', 'Thread', 'Task', 'Thread', 'Gate'],
  );
  const space = objectSpaceOf(kernel, debugId(9));
  assert.is(
    space === null ? '' : printObjectSpace(space),
    [
      '000000 :       --        00009* Task      00000* Factory   0000a* Thread',
      '000004 :0000b* Gate      00002* Vlog      00004* Icu       00005* Sched',
      '000008 :00003* Pfc              --               --               --',
      '',
    ].join('\n'),
  );
  // References of a captured boot: kernel task, root pager; one root thread only here.
  assert.equal(taskRows(kernel).map((row) => row.references), [2, 3, 3]);
  assert.equal(threadRows(kernel).map((row) => [row.id, row.states.join(',')]), [
    [0xa, 'ready'],
    [8, 'rcv_wait'],
    [6, 'ready'],
  ]);
});

test('counted mappings come and go; deleting through a slot with the delete right revokes the object everywhere', () => {
  const board = new ScriptedBoard(() => ({
    main: [
      createGate(0x300, 0x100, 3),
      createTask(0x202),
      createTask(0x203),
      ...info(1, 0x300, 'created'),
      give(0x202, 0x300, 9),
      ...info(1, 0x300, 'one child'),
      taskMap(0x203, 0x202, (0x210 << 12) | 8, page(9)),
      ...info(1, 0x300, 'two children'),
      taskMap(0x203, 0x203, (0x205 << 12) | 8 | 2, page(0x210)),
      ...info(1, 0x300, 'granted'),
      ...info(0x203, 0x210, 'window'),
      taskUnmap(0x203, DELETE, page(0x205)),
      ...info(1, 0x300, 'without D'),
      taskUnmap(1, ALL, page(0x300)),
      ...info(0x202, 9, 'survives'),
      taskUnmap(0x202, ALL, page(9)),
      local((cpu, script) => void script.note(`thread ${cpu.thread}`)),
      createGate(0x300, 0x100, 3),
      give(0x202, 0x300, 9),
      taskUnmap(1, DELETE, page(0x300)),
      ...info(0x202, 9, 'revoked'),
    ],
  }));
  assert.equal(board.finish(), [
    'created=1', 'one child=2', 'two children=3', 'granted=3', 'window=0', 'without D=2', 'survives=1', 'thread 10', 'revoked=0',
  ]);
  assert.is(board.machine.kernel.objects.all().filter((object) => object.type === 'Gate').length, 1);
  assert.equal(board.machine.kernel.check(), []);
});

test('overwriting a slot that holds the delete right destroys the old object', () => {
  const board = new ScriptedBoard(() => ({ main: [createIrq(0x300), createIrq(0x301), give(1, 0x301, 0x300), noteResult('map'), ...info(1, 0x301, 'count')] }));
  assert.equal(board.finish(), ['map 0', 'count=2']);
  assert.equal(board.machine.kernel.objects.all().filter((object) => object.type === 'IRQ').map((object) => object.id), [0xd]);
});

test('a capability that is mapped to its own slot is overwritten: its object is gone if the slot holds the delete right, else only the slot', () => {
  const board = new ScriptedBoard(() => ({
    main: [createIrq(0x300), give(1, 0x300, 0x300), noteResult('map'), ...info(1, 0x300, 'own'), createIrq(0x301), give(1, 0x301, 0x302), give(1, 0x302, 0x302), ...info(1, 0x302, 'copy'), ...info(1, 0x301, 'first')],
  }));
  assert.equal(board.finish(), ['map 0', 'own=0', 'copy=0', 'first=1']);
  assert.equal(board.machine.kernel.objects.all().filter((object) => object.type === 'IRQ').map((object) => object.id), [0xd]);
});

test('a granted capability takes the place of the one before in its list, and is not counted where it is weak', () => {
  const weak = 0x10;
  const board = new ScriptedBoard(() => ({
    main: [
      createIrq(0x300), give(1, 0x300, 0x301), give(1, 0x300, 0x302), ...info(1, 0x300, 'three'),
      taskMap(1, 1, (0x305 << 12) | 8 | 2, page(0x301)), ...info(1, 0x300, 'granted'),
      taskMap(1, 1, (0x306 << 12) | 8 | 2 | weak, page(0x302)), ...info(1, 0x300, 'weak'),
    ],
  }));
  assert.equal(board.finish(), ['three=3', 'granted=3', 'weak=2']);
  const irq = board.machine.kernel.objects.all().find((object) => object.type === 'IRQ');
  assert.equal(irq?.mappings.map(({ slot }) => slot), [0x300, 0x305, 0x306]);
});

test('a task that is told to unmap everything loses its capabilities and its memory, but not the memory of its threads', () => {
  const EVERYTHING = 63 << 6;
  const board = new ScriptedBoard(() => ({
    main: [
      createTask(0x202), createIrq(0x300), give(0x202, 0x300, 9),
      taskMap(0x202, 1, (0x7049_0000 | 8) >>> 0, (0x7049_0000 | (12 << 6) | 0x17) >>> 0),
      taskUnmap(0x202, ALL, (EVERYTHING | 0x17) >>> 0), noteResult('of memory only'), ...info(0x202, 9, 'still'),
      taskUnmap(0x202, ALL, EVERYTHING | 7), noteResult('everything'), ...info(0x202, 9, 'gone'),
    ],
  }));
  assert.equal(board.finish(), ['of memory only 3', 'still=2', 'everything 3', 'gone=0']);
  const task = board.machine.kernel.tasks().at(-1);
  assert.equal([task?.memory.pages.size, task?.memory.sections.size, task?.kuAreas.length], [0, 0, 1]);
});

test('what finds no room in a capability table or in memory is told as "map failed", to a sender and to its receiver', () => {
  const serve: Step = invoke({ tag: 0, to: (SELF | WAIT) >>> 0, buffers: [0, (0x400 << 12) | 0xa, 0] });
  const full = (is: boolean): Step => local(() => void (board.machine.kernel.capabilities += is ? LIMIT_CAPABILITIES : -LIMIT_CAPABILITIES));
  const board: ScriptedBoard = new ScriptedBoard((at) => ({
    main: [
      createIrq(0x300), ...startLocal(at, 0x200, 1, 'server'), createGate(0x201, 0x148, 0x200), sleep(0x0400_0400),
      full(true), give(1, 0x300, 0x301), noteResult('task map'), invoke({ tag: 1 << 6, to: sel(0x201, CALL), mrs: capItem(0x300) }), noteResult('item'), full(false),
    ],
    server: [serve, noteResult('server'), sleep(0)],
  }));
  assert.equal([...board.finish(5_000_000)].sort(), ['item 8000/16', 'server 8040/17', 'task map 8000/16']);
});

test('a map of nothing is warned of, with task, place and size', () => {
  const board = new ScriptedBoard(() => ({
    main: [createTask(0x202), give(0x202, 0x300, 9), noteResult('slot'), taskMap(0x202, 0x202, 0x1000_0008, (0x1000_0000 | (13 << 6) | 0x17) >>> 0), noteResult('memory'), taskMap(0x202, 1, (0x7049_0000 | 8 | 2) >>> 0, (0x7049_0000 | (12 << 6) | 0x17) >>> 0), noteResult('page of a section')],
  }));
  const console: string[] = [];
  board.machine.events.listen(['console'], (event) => void (event.kind === 'console' && console.push(event.text)));
  assert.equal(board.finish(), ['slot 0', 'memory 0', 'page of a section 0']);
  const warning = (text: string): string => `\n\x1b[31mKERNEL\x1b[0m: Warning: ${text}\n`;
  assert.equal(console, [
    warning('nothing mapped: (Obj_space) from [0xf1000480/9]: 00000300 size: 00000001 to [0xf1000600/c]'),
    warning('nothing mapped: (Mem_space) from [0xf1000600/c]: 10000000 size: 00002000 to [0xf1000600/c]'),
    warning("\x58XX Can't GRANT page from superpage (0xf1000480: 70490000 -> 0xf1000600: 70490000), demoting to MAP"),
  ]);
});

test('unmapping without the read right only takes the named rights; "other spaces" of a capability are nobody', () => {
  const board = new ScriptedBoard(() => ({ main: [createIrq(0x300), taskUnmap(1, ALL, page(0x300, 2)), taskUnmap(1, 0, page(0x300)), ...info(1, 0x300, 'count')] }));
  assert.equal(board.finish(), ['count=1']);
  assert.is(objectSpaceOf(board.machine.kernel, debugId(9))?.slots.find((entry) => entry.slot === 0x300)?.rights, 'x');
});

test('a message carries capabilities into the receive window, drops the strong right behind a weak gate, and cuts what does not fit', () => {
  const send = (gate: number, items: number): Step => invoke({ tag: (items << 6) | 0, to: sel(gate, CALL), mrs: Array.from({ length: items }, () => capItem(0x300)).flat() });
  const serve: Step = invoke({ tag: 0, to: (SELF | REPLY_AND_WAIT) >>> 0, timeouts: 0x0400_0000, buffers: [0, (0x400 << 12) | 0xa, (0x401 << 12) | 0xa, 0] });
  const board = new ScriptedBoard((at) => ({
    main: [
      createIrq(0x300),
      ...startLocal(at, 0x200, 1, 'server'),
      createGate(0x201, 0x148, 0x200),
      taskMap(1, 1, (0x206 << 12) | 8, page(0x201, 5)),
      sleep(0x0400_0400),
      send(0x206, 2),
      noteResult('two'),
      send(0x201, 3),
      noteResult('three'),
      note('end'),
    ],
    server: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0, buffers: [0, (0x400 << 12) | 0xa, (0x401 << 12) | 0xa, 0] }), noteResult('server'), serve, noteResult('server')],
  }));
  assert.equal(board.finish(), ['server 80', 'two 0', 'server 80c0/9', 'three 8000/8', 'end']);
  const rights = objectSpaceOf(board.machine.kernel, debugId(9))?.slots.filter((entry) => entry.slot >= 0x400 && entry.slot < 0x402);
  assert.equal(rights?.map((entry) => entry.rights), ['*', '*']);
});

test('destroying a task and its threads returns everything it used', () => {
  const before = new ScriptedBoard(() => ({ main: [] })).machine.kernel;
  const board = new ScriptedBoard((at) => ({
    main: [
      createThread(0x200),
      runThread(0x200),
      createTask(0x202),
      bindThread(0x200, 0x202, 0x2800_0000),
      taskMap(0x202, 1, (0x7049_0000 | 8) >>> 0, (0x7049_0000 | (12 << 6) | 0x17) >>> 0),
      exRegs(0x200, at.entry('child')),
      sleep((5 << 10) | 200),
      note('kill'),
      taskUnmap(1, DELETE, page(0x200)),
      taskUnmap(1, DELETE, page(0x202)),
      sleep((5 << 10) | 200),
    ],
    child: [note('child'), invoke({ tag: 0, to: (SELF | WAIT) >>> 0 })],
  }));
  assert.equal(board.finish(), ['child', 'kill']);
  const { kernel } = board.machine;
  assert.equal(kernel.check(), []);
  assert.equal([kernel.tasks().length, kernel.threads().length, kernel.frames.free_frames], [3, 3, before.frames.free_frames]);
});

test.run();
