// The run loop: budgets, exits, aborts that change nothing, self-modifying code, the exclusive monitor, slicing. Thumb: thumb.test.ts.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { CpuRegisters } from '../../../src/emu/arm/registers.ts';
import { suite } from '../../kit.ts';
import { HEAP, onEachEngine, Pages, PROGRAM, READ_ONLY, RW, RWX, RX, TestBoard } from './board.ts';

const all = suite('arm cpu');
const test = onEachEngine(all);

const NOP = 0xe320_f000;
const ADD_R0_1 = 0xe280_0001;
const SUBS_R1_1 = 0xe251_1001;
/** bne to the instruction two before. */
const BNE_BACK_2 = 0x1aff_fffc;
const SVC = 0xef00_0000;
const LDREX_R2_R1 = 0xe191_2f9f;
const STREX_R3_R2_R1 = 0xe181_3f92;

/** r0 counts r1 rounds of three instructions, then svc. */
const LOOP = [ADD_R0_1, SUBS_R1_1, BNE_BACK_2, SVC];

test('a budget is used exactly', () => {
  const board = new TestBoard(LOOP);
  board.registers.r[1] = 1000;
  assert.equal(board.cpu.run(7), { kind: 'budget', retired: 7 });
  assert.is(board.registers.r[0], 3);
  assert.is(board.registers.r[15], PROGRAM + 4);
  assert.equal(board.cpu.run(0), { kind: 'budget', retired: 0 });
  assert.is(board.registers.r[15], PROGRAM + 4);
});

test('slices of any size give the same run', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }), (slices) => {
      const whole = new TestBoard(LOOP);
      const sliced = new TestBoard(LOOP);
      for (const { registers } of [whole, sliced]) registers.r[1] = 10;
      const budget = slices.reduce((sum, slice) => sum + slice, 0);
      const exit = whole.cpu.run(budget);
      const parts = slices.map((slice) => ({ ...sliced.cpu.run(slice) }));
      const end = parts.findIndex((part) => part.kind !== 'budget');
      const retired = parts.slice(0, end < 0 ? undefined : end + 1).reduce((sum, part) => sum + part.retired, 0);
      assert.is(retired, exit.retired);
      assert.equal(sliced.registers.save(), whole.registers.save());
    }),
  );
});

test('code runs on across a page boundary', () => {
  /** b to the last word of the page. */
  const board = new TestBoard([0xea00_03fd]);
  board.pages.map(PROGRAM + 4096, 4, RX);
  board.memory.u32[1024 + 1023] = ADD_R0_1;
  board.load(4, [ADD_R0_1, SVC]);
  assert.equal(board.cpu.run(9), { kind: 'svc', retired: 4, pc: PROGRAM + 4096 + 4 });
  assert.is(board.registers.r[0], 2);
});

test('fetching from an unmapped page is a prefetch abort by translation', () => {
  const board = new TestBoard([0xe12f_ff10]);
  board.registers.r[0] = HEAP + 0x10_0000;
  assert.equal(board.cpu.run(5), { kind: 'prefetch_abort', retired: 1, address: HEAP + 0x10_0000, cause: 'translation' });
  assert.is(board.registers.r[15], HEAP + 0x10_0000);
});

test('fetching from a page without execute right is a prefetch abort by permission', () => {
  const board = new TestBoard();
  board.registers.r[15] = HEAP;
  assert.equal(board.cpu.run(5), { kind: 'prefetch_abort', retired: 0, address: HEAP, cause: 'permission' });
});

