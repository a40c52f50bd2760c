// Which instructions of a page of A32 code belong together: straight pieces that are entered at their first instruction only, found
// from where the page was entered by following its branches. Pure.

import type { Code, Statement } from '../compile/code.ts';
import { number } from '../compile/code.ts';
import type { Program } from '../compile/semantics.ts';
import { specialise, specialiseMember } from '../compile/specialise.ts';
import { A32 } from '../decoder.ts';
import { ALWAYS, BRANCH, EXCHANGE, NEXT } from '../instruction.ts';
import type { Instruction } from '../instruction.ts';
import { PAGE_BYTES } from '../../numbers.ts';

const WORDS = PAGE_BYTES >>> 2;

/** An instruction that a region can execute. */
export interface Translated {
  readonly word: number;
  /** Makes its code, which can be used once. */
  readonly code: () => readonly Statement[];
  /** Word of the page to which it branches, if that is known; it may lie outside. */
  readonly target: number | null;
  readonly stores: boolean;
  /** Whether what follows it in memory may be executed behind it. */
  readonly falls: boolean;
  readonly branches: boolean;
}

export interface Block {
  /** Word of the page where it begins. */
  readonly start: number;
  readonly instructions: readonly Translated[];
}

/** The number that the semantics of an instruction have in a program. */
export type NumberOf = (instruction: Instruction) => number | undefined;

/** Everything that statements do, however deep. */
function* all(statements: readonly Statement[]): Generator<Statement> {
  for (const statement of statements) {
    yield statement;
    if (statement.kind === 'if') {
      yield* all(statement.yes);
      yield* all(statement.no);
    } else if (statement.kind === 'loop') yield* all(statement.body);
    else if (statement.kind === 'scope') yield* all(statement.statements);
    for (const value of Object.values(statement)) yield* inside(value);
  }
}

function* inside(value: unknown): Generator<Statement> {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return;
  const code = value as Code;
  if (code.kind === 'after' || code.kind === 'block') yield* all(code.statements);
  for (const part of Object.values(code)) yield* inside(part);
}

/** The effects that a number can be, or null where anything is possible. */
function effectsOf(code: Code): readonly number[] | null {
  if (code.kind === 'number') return [code.low];
  if (code.kind !== 'choice') return code.low === code.high ? [code.low] : null;
  const [yes, no] = [effectsOf(code.yes), effectsOf(code.no)];
  return yes === null || no === null ? null : [...yes, ...no];
}

export class Translation {
  readonly #program: Program;
  readonly #numberOf: NumberOf;
  /** By opcode; null what is left to the interpreter. */
  readonly #known = new Map<number, Omit<Translated, 'target'> & { readonly direct: number | null } | null>();

  constructor(program: Program, numberOf: NumberOf) {
    this.#program = program;
    this.#numberOf = numberOf;
  }

  /** The instruction at a word of the page, or null if a region cannot execute it. */
  of(word: number, at: number): Translated | null {
    let known = this.#known.get(word);
    if (known === undefined) {
      known = this.#make(word);
      this.#known.set(word, known);
    }
    return known === null ? null : { ...known, target: known.direct === null ? null : at + 2 + (known.direct >> 2) };
  }

  #make(word: number): Omit<Translated, 'target'> & { readonly direct: number | null } | null {
    const instruction = A32.decoded(word);
    const execute = this.#numberOf(instruction);
    if (execute === undefined) return null;
    const always = (): readonly Statement[] => specialise(this.#program, execute, (name) => number(instruction[name as 'imm']));
    const effects = new Set<number>();
    let stores = false;
    for (const statement of all(always())) {
      stores ||= statement.kind === 'store';
      if (statement.kind === 'finish') for (const effect of effectsOf(statement.effect) ?? [-1]) effects.add(effect);
    }
    // What leaves for the kernel, or may, is the interpreter's.
    if ([...effects].some((effect) => effect !== NEXT && effect !== BRANCH && effect !== EXCHANGE)) return null;
    const { cond, row } = instruction;
    const unconditional = cond === ALWAYS;
    const conditional = (): readonly Statement[] => [
      { kind: 'if', condition: specialiseMember(this.#program, 'passes', [number(cond)]), yes: always(), no: [] },
      { kind: 'finish', effect: number(NEXT) },
    ];
    const branches = effects.has(BRANCH) || effects.has(EXCHANGE);
    const calls = row.name === 'bl' || row.name === 'blx (register)' || row.name === 'blx (immediate)';
    const direct = row.name === 'b' || row.name === 'bl' ? instruction.imm : null;
    return { word, code: unconditional ? always : conditional, stores, branches, falls: !unconditional || effects.has(NEXT) || calls, direct };
  }
}

/** Words of a page to which direct branches in it go; a word of data that looks like a branch does no harm. */
export function targetsIn(words: Int32Array): readonly number[] {
  const targets = new Set<number>();
  words.forEach((word, at) => {
    const { row, imm } = A32.decoded(word);
    if (row.name === 'b' || row.name === 'bl') targets.add(at + 2 + (imm >> 2));
  });
  return [...targets];
}

/** The blocks that can be reached from some words of a page, in ascending order. `words` are the page's opcodes. */
export function blocksOf(words: Int32Array, entries: Iterable<number>, translation: Translation, length_max: number): readonly Block[] {
  const isStart = new Uint8Array(WORDS);
  const reached: (Translated | null | undefined)[] = new Array<Translated | null | undefined>(WORDS).fill(undefined);
  const open: number[] = [];
  const enter = (at: number): void => {
    if (at < 0 || at >= WORDS || isStart[at] === 1) return;
    isStart[at] = 1;
    open.push(at);
  };
  for (const at of entries) enter(at);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (let k = at; k < WORDS && reached[k] === undefined; k++) {
      const instruction = translation.of(words[k] as number, k);
      reached[k] = instruction;
      if (instruction === null) {
        // The interpreter executes it, and comes back behind it.
        enter(k + 1);
        break;
      }
      if (!instruction.branches) continue;
      if (instruction.target !== null) enter(instruction.target);
      if (instruction.falls) enter(k + 1);
      break;
    }
  }
  const blocks: Block[] = [];
  for (let at = 0; at < WORDS; ) {
    if (reached[at] === undefined || reached[at] === null) {
      at++;
      continue;
    }
    const instructions: Translated[] = [];
    const start = at;
    for (; at < WORDS && instructions.length < length_max && (at === start || isStart[at] === 0); at++) {
      const instruction = reached[at];
      if (instruction === undefined || instruction === null) break;
      instructions.push(instruction);
      if (instruction.branches) {
        at++;
        break;
      }
    }
    blocks.push({ start, instructions });
  }
  return blocks;
}
