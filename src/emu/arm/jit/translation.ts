// Opcodes as regions execute them: the code of each, made from the tables' semantics, and what is known of how it goes on.
// Owner of what was found out about each opcode, in and outside of IT blocks.

import type { Statement } from '../compile/code.ts';
import { number } from '../compile/code.ts';
import type { Program } from '../compile/semantics.ts';
import { specialise, specialiseMember } from '../compile/specialise.ts';
import { A32, T32 } from '../decoder.ts';
import { ALWAYS, BRANCH, EXCHANGE, IT_BLOCK, NEXT, PLACE_LAST, PLACE_NEVER, PLACE_UNCONDITIONAL } from '../instruction.ts';
import type { Instruction } from '../instruction.ts';
import { advancedIt } from '../registers.ts';
import { Deeds } from './deeds.ts';
import type { PageCode } from './page_code.ts';

/** An instruction that a region can execute. */
export interface Translated {
  readonly bytes: 2 | 4;
  /** Makes its code, which can be used once. */
  readonly code: () => readonly Statement[];
  /** How far from itself it branches, in bytes, if that is known. */
  readonly distance: number | null;
  readonly stores: boolean;
  /** Whether it changes r15, if only to read it again. */
  readonly setsPc: boolean;
  /** Whether what follows it in memory may be executed behind it. */
  readonly falls: boolean;
  readonly branches: boolean;
  /** ITSTATE before and behind it; 0 outside of IT blocks. */
  readonly it: number;
  readonly after: number;
}

/** The number that the semantics of an instruction have in a program. */
export type NumberOf = (instruction: Instruction) => number | undefined;

/** Rows that branch by a distance, and those behind which it is come back to. */
export const DIRECT = /^(b|bl|cbz|cbnz)( \(|$)/;
const CALLS = /^blx?( |$)/;
/** Of opcode and ITSTATE. */
const keyOf = (word: number, it: number): number => (word >>> 0) + it * 2 ** 32;

export class Translation {
  readonly #program: Program;
  readonly #numberOf: NumberOf;
  /** By opcode and ITSTATE, of each set; null what is left to the interpreter. */
  readonly #words = new Map<number, Translated | null>();
  readonly #halves = new Map<number, Translated | null>();

  constructor(program: Program, numberOf: NumberOf) {
    this.#program = program;
    this.#numberOf = numberOf;
  }

  /** What begins at a slot of a page: an instruction, or an IT block with all that is in it; null if a region cannot execute it. */
  at(page: PageCode, slot: number): readonly Translated[] | null {
    const first = this.#of(page, slot, 0);
    if (first === null) return null;
    if (first.after === 0) return [first];
    const all = [first];
    let [at, it] = [slot + 1, first.after];
    while (it !== 0) {
      const instruction = this.#of(page, at, it);
      if (instruction === null) return null;
      all.push(instruction);
      at += page.slotsOf(instruction.bytes);
      it = instruction.after;
    }
    return all;
  }

  /** How many slots the interpreter executes where a region cannot: one instruction, or an IT block. */
  skipped(page: PageCode, slot: number): number {
    const first = page.opcode(slot);
    if (first === null) return 1;
    let count = page.slotsOf(first.bytes);
    if (!page.thumb) return count;
    const { row, imm } = T32.decoded(first.word);
    for (let it = row.name === 'it' ? imm : 0; it !== 0; it = advancedIt(it)) count += page.slotsOf(page.opcode(slot + count)?.bytes ?? 2);
    return count;
  }

  #of(page: PageCode, slot: number, it: number): Translated | null {
    const opcode = page.opcode(slot);
    if (opcode === null) return null;
    const all = page.thumb ? this.#halves : this.#words;
    const key = keyOf(opcode.word, it);
    let known = all.get(key);
    if (known === undefined) {
      known = page.thumb ? this.#thumb(T32.decoded(opcode.word), it) : this.#make(A32.decoded(opcode.word), A32.decoded(opcode.word).cond, 0);
      all.set(key, known);
    }
    return known;
  }

  /** A T32 instruction where ITSTATE is `it`: it may not stand everywhere. */
  #thumb(outside: Instruction, it: number): Translated | null {
    if (it === 0) return this.#make(outside, ALWAYS, 0);
    const inside = outside.inBlock ?? outside;
    const isLast = (it & 15) === 8;
    if (inside.place === PLACE_NEVER || (inside.place === PLACE_LAST && !isLast)) return null;
    return this.#make(inside, inside.place === PLACE_UNCONDITIONAL ? ALWAYS : it >>> 4, it);
  }

  #make(instruction: Instruction, condition: number, it: number): Translated | null {
    const execute = this.#numberOf(instruction);
    if (execute === undefined) return null;
    const { row, bytes, imm } = instruction;
    const fresh = (): readonly Statement[] => specialise(this.#program, execute, (name) => number(instruction[name as 'imm']));
    // What was looked at is the code of the first place where it stands: most stand in one.
    let first: readonly Statement[] | null = fresh();
    const { stores, setsPc, effects } = new Deeds(first);
    const always = (): readonly Statement[] => {
      const code = first ?? fresh();
      first = null;
      return code;
    };
    // Where a region goes on knows the state of the block that begins.
    if (effects.has(IT_BLOCK)) return { bytes, code: () => [{ kind: 'finish', effect: number(NEXT) }], distance: null, stores, setsPc, falls: true, branches: false, it, after: imm };
    // What leaves for the kernel, or may, is the interpreter's.
    if ([...effects].some((effect) => effect !== NEXT && effect !== BRANCH && effect !== EXCHANGE)) return null;
    const isConditional = condition < ALWAYS;
    const conditional = (): readonly Statement[] => [
      { kind: 'if', condition: specialiseMember(this.#program, 'passes', [number(condition)]), yes: always(), no: [] },
      { kind: 'finish', effect: number(NEXT) },
    ];
    const branches = effects.has(BRANCH) || effects.has(EXCHANGE);
    const distance = DIRECT.test(row.name) ? imm : null;
    const falls = isConditional || effects.has(NEXT) || CALLS.test(row.name);
    return { bytes, code: isConditional ? conditional : always, distance, stores, setsPc, falls, branches, it, after: it === 0 ? 0 : advancedIt(it) };
  }
}
