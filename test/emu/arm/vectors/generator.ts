// Makes random cases for rows of an instruction table: opcodes of the row, and registers such that its memory accesses fall into
// the data window and its branches into the code area. The CPU under test helps only to find such inputs. Pure.

import { A32, T32 } from '../../../../src/emu/arm/decoder.ts';
import type { Decoder } from '../../../../src/emu/arm/decoder.ts';
import { PLACE_NEVER } from '../../../../src/emu/arm/instruction.ts';
import type { Instruction, Row } from '../../../../src/emu/arm/instruction.ts';
import { CaseBoard, CODE, CODE_BYTES, ENTRY, EXECUTOR, EXECUTOR_BYTES, noise, WINDOW, WINDOW_BYTES } from './case.ts';
import type { Case, Set } from './case.ts';

/** Rows that cannot run there: they enter the kernel, or their result belongs to the host. */
const NOT_COMPARABLE = ['svc', 'svc (T1)', 'bkpt', 'bkpt (T1)', 'mrc (tpidruro)', 'mrc (tpidrurw)', 'mcr (tpidrurw)'];
const ATTEMPTS_MAX = 400;
const ALWAYS_BITS = 0xe000_0000;
export const decoderOf = (set: Set): Decoder => (set === 'a32' ? A32 : T32);

/** Rows with a result to compare; the others have unit tests. */
export const comparableRows = (set: Set): readonly Row[] =>
  decoderOf(set).table.filter((row) => row.detail === undefined && !NOT_COMPARABLE.includes(row.name));

const FAR_THUMB = ['b (T4)', 'bl (T1)', 'blx (immediate, T2)'];
/** Upper bits of the offset as the sign. */
const nearby = (word: number): number => ((word & 0xfc07_ffff) | 0x2800 | (word << 5 < 0 ? 0x03f8_0000 : 0)) >>> 0;

export function randomWord(row: Row, seed: number): number {
  let free = noise(seed, 1) & ~row.encoding.mask;
  if (row.name === 'b' || row.name === 'bl') free &= 0xf000_0fff;
  if (row.name === 'blx (immediate)') free &= 0x0000_0fff;
  const word = (free | row.encoding.value) >>> 0;
  if (FAR_THUMB.includes(row.name)) return nearby(word);
  return row.encoding.conditional && noise(seed, 2) % 4 !== 0 ? ((word & 0x0fff_ffff) | ALWAYS_BITS) >>> 0 : word;
}

/** The exclusive load that makes an exclusive store succeed: of the same kind and base, into registers the store does not use. */
export function exclusiveLoadFor(set: Set, { row, rn, rt, rt2, rd, word }: Instruction): number | null {
  if (!row.name.startsWith('strex')) return null;
  const taken = [rn, rt, rt2, rd];
  const free = [0, 2, 4, 6, 8, 10].find((register) => !taken.includes(register) && !taken.includes(register + 1));
  if (free === undefined) return null;
  if (set === 'a32') return ((word & 0x0ff0_0000) | 0x0010_0f9f | ALWAYS_BITS | (rn << 16) | (free << 12)) >>> 0;
  const load = ((word & 0xffff_0000) | 0x0010_0000 | (free << 12)) >>> 0;
  if (row.name === 'strex (T1)') return (load | 0xf00 | (word & 0xff)) >>> 0;
  return (load | (row.name === 'strexd (T1)' ? (free + 1) << 8 : 0xf00) | (word & 0xf0) | 0xf) >>> 0;
}

/** Instructions for the inside of IT blocks: some read flags, some write them even there. */
export function blockMember(seed: number): number {
  const registers = noise(seed, 1);
  const choice = noise(seed, 2) % 5;
  if (choice === 0) return 0x2800 | (registers & 0x7ff);
  if (choice === 1) return 0x4180 | (registers & 0x3f);
  if (choice === 2) return (0xf110_0000 | ((registers & 7) << 16) | (registers & 0x07ff)) >>> 0;
  return (choice === 3 ? 0x1800 : 0x2000) | (registers & 0x1ff);
}

