// One case of the CPU's differential test: instructions, registers and memory before, and after. Layout of the code area and the
// data window is agreed with executor.c. Pure.

import { Cpu } from '../../../../src/emu/arm/cpu.ts';
import type { Engine } from '../../../../src/emu/arm/engine.ts';
import type { CpuExit } from '../../../../src/emu/arm/exit.ts';
import { CPSR_T, CPSR_USER, CpuRegisters } from '../../../../src/emu/arm/registers.ts';
import { newSpaceNumber } from '../../../../src/emu/memory/address_space.ts';
import { PhysicalMemory } from '../../../../src/emu/memory/physical_memory.ts';

export const CODE = 0x6000_0000;
export const CODE_BYTES = 0x1_0000;
export const ENTRY = CODE + 0x8000;
/** Where the reference program itself is linked. */
export const EXECUTOR = 0x5800_0000;
export const EXECUTOR_BYTES = 0x0010_0000;
const DATA = 0x5000_0000;
const DATA_BYTES = 0x2000;
/** The window lies across a page boundary. */
export const WINDOW = DATA + 0xf80;
export const WINDOW_BYTES = 256;
/** A case's code has this place; what it does not use stays filled. */
export const ENTRY_BYTES = 128;

/** None runs for longer: sequences have no loops. */
const SEQUENCE_INSTRUCTIONS = ENTRY_BYTES;

export const SETS = ['a32', 't32'] as const;
export type Set = (typeof SETS)[number];
/**
 * What surrounds the code, undefined wherever a case's branch may lead. The one for A32 is udf as a word and as its first Thumb
 * halfword; the other, for branches to any halfword, is a transfer from a coprocessor register that nobody has.
 */
export const FILL: Readonly<Record<Set, number>> = { a32: 0xe7f0_def0, t32: 0xeeb0_def0 };

const ENTRY_INDEX = ENTRY - CODE;
const DATA_INDEX = CODE_BYTES;
const WINDOW_INDEX = DATA_INDEX + WINDOW - DATA;
/** Flags that a case sets: N, Z, C, V, Q and GE. */
const FLAGS_SET = 0xf80f_0000;
/** Of the result T and ITSTATE are compared too. */
export const FLAGS_COMPARED = 0xfe0f_fc20;

export interface Case {
  readonly set: Set;
  /** Name of the table row under test. */
  readonly row: string;
  /** One instruction, or several that belong together; T32 opcodes of 32 bits have the first halfword on top. */
  readonly words: readonly number[];
  /** Makes the registers, flags and window that are not given. */
  readonly seed: number;
  readonly given: Readonly<Record<number, number>>;
  /** Of a sequence (sequence.ts): its code as halfwords, in both sets, instead of words. It runs until it traps in what is behind. */
  readonly code?: readonly number[];
}

export interface State {
  /** r0..r15 and the compared bits of the CPSR. */
  readonly registers: Uint32Array;
  readonly window: Uint8Array;
}

/** Values at which arithmetic changes its behaviour, and shift amounts. */
const CORNERS = [
  0, 1, 2, 8, 31, 32, 33, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_7fff, 0x7fff_ffff, 0x8000_0000, 0x8000_8000,
  0x8080_8080, 0xffff_0000, 0xffff_8000, 0xffff_fffe, 0xffff_ffff,
];

