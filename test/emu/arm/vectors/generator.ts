// Makes random cases for rows of the instruction table: opcodes of the row, and registers such that its memory accesses fall into
// the data window and its branches into the code area. The CPU under test helps only to find such inputs. Pure.

import { decode } from '../../../../src/emu/arm/decoder.ts';
import type { Row } from '../../../../src/emu/arm/instruction.ts';
import { TABLE } from '../../../../src/emu/arm/table.ts';
import { CaseBoard, CODE, CODE_BYTES, ENTRY, EXECUTOR, EXECUTOR_BYTES, noise, WINDOW, WINDOW_BYTES } from './case.ts';
import type { Case } from './case.ts';

/** Rows that cannot run there: they enter the kernel, or their result belongs to the host. */
const NOT_COMPARABLE = ['svc', 'bkpt', 'mrc (tpidruro)', 'mrc (tpidrurw)', 'mcr (tpidrurw)'];
const ATTEMPTS_MAX = 400;
const ALWAYS_BITS = 0xe000_0000;

/** Rows with a result to compare; the others have unit tests. */
export const comparableRows = (): readonly Row[] => TABLE.filter((row) => row.detail === undefined && !NOT_COMPARABLE.includes(row.name));

function randomWord(row: Row, seed: number): number {
  let free = noise(seed, 1) & ~row.a32.mask;
  if (row.name === 'b' || row.name === 'bl') free &= 0xf000_0fff;
  if (row.name === 'blx (immediate)') free &= 0x0000_0fff;
  const word = (free | row.a32.value) >>> 0;
  return row.a32.conditional && noise(seed, 2) % 4 !== 0 ? ((word & 0x0fff_ffff) | ALWAYS_BITS) >>> 0 : word;
}

/** The exclusive load that makes an exclusive store succeed: of the same kind and base, into registers the store does not use. */
function exclusiveLoadFor(row: Row, word: number): number | null {
  if (!row.name.startsWith('strex')) return null;
  const { rn, rt, rd } = decode(word);
  const taken = [rn, rt, rt + 1, rd];
  const free = [0, 2, 4, 6, 8, 10].find((register) => !taken.includes(register) && !taken.includes(register + 1));
  return free === undefined ? null : ((word & 0x0ff0_0000) | 0x0010_0f9f | ALWAYS_BITS | (rn << 16) | (free << 12)) >>> 0;
}

function attempt(board: CaseBoard, row: Row, seed: number): Case | null {
  const word = randomWord(row, seed);
  const i = decode(word);
  if (i.row !== row || i.detail === 'unpredictable') return null;
  const load = noise(seed, 3) % 2 === 0 ? exclusiveLoadFor(row, word) : null;
  const words = load === null ? [word] : [load, word];
  const target = (CODE + 0x1000 + (noise(seed, 4) & 0x7ffc)) | (noise(seed, 5) & 1);
  const branches = row.name === 'bx' || row.name === 'bxj' || row.name === 'blx (register)';
  const given = branches && i.rm !== 15 ? { [i.rm]: target } : {};
  const first: Case = { row: row.name, words, seed, given };
  const { exit } = board.run({ ...first, given: { ...given, [i.rn]: 0 } });
  if (exit.kind !== 'data_abort') return check(board, { ...first, given: exit.kind === 'budget' ? given : {} });
  const address = WINDOW + 8 + (noise(seed, 6) % (WINDOW_BYTES - 80));
  const aligned = noise(seed, 7) % 2 === 0 ? address : address & ~7;
  return check(board, { ...first, given: { [i.rn]: (aligned - exit.address) >>> 0 } });
}

/** Addresses at which nothing is mapped on the reference either: going on there traps at once. */
const isNowhere = (pc: number): boolean => pc >= 0x7000_0000 && pc < 0xf000_0000;

/** In the code area, but neither at the case itself nor at the upper half of a word, which is no undefined Thumb instruction. */
const isFill = (pc: number): boolean => pc > CODE && pc < CODE + CODE_BYTES && pc !== ENTRY && (pc & 2) === 0;

/** The reference's signal stack is inside its own program: a stack pointer in there would make it believe that it is in use. */
const isInExecutor = (sp: number): boolean => sp >= EXECUTOR && sp < EXECUTOR + EXECUTOR_BYTES;

function check(board: CaseBoard, subject: Case): Case | null {
  const { exit, after } = board.run(subject);
  if (exit.kind !== 'budget' || !board.staysInWindow) return null;
  const pc = after.registers[15] as number;
  if (isInExecutor(after.registers[13] as number)) return null;
  return isFill(pc) || isNowhere(pc) ? subject : null;
}

/** `perRow` cases of every comparable row, a function of the seed. Throws where a row yields none. */
export function generate(seed: number, perRow: number, rows: readonly Row[] = comparableRows()): readonly Case[] {
  const board = new CaseBoard();
  return rows.flatMap((row, index) => {
    const cases: Case[] = [];
    for (let k = 0; cases.length < perRow && k < ATTEMPTS_MAX * perRow; k++) {
      const subject = attempt(board, row, noise(noise(seed, index), k));
      if (subject !== null) cases.push(subject);
    }
    if (cases.length === 0) throw new Error(`no case found for row ${row.name}`);
    return cases;
  });
}
