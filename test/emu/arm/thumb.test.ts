// Thumb state: changing into it and out of it, IT blocks and what interrupts them, instructions over a page boundary, and a compiled
// program in lock-step with itself.

import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { CpuExit } from '../../../src/emu/arm/exit.ts';
import { advancedIt, CPSR_IT, CPSR_T, CPSR_Z, CpuRegisters, itState, withItState } from '../../../src/emu/arm/registers.ts';
import { newSpaceNumber } from '../../../src/emu/memory/address_space.ts';
import { PhysicalMemory } from '../../../src/emu/memory/physical_memory.ts';
import { suite } from '../../kit.ts';
import { HEAP, newEngine, onEachEngine, PROGRAM, READ_ONLY, RX, TestBoard } from './board.ts';
import { IMAGE, parseProgram } from './vectors/program.ts';

const all = suite('arm thumb');
const test = onEachEngine(all);

const NOP = 0xbf00;
const IT_EQ = 0xbf08;
const ITT_EQ = 0xbf04;
const ITE_EQ = 0xbf0c;
const ADDS_R0_1 = 0x3001;
const MOVS_R2_7 = 0x2207;
const LDR_R2_R1 = 0x680a;
const STRB_R0_R1 = 0x7008;
const SVC = 0xdf00;
const UDF = 0xde00;
/** adds.w r0, r0, #1: sets flags inside IT blocks too. */
const ADDS_WIDE_R0_1 = 0xf110_0001;

/** Condition eq and one, two or three instructions to come. */
const BLOCK_OF_ONE = 0x08;
const BLOCK_OF_TWO = 0x04;

function thumb(opcodes: readonly number[], zero: boolean): TestBoard {
  const board = TestBoard.thumb(opcodes);
  board.registers.r[1] = HEAP;
  if (zero) board.registers.cpsr = (board.registers.cpsr | CPSR_Z) >>> 0;
  return board;
}
const itOf = (board: TestBoard): number => itState(board.registers.cpsr);

test('bx, blx and pop change the instruction set by bit 0 of the target', () => {
  const board = new TestBoard([0xe12f_ff10, 0, 0xe3a0_2001]);
  /** blx r3; bx pc at a word; its target is the A32 instruction two words on. */
  board.loadThumb(PROGRAM + 0x100, [0x4798, NOP]);
  board.registers.r.set([PROGRAM + 0x101, 0, 0, PROGRAM + 8]);
  assert.equal(board.cpu.run(1), { kind: 'budget', retired: 1 });
  assert.is(board.registers.r[15], PROGRAM + 0x100);
  assert.ok(board.registers.thumb);
  board.cpu.run(2);
  assert.not.ok(board.registers.thumb);
  assert.equal([board.registers.r[2], board.registers.r[14], board.registers.r[15]], [1, PROGRAM + 0x103, PROGRAM + 12]);
  const popping = thumb([0xbd00], false);
  popping.registers.r[13] = HEAP;
  popping.setWord(HEAP, PROGRAM + 0x20);
  popping.cpu.run(1);
  assert.equal([popping.registers.thumb, popping.registers.r[15], popping.registers.r[13]], [false, PROGRAM + 0x20, HEAP + 4]);
});

test('blx with an immediate links with the state it leaves', () => {
  const board = new TestBoard([0xfb00_0000, 0, 0]);
  board.loadThumb(PROGRAM + 10, [0xf000_e800]);
  board.cpu.run(1);
  assert.equal([board.registers.r[14], board.registers.r[15], board.registers.thumb], [PROGRAM + 4, PROGRAM + 10, true]);
  board.cpu.run(1);
  assert.equal([board.registers.r[14], board.registers.r[15], board.registers.thumb], [PROGRAM + 15, PROGRAM + 12, false]);
});

test('mov and add to r15 stay in Thumb state whatever bit 0 is', () => {
  const board = thumb([0x4687, NOP, 0x4487], false);
  board.registers.r[0] = PROGRAM + 4;
  board.cpu.run(1);
  assert.equal([board.registers.r[15], board.registers.thumb], [PROGRAM + 4, true]);
  board.registers.r[0] = 0x11;
  board.cpu.run(1);
  assert.equal([board.registers.r[15], board.registers.thumb], [PROGRAM + 8 + 0x10, true]);
});

test('inside an IT block 16-bit arithmetic leaves the flags alone, outside and in 32 bits it does not', () => {
  for (const [opcode, flags] of [[ADDS_R0_1, CPSR_Z], [ADDS_WIDE_R0_1, 0]] as const) {
    const inside = thumb([IT_EQ, opcode], true);
    inside.cpu.run(2);
    assert.equal([inside.registers.r[0], inside.registers.cpsr & CPSR_Z, itOf(inside)], [1, flags, 0]);
    const outside = thumb([opcode], true);
    outside.cpu.run(1);
    assert.is(outside.registers.cpsr & CPSR_Z, 0);
  }
});

