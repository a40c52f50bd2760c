// The operations of the fast engine: for every shape that occurs, the code that its semantics come to. Shapes whose code is the
// same are one operation. Owns nothing.

import { Assembler } from '../emu/arm/compile/assembler.ts';
import type { Code, Statement } from '../emu/arm/compile/code.ts';
import { number } from '../emu/arm/compile/code.ts';
import { Emitter } from '../emu/arm/compile/emitter.ts';
import type { Program } from '../emu/arm/compile/semantics.ts';
import { specialise, specialiseMember } from '../emu/arm/compile/specialise.ts';
import { FIELDS, placesOf } from '../emu/arm/fast/layout.ts';
import { ALWAYS, NEXT } from '../emu/arm/instruction.ts';
import { RecordTarget } from './record_target.ts';
import type { Surroundings } from './record_target.ts';
import { isBranch } from './shapes.ts';
import type { Shape, Shapes } from './shapes.ts';

export interface Operation {
  readonly shape: Shape;
  /** Fields that its record holds, as bits of FIELDS. */
  readonly mask: number;
  /** The condition, where it is part of the shape; else 14. */
  readonly condition: number;
  /** Whether the semantics test the condition themselves. */
  readonly isTested: boolean;
  /** Makes its code anew. */
  readonly code: () => readonly Statement[];
}

export interface Operations {
  readonly operations: readonly Operation[];
  /** Operation of each shape. */
  readonly ofShape: readonly number[];
}

/** What is known of the fields, noting in `read` those that are not. */
function knowledge(shapes: Shapes, shape: Shape, read: Set<string>): (name: string) => Code {
  const fields = shapes.fields[shape.execute] ?? [];
  return (name) => {
    const at = fields.findIndex((field) => field === name);
    const value = shape.values[at];
    const isDestination = name === 'rd' || name === 'rt';
    if (value !== undefined && !(isDestination && value === 0)) return number(value);
    const field = FIELDS.find((candidate) => candidate.name === name);
    if (field === undefined) throw new Error(`semantics ${shape.execute} read the field ${name}`);
    read.add(name);
    const high = isDestination && value === 0 ? 14 : field.high;
    return { kind: 'field', name, low: field.signed ? -field.high - 1 : 0, high };
  };
}

/** Bytes of the code alone, to tell operations apart. */
function fingerprint(operation: Operation): string {
  const asm = new Assembler(1);
  const around: Surroundings = {
    asm,
    record: 0,
    entry: null,
    pushSpace: () => asm.i32(0),
    fault: () => asm.op('return'),
    finish: (effect, emitter) => {
      emitter.low(effect);
      asm.op('return');
    },
  };
  const target = new RecordTarget(around, placesOf(operation.mask));
  new Emitter(asm, target).emit(operation.code());
  return `${operation.isTested ? '' : operation.condition}:${operation.mask}:${asm.bytes.join()}`;
}

export function operationsOf(program: Program, shapes: Shapes): Operations {
  const operations: Operation[] = [];
  const known = new Map<string, number>();
  const ofShape = shapes.shapes.map((shape) => {
    const fields = shapes.fields[shape.execute] ?? [];
    const read = new Set<string>();
    specialise(program, shape.execute, knowledge(shapes, shape, read));
    const mask = FIELDS.reduce((bits, { name }, k) => (read.has(name) ? bits | (1 << k) : bits), 0);
    const at = fields.indexOf('cond');
    const operation: Operation = {
      shape,
      mask,
      condition: at < 0 ? 14 : (shape.values[at] ?? 14),
      isTested: !isBranch(shape.execute),
      code: () => specialise(program, shape.execute, knowledge(shapes, shape, read)),
    };
    const print = fingerprint(operation);
    const same = known.get(print);
    if (same !== undefined) return same;
    const index = operations.push(operation) - 1;
    known.set(print, index);
    return index;
  });
  return { operations, ofShape };
}

/** The code of an operation, with the test of its condition where the record has none. */
export function withCondition(program: Program, { condition, isTested, code }: Operation): readonly Statement[] {
  if (isTested || condition === ALWAYS) return code();
  const holds = specialiseMember(program, 'passes', [number(condition)]);
  return [{ kind: 'if', condition: holds, yes: code(), no: [] }, { kind: 'finish', effect: number(NEXT) }];
}
