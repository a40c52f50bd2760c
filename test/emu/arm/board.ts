// A minimal board for CPU tests: frames of RAM, a page table as a map, one register file. Owner of nothing that outlives a test.

import { ENGINES } from '../../../src/emu/arm/engine.ts';
import type { Engine, EngineName } from '../../../src/emu/arm/engine.ts';
import { makeEngine } from '../../../src/emu/arm/engines.ts';
import type { JitLimits } from '../../../src/emu/arm/jit/jit_cpu.ts';
import { CPSR_T, CpuRegisters } from '../../../src/emu/arm/registers.ts';
import { newSpaceNumber } from '../../../src/emu/memory/address_space.ts';
import { PhysicalMemory } from '../../../src/emu/memory/physical_memory.ts';
import type { Translation } from '../../../src/emu/memory/translation.ts';
import type { Test } from '../../kit.ts';

export const RWX = 7;
export const RW = 6;
export const RX = 5;
export const READ_ONLY = 4;

/** Everything is translated when it is first executed. */
export const AT_ONCE: JitLimits = { stretch: 0, patience: 0, heat: 0, translations: Infinity, block: 48, regions: 400, bytes: 16 << 20 };

let engineUnderTest: EngineName = 'reference';
export const newEngine = (memory: PhysicalMemory): Engine => makeEngine(engineUnderTest, memory);

/** Registers each test once for every engine: boards that it makes have that engine. */
export const onEachEngine =
  (test: Test): ((name: string, body: () => void) => void) =>
  (name, body) => {
    for (const engine of ENGINES) {
      test(`${engine}: ${name}`, () => {
        engineUnderTest = engine;
        try {
          body();
        } finally {
          engineUnderTest = 'reference';
        }
      });
    }
  };

export class Pages implements Translation {
  readonly number = newSpaceNumber();
  version = 0;
  readonly #entries = new Map<number, number>();

  entry(page: number): number {
    return this.#entries.get(page) ?? 0;
  }

  /** Maps the page of a virtual address onto a frame. */
  map(address: number, frame: number, rights: number): void {
    if (this.#entries.has(address >>> 12)) this.version++;
    this.#entries.set(address >>> 12, (frame << 12) | rights);
  }

  unmap(address: number): void {
    this.#entries.delete(address >>> 12);
    this.version++;
  }
}

/** Where programs stand, in frame 1, and where data stands, in frames 2 and 3. */
export const PROGRAM = 0x0010_0000;
export const HEAP = 0x0020_0000;

export class TestBoard {
  readonly memory = new PhysicalMemory(0x7000_0000, 8 * 4096);
  readonly cpu = newEngine(this.memory);
  readonly registers = new CpuRegisters();
  readonly pages = new Pages();

  constructor(program: readonly number[] = []) {
    this.pages.map(PROGRAM, 1, RX);
    this.pages.map(HEAP, 2, RW);
    this.pages.map(HEAP + 4096, 3, RW);
    this.load(1, program);
    this.registers.r[15] = PROGRAM;
    this.cpu.switchTo(this.registers, this.pages);
  }

  load(frame: number, words: readonly number[]): void {
    this.memory.u32.set(words, frame * 1024);
  }

  /** A board with T32 code: opcodes of 32 bits have the first halfword on top. */
  static thumb(opcodes: readonly number[]): TestBoard {
    const board = new TestBoard();
    board.loadThumb(PROGRAM, opcodes);
    board.registers.cpsr |= CPSR_T;
    return board;
  }

  loadThumb(address: number, opcodes: readonly number[]): void {
    const frame = this.pages.entry(address >>> 12) & ~0xfff;
    const halves = opcodes.flatMap((opcode) => (opcode >>> 16 === 0 ? [opcode] : [opcode >>> 16, opcode & 0xffff]));
    this.memory.u16.set(halves, (frame | (address & 0xfff)) >>> 1);
  }

  word(address: number): number {
    const entry = this.pages.entry(address >>> 12);
    return this.memory.u32[((entry & ~0xfff) | (address & 0xfff)) >>> 2] ?? 0;
  }

  setWord(address: number, value: number): void {
    const entry = this.pages.entry(address >>> 12);
    this.memory.u32[((entry & ~0xfff) | (address & 0xfff)) >>> 2] = value;
  }
}