interface Abort {
  readonly what: string;
  readonly opcode: number;
  /** r1 before. */
  readonly base: number;
  readonly address: number;
  readonly write: boolean;
  readonly cause: 'translation' | 'permission' | 'alignment';
}
const END = HEAP + 8192;
const ABORTS: readonly Abort[] = [
  { what: 'ldr', opcode: 0xe591_0000, base: END, address: END, write: false, cause: 'translation' },
  { what: 'ldr pre-indexed', opcode: 0xe5b1_0004, base: END - 4, address: END, write: false, cause: 'translation' },
  { what: 'ldr post-indexed', opcode: 0xe491_0004, base: END, address: END, write: false, cause: 'translation' },
  { what: 'ldr unaligned into the next page', opcode: 0xe591_0000, base: END - 2, address: END, write: false, cause: 'translation' },
  { what: 'ldr unaligned from the page before', opcode: 0xe591_0000, base: HEAP - 1, address: HEAP - 1, write: false, cause: 'translation' },
  { what: 'str to code', opcode: 0xe581_0000, base: PROGRAM, address: PROGRAM, write: true, cause: 'permission' },
  { what: 'str unaligned into the next page', opcode: 0xe581_0000, base: END - 1, address: END, write: true, cause: 'translation' },
  { what: 'strh unaligned into the next page', opcode: 0xe1c1_00b0, base: END - 1, address: END, write: true, cause: 'translation' },
  { what: 'strd into the next page', opcode: 0xe1c1_00f0, base: END - 4, address: END, write: true, cause: 'translation' },
  { what: 'ldrd into the next page', opcode: 0xe1c1_20d0, base: END - 4, address: END, write: false, cause: 'translation' },
  { what: 'ldrd unaligned', opcode: 0xe1c1_20d0, base: HEAP + 2, address: HEAP + 2, write: false, cause: 'alignment' },
  { what: 'ldmia over the base into the next page', opcode: 0xe8b1_001d, base: END - 8, address: END, write: false, cause: 'translation' },
  { what: 'ldmia including the base', opcode: 0xe891_001f, base: END - 8, address: END, write: false, cause: 'translation' },
  { what: 'ldmia unaligned', opcode: 0xe891_001c, base: END - 9, address: END - 9, write: false, cause: 'alignment' },
  { what: 'stmia into the next page', opcode: 0xe8a1_001d, base: END - 8, address: END, write: true, cause: 'translation' },
  { what: 'stmdb from the page before', opcode: 0xe921_001d, base: HEAP + 8, address: HEAP - 8, write: true, cause: 'translation' },
  { what: 'stmib unaligned', opcode: 0xe981_001d, base: HEAP + 1, address: HEAP + 5, write: true, cause: 'alignment' },
  { what: 'ldrex unaligned', opcode: LDREX_R2_R1, base: HEAP + 1, address: HEAP + 1, write: false, cause: 'alignment' },
  { what: 'ldrexd unaligned to 8', opcode: 0xe1b1_2f9f, base: HEAP + 4, address: HEAP + 4, write: false, cause: 'alignment' },
  { what: 'strex unaligned', opcode: STREX_R3_R2_R1, base: HEAP + 2, address: HEAP + 2, write: true, cause: 'alignment' },
  { what: 'swp of read-only memory', opcode: 0xe101_0092, base: PROGRAM, address: PROGRAM, write: true, cause: 'permission' },
  { what: 'swp unaligned', opcode: 0xe101_0092, base: HEAP + 3, address: HEAP + 3, write: true, cause: 'alignment' },
];

for (const { what, opcode, base, address, write, cause } of ABORTS) {
  test(`an aborted ${what} changes nothing and can be restarted`, () => {
    const board = new TestBoard([NOP, opcode]);
    board.registers.r.fill(0x5555_5555, 0, 15);
    board.registers.r[1] = base;
    board.cpu.run(1);
    const registers = board.registers.save();
    const memory = board.memory.u8.slice();
    assert.equal(board.cpu.run(5), { kind: 'data_abort', retired: 0, pc: PROGRAM + 4, address, write, cause });
    assert.equal(board.registers.save(), registers);
    assert.ok(board.memory.u8.every((byte, index) => byte === memory[index]));
    if (cause === 'alignment') return;
    board.pages.map(address, 5, RWX);
    assert.equal(board.cpu.run(1), { kind: 'budget', retired: 1 });
  });
}

test('unaligned words and halves reach over a page boundary', () => {
  const board = new TestBoard([0xe581_0000, 0xe591_2000, 0xe1d1_30b2, 0xe1c1_00b3]);
  board.registers.r.set([0x1234_5678, HEAP + 4094]);
  assert.equal(board.cpu.run(3), { kind: 'budget', retired: 3 });
  assert.equal(Array.from(board.registers.r.subarray(2, 4)), [0x1234_5678, 0x1234]);
  board.registers.r[1] = HEAP + 4092;
  board.cpu.run(1);
  assert.is(board.word(HEAP + 4092), 0x7878_0000);
  assert.is(board.word(HEAP + 4096), 0x1256);
});

test('the first store of an epoch opens the frame, a load does not', () => {
  const board = new TestBoard([0xe591_0000, 0xe5c1_0000, 0xe591_0000]);
  board.registers.r[1] = HEAP + 4096;
  board.cpu.run(1);
  assert.is(board.memory.written[3], 0);
  board.cpu.run(1);
  assert.is(board.memory.written[3], 1);
  board.memory.snapshot();
  assert.equal(board.memory.changed, []);
  board.registers.r[15] = PROGRAM + 4;
  board.cpu.run(1);
  assert.equal(board.memory.changed, [3]);
});