/** The case's instructions: the row's, and what has to stand before or behind it. */
function withCompany(set: Set, i: Instruction, seed: number): readonly number[] {
  const word = i.word >>> 0;
  if (i.row.name === 'it') {
    const members = 4 - Math.log2(i.option & -i.option);
    return [word, ...Array.from({ length: members }, (_, k) => blockMember(noise(seed, 20 + k)))];
  }
  const load = noise(seed, 3) % 2 === 0 ? exclusiveLoadFor(set, i) : null;
  if (load !== null) return [load, word];
  if (set === 'a32' || i.place === PLACE_NEVER || noise(seed, 8) % 3 !== 0) return [word];
  return [0xbf08 | (noise(seed, 9) % 14 << 4), word];
}

const isRegisterBranch = (row: Row): boolean => /^(bx|bxj|blx \(register|mov \(pc)/.test(row.name);

function attempt(board: CaseBoard, set: Set, row: Row, seed: number): Case | null {
  const i = decoderOf(set).decode(randomWord(row, seed));
  if (i.row !== row || i.detail === 'unpredictable') return null;
  const words = withCompany(set, i, seed);
  const target = (CODE + 0x1000 + (noise(seed, 4) & 0x7ffc)) | (noise(seed, 5) & 1);
  const given = isRegisterBranch(row) && i.rm !== 15 ? { [i.rm]: target } : {};
  const first: Case = { set, row: row.name, words, seed, given };
  const { exit } = board.run({ ...first, given: { ...given, [i.rn]: 0 } });
  if (exit.kind !== 'data_abort') return check(board, { ...first, given: exit.kind === 'budget' ? given : {} });
  const address = WINDOW + 8 + (noise(seed, 6) % (WINDOW_BYTES - 80));
  const aligned = noise(seed, 7) % 2 === 0 ? address : address & ~7;
  return check(board, { ...first, given: { [i.rn]: (aligned - exit.address) >>> 0 } });
}

/** Addresses at which nothing is mapped on the reference either: going on there traps at once. */
const isNowhere = (pc: number): boolean => pc >= 0x7000_0000 && pc < 0xf000_0000;

/** In the code area, but neither at the case itself nor, among A32 words, at an upper half, which is no undefined Thumb instruction. */
function isFill(subject: Case, pc: number): boolean {
  if (pc <= CODE || pc >= CODE + CODE_BYTES) return false;
  if (subject.set === 'a32') return pc !== ENTRY && (pc & 2) === 0;
  const end = ENTRY + 2 * subject.words.reduce((sum, word) => sum + (word >>> 16 === 0 ? 1 : 2), 0);
  return pc < ENTRY - 2 || pc >= end;
}

/** The reference's signal stack is inside its own program: a stack pointer in there would make it believe that it is in use. */
export const isInExecutor = (sp: number): boolean => sp >= EXECUTOR && sp < EXECUTOR + EXECUTOR_BYTES;

function check(board: CaseBoard, subject: Case): Case | null {
  const { exit, after } = board.run(subject);
  if (exit.kind !== 'budget' || !board.staysInWindow) return null;
  const pc = after.registers[15] as number;
  if (isInExecutor(after.registers[13] as number)) return null;
  return isFill(subject, pc) || isNowhere(pc) ? subject : null;
}

/** `perRow` cases of every comparable row, a function of the seed. Throws where a row yields none. */
export function generate(set: Set, seed: number, perRow: number, rows: readonly Row[] = comparableRows(set)): readonly Case[] {
  const board = new CaseBoard(set);
  return rows.flatMap((row, index) => {
    const cases: Case[] = [];
    for (let k = 0; cases.length < perRow && k < ATTEMPTS_MAX * perRow; k++) {
      const subject = attempt(board, set, row, noise(noise(seed, index), k));
      if (subject !== null) cases.push(subject);
    }
    if (cases.length === 0) throw new Error(`no case found for row ${row.name}`);
    return cases;
  });
}
