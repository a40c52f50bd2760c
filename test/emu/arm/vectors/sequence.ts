// Makes random sequences for the CPU's differential test: instructions of both sets one behind the other, IT blocks, and the ways from
// one set to the other, with registers such that memory accesses stay in the data window. The CPU under test helps only to find them. Pure.

import { T32 } from '../../../../src/emu/arm/decoder.ts';
import { PLACE_ANYWHERE } from '../../../../src/emu/arm/instruction.ts';
import type { Row } from '../../../../src/emu/arm/instruction.ts';
import { CaseBoard, ENTRY, ENTRY_BYTES, noise, WINDOW, WINDOW_BYTES } from './case.ts';
import type { Case, Set } from './case.ts';
import { blockMember, comparableRows, decoderOf, exclusiveLoadFor, isInExecutor, randomWord } from './generator.ts';

/** Keeps its value: an aligned address inside the window, where branch targets go through memory. */
const BASE = 10;
/** Keep their values: the beginnings of the second and the third part, with the set in bit 0. */
const TARGETS = [11, 12];
const POINTERS = [6, 7, 8, 9, 13];
/** Offsets of the window's size. */
const SMALL = [4, 5];
const UNITS = 5;
const TRIES = 60;
/** Room for one more unit and the way to the next part. */
const ROOM = 24;

const MEMORY = /^(ld|st|push|pop|swp)/;
/** Bits of memory instructions that are cleared to have more of small offsets. */
const CLEARED = [0, 0xf80, 0xf00, 0x780, 0xfe0];

/** A sequence's instructions so far. */
interface Draft {
  readonly seed: number;
  readonly set: Set;
  readonly given: Record<number, number>;
  readonly code: number[];
  instructions: number;
}

/** Code to append, and how many instructions it is. */
interface Unit {
  readonly halves: readonly number[];
  readonly count: number;
}

const wordHalves = (word: number): readonly number[] => [word & 0xffff, (word >>> 16) & 0xffff];
const thumbHalves = (opcode: number): readonly number[] => (opcode >>> 16 === 0 ? [opcode] : [opcode >>> 16, opcode & 0xffff]);
const halvesOf = (set: Set, words: readonly number[]): readonly number[] => words.flatMap(set === 'a32' ? wordHalves : thumbHalves);
const unit = (set: Set, words: readonly number[]): Unit => ({ halves: halvesOf(set, words), count: words.length });

/** IT blocks are made by `block`. What writes the status register could change the order of bytes too, which this CPU keeps. */
const isTaken = ({ name }: Row): boolean => name !== 'it' && !name.startsWith('msr');
const ROWS: Readonly<Record<Set, readonly Row[]>> = { a32: comparableRows('a32').filter(isTaken), t32: comparableRows('t32').filter(isTaken) };

/** Mostly with a pointer for a base, and a small offset. */
function pointed({ encoding }: Row, word: number, seed: number): number {
  const small = word & ~(CLEARED[seed % CLEARED.length] ?? 0);
  if (noise(seed, 0) % 4 === 0) return small >>> 0;
  const register = POINTERS[noise(seed, 1) % POINTERS.length] ?? 0;
  if (encoding.bytes === 2) return (small & ~0x38) | ((register & 1) << 3) | 0x30;
  return ((small & ~0xf_0000) | (register << 16)) >>> 0;
}

/** An opcode of a random row; null where the attempt fails. */
function opcode(set: Set, seed: number): number | null {
  const rows = ROWS[set];
  const row = rows[noise(seed, 0) % rows.length];
  if (row === undefined) return null;
  const word = randomWord(row, noise(seed, 1));
  const shaped = MEMORY.test(row.name) ? pointed(row, word, noise(seed, 2)) : word;
  const instruction = decoderOf(set).decode(shaped);
  return instruction.row === row && instruction.detail !== 'unpredictable' ? shaped : null;
}

/** One to four instructions, half of which know flags; any condition, also al. */
function block(seed: number): Unit | null {
  const count = 1 + (noise(seed, 0) % 4);
  const condition = noise(seed, 1) % 15;
  const choices = condition === 14 ? 0 : noise(seed, 2) & 7;
  const low = condition & 1;
  let mask = 1 << (4 - count);
  for (let k = 1; k < count; k++) mask |= (((choices >>> k) & 1) ^ low) << (4 - k);
  const words = [0xbf00 | (condition << 4) | mask];
  for (let k = 0; k < count; k++) {
    const word = noise(seed, 10 + k) % 2 === 0 ? blockMember(noise(seed, 20 + k)) : opcode('t32', noise(seed, 30 + k));
    if (word === null || T32.decode(word).place !== PLACE_ANYWHERE) return null;
    words.push(word);
  }
  return unit('t32', words);
}

/** A random instruction, with the exclusive load that a store wants, or an IT block. */
function random(set: Set, seed: number): Unit | null {
  if (set === 't32' && noise(seed, 0) % 3 === 0) return block(noise(seed, 1));
  const word = opcode(set, noise(seed, 2));
  if (word === null) return null;
  const load = noise(seed, 3) % 4 === 0 ? null : exclusiveLoadFor(set, decoderOf(set).decode(word));
  return unit(set, load === null ? [word] : [load, word]);
}

