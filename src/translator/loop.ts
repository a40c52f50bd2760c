// What the loops over A32 and over T32 instructions have in common: finding the page of the pc, and what follows an instruction by its
// effect. How a loop keeps count of instructions and of the pc is its own. Owns the code of one loop while it is made.

import { Assembler, I32 } from '../emu/arm/compile/assembler.ts';
import type { Depth } from '../emu/arm/compile/assembler.ts';
import { number } from '../emu/arm/compile/code.ts';
import type { Code } from '../emu/arm/compile/code.ts';
import { Emitter } from '../emu/arm/compile/emitter.ts';
import type { Program } from '../emu/arm/compile/semantics.ts';
import { specialiseEffect, specialiseMember } from '../emu/arm/compile/specialise.ts';
import { AT_LEFT, AT_REGISTERS, AT_SPACE, CODE_FRAME, CODE_RECORDS, CODE_TAG, EXIT_BUDGET, EXIT_EXCHANGE, EXIT_FAULT, placesOf } from '../emu/arm/fast/layout.ts';
import { ALWAYS, BRANCH, EXCHANGE, NEXT } from '../emu/arm/instruction.ts';
import { REG_PC } from '../emu/arm/registers.ts';
import { importNumber, RecordTarget } from './record_target.ts';

export const AT_PC = AT_REGISTERS + 4 * REG_PC;
export const ONE_IN = 0;
const PAGE_MASK = -4096;
/** The set: what of the pc is 0, where the translations of its pages are, and how far ahead r15 reads. */
interface SetOfInstructions {
  readonly alignment: number;
  readonly entries: number;
  readonly ahead: number;
}

export abstract class Loop {
  protected readonly asm = new Assembler(1);
  protected readonly program: Program;
  readonly #set: SetOfInstructions;
  /** See record_target.ts; null where the loop has no operations inside. */
  protected miss: (() => void) | null = null;
  /** Instructions left, and the address of the next one: both are right at the entry of a page, and where the loop is left for good. */
  protected readonly left = 0;
  protected readonly pc = this.asm.local(I32);
  protected readonly page = this.asm.local(I32);
  /** Index of the page's frame in RAM, and address of its records. */
  protected readonly frame = this.asm.local(I32);
  protected readonly records = this.asm.local(I32);
  protected readonly record = this.asm.local(I32);
  readonly #space = this.asm.local(I32);
  protected readonly effect = this.asm.local(I32);
  protected readonly offset = this.asm.local(I32);
  readonly #entry = this.asm.local(I32);
  /** Where an instruction goes on that branches. */
  protected readonly next = this.asm.local(I32);
  #done: Depth = 0;
  #exit: Depth = 0;
  protected nextPage: Depth = 0;
  protected locating: Depth = 0;
  protected again: Depth = 0;
  #branch: Depth = 0;
  protected advance: Depth = 0;
  #special: Depth = 0;

  constructor(program: Program, set: SetOfInstructions) {
    this.program = program;
    this.#set = set;
  }

