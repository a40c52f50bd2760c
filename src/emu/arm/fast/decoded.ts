// From decoded instructions to records of the fast engine: which operation, and where its fields go. Owns the plans made so far,
// shared by all machines of the process.

import { A32, T32 } from '../decoder.ts';
import { EXECUTE_UNDEFINED, executesOf } from '../executes.ts';
import { ALWAYS, executeUndefined, PLACE_ANYWHERE, PLACE_NEVER } from '../instruction.ts';
import type { Execute, Instruction } from '../instruction.ts';
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
  readonly #semantics: (Semantics | undefined)[] = [];
  /** Where T32 is known: semantics that it shares with A32 have A32's number, the others have theirs behind. */
  #numbers: ReadonlyMap<Execute, number> | null = null;
  readonly #operations = new Map<string, Operation>();
  readonly #plans = new WeakMap<Instruction, Plan>();
  readonly #plansInside = new WeakMap<Instruction, Plan>();

  /** Semantics are numbered through both tables, those of A32 first: they have the same numbers without T32. */
  #numberOf({ row, execute }: Instruction, isThumb: boolean): number {
    if (execute === executeUndefined) return EXECUTE_UNDEFINED;
    if (!isThumb) return A32.executeOf(row);
    this.#numbers ??= new Map(executesOf([A32.table, T32.table]).map((known, number) => [known, number]));
    return this.#numbers.get(execute) as number;
  }

  #semanticsOf(number: number): Semantics {
    const semantics = this.#semantics[number] ?? { number, fields: SHAPE_FIELDS[number] ?? [] };
    this.#semantics[number] = semantics;
    return semantics;
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
    const { number, fields } = this.#semanticsOf(this.#numberOf(instruction, isThumb));
    const values = fields.map((field) => shapeValue(instruction, field));
    const operation = this.#operationOf(`${number}:${values.join()}`);
    const bytes = new DataView(new ArrayBuffer(RECORD_BYTES));
    bytes.setInt32(RECORD_WORD, instruction.word, true);
    const isTested = fields.includes('cond');
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
