// Which instructions of a page of code belong together: straight pieces that are entered at their first instruction only, found
// from where the page was entered by following its branches. A slot is a place where an instruction may begin. Pure.

import type { Code, Statement } from '../compile/code.ts';
import { number } from '../compile/code.ts';
import type { Program } from '../compile/semantics.ts';
import { specialise, specialiseMember } from '../compile/specialise.ts';
import { A32, T32 } from '../decoder.ts';
import { ALWAYS, BRANCH, EXCHANGE, IT_BLOCK, NEXT, PLACE_LAST, PLACE_NEVER, PLACE_UNCONDITIONAL } from '../instruction.ts';
import type { Instruction } from '../instruction.ts';
import { advancedIt, REG_PC } from '../registers.ts';
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

export interface Block {
  /** Slot where it begins. */
  readonly start: number;
  readonly instructions: readonly Translated[];
  /** How many slots it takes. */
  readonly slots: number;
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

/** Rows that branch by a distance, and those behind which it is come back to. */
const DIRECT = /^(b|bl|cbz|cbnz)( \(|$)/;
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
    const always = (): readonly Statement[] => specialise(this.#program, execute, (name) => number(instruction[name as 'imm']));
    const effects = new Set<number>();
    let [stores, setsPc] = [false, false];
    for (const statement of all(always())) {
      stores ||= statement.kind === 'store';
      setsPc ||= statement.kind === 'set_register' && statement.index.kind === 'number' && statement.index.low === REG_PC;
      if (statement.kind === 'finish') for (const effect of effectsOf(statement.effect) ?? [-1]) effects.add(effect);
    }
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

/** Slots of a page to which direct branches in it go; data that looks like a branch does no harm. */
export function targetsIn(page: PageCode): readonly number[] {
  const targets = new Set<number>();
  for (let slot = 0; slot < page.slots; ) {
    const opcode = page.opcode(slot);
    if (opcode === null) break;
    const { row, imm } = (page.thumb ? T32 : A32).decoded(opcode.word);
    if (DIRECT.test(row.name)) targets.add(page.target(slot, imm));
    slot += page.slotsOf(opcode.bytes);
  }
  return [...targets];
}

/** The blocks that can be reached from some slots of a page, in ascending order. */
export function blocksOf(page: PageCode, entries: Iterable<number>, translation: Translation, length_max: number): readonly Block[] {
  const { slots } = page;
  const isStart = new Uint8Array(slots);
  const known: (readonly Translated[] | null | undefined)[] = new Array<readonly Translated[] | null | undefined>(slots).fill(undefined);
  const at = (slot: number): readonly Translated[] | null => {
    let found = known[slot];
    if (found === undefined) {
      found = translation.at(page, slot);
      if (found !== null && found.length > length_max) found = null;
      known[slot] = found;
    }
    return found;
  };
  const sizeOf = (instructions: readonly Translated[]): number => instructions.reduce((sum, { bytes }) => sum + page.slotsOf(bytes), 0);
  const open: number[] = [];
  const enter = (slot: number): void => {
    if (slot < 0 || slot >= slots || isStart[slot] === 1) return;
    isStart[slot] = 1;
    open.push(slot);
  };
  for (const slot of entries) enter(slot);
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    for (let slot = from; slot < slots && known[slot] === undefined; ) {
      const instructions = at(slot);
      if (instructions === null) {
        // The interpreter executes it, and comes back behind it.
        enter(slot + translation.skipped(page, slot));
        break;
      }
      const last = instructions.at(-1);
      const next = slot + sizeOf(instructions);
      if (last?.branches === true) {
        if (last.distance !== null) enter(page.target(next - page.slotsOf(last.bytes), last.distance));
        if (last.falls) enter(next);
        break;
      }
      slot = next;
    }
  }
  const blocks: Block[] = [];
  for (let start = 0; start < slots; start++) {
    if (isStart[start] === 0 || at(start) === null) continue;
    const instructions: Translated[] = [];
    let slot = start;
    while (slot < slots && (slot === start || isStart[slot] === 0)) {
      const more = at(slot);
      if (more === null) break;
      if (instructions.length + more.length > length_max) {
        // What is left of it is a block as well.
        isStart[slot] = 1;
        break;
      }
      instructions.push(...more);
      slot += sizeOf(more);
      if (more.at(-1)?.branches === true) break;
    }
    blocks.push({ start, instructions, slots: slot - start });
  }
  return blocks;
}