test('then and else take turns, and flags changed inside a block count at once', () => {
  const chosen = (zero: boolean): number => {
    const board = thumb([ITE_EQ, 0x2005, 0x2006], zero);
    board.cpu.run(3);
    return board.registers.r[0] ?? 0;
  };
  assert.equal([chosen(true), chosen(false)], [5, 6]);
  /** itt eq; cmp r0, #1 makes it ne; the second instruction is skipped. */
  const board = thumb([ITT_EQ, 0x2801, MOVS_R2_7], true);
  assert.equal(board.cpu.run(3), { kind: 'budget', retired: 3 });
  assert.is(board.registers.r[2], 0);
});

test('a budget that ends inside a block leaves it in the status word, saved with the registers', () => {
  const board = thumb([ITT_EQ, ADDS_R0_1, MOVS_R2_7, ADDS_R0_1], true);
  board.cpu.run(1);
  assert.is(itOf(board), BLOCK_OF_TWO);
  board.cpu.run(1);
  assert.is(itOf(board), BLOCK_OF_ONE);
  const copy = new CpuRegisters();
  copy.restore(board.registers.save());
  board.cpu.switchTo(copy, board.pages);
  board.cpu.run(1);
  assert.equal([copy.r[2], itState(copy.cpsr), copy.cpsr & CPSR_Z], [7, 0, CPSR_Z]);
});

interface Interruption {
  readonly what: string;
  readonly opcode: number;
  readonly base: number;
  readonly expected: CpuExit;
}
const AT = PROGRAM + 4;
const INTERRUPTIONS: readonly Interruption[] = [
  {
    what: 'data abort',
    opcode: LDR_R2_R1,
    base: 0x40_0000,
    expected: { kind: 'data_abort', retired: 2, pc: AT, address: 0x40_0000, write: false, cause: 'translation' },
  },
  {
    what: 'write abort',
    opcode: STRB_R0_R1,
    base: PROGRAM,
    expected: { kind: 'data_abort', retired: 2, pc: AT, address: PROGRAM, write: true, cause: 'permission' },
  },
  { what: 'undefined instruction', opcode: UDF, base: 0, expected: { kind: 'undefined', retired: 2, pc: AT, opcode: UDF, detail: 'udf' } },
  { what: 'supervisor call', opcode: SVC, base: 0, expected: { kind: 'svc', retired: 3, pc: AT } },
  { what: 'breakpoint', opcode: 0xbe00, base: 0, expected: { kind: 'bkpt', retired: 3, pc: AT, immediate: 0 } },
];

for (const { what, opcode, base, expected } of INTERRUPTIONS) {
  test(`a ${what} inside a block leaves the state of the block as it is for that instruction`, () => {
    /** ittt eq. */
    const board = thumb([0xbf02, ADDS_R0_1, opcode, MOVS_R2_7], true);
    board.registers.r[1] = base;
    assert.equal(board.cpu.run(9), expected);
    assert.equal([board.registers.r[15], itOf(board), board.registers.r[0]], [AT, BLOCK_OF_TWO, 1]);
    board.registers.passTrap();
    assert.equal([board.registers.r[15], itOf(board)], [AT + 2, BLOCK_OF_ONE]);
    board.registers.cpsr = (board.registers.cpsr & ~CPSR_Z) >>> 0;
    board.cpu.run(1);
    assert.equal([board.registers.r[2], itOf(board)], [0, 0]);
  });
}

test('an abort inside a block can be restarted there', () => {
  const board = thumb([ITE_EQ, LDR_R2_R1, MOVS_R2_7], true);
  board.registers.r[1] = 0x40_0000;
  board.cpu.run(9);
  board.pages.map(0x40_0000, 5, READ_ONLY);
  board.setWord(0x40_0000, 99);
  assert.equal(board.cpu.run(2), { kind: 'budget', retired: 2 });
  assert.equal([board.registers.r[2], itOf(board)], [99, 0]);
});

test('in a block whose condition fails nothing happens but a breakpoint', () => {
  const board = thumb([ITT_EQ, UDF, LDR_R2_R1, NOP], false);
  board.registers.r[1] = 0x40_0000;
  assert.equal(board.cpu.run(4), { kind: 'budget', retired: 4 });
  const stopped = thumb([IT_EQ, 0xbe01], false);
  assert.equal(stopped.cpu.run(4), { kind: 'bkpt', retired: 2, pc: PROGRAM + 2, immediate: 1 });
});

