// The loop over A32 instructions: the condition stands in the record, and frequent operations stand in the loop.
// Owns nothing but the loop.

import { I32 } from '../emu/arm/compile/assembler.ts';
import type { Program } from '../emu/arm/compile/semantics.ts';
import { CONDITION_SHIFT, READS_PC, RECORD_BYTES, RECORD_OPERATION, RECORD_WORD, WORD_CODE_ENTRIES, EXIT_EXCHANGE } from '../emu/arm/fast/layout.ts';
import { ALWAYS, BRANCH, EXCHANGE } from '../emu/arm/instruction.ts';
import { ENGINE_AREA_BYTES } from '../emu/memory/physical_memory.ts';
import { Loop } from './loop.ts';
import { withCondition } from './operations.ts';
import type { Operation } from './operations.ts';
import { importNumber } from './record_target.ts';

const INSTRUCTION_BYTES = 4;
/** A record's address by so many bits less is the address of its instruction, but for a constant of the page. */
const RECORD_TO_PC = 2;
const COUNT_SHIFT = 4;
const PAGE_RECORDS = 1024 * RECORD_BYTES;

/**
 * Records lie as the instructions do, so that the record alone says where the loop stands: `pc` and `left` are of where it came in last,
 * and one comparison an instruction finds the end of the page as well as of the budget.
 */
export class WordLoop extends Loop {
  readonly #operations: readonly Operation[];
  readonly #operation = this.asm.local(I32);
  /** What is to be added to a quarter of a record's address: for the index of the opcode in RAM, for the address of the instruction. */
  readonly #toIndex = this.asm.local(I32);
  readonly #toPc = this.asm.local(I32);
  /** The record at which the loop came in, and the one behind the last it may execute. */
  readonly #from = this.asm.local(I32);
  readonly #limit = this.asm.local(I32);

  constructor(program: Program, operations: readonly Operation[]) {
    super(program, { alignment: INSTRUCTION_BYTES, entries: WORD_CODE_ENTRIES, ahead: 2 * INSTRUCTION_BYTES });
    this.#operations = operations;
  }

  protected begin(): void {}
  protected finish(): void {}
  protected otherEffects(): void {}

  protected locate(): void {
    const { asm } = this;
    asm.get(this.records).i32(RECORD_TO_PC).op('i32_shr_u').set(this.offset);
    asm.get(this.frame).get(this.offset).op('i32_sub').set(this.#toIndex);
    asm.get(this.page).get(this.offset).op('i32_sub').set(this.#toPc);
    asm.get(this.pc).i32(0xffc).op('i32_and').i32(RECORD_TO_PC).op('i32_shl').get(this.records).op('i32_add').tee(this.record).set(this.#from);
    asm.get(this.records).i32(PAGE_RECORDS).op('i32_add').tee(this.#limit);
    asm.get(this.record).op('i32_sub').i32(COUNT_SHIFT).op('i32_shr_u').get(this.left).op('i32_gt_u').open('if');
    asm.get(this.left).i32(COUNT_SHIFT).op('i32_shl').get(this.record).op('i32_add').set(this.#limit);
    asm.end();
  }

  protected fetch(): void {
    const { asm } = this;
    asm.get(this.record).i32(RECORD_TO_PC).op('i32_shr_u').get(this.#toIndex).op('i32_add').set(this.offset);
    asm.get(this.record).memory('i32_load', RECORD_WORD).get(this.offset).memory('i32_load', ENGINE_AREA_BYTES).op('i32_ne').open('if');
    this.settle();
    asm.get(this.record).get(this.offset).memory('i32_load', ENGINE_AREA_BYTES).i32(0).call(importNumber('decode')).op('drop');
    asm.br(this.locating);
    asm.end();
    asm.get(this.record).memory('i32_load16_u', RECORD_OPERATION).set(this.#operation);
  }

  /**
   * What reads r15 as a register among others, or has a condition, is dispatched again without that. Whatever has no code here, or
   * whose code here misses a translation, is called.
   */
  protected dispatch(): void {
    const { asm } = this;
    const called = asm.open('block');
    this.miss = () => asm.br(called);
    const targets = this.#operations.map(() => asm.open('block')).reverse();
    const flagged = asm.open('block');
    asm.get(this.#operation).brTable(targets, flagged);
    asm.end();
    asm.get(this.#operation).i32(READS_PC).op('i32_lt_u').brIf(called);
    this.storePc();
    asm.i32(ALWAYS).get(this.#operation).i32(CONDITION_SHIFT).op('i32_shr_u', 'i32_sub').set(this.effect);
    asm.get(this.#operation).i32(READS_PC - 1).op('i32_and').set(this.#operation);
    const passed = asm.open('block');
    asm.get(this.effect).i32(ALWAYS).op('i32_eq').brIf(passed);
    this.testCondition(passed);
    asm.end();
    asm.get(this.#operation).brTable(targets, called);
    for (const operation of this.#operations) {
      asm.end();
      this.emitter(operation.mask).emit(withCondition(this.program, operation));
      asm.op('unreachable');
    }
    asm.end();
    this.#call();
  }

  /**
   * Calls the operation and comes in again. Nothing that the loop keeps from one instruction to the next is wanted behind the call: the
   * host's compiler would keep it in memory all the time.
   */
  #call(): void {
    const { asm } = this;
    this.settle();
    asm.get(this.#operation);
    this.callOperation();
    asm.get(this.left).i32(1).op('i32_sub').set(this.left);
    asm.get(this.effect).op('i32_eqz').open('if');
    asm.get(this.pc).i32(INSTRUCTION_BYTES).op('i32_add').set(this.pc);
    this.goToPc();
    asm.end();
    const branch = asm.open('block');
    asm.get(this.effect).i32(BRANCH).op('i32_eq').brIf(branch);
    asm.get(this.effect).i32(EXCHANGE).op('i32_eq').open('if');
    asm.get(this.next).set(this.pc);
    this.leaveSettled(EXIT_EXCHANGE);
    asm.end();
    asm.get(this.left).i32(1).op('i32_add').set(this.left);
    this.leaveWithEffect();
    asm.end();
    asm.get(this.next).set(this.pc);
    this.goToPc();
  }

  protected pushPc(plus: number): void {
    const { asm } = this;
    asm.get(this.record).i32(RECORD_TO_PC).op('i32_shr_u').get(this.#toPc).op('i32_add');
    if (plus !== 0) asm.i32(plus).op('i32_add');
  }

  /** Takes from `left` what was executed since the loop came in, up to the record and so many more. */
  #count(more: number): void {
    const { asm } = this;
    asm.get(this.left).get(this.record).get(this.#from).op('i32_sub').i32(COUNT_SHIFT).op('i32_shr_u', 'i32_sub');
    if (more !== 0) asm.i32(more).op('i32_sub');
    asm.set(this.left);
  }

  protected settle(): void {
    this.#count(0);
    this.pushPc(0);
    this.asm.set(this.pc);
  }

  protected branched(): void {
    this.#count(1);
    this.asm.get(this.next).set(this.pc);
  }

  protected goOn(): void {
    const { asm } = this;
    asm.get(this.record).i32(RECORD_BYTES).op('i32_add').tee(this.record).get(this.#limit).op('i32_ne').brIf(this.again);
    this.settle();
    this.leaveIfNoneIsLeft();
    asm.br(this.nextPage);
  }
}