/** A way to what stands behind it, in the set `to`; `target` is the register that holds the address. */
function way(from: Set, to: Set, target: number, seed: number): Unit {
  const other = noise(seed, 1) & 3;
  if (from === 'a32') {
    const ways: readonly (readonly number[])[] = [
      [0xe12f_ff10 | target],
      [0xe12f_ff30 | target],
      [0xe1a0_f000 | target],
      [0xe280_f000 | (target << 16)],
      [0xe58a_0000 | (target << 12), 0xe59a_f000],
      [0xe92a_0000 | (1 << target) | (1 << other), 0xe8ba_8000 | (1 << other)],
      to === 'a32' ? [0xebff_ffff] : [0xfaff_ffff],
    ];
    return unit('a32', (ways[noise(seed, 0) % ways.length] ?? []).map((word) => word >>> 0));
  }
  const store = (0xf8ca_0000 | (target << 12)) >>> 0;
  const ways: readonly (readonly number[])[] = [
    [0x4700 | (target << 3)],
    [0x4780 | (target << 3)],
    [store, 0xf8da_f000],
    [store, 0xbf08 | (noise(seed, 2) % 14 << 4), 0xf8da_f000, 0xf8da_f000],
    [(0xe92a_0000 | (1 << target) | (1 << other)) >>> 0, (0xe8ba_8000 | (1 << other)) >>> 0],
    to === 't32' ? [0x4687 | (target << 3)] : [0x4700 | (target << 3)],
  ];
  return unit('t32', ways[noise(seed, 0) % ways.length] ?? []);
}

const subjectOf = ({ set, seed, given, code }: Draft): Case => ({ set, row: 'sequence', words: [], seed, given, code: [...code] });

/** Appends a unit if it ends, in the set that is asked for, where the code ends. */
function append(board: CaseBoard, draft: Draft, { halves, count }: Unit, to: Set, padding = 0): boolean {
  const length = draft.code.length;
  draft.code.push(...halves, ...Array.from({ length: padding }, () => 0xbf00));
  const { exit, after } = board.run(subjectOf(draft), draft.instructions + count);
  const kept = [BASE, ...TARGETS].every((register) => draft.given[register] === after.registers[register]);
  const isThere = after.registers[15] === ENTRY + 2 * draft.code.length && (((after.registers[16] as number) >>> 5) & 1) === (to === 't32' ? 1 : 0);
  if (exit.kind === 'budget' && board.staysInWindow && kept && isThere) {
    draft.instructions = exit.retired;
    return true;
  }
  draft.code.length = length;
  return false;
}

function begin(seed: number, set: Set): Draft {
  const given: Record<number, number> = { [BASE]: WINDOW + WINDOW_BYTES / 2, [TARGETS[0] as number]: 0, [TARGETS[1] as number]: 0 };
  for (const register of POINTERS) given[register] = WINDOW + 32 + (noise(seed, 40 + register) % (WINDOW_BYTES - 64));
  for (const register of POINTERS) if (noise(seed, 60 + register) % 2 === 0) given[register] = (given[register] as number) & ~7;
  for (const register of SMALL) given[register] = noise(seed, 40 + register) % 24;
  return { seed, set, given, code: [], instructions: 0 };
}

/** Where Thumb code is to be followed by a word, a nop comes behind it. */
const paddingOf = (draft: Draft, halves: readonly number[]): number => (draft.code.length + halves.length) & 1;

function attempt(board: CaseBoard, seed: number): Case | null {
  const sets = [0, 1, 2].map((part): Set => (noise(seed, part) % 2 === 0 ? 'a32' : 't32'));
  const draft = begin(seed, sets[0] as Set);
  for (const [part, set] of sets.entries()) {
    for (let k = 0, tries = 0; k < UNITS && tries < TRIES && 2 * draft.code.length < ENTRY_BYTES - ROOM * (3 - part); tries++) {
      const next = random(set, noise(noise(seed, 100 * part + k), tries));
      if (next !== null && append(board, draft, next, set)) k++;
    }
    const to = sets[part + 1];
    if (to === undefined) break;
    const register = TARGETS[part] as number;
    const next = way(set, to, register, noise(seed, 200 + part));
    const padding = set === 't32' ? paddingOf(draft, next.halves) : 0;
    draft.given[register] = ENTRY + 2 * (draft.code.length + next.halves.length + padding) + (to === 't32' ? 1 : 0);
    if (!append(board, draft, next, to, padding)) return null;
  }
  /** The undefined word behind it begins at a word. */
  if ((draft.code.length & 1) === 1) draft.code.push(0xbf00);
  const subject = subjectOf(draft);
  const { exit, after } = board.run(subject);
  if (exit.kind !== 'undefined' || exit.pc !== ENTRY + 2 * draft.code.length || isInExecutor(after.registers[13] as number)) return null;
  return board.staysInWindow ? subject : null;
}

/** `count` sequences, a function of the seed. */
export function generateSequences(seed: number, count: number): readonly Case[] {
  const board = new CaseBoard('a32');
  const cases: Case[] = [];
  for (let k = 0; cases.length < count && k < 20 * count; k++) {
    const subject = attempt(board, noise(seed, k));
    if (subject !== null) cases.push(subject);
  }
  if (cases.length < count) throw new Error(`only ${cases.length} sequences found`);
  return cases;
}