test('what may not stand in a block, or only at its end, is undefined elsewhere', () => {
  const unpredictable = (opcode: number): CpuExit => ({ kind: 'undefined', retired: 1, pc: PROGRAM + 2, opcode, detail: 'unpredictable' });
  /** b<c>, cbz, it, cps, setend: never; b, bl, bx, mov pc, pop pc, tbb, ldr pc: last. */
  for (const opcode of [0xd0fe, 0xb101, IT_EQ, 0xb662, 0xb650]) {
    assert.equal(thumb([IT_EQ, opcode], true).cpu.run(3), unpredictable(opcode), opcode.toString(16));
  }
  for (const opcode of [0xe000, 0xf000_f800, 0x4708, 0x468f, 0xbd00, 0xe8d1_f000, 0xf8d1_f000]) {
    assert.equal(thumb([ITT_EQ, opcode, NOP], true).cpu.run(2), unpredictable(opcode), opcode.toString(16));
  }
  const board = thumb([IT_EQ, 0xe001, NOP, NOP], true);
  assert.equal(board.cpu.run(2), { kind: 'budget', retired: 2 });
  assert.is(board.registers.r[15], PROGRAM + 2 + 4 + 2);
});

test('a block ends with a branch to A32 and does not start again on return', () => {
  const board = thumb([IT_EQ, 0x4708, ADDS_R0_1], true);
  board.registers.r[1] = PROGRAM + 0x40;
  board.load(1, []);
  /** bx r3. */
  board.memory.u32[1024 + 16] = 0xe12f_ff13;
  board.registers.r[3] = PROGRAM + 5;
  board.cpu.run(4);
  assert.equal([board.registers.r[0], board.registers.cpsr & CPSR_Z, board.registers.cpsr & CPSR_IT], [1, 0, 0]);
});

test('bits of a block in an A32 status word mean nothing, in Thumb state neither', () => {
  const board = new TestBoard([0xe3a0_0001, 0xe12f_ff13]);
  board.loadThumb(PROGRAM + 0x100, [ADDS_R0_1]);
  board.registers.cpsr = withItState(board.registers.cpsr, BLOCK_OF_TWO);
  board.registers.r[3] = PROGRAM + 0x101;
  board.cpu.run(3);
  assert.equal([board.registers.r[0], itOf(board)], [2, 0]);
});

test('an instruction over a page boundary is put together from both pages', () => {
  const board = thumb([], false);
  board.loadThumb(PROGRAM + 4094, [0xf110]);
  board.pages.map(PROGRAM + 4096, 6, RX);
  board.loadThumb(PROGRAM + 4096, [0x0001, MOVS_R2_7]);
  board.registers.r[15] = PROGRAM + 4094;
  assert.equal(board.cpu.run(2), { kind: 'budget', retired: 2 });
  assert.equal([board.registers.r[0], board.registers.r[2], board.registers.r[15]], [1, 7, PROGRAM + 4100]);
  board.loadThumb(PROGRAM + 4096, [0x0010]);
  board.registers.r[15] = PROGRAM + 4094;
  board.cpu.run(1);
  assert.is(board.registers.r[0], 17);
});

test('the second half is looked up anew each time, even where its frame stands behind the first', () => {
  const board = thumb([], false);
  board.loadThumb(PROGRAM + 4094, [0xf110]);
  board.pages.map(PROGRAM + 4096, 2, RX);
  board.loadThumb(PROGRAM + 4096, [0x0001]);
  for (const frame of [2, 6]) {
    board.pages.map(PROGRAM + 4096, frame, RX);
    if (frame === 6) board.loadThumb(PROGRAM + 4096, [0x0020]);
    board.registers.r[15] = PROGRAM + 4094;
    board.cpu.run(1);
  }
  assert.is(board.registers.r[0], 0x21);
  board.pages.unmap(PROGRAM + 4096);
  board.registers.r[15] = PROGRAM + 4094;
  assert.is(board.cpu.run(1).kind, 'prefetch_abort');
});

test('when its second half is missing the abort tells that address, and r15 the instruction', () => {
  const board = thumb([], false);
  board.loadThumb(PROGRAM + 4094, [0xf110]);
  board.registers.r[15] = PROGRAM + 4094;
  assert.equal(board.cpu.run(2), { kind: 'prefetch_abort', retired: 0, address: PROGRAM + 4096, cause: 'translation' });
  assert.is(board.registers.r[15], PROGRAM + 4094);
  board.loadThumb(PROGRAM + 4094, [MOVS_R2_7]);
  assert.equal(board.cpu.run(2), { kind: 'prefetch_abort', retired: 1, address: PROGRAM + 4096, cause: 'translation' });
});

