// From decoded instructions to records of the fast engine: which operation, and where its fields go. Owns the plans made so far,
// shared by all machines of the process.

import { A32, T32 } from '../decoder.ts';
import { executesOf } from '../executes.ts';
import { ALWAYS, PLACE_ANYWHERE, PLACE_NEVER } from '../instruction.ts';
import type { Execute, Instruction, Row } from '../instruction.ts';
import { REG_PC } from '../registers.ts';
import { CONDITION_SHIFT, placesOf, READS_PC, RECORD_BYTES, RECORD_OPERATION, RECORD_PLACE, RECORD_WORD, REGISTER_FIELDS, shapeValue } from './layout.ts';
import type { Place, ShapeField } from './layout.ts';
import { OPERATION_COUNT, operationOfShape, SHAPE_FIELDS } from './module.ts';

interface Semantics {
  readonly number: number;
  readonly fields: readonly ShapeField[];
}

interface Operation {
  readonly number: number;
  readonly places: readonly Place[];
}

/** The record of an instruction as words. */
export type Plan = Int32Array;

/** A record by which an opcode is left to the reference. */
export const referencePlan = (word: number): Plan => Int32Array.of(word, OPERATION_COUNT, 0, 0);

const isRegister = (name: string): boolean => (REGISTER_FIELDS as readonly string[]).includes(name);

/** Of block transfers, which alone have a list: loading r15 is no reading. */
const storesPc = ({ row, list }: Instruction): boolean => row.name.startsWith('stm') && ((list >>> REG_PC) & 1) === 1;

export class Plans {
  readonly #semantics = new Map<Execute, Semantics>();
  readonly #operations = new Map<string, Operation>();
  readonly #plans = new WeakMap<Instruction, Plan>();
  readonly #plansInside = new WeakMap<Instruction, Plan>();

  #knowsThumb = false;

  constructor() {
    this.#number([A32.table]);
  }

  /** Semantics are numbered through both tables, those of A32 first: they have the same numbers without T32. */
  #number(tables: readonly (readonly Row[])[]): void {
    executesOf(tables).forEach((execute, number) => {
      if (!this.#semantics.has(execute)) this.#semantics.set(execute, { number, fields: SHAPE_FIELDS[number] ?? [] });
    });
  }

  #operationOf(shape: string): Operation | undefined {
    const known = this.#operations.get(shape);
    if (known !== undefined) return known;
    const found = operationOfShape(shape);
    if (found === undefined) return undefined;
    const operation = { number: found.number, places: placesOf(found.mask) };
    this.#operations.set(shape, operation);
    return operation;
  }

  /** The record of an instruction of A32, or of T32 outside of IT blocks. */
  of(instruction: Instruction, isThumb = false): Plan {
    const known = this.#plans.get(instruction);
    if (known !== undefined) return known;
    const plan = this.#make(instruction, isThumb);
    this.#plans.set(instruction, plan);
    return plan;
  }

  /** The same for a T32 instruction inside of an IT block, with its place instead of the condition. */
  inside(instruction: Instruction): Plan {
    const known = this.#plansInside.get(instruction);
    if (known !== undefined) return known;
    const inBlock = instruction.inBlock ?? instruction;
    const plan = inBlock.place === PLACE_NEVER ? referencePlan(inBlock.word) : this.#make(inBlock, true);
    new Uint8Array(plan.buffer)[RECORD_PLACE] = inBlock.place === PLACE_NEVER ? PLACE_ANYWHERE : inBlock.place;
    this.#plansInside.set(instruction, plan);
    return plan;
  }

  /** An instruction of a shape that the module does not know is left to the reference. */
  #make(instruction: Instruction, isThumb: boolean): Plan {
    if (isThumb && !this.#knowsThumb) {
      this.#knowsThumb = true;
      this.#number([A32.table, T32.table]);
    }
    const semantics = this.#semantics.get(instruction.execute);
    const values = semantics?.fields.map((field) => shapeValue(instruction, field)) ?? [];
    const operation = this.#operationOf(`${semantics?.number ?? -1}:${values.join()}`);
    const bytes = new DataView(new ArrayBuffer(RECORD_BYTES));
    bytes.setInt32(RECORD_WORD, instruction.word, true);
    const isTested = semantics?.fields.includes('cond') === true;
    let flags = isThumb || isTested || operation === undefined ? 0 : (ALWAYS - instruction.cond) << CONDITION_SHIFT;
    for (const { field, offset } of operation?.places ?? []) {
      const value = instruction[field.name] << (isRegister(field.name) ? 2 : 0);
      if (!isThumb && (isRegister(field.name) ? value === REG_PC << 2 : field.name === 'list' && storesPc(instruction))) flags |= READS_PC;
      if (field.bytes === 1) bytes.setUint8(offset, value);
      else if (field.bytes === 2) bytes.setUint16(offset, value, true);
      else bytes.setInt32(offset, value, true);
    }
    bytes.setUint16(RECORD_OPERATION, (operation?.number ?? OPERATION_COUNT) | flags, true);
    return new Int32Array(bytes.buffer);
  }
}
