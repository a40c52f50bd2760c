// The loop over A32 instructions: the condition stands in the record, and frequent operations stand in the loop.
// Owns nothing but the loop.

import { I32 } from '../emu/arm/compile/assembler.ts';
import type { Program } from '../emu/arm/compile/semantics.ts';
import { CONDITION_SHIFT, READS_PC, RECORD_BYTES, RECORD_OPERATION, RECORD_WORD, WORD_CODE_ENTRIES } from '../emu/arm/fast/layout.ts';
import { ALWAYS } from '../emu/arm/instruction.ts';
import { ENGINE_AREA_BYTES } from '../emu/memory/physical_memory.ts';
import { Loop } from './loop.ts';
import { withCondition } from './operations.ts';
import type { Operation } from './operations.ts';
import { importNumber } from './record_target.ts';

export class WordLoop extends Loop {
  readonly #operations: readonly Operation[];
  readonly #operation = this.asm.local(I32);

  constructor(program: Program, operations: readonly Operation[]) {
    super(program, { alignment: 4, entries: WORD_CODE_ENTRIES, ahead: 8 });
    this.#operations = operations;
  }

  protected begin(): void {}
  protected finish(): void {}
  protected retired(): void {}
  protected otherEffects(): void {}

  protected locate(): void {
    const { asm } = this;
    asm.get(this.pc).i32(0xffc).op('i32_and').tee(this.offset).i32(2).op('i32_shl').get(this.records).op('i32_add').set(this.record);
    asm.get(this.frame).get(this.offset).op('i32_add').set(this.offset);
  }

  protected fetch(): void {
    const { asm } = this;
    asm.get(this.record).memory('i32_load', RECORD_WORD).get(this.offset).memory('i32_load', ENGINE_AREA_BYTES).op('i32_ne').open('if');
    asm.get(this.record).get(this.offset).memory('i32_load', ENGINE_AREA_BYTES).i32(0).call(importNumber('decode')).op('drop');
    asm.end();
    asm.get(this.record).memory('i32_load16_u', RECORD_OPERATION).set(this.#operation);
  }

  /** What reads r15 as a register among others, or has a condition, comes here again without that. */
  protected dispatch(): void {
    const { asm } = this;
    const again = asm.open('loop');
    const called = asm.open('block');
    const targets = this.#operations.map(() => asm.open('block')).reverse();
    asm.get(this.#operation).brTable(targets, called);
    for (const operation of this.#operations) {
      asm.end();
      this.emitter(operation.mask).emit(withCondition(this.program, operation));
      asm.op('unreachable');
    }
    asm.end();
    asm.get(this.#operation).i32(READS_PC).op('i32_ge_u').open('if');
    this.storePc();
    asm.i32(ALWAYS).get(this.#operation).i32(CONDITION_SHIFT).op('i32_shr_u', 'i32_sub').set(this.effect);
    asm.get(this.#operation).i32(READS_PC - 1).op('i32_and').set(this.#operation);
    asm.get(this.effect).i32(ALWAYS).op('i32_eq').brIf(again);
    this.testCondition(again);
    asm.end();
    asm.get(this.#operation);
    this.callOperation();
    asm.end();
  }

  protected step(): void {
    this.#add(this.pc, 4);
    this.#add(this.offset, 4);
    this.#add(this.record, RECORD_BYTES);
  }

  #add(local: number, value: number): void {
    this.asm.get(local).i32(value).op('i32_add').set(local);
  }
}