/** A well-mixed 32-bit number from a seed and a position. */
export function noise(seed: number, position: number): number {
  let x = (seed + Math.imul(position + 1, 0x9e37_79b9)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function value(seed: number, position: number): number {
  const choice = noise(seed, position + 1000);
  return choice % 3 === 0 ? (CORNERS[(choice >>> 8) % CORNERS.length] as number) : noise(seed, position);
}

/** The code of a case, with what surrounds it, as halfwords. */
export function codeOf({ set, words, code: sequence }: Case): Uint16Array {
  const fill = FILL[sequence === undefined ? set : 'a32'];
  const code = Uint16Array.from({ length: ENTRY_BYTES / 2 }, (_, k) => fill >>> (16 * (k & 1)));
  if (sequence !== undefined) {
    code.set(sequence);
    return code;
  }
  const halves = words.flatMap((word) => {
    if (set === 'a32') return [word & 0xffff, word >>> 16];
    return word >>> 16 === 0 ? [word] : [word >>> 16, word & 0xffff];
  });
  code.set(halves);
  return code;
}

export function before({ set, seed, given }: Case): State {
  const registers = Uint32Array.from({ length: 17 }, (_, k) => given[k] ?? value(seed, k));
  registers[15] = ENTRY;
  registers[16] = ((noise(seed, 16) & FLAGS_SET) | (set === 't32' ? CPSR_T : 0)) >>> 0;
  return { registers, window: Uint8Array.from({ length: WINDOW_BYTES }, (_, k) => noise(seed, 100 + k)) };
}

/** The board on which cases run: code area and data pages, and nothing else, are mapped. */
export class CaseBoard {
  readonly #memory = new PhysicalMemory(0, CODE_BYTES + DATA_BYTES);
  readonly #cpu: Engine;
  readonly #registers = new CpuRegisters();

  constructor(set: Set, engineOf: (memory: PhysicalMemory) => Engine = (memory) => new Cpu(memory)) {
    this.#cpu = engineOf(this.#memory);
    this.#memory.u32.fill(FILL[set], 0, CODE_BYTES >>> 2);
    const { entry } = {
      entry: (page: number): number => {
        const address = page * 4096;
        if (address >= CODE && address < CODE + CODE_BYTES) return (address - CODE) | 7;
        return address >= DATA && address < DATA + DATA_BYTES ? (address - DATA + DATA_INDEX) | 7 : 0;
      },
    };
    this.#cpu.switchTo(this.#registers, { number: newSpaceNumber(), entry, version: 0 });
  }

  /** One instruction for each word of the case, or as many as a sequence has until it traps, but not more than `count`. */
  run(subject: Case, count = subject.code === undefined ? subject.words.length : SEQUENCE_INSTRUCTIONS): { readonly exit: CpuExit; readonly after: State } {
    const { registers, window } = before(subject);
    this.#registers.clearExclusive();
    this.#registers.r.set(registers.subarray(0, 16));
    this.#registers.cpsr = CPSR_USER | (registers[16] as number);
    this.#memory.u8.fill(0, DATA_INDEX);
    this.#memory.write(WINDOW_INDEX, window);
    this.#memory.u16.set(codeOf(subject), ENTRY_INDEX >>> 1);
    // A new epoch, so that `changed` tells what the case itself writes.
    this.#memory.release(this.#memory.snapshot());
    const exit = this.#cpu.run(count);
    const after = Uint32Array.from([...this.#registers.r, (this.#registers.cpsr & FLAGS_COMPARED) >>> 0]);
    return { exit, after: { registers: after, window: this.#memory.u8.slice(WINDOW_INDEX, WINDOW_INDEX + WINDOW_BYTES) } };
  }

  /** Whether the last case wrote only inside the window. */
  get staysInWindow(): boolean {
    const { u8, changed } = this.#memory;
    if (changed.some((frame) => frame < CODE_BYTES >>> 12)) return false;
    const outside = [u8.subarray(DATA_INDEX, WINDOW_INDEX), u8.subarray(WINDOW_INDEX + WINDOW_BYTES)];
    return outside.every((bytes) => bytes.every((byte) => byte === 0));
  }
}

const REGISTER_NAMES = [...Array.from({ length: 16 }, (_, k) => `r${k}`), 'cpsr'];

/** Differences of two states in words, for messages. */
export function differences(expected: State, actual: State): readonly string[] {
  const text = (number: number | undefined): string => (number ?? 0).toString(16).padStart(8, '0');
  const registers = REGISTER_NAMES.flatMap((name, k) =>
    expected.registers[k] === actual.registers[k] ? [] : [`${name} ${text(actual.registers[k])}, expected ${text(expected.registers[k])}`],
  );
  const bytes = Array.from(expected.window).flatMap((byte, k) =>
    byte === actual.window[k] ? [] : [`window+${k} ${actual.window[k]}, expected ${byte}`],
  );
  return [...registers, ...bytes];
}
