// Random programs that behave: rows of both tables in turn, whose operands keep to a discipline of registers, in pieces that branch to
// each other, so that such a program runs for long and comes to the same code again and again. Pure.

import { A32, T32 } from '../../../src/emu/arm/decoder.ts';
import type { Decoder } from '../../../src/emu/arm/decoder.ts';
import { executeUndefined, FORM_IMMEDIATE, PLACE_ANYWHERE, PLACE_LAST, PLACE_NEVER } from '../../../src/emu/arm/instruction.ts';
import type { Instruction } from '../../../src/emu/arm/instruction.ts';
import { CPSR_T, CPSR_USER } from '../../../src/emu/arm/registers.ts';
import { noise } from './vectors/case.ts';
import type { Set as InstructionSet } from './vectors/case.ts';

const PAGE = 4096;
/** Pieces begin at multiples of this. */
export const PIECE_BYTES = 128;
const PIECES_PER_PAGE = PAGE / PIECE_BYTES;
/** Registers that instructions change, that hold small offsets, and that point into memory. */
const isChanged = (register: number): boolean => register < 5;
const OFFSETS = [5, 12];
const BASES = [6, 7, 8, 9, 10, 11, 13];
const CHANGED_LIST = 0x1f;
/** One instruction of so many is a branch, or a supervisor call. */
const BRANCH_EACH = 10;
const CALL_EACH = 120;
const TRIES_MAX = 400;

const BRANCHING = /^(b|bl|blx|bx|bxj|cbz|cbnz|tbb|tbh|svc|bkpt|udf|it)\b/;
const MEMORY = /^(ld|st|pld|pli|push|pop|swp)/;

/** Whether an instruction keeps to the discipline. */
function behaves(instruction: Instruction): boolean {
  const { row, execute, form, rd, rt, rt2, ra, rn, rm, list } = instruction;
  if (execute === executeUndefined || BRANCHING.test(row.name)) return false;
  if (![rd, rt, rt2, ra].every(isChanged)) return false;
  if (!MEMORY.test(row.name)) return true;
  if (row.name.startsWith('ldm') || row.name.startsWith('stm') || row.name.startsWith('p')) {
    if ((list & ~CHANGED_LIST) !== 0) return false;
  }
  if (form !== FORM_IMMEDIATE && !OFFSETS.includes(rm)) return false;
  return BASES.includes(rn) || rn === 15;
}

/** Where a program lies: its pages are of one instruction set each. */
export interface Layout {
  readonly code: number;
  readonly sets: readonly InstructionSet[];
}

/** Address and status word to enter a program at any piece. */
export function entryOf({ code, sets }: Layout, choice: number): { readonly pc: number; readonly thumb: boolean } {
  const piece = choice % (sets.length * PIECES_PER_PAGE);
  return { pc: code + piece * PIECE_BYTES, thumb: sets[Math.floor(piece / PIECES_PER_PAGE)] === 't32' };
}

class Writer {
  readonly #layout: Layout;
  readonly #seed: number;
  readonly #bytes: DataView;
  #position = 0;
  #row = 0;

  constructor(layout: Layout, seed: number) {
    this.#layout = layout;
    this.#seed = seed;
    this.#bytes = new DataView(new ArrayBuffer(layout.sets.length * PAGE));
    this.#row = this.#next() % 256;
  }

