// More address spaces than an engine keeps translations of, used in turns: each sees its own memory, before and after it lost its room,
// and after another machine had the engine.

import * as assert from 'uvu/assert';
import { SPACES } from '../../../src/emu/arm/fast/layout.ts';
import { CpuRegisters } from '../../../src/emu/arm/registers.ts';
import { PhysicalMemory } from '../../../src/emu/memory/physical_memory.ts';
import { suite } from '../../kit.ts';
import { HEAP, newEngine, onEachEngine, Pages, PROGRAM, RW, RX } from './board.ts';

const spaces = suite('arm spaces');
const test = onEachEngine(spaces);
const COUNT = SPACES + 6;
const WORDS = 1024;

/** ldr r0,[r1]; add r0,#1; str r0,[r1]; b 0. */
const INCREMENT = [0xe591_0000, 0xe280_0001, 0xe581_0000, 0xeaff_fffb];

interface Space {
  readonly pages: Pages;
  readonly registers: CpuRegisters;
  readonly frame: number;
}

function freshSpaces(): readonly Space[] {
  return Array.from({ length: COUNT }, (_, k) => {
    const pages = new Pages();
    pages.map(PROGRAM, 1, RX);
    pages.map(HEAP, 2 + k, RW);
    const registers = new CpuRegisters();
    registers.r[15] = PROGRAM;
    registers.r[1] = HEAP;
    return { pages, registers, frame: 2 + k };
  });
}

test('each of many address spaces reads and writes its own frame, in whatever order they come', () => {
  const memory = new PhysicalMemory(0x7000_0000, (COUNT + 4) * 4096);
  memory.u32.set(INCREMENT, WORDS);
  const engine = newEngine(memory);
  const expected = new Array<number>(COUNT + 2).fill(0);
  const use = ({ pages, registers, frame }: Space): void => {
    engine.switchTo(registers, pages);
    assert.equal(engine.run(4), { kind: 'budget', retired: 4 });
    expected[frame] = (expected[frame] ?? 0) + 1;
  };
  const compare = (when: string): void => {
    for (let frame = 2; frame < COUNT + 2; frame++) assert.is(memory.u32[frame * WORDS], expected[frame], `${when}, frame ${frame}`);
  };
  const all = freshSpaces();
  // In a row, so that the first have lost their room when they come again; then one beside all others; then with a stride.
  for (let round = 0; round < 3; round++) all.forEach(use);
  compare('in a row');
  const [favourite, ...others] = all;
  for (const space of others) for (const one of [favourite, space]) if (one !== undefined) use(one);
  compare('one beside all others');
  for (let k = 0; k < 3 * COUNT; k++) use(all[(k * 17) % COUNT] as Space);
  compare('with a stride');
  // A page that a space loses is lost although the translation was known, and the others keep theirs.
  const [first, second] = all;
  if (first === undefined || second === undefined) throw new Error('no spaces');
  use(first);
  first.pages.unmap(HEAP);
  use(second);
  engine.switchTo(first.registers, first.pages);
  assert.is(engine.run(4).kind, 'data_abort');
  compare('after the loss of a page');
});

test('an engine that was let go of knows no address space of the machine before', () => {
  const memory = new PhysicalMemory(0x7000_0000, (COUNT + 4) * 4096);
  memory.u32.set(INCREMENT, WORDS);
  const engine = newEngine(memory);
  const [space] = freshSpaces();
  if (space === undefined) throw new Error('no spaces');
  engine.switchTo(space.registers, space.pages);
  engine.run(4);
  engine.forget();
  // The same page elsewhere, without a new version: as if it were another machine's address space.
  space.pages.map(HEAP, 3, RW);
  const version = space.pages.version;
  space.pages.version = version - 1;
  engine.switchTo(space.registers, space.pages);
  engine.run(4);
  assert.equal([memory.u32[2 * WORDS], memory.u32[3 * WORDS]], [1, 1]);
});

spaces.run();
