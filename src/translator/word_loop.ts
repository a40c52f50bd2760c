// The loop over A32 instructions: the condition stands in the record, and frequent operations stand in the loop.
// Owns nothing but the loop.

import type { Program } from '../emu/arm/compile/semantics.ts';
import { RECORD_CONDITION, RECORD_OPERATION, RECORD_WORD, WORD_CODE_ENTRIES } from '../emu/arm/fast/layout.ts';
import { ALWAYS } from '../emu/arm/instruction.ts';
import { ENGINE_AREA_BYTES } from '../emu/memory/physical_memory.ts';
import { Loop, ONE_IN } from './loop.ts';
import { withCondition } from './operations.ts';
import type { Operation } from './operations.ts';
import { importNumber } from './record_target.ts';

export class WordLoop extends Loop {
  readonly #operations: readonly Operation[];

  constructor(program: Program, operations: readonly Operation[]) {
    super(program, { alignment: 4, entries: WORD_CODE_ENTRIES, ahead: 8 });
    this.#operations = operations;
  }

  protected begin(): void {}
  protected finish(): void {}
  protected retired(): void {}
  protected otherEffects(): void {}

  protected fetch(): void {
    const { asm } = this;
    asm.get(this.pc).i32(0xffc).op('i32_and').tee(this.offset);
    asm.i32(2).op('i32_shl').get(this.records).op('i32_add').tee(this.record);
    asm.memory('i32_load', RECORD_WORD);
    asm.get(this.frame).get(this.offset).op('i32_add').tee(this.offset).memory('i32_load', ENGINE_AREA_BYTES).op('i32_ne').open('if');
    asm.get(this.record).get(this.offset).memory('i32_load', ENGINE_AREA_BYTES).i32(0).call(importNumber('decode')).op('drop');
    asm.end();
  }

  protected dispatch(): void {
    const { asm } = this;
    const passed = asm.open('block');
    asm.get(this.record).memory('i32_load8_u', RECORD_CONDITION).tee(this.effect).i32(ALWAYS).op('i32_eq').brIf(passed);
    this.testCondition(passed);
    asm.end();
    const called = asm.open('block');
    const targets = this.#operations.map(() => asm.open('block')).reverse();
    asm.get(this.record).memory('i32_load16_u', RECORD_OPERATION).brTable(targets, called);
    for (const operation of this.#operations) {
      asm.end();
      this.emitter(operation.mask).emit(withCondition(this.program, operation));
      asm.op('unreachable');
    }
    asm.end();
    asm.get(this.record).get(this.record).memory('i32_load16_u', RECORD_OPERATION).callIndirect(ONE_IN).set(this.effect);
  }

  protected step(): void {
    this.asm.get(this.pc).i32(4).op('i32_add').set(this.pc);
  }
}