  program(): Uint8Array {
    this.#layout.sets.forEach((set, page) => {
      for (let piece = 0; piece < PIECES_PER_PAGE; piece++) {
        const from = page * PAGE + piece * PIECE_BYTES;
        if (set === 'a32') this.#words(from, from + PIECE_BYTES);
        else this.#halves(from, from + PIECE_BYTES);
      }
    });
    return new Uint8Array(this.#bytes.buffer);
  }

  #next(): number {
    return noise(this.#seed, this.#position++);
  }

  /** The next row of the table of which a well-behaved instruction is found. */
  #instruction(decoder: Decoder, fits: (instruction: Instruction) => boolean): Instruction {
    for (;;) {
      const { encoding } = decoder.table[this.#row++ % decoder.table.length] ?? { encoding: null };
      for (let tries = 0; encoding !== null && tries < TRIES_MAX / 8; tries++) {
        let word = ((this.#next() & ~encoding.mask) | encoding.value) >>> 0;
        if (encoding.bytes === 2) word &= 0xffff;
        if (encoding.conditional && (this.#next() % 3 > 0 || word >>> 28 === 15)) word = ((word & 0x0fff_ffff) | 0xe000_0000) >>> 0;
        const instruction = decoder.decode(word);
        if (fits(instruction)) return instruction;
      }
    }
  }

  /** A piece to go to: mostly of the same page, else of any page of this instruction set, or of any. */
  #target(from: number, set: InstructionSet | null): number {
    const page = Math.floor(from / PAGE);
    const pages = this.#layout.sets.flatMap((other, k) => (set === null || other === set ? [k] : []));
    const chosen = set !== null && this.#next() % 4 > 0 ? page : (pages[this.#next() % pages.length] ?? page);
    return chosen * PAGE + (this.#next() % PIECES_PER_PAGE) * PIECE_BYTES;
  }

  #setOf(at: number): InstructionSet {
    return this.#layout.sets[Math.floor(at / PAGE)] ?? 'a32';
  }

  #words(from: number, end: number): void {
    for (let at = from; at < end; at += 4) {
      const choice = this.#next();
      const word = choice % BRANCH_EACH === 0 ? this.#branch(at) : (choice >>> 8) % CALL_EACH === 0 ? 0xef00_0000 : this.#instruction(A32, behaves).word;
      this.#bytes.setInt32(at, word, true);
    }
  }

  #branch(at: number): number {
    const kind = this.#next() % 8;
    const condition = this.#next() % 15;
    if (kind === 0) return ((condition << 28) | 0x012f_ff1e) | 0;
    if (kind === 1) {
      const target = this.#target(at, null);
      const offset = target - at - 8;
      if (this.#setOf(target) === 't32') return (0xfa00_0000 | ((offset >> 2) & 0xff_ffff)) | 0;
      return ((condition << 28) | 0x0b00_0000 | ((offset >> 2) & 0xff_ffff)) | 0;
    }
    const offset = this.#target(at, 'a32') - at - 8;
    return ((condition << 28) | 0x0a00_0000 | ((offset >> 2) & 0xff_ffff)) | 0;
  }

  /** T32 of either length; room for a long one is kept at the end of a piece by a short one that does nothing. */
  #halves(from: number, end: number): void {
    let at = from;
    const put = (word: number): void => {
      if (word >>> 16 !== 0) {
        this.#bytes.setUint16(at, word >>> 16, true);
        at += 2;
      }
      this.#bytes.setUint16(at, word & 0xffff, true);
      at += 2;
    };
    while (at < end) {
      const left = end - at;
      const choice = this.#next();
      if (left < 4) put(0xbf00);
      else if (choice % BRANCH_EACH === 0) put(this.#thumbBranch(at));
      else if ((choice >>> 8) % CALL_EACH === 0) put(0xdf00);
      else if (choice % BRANCH_EACH === 1 && left >= 24) this.#block(put, () => at);
      else put(this.#instruction(T32, behaves).word >>> 0);
    }
  }

  /** An IT block of one to four instructions, of which the last may be a branch. */
  #block(put: (word: number) => void, here: () => number): void {
    const count = 1 + (this.#next() % 4);
    const condition = this.#next() % 14;
    const mask = (((this.#next() << (5 - count)) & 15) & (0xf << (5 - count))) | (1 << (4 - count));
    put(0xbf00 | (condition << 4) | mask);
    const stays = (instruction: Instruction): boolean => {
      const inside = instruction.inBlock ?? instruction;
      return behaves(instruction) && behaves(inside) && inside.place === PLACE_ANYWHERE;
    };
    for (let k = 1; k < count; k++) put(this.#instruction(T32, stays).word >>> 0);
    const kind = this.#next() % 4;
    if (kind === 0) put(0x4770);
    else if (kind === 1) put(this.#far(here(), this.#target(here(), 't32'), 0xf000_9000));
    else put(this.#instruction(T32, (instruction) => stays(instruction) && instruction.place !== PLACE_NEVER && instruction.place !== PLACE_LAST).word >>> 0);
  }

  #thumbBranch(at: number): number {
    const kind = this.#next() % 8;
    if (kind === 0) return 0x4770;
    if (kind === 1) {
      const target = this.#target(at, null);
      return this.#setOf(target) === 't32' ? this.#far(at, target, 0xf000_d000) : this.#far(at & ~3, target, 0xf000_c000);
    }
    if (kind === 2) return this.#far(at, this.#target(at, 't32'), 0xf000_9000);
    // The next piece or the one behind it.
    const near = (Math.floor(at / PIECE_BYTES) + 1) * PIECE_BYTES - at - 4;
    if (kind === 3 && near >= 0 && near < 126) return 0xb100 | ((this.#next() & 1) << 11) | ((near & 0x40) << 3) | ((near & 0x3e) << 2) | this.#next() % 5;
    const offset = near - PIECE_BYTES * (this.#next() % 3);
    if (kind < 6 && offset >= -256 && offset < 254) return 0xd000 | ((this.#next() % 14) << 8) | ((offset >> 1) & 0xff);
    return this.#conditional(at, this.#target(at, 't32'));
  }

  /** bl, blx or b with 24 bits of offset. */
  #far(at: number, target: number, opcode: number): number {
    const offset = target - at - 4;
    const sign = offset < 0 ? 1 : 0;
    const [j1, j2] = [((offset >> 23) & 1) ^ sign ^ 1, ((offset >> 22) & 1) ^ sign ^ 1];
    return (opcode | (sign << 26) | (((offset >> 12) & 0x3ff) << 16) | (j1 << 13) | (j2 << 11) | ((offset >> 1) & 0x7ff)) >>> 0;
  }

  #conditional(at: number, target: number): number {
    const offset = target - at - 4;
    const condition = this.#next() % 14;
    const sign = offset < 0 ? 1 : 0;
    const [j2, j1] = [(offset >> 19) & 1, (offset >> 18) & 1];
    return (0xf000_8000 | (sign << 26) | (condition << 22) | (((offset >> 12) & 0x3f) << 16) | (j1 << 13) | (j2 << 11) | ((offset >> 1) & 0x7ff)) >>> 0;
  }
}

/** The bytes of a program. */
export const randomProgram = (layout: Layout, seed: number): Uint8Array => new Writer(layout, seed).program();

/** Registers and status word to enter a program with. `data` is where the middle of its data lies; some pointers point into its code. */
export function randomRegisters(layout: Layout, seed: number, data: number, data_bytes: number): Uint32Array {
  const words = Uint32Array.from({ length: 17 }, (_, k) => noise(seed, k));
  for (const k of OFFSETS) words[k] = (noise(seed, 20 + k) % 64) * (noise(seed, 40 + k) % 4 === 0 ? 1 : 4);
  for (const k of BASES) {
    const choice = noise(seed, 60 + k);
    const [from, bytes] = choice % 64 === 0 ? [layout.code, layout.sets.length * PAGE] : [data, data_bytes];
    words[k] = (from + ((choice >>> 8) % bytes)) & (choice % 16 === 1 ? -1 : -8);
  }
  const back = entryOf(layout, noise(seed, 80));
  words[14] = back.pc | (back.thumb ? 1 : 0);
  const { pc, thumb } = entryOf(layout, noise(seed, 81));
  words[15] = pc;
  words[16] = ((noise(seed, 82) & 0xf80f_0000) | CPSR_USER | (thumb ? CPSR_T : 0)) >>> 0;
  return words;
}