test('code that somebody else replaced is executed as it stands, in either half', () => {
  const board = thumb([ADDS_WIDE_R0_1, 0xe7fc], false);
  board.cpu.run(4);
  assert.is(board.registers.r[0], 2);
  board.loadThumb(PROGRAM, [0xf110_0010]);
  board.cpu.run(2);
  assert.is(board.registers.r[0], 18);
  board.loadThumb(PROGRAM, [ADDS_R0_1, ADDS_R0_1]);
  board.cpu.run(3);
  assert.is(board.registers.r[0], 20);
});

test('the same memory can be executed in both states', () => {
  /** As A32: add r0, r0, #1; as T32: adds r0, #1; b to after the next halfword. */
  const board = new TestBoard([0xe280_0001]);
  board.cpu.run(1);
  board.registers.r[15] = PROGRAM;
  board.registers.cpsr |= CPSR_T;
  board.cpu.run(1);
  assert.equal([board.registers.r[0], board.registers.r[15]], [1, PROGRAM + 2]);
});

test('the state of a block survives the status word', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.integer(), (it, cpsr) => {
      const kept = (it & 15) === 0 ? 0 : it;
      assert.is(itState(withItState(cpsr, it)), kept);
      assert.is(withItState(cpsr, it) & ~CPSR_IT, cpsr & ~CPSR_IT);
      if (kept !== 0) assert.is(advancedIt(kept) & 0x1f, (kept & 7) === 0 ? 0 : (kept << 1) & 0x1f);
    }),
  );
});

const SYS_EXIT = 1;
const SYS_WRITE = 4;
const MEMORY_BYTES = 0x4000;
const STACK = 0x0020_0000;

const PROGRAM_FILE = parseProgram(readFileSync(new URL('vectors/program.json', import.meta.url), 'utf8'));

/** The compiled program on a board of its own; runs on by exact counts of instructions, in slices. */
class Runner {
  readonly memory = new PhysicalMemory(0, MEMORY_BYTES + 4096);
  readonly #cpu = newEngine(this.memory);
  readonly #translation = {
    number: newSpaceNumber(),
    version: 0,
    entry: (page: number): number => {
      if (page === (STACK >>> 12) - 1) return MEMORY_BYTES | 7;
      const offset = page * 4096 - IMAGE;
      return offset >= 0 && offset < MEMORY_BYTES ? offset | 7 : 0;
    },
  };
  registers = new CpuRegisters();
  readonly #slice: number;
  readonly #restores: boolean;
  output = '';
  ended = false;

  /** With `restores` every slice runs on another register file, restored from the one before. */
  constructor(slice: number, restores = false) {
    this.#slice = slice;
    this.#restores = restores;
    this.memory.u32.set(PROGRAM_FILE.words);
    this.registers.r[15] = IMAGE;
    this.registers.r[13] = STACK;
    this.#cpu.switchTo(this.registers, this.#translation);
  }

  /** Returns how many instructions it ran: fewer than asked for at the end of the program. */
  run(count: number): number {
    let left = count;
    while (left > 0 && !this.ended) {
      const exit = this.#cpu.run(Math.min(left, this.#slice));
      left -= exit.retired;
      if (exit.kind === 'svc') this.#serve();
      else if (exit.kind !== 'budget') throw new Error(JSON.stringify(exit));
      if (this.#restores) this.#changeFile();
    }
    return count - left;
  }

  #changeFile(): void {
    const file = new CpuRegisters();
    file.restore(this.registers.save());
    this.registers = file;
    this.#cpu.switchTo(file, this.#translation);
  }

  #serve(): void {
    const { r } = this.registers;
    if (r[7] === SYS_EXIT) this.ended = true;
    else if (r[7] === SYS_WRITE) {
      const from = (r[1] as number) - STACK + 4096 + MEMORY_BYTES;
      this.output += Buffer.from(this.memory.u8.slice(from, from + (r[2] as number))).toString('hex');
      r[0] = r[2] as number;
    } else throw new Error(`system call ${r[7]}`);
    this.registers.passTrap();
  }
}

test('a compiled program runs in lock-step in slices of any length, and writes what it writes on the reference', () => {
  const whole = new Runner(1_000_000);
  const sliced = [new Runner(1), new Runner(13, true), new Runner(997)];
  let total = 0;
  while (!whole.ended) {
    const count = whole.run(997);
    total += count;
    const expected = whole.registers.save();
    for (const runner of sliced) {
      assert.is(runner.run(997), count);
      assert.equal(runner.registers.save(), expected);
    }
    assert.ok(total < 2_000_000, 'the program does not end');
  }
  assert.ok(total > 50_000, `only ${total} instructions`);
  assert.is(whole.output, PROGRAM_FILE.output);
  for (const { output, memory, ended } of sliced) {
    assert.ok(ended);
    assert.is(output, PROGRAM_FILE.output);
    assert.equal(Buffer.compare(memory.u8, whole.memory.u8), 0);
  }
});

all.run();