  code(): Uint8Array {
    const { asm } = this;
    this.emitter(0).emit(specialiseEffect(this.program, 'unpackFlags'));
    asm.i32(0).memory('i32_load', AT_PC).i32(-this.#set.alignment).op('i32_and').set(this.pc);
    asm.i32(0).memory('i32_load', AT_SPACE).set(this.#space);
    this.begin();
    this.#done = asm.open('block');
    this.#exit = asm.open('block');
    this.nextPage = asm.open('loop');
    this.#enterPage();
    this.locating = asm.open('loop');
    this.locate();
    this.again = asm.open('loop');
    this.fetch();
    this.advance = asm.open('block');
    this.#branch = asm.open('block');
    this.#special = asm.open('block');
    this.dispatch();
    asm.end();
    this.#afterSpecial();
    asm.end();
    this.#afterBranch();
    asm.end();
    this.goOn();
    asm.op('unreachable').end().op('unreachable').end().op('unreachable').end().op('unreachable').end();
    this.settle();
    asm.end();
    asm.i32(0).get(this.pc).memory('i32_store', AT_PC);
    asm.i32(0).get(this.left).memory('i32_store', AT_LEFT);
    this.finish();
    this.emitter(0).emit(specialiseEffect(this.program, 'packFlags'));
    asm.get(this.effect);
    return asm.finished();
  }

  /** Before the first and after the last instruction. */
  protected abstract begin(): void;
  protected abstract finish(): void;
  /** Finds the record of the pc in its page. */
  protected abstract locate(): void;
  /** Makes the record anew where memory holds another opcode. */
  protected abstract fetch(): void;
  /** Executes the record, or not; leaves the effect in its local and falls through, or goes somewhere itself. */
  protected abstract dispatch(): void;
  /** Pushes the address of the record's instruction plus a constant. */
  protected abstract pushPc(plus: number): void;
  /** The instruction of the record was executed and goes on at `next`: that is the pc, and one instruction less is left. */
  protected abstract branched(): void;
  /** The instruction of the record was executed, or its condition does not hold: counts it and goes on behind it. */
  protected abstract goOn(): void;
  /** The loop is left at the record: what stands in `pc` and `left` becomes right. */
  protected abstract settle(): void;
  /** What effects other than those common to both sets come to. */
  protected abstract otherEffects(): void;

  /** At the record, whose instruction is not counted. */
  protected leave(effect: number): void {
    this.asm.i32(effect).set(this.effect).br(this.#exit);
  }
  /** With `pc` and `left` as they are. */
  protected leaveSettled(effect: number): void {
    this.asm.i32(effect).set(this.effect).br(this.#done);
  }

  #enterPage(): void {
    const { asm } = this;
    const { entries } = this.#set;
    const entry = this.offset;
    asm.get(this.pc).i32(PAGE_MASK).op('i32_and').set(this.page);
    asm.get(this.pc).i32(8).op('i32_shr_u').i32(0xff0).op('i32_and').get(this.#space).op('i32_add').tee(entry);
    asm.memory('i32_load', entries + CODE_TAG).get(this.page).op('i32_ne').open('if');
    asm.get(this.pc).get(entry).i32(entries).op('i32_add').i32(this.#set.alignment).call(importNumber('enter')).open('if');
    this.leaveSettled(EXIT_FAULT);
    asm.end().end();
    asm.get(entry).memory('i32_load', entries + CODE_FRAME).set(this.frame);
    asm.get(entry).memory('i32_load', entries + CODE_RECORDS).set(this.records);
  }

  /** Goes to `passed` if the condition in the local `effect` holds, else on behind the instruction. */
  protected testCondition(passed: Depth): void {
    const { asm } = this;
    const targets: Depth[] = [];
    for (let condition = 0; condition < ALWAYS; condition++) targets.unshift(asm.open('block'));
    asm.get(this.effect).brTable(targets, passed);
    for (let condition = 0; condition < ALWAYS; condition++) {
      asm.end();
      this.emitter(0).low(specialiseMember(this.program, 'passes', [number(condition)]));
      asm.brIf(passed).br(this.advance);
    }
  }

  /** For code inside of the loop, of an operation with these fields. */
  protected emitter(mask: number): Emitter {
    const target = new RecordTarget(
      {
        asm: this.asm,
        record: this.record,
        entry: this.#entry,
        pushSpace: () => this.asm.get(this.#space),
        fault: () => this.leave(EXIT_FAULT),
        ...(this.miss === null ? {} : { miss: this.miss }),
        finish: (effect, emitter) => this.#finishInstruction(effect, emitter),
        pc: { push: () => this.pushPc(this.#set.ahead), set: () => this.asm.set(this.next) },
      },
      placesOf(mask),
    );
    return new Emitter(this.asm, target);
  }

  #finishInstruction(effect: Code, emitter: Emitter): void {
    const { asm } = this;
    if (effect.kind === 'number' && effect.low === NEXT) asm.br(this.advance);
    else if (effect.kind === 'number' && effect.low === BRANCH) asm.br(this.#branch);
    else {
      emitter.low(effect);
      asm.set(this.effect).br(this.#special);
    }
  }

  #afterSpecial(): void {
    const { asm } = this;
    asm.get(this.effect).op('i32_eqz').brIf(this.advance);
    asm.get(this.effect).i32(BRANCH).op('i32_eq').brIf(this.#branch);
    asm.get(this.effect).i32(EXCHANGE).op('i32_eq').open('if');
    this.branched();
    this.leaveSettled(EXIT_EXCHANGE);
    asm.end();
    this.otherEffects();
    asm.br(this.#exit);
  }

  /** With the effect that was executed last, and `pc` and `left` as they are. */
  protected leaveWithEffect(): void {
    this.asm.br(this.#done);
  }

  protected leaveIfNoneIsLeft(): void {
    this.asm.get(this.left).op('i32_eqz').open('if');
    this.leaveSettled(EXIT_BUDGET);
    this.asm.end();
  }

  #afterBranch(): void {
    this.branched();
    this.goToPc();
  }

  /** With `pc` and `left` right. */
  protected goToPc(): void {
    const { asm } = this;
    this.leaveIfNoneIsLeft();
    asm.get(this.pc).i32(PAGE_MASK).op('i32_and').get(this.page).op('i32_eq').brIf(this.locating);
    asm.br(this.nextPage);
  }

  /** Stores r15 as the instruction reads it. */
  protected storePc(): void {
    this.asm.i32(0);
    this.pushPc(this.#set.ahead);
    this.asm.memory('i32_store', AT_PC);
  }

  /** Executes the operation on the stack by calling it. */
  protected callOperation(): void {
    const operation = this.effect;
    this.asm.set(operation);
    this.storePc();
    this.asm.get(this.record).get(operation).callIndirect(ONE_IN).set(this.effect);
    this.asm.i32(0).memory('i32_load', AT_PC).set(this.next);
  }
}