test('a program that rewrites its own code executes what it wrote', () => {
  /** str r0, [pc, #4]; nop; add r2, #1; (word replaced by add r2, #16); svc. */
  const board = new TestBoard([0xe58f_0004, NOP, 0xe282_2001, 0xe282_2001, SVC]);
  board.pages.map(PROGRAM, 1, RWX);
  board.registers.r[0] = 0xe282_2010;
  board.cpu.run(10);
  assert.is(board.registers.r[2], 0x11);
});

test('code that somebody else replaced is executed as it stands', () => {
  const board = new TestBoard(LOOP);
  board.registers.r[1] = 1;
  board.cpu.run(10);
  board.memory.u32[1024] = 0xe280_0064;
  board.registers.r.set([0, 1]);
  board.registers.r[15] = PROGRAM;
  board.cpu.run(10);
  assert.is(board.registers.r[0], 100);
});

test('a page that was unmapped or lost rights is not accessed through stale translations', () => {
  const board = new TestBoard([0xe581_0000, 0xeaff_fffd]);
  board.registers.r[1] = HEAP;
  board.cpu.run(10);
  board.pages.map(HEAP, 2, READ_ONLY);
  assert.is(board.cpu.run(2).kind, 'data_abort');
  board.pages.unmap(PROGRAM);
  assert.is(board.cpu.run(2).kind, 'prefetch_abort');
});

test('address spaces do not see each other', () => {
  const board = new TestBoard([0xe591_0000, 0xeaff_fffd]);
  const other = new Pages();
  other.map(PROGRAM, 1, RX);
  other.map(HEAP, 3, RW);
  board.setWord(HEAP, 2);
  board.setWord(HEAP + 4096, 3);
  const registers = new CpuRegisters();
  for (const file of [board.registers, registers]) file.r.set([0, HEAP]);
  registers.r[15] = PROGRAM;
  for (let round = 0; round < 3; round++) {
    board.cpu.switchTo(board.registers, board.pages);
    board.cpu.run(2);
    board.cpu.switchTo(registers, other);
    board.cpu.run(2);
  }
  assert.equal([board.registers.r[0], registers.r[0]], [2, 3]);
});

test('an exclusive pair stores, and an exclusive store without a mark does not', () => {
  const board = new TestBoard([LDREX_R2_R1, STREX_R3_R2_R1, STREX_R3_R2_R1]);
  board.registers.r[1] = HEAP;
  board.setWord(HEAP, 77);
  board.cpu.run(2);
  assert.equal([board.registers.r[2], board.registers.r[3]], [77, 0]);
  board.cpu.run(1);
  assert.is(board.registers.r[3], 1);
});

test('slicing between an exclusive load and its store changes nothing', () => {
  const board = new TestBoard([LDREX_R2_R1, STREX_R3_R2_R1]);
  board.registers.r.set([0, HEAP, 0, 9]);
  board.cpu.run(1);
  const copy = new CpuRegisters();
  copy.restore(board.registers.save());
  board.cpu.switchTo(copy, board.pages);
  board.cpu.run(1);
  assert.is(copy.r[3], 0);
});

test('a kernel entry between an exclusive load and its store makes the store fail', () => {
  const entries: readonly ((board: TestBoard) => void)[] = [
    (board) => board.cpu.clearExclusive(),
    (board) => board.registers.clearExclusive(),
    (board) => {
      board.registers.r[15] = PROGRAM + 8;
      assert.is(board.cpu.run(1).kind, 'svc');
      board.registers.r[15] = PROGRAM + 4;
    },
  ];
  for (const enter of entries) {
    const board = new TestBoard([LDREX_R2_R1, STREX_R3_R2_R1, SVC]);
    board.registers.r[1] = HEAP;
    board.cpu.run(1);
    enter(board);
    board.cpu.run(1);
    assert.is(board.registers.r[3], 1);
  }
});

test('user mode cannot change mode, interrupt or Thumb bits', () => {
  const board = new TestBoard([0xe12f_f000, 0xe10f_2000]);
  board.registers.r[0] = 0xffff_ffff;
  const before = board.registers.cpsr;
  board.cpu.run(2);
  assert.is(board.registers.cpsr, (before | 0xf80f_0000) >>> 0);
  assert.is(board.registers.r[2], board.registers.cpsr);
});

all.run();
