// Which shapes of instructions occur, and which fields semantics can read at all. Found by decoding many opcodes of every row, the
// same ones every time. Pure.

import type { Expression, Program, Step } from '../emu/arm/compile/semantics.ts';
import { A32, T32 } from '../emu/arm/decoder.ts';
import { executesOf } from '../emu/arm/executes.ts';
import { SHAPE, shapeValue } from '../emu/arm/fast/layout.ts';
import type { ShapeField } from '../emu/arm/fast/layout.ts';
import type { Instruction } from '../emu/arm/instruction.ts';
import type { Pattern, Piece } from '../emu/arm/pattern.ts';

/** The parameter of semantics that is the instruction. */
const INSTRUCTION = 'i';
/** Opcodes decoded for each choice of the fields that matter. */
const SAMPLES = 48;
/** Choices for a piece of an encoding that may make a difference; other pieces hold anything. */
const CHOICES: Readonly<Partial<Record<Piece['field'], readonly number[]>>> = {
  shift: [0, 1, 2, 3],
  amount: [0, 7],
  up: [0, 1],
  writeback: [0, 1],
  x: [0, 1],
  y: [0, 1],
  rd: [3, 15],
  rt: [2, 15],
  cond: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
};

/** A number from a position, well mixed. */
function noise(position: number): number {
  let x = Math.imul(position + 1, 0x9e37_79b9);
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Names read of the instruction by a procedure and all that it can reach. */
export function fieldsRead(program: Program, execute: number): ReadonlySet<string> {
  const names = new Set<string>();
  const seen = new Set<number>();
  const expression = (value: Expression): void => {
    if (value.op === 'get' && value.object.op === 'local' && value.object.name === INSTRUCTION) names.add(value.name);
    if (value.op === 'function') enter(value.index);
    if (value.op === 'lambda') value.procedure.body.forEach(step);
    if (value.op === 'method') enter(program.members[value.name] ?? -1);
    for (const part of Object.values(value)) {
      if (Array.isArray(part)) (part as readonly Expression[]).forEach(expression);
      else if (typeof part === 'object' && part !== null && 'op' in part) expression(part as Expression);
    }
  };
  const step = (value: Step): void => {
    for (const part of Object.values(value)) {
      if (Array.isArray(part)) (part as readonly Step[]).forEach(step);
      else if (typeof part === 'object' && part !== null && 'op' in part) expression(part as Expression);
    }
  };
  const enter = (index: number): void => {
    if (seen.has(index)) return;
    seen.add(index);
    program.procedures[index]?.body.forEach(step);
  };
  enter(program.executes[execute] ?? -1);
  return names;
}

export interface Shape {
  readonly execute: number;
  /** Values of the execute's shape fields, in their order. */
  readonly values: readonly number[];
}

export interface Shapes {
  /** Of each execute. */
  readonly fields: readonly (readonly ShapeField[])[];
  readonly shapes: readonly Shape[];
}

const EXECUTES = executesOf([A32.table, T32.table]);
const BRANCH = EXECUTES.indexOf(A32.rowOf(0xea00_0000).execute);

/** Semantics that are so often conditional that each condition has code of its own. */
export function isBranch(execute: number): boolean {
  return execute === BRANCH;
}

interface Fixed {
  readonly mask: number;
  readonly value: number;
}

/** All combinations of the pieces that may make a difference, with the fixed bits. */
function choicesOf({ mask, value, pieces }: Pattern): readonly Fixed[] {
  let found: readonly Fixed[] = [{ mask, value }];
  for (const { field, from, bits } of pieces) {
    const choices = CHOICES[field];
    if (choices === undefined) continue;
    const ones = (2 ** bits - 1) << from;
    const values = [...new Set(choices.map((choice) => (choice << from) & ones))];
    found = found.flatMap((fixed) => values.map((chosen) => ({ mask: fixed.mask | ones, value: fixed.value | chosen })));
  }
  return found;
}

export function shapesOf(program: Program): Shapes {
  const executes = EXECUTES;
  const fields = executes.map((_, k) => {
    const read = fieldsRead(program, k);
    return SHAPE.filter((field) => read.has(field) || (field === 'cond' && isBranch(k)));
  });
  const found = new Map<string, Shape>();
  const see = (instruction: Instruction): void => {
    const execute = executes.indexOf(instruction.execute);
    const values = (fields[execute] ?? []).map((field) => shapeValue(instruction, field));
    const key = `${execute}:${values.join()}`;
    if (!found.has(key)) found.set(key, { execute, values });
  };
  let position = 0;
  for (const decoder of [A32, T32]) {
    for (const { encoding } of decoder.table) {
      for (const fixed of choicesOf(encoding)) {
        for (let k = 0; k < SAMPLES; k++) {
          const free = noise(position++) & (encoding.bytes === 2 ? 0xffff : -1);
          const instruction = decoder.decode(((free & ~fixed.mask) | fixed.value) >>> 0);
          see(instruction);
          if (instruction.inBlock !== null) see(instruction.inBlock);
        }
      }
    }
  }
  return { fields, shapes: [...found.values()].sort((a, b) => a.execute - b.execute) };
}
