// The loop over T32 instructions: two lengths, and IT blocks, inside of which a second set of records holds and conditions come
// from the block. Owns nothing but the loop.

import { I32 } from '../emu/arm/compile/assembler.ts';
import type { Code, Local, Statement } from '../emu/arm/compile/code.ts';
import type { Program } from '../emu/arm/compile/semantics.ts';
import { specialiseFunction } from '../emu/arm/compile/specialise.ts';
import { AT_REGISTERS, EXIT_REFERENCE, HALF_CODE_ENTRIES, HALF_RECORDS_INSIDE, RECORD_OPERATION, RECORD_PLACE, RECORD_WORD } from '../emu/arm/fast/layout.ts';
import { IT_BLOCK, PLACE_LAST, PLACE_UNCONDITIONAL } from '../emu/arm/instruction.ts';
import { REG_CPSR } from '../emu/arm/registers.ts';
import { ENGINE_AREA_BYTES } from '../emu/memory/physical_memory.ts';
import { Loop } from './loop.ts';
import { importNumber } from './record_target.ts';

const AT_CPSR = AT_REGISTERS + 4 * REG_CPSR;
const WORD = { low: -0x8000_0000, high: 0x7fff_ffff } as const;

export class ThumbLoop extends Loop {
  /** State of the IT block, 0 outside. */
  readonly #block: Local = { low: 0, high: 255, wide: false, slot: this.asm.local(I32) };
  /** Opcode of the record: at most a halfword if the instruction is one. */
  readonly #word = this.asm.local(I32);

  constructor(program: Program) {
    super(program, { alignment: 2, entries: HALF_CODE_ENTRIES, ahead: 4 });
  }

  /** `local` := a function of the status word and the block. */
  #compute(name: string, values: readonly Code[], local: Local): void {
    const statements: Statement[] = [];
    const value = specialiseFunction(this.program, name, values, statements);
    this.emitter(0).emit([...statements, { kind: 'set', local, value }]);
  }

  get #status(): Code {
    return { kind: 'register', index: { kind: 'number', low: REG_CPSR, high: REG_CPSR }, ...WORD };
  }
  get #blockValue(): Code {
    return { kind: 'local', local: this.#block, low: 0, high: 255 };
  }

  protected begin(): void {
    this.#compute('itState', [this.#status], this.#block);
  }

  protected finish(): void {
    const status: Local = { ...WORD, wide: false, slot: this.#word };
    this.#compute('withItState', [this.#status, this.#blockValue], status);
    this.asm.i32(0).get(this.#word).memory('i32_store', AT_CPSR);
  }

  /** All of it is done by `fetch`, because IT blocks change records. */
  protected locate(): void {}

  protected fetch(): void {
    const { asm } = this;
    asm.get(this.pc).i32(0xffe).op('i32_and').tee(this.offset);
    asm.i32(3).op('i32_shl').get(this.records).op('i32_add').set(this.record);
    asm.get(this.#block.slot).open('if');
    asm.get(this.record).i32(HALF_RECORDS_INSIDE).op('i32_add').set(this.record);
    asm.end();
    asm.get(this.frame).get(this.offset).op('i32_add').set(this.offset);
    const isCurrent = asm.open('block');
    asm.get(this.record).memory('i32_load', RECORD_WORD).tee(this.#word);
    asm.get(this.offset).memory('i32_load16_u', ENGINE_AREA_BYTES).op('i32_eq').brIf(isCurrent);
    asm.get(this.#word).i32(16).op('i32_shr_u').get(this.offset).memory('i32_load16_u', ENGINE_AREA_BYTES).op('i32_eq');
    asm.get(this.#word).i32(0xffff).op('i32_and').get(this.offset).memory('i32_load16_u', ENGINE_AREA_BYTES + 2).op('i32_eq');
    asm.op('i32_and').get(this.#word).i32(16).op('i32_shr_u').i32(0).op('i32_ne', 'i32_and').brIf(isCurrent);
    asm.get(this.record).get(this.offset).get(this.#block.slot).call(importNumber('decodeThumb')).op('drop');
    asm.get(this.record).memory('i32_load', RECORD_WORD).set(this.#word);
    asm.end();
  }

  protected dispatch(): void {
    const { asm } = this;
    asm.get(this.#block.slot).open('if');
    this.#enterBlock();
    asm.end();
    asm.get(this.record).memory('i32_load16_u', RECORD_OPERATION);
    this.callOperation();
  }

  /** Inside of a block: whether the instruction may stand in this place, and whether it is executed. */
  #enterBlock(): void {
    const { asm } = this;
    asm.get(this.record).memory('i32_load8_u', RECORD_PLACE).tee(this.effect).i32(PLACE_LAST).op('i32_eq');
    asm.get(this.#block.slot).i32(15).op('i32_and').i32(8).op('i32_ne', 'i32_and').open('if');
    this.leave(EXIT_REFERENCE);
    asm.end();
    const passed = asm.open('block');
    asm.get(this.effect).i32(PLACE_UNCONDITIONAL).op('i32_eq').brIf(passed);
    asm.get(this.#block.slot).i32(4).op('i32_shr_u').set(this.effect);
    this.testCondition(passed);
    asm.end();
  }

  protected pushPc(plus: number): void {
    this.asm.get(this.pc);
    if (plus !== 0) this.asm.i32(plus).op('i32_add');
  }

  #advanceBlock(): void {
    const { asm } = this;
    asm.get(this.#block.slot).open('if');
    this.#compute('advancedIt', [this.#blockValue], this.#block);
    asm.end();
  }

  protected branched(): void {
    const { asm } = this;
    this.#advanceBlock();
    asm.get(this.next).set(this.pc);
    asm.get(this.left).i32(1).op('i32_sub').set(this.left);
  }

  protected goOn(): void {
    this.#advanceBlock();
    this.#step();
  }

  /** Both are kept all the time. */
  protected settle(): void {}

  /** An IT block begins: its state is the low byte of the opcode. */
  protected otherEffects(): void {
    const { asm } = this;
    asm.get(this.effect).i32(IT_BLOCK).op('i32_eq').open('if');
    asm.get(this.#word).i32(0xff).op('i32_and').set(this.#block.slot);
    this.#step();
    asm.end();
  }

  /** To the instruction behind, in this page or in the next one. */
  #step(): void {
    const { asm } = this;
    asm.get(this.pc).i32(4).i32(2).get(this.#word).i32(16).op('i32_shr_u', 'select', 'i32_add').set(this.pc);
    asm.get(this.left).i32(1).op('i32_sub').set(this.left);
    this.leaveIfNoneIsLeft();
    asm.get(this.pc).i32(0xfff).op('i32_and').brIf(this.again);
    asm.br(this.nextPage);
  }
}
