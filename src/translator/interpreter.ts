// The fast engine's module: the loop over predecoded A32 instructions and the operations, the frequent ones inside of the loop,
// the others as functions beside it. Pure.

import { Assembler, I32 } from '../emu/arm/compile/assembler.ts';
import type { Depth } from '../emu/arm/compile/assembler.ts';
import { number } from '../emu/arm/compile/code.ts';
import type { Code } from '../emu/arm/compile/code.ts';
import { Emitter } from '../emu/arm/compile/emitter.ts';
import type { Program } from '../emu/arm/compile/semantics.ts';
import { specialiseEffect, specialiseMember } from '../emu/arm/compile/specialise.ts';
import { encodeModule } from '../emu/arm/compile/wasm_module.ts';
import {
  AT_LEFT,
  AT_REGISTERS,
  AT_SPACE,
  CODE_FRAME,
  CODE_RECORDS,
  CODE_TAG,
  EXIT_BUDGET,
  EXIT_EXCHANGE,
  EXIT_FAULT,
  EXIT_REFERENCE,
  placesOf,
  RECORD_CONDITION,
  RECORD_OPERATION,
  RECORD_WORD,
  WORD_CODE_ENTRIES,
} from '../emu/arm/fast/layout.ts';
import { ALWAYS, BRANCH, EXCHANGE, NEXT } from '../emu/arm/instruction.ts';
import { REG_PC } from '../emu/arm/registers.ts';
import { ENGINE_AREA_BYTES } from '../emu/memory/physical_memory.ts';
import type { Operation } from './operations.ts';
import { importNumber, IMPORTS, RecordTarget } from './record_target.ts';

const AT_PC = AT_REGISTERS + 4 * REG_PC;
const PAGE_MASK = -4096;

/** Function types: of operations and `run`, and of imports. */
const ONE_IN = 0;
const THREE_IN = 1;

/** `run(instructions)` returns an effect or EXIT_...; operations are functions of a record that return an effect or EXIT_FAULT. */
export function interpreterModule(program: Program, operations: readonly Operation[], inside: number): Uint8Array {
  const beside = operations.slice(inside).map((operation) => ({ type: ONE_IN, code: operationFunction(program, operation) }));
  beside.push({ type: ONE_IN, code: new Assembler(1).i32(EXIT_REFERENCE).finished() });
  const run = { type: ONE_IN, code: new Loop(program, operations.slice(0, inside)).code() };
  return encodeModule({
    types: [{ parameters: 1 }, { parameters: 3 }],
    imports: IMPORTS.map((name) => ({ name, type: THREE_IN })),
    functions: [run, ...beside],
    exports: [{ name: 'run', function: IMPORTS.length }],
    table: beside.map((_, k) => IMPORTS.length + 1 + k),
  });
}

function operationFunction(program: Program, operation: Operation): readonly number[] {
  const asm = new Assembler(1);
  const target = new RecordTarget(
    {
      asm,
      record: 0,
      entry: asm.local(I32),
      pushSpace: () => asm.i32(0).memory('i32_load', AT_SPACE),
      fault: () => asm.i32(EXIT_FAULT).op('return'),
      finish: (effect, emitter) => {
        emitter.low(effect);
        asm.op('return');
      },
    },
    placesOf(operation.mask),
  );
  const emitter = new Emitter(asm, target);
  if (operation.condition !== ALWAYS) {
    emitter.low(conditionCode(program, operation.condition));
    asm.op('i32_eqz').open('if');
    asm.i32(NEXT).op('return').end();
  }
  emitter.emit(operation.code());
  asm.op('unreachable');
  return asm.finished();
}

/** Whether a condition holds. */
const conditionCode = (program: Program, condition: number): Code => specialiseMember(program, 'passes', [number(condition)]);

class Loop {
  readonly #asm = new Assembler(1);
  readonly #program: Program;
  readonly #operations: readonly Operation[];
  readonly #left = 0;
  readonly #pc = this.#asm.local(I32);
  readonly #page = this.#asm.local(I32);
  /** Index of the page's frame in RAM, and address of its records. */
  readonly #frame = this.#asm.local(I32);
  readonly #records = this.#asm.local(I32);
  readonly #record = this.#asm.local(I32);
  readonly #space = this.#asm.local(I32);
  readonly #effect = this.#asm.local(I32);
  readonly #offset = this.#asm.local(I32);
  readonly #entry = this.#asm.local(I32);
  #exit: Depth = 0;
  #nextPage: Depth = 0;
  #again: Depth = 0;
  #branch: Depth = 0;
  #advance: Depth = 0;
  #special: Depth = 0;

  constructor(program: Program, operations: readonly Operation[]) {
    this.#program = program;
    this.#operations = operations;
  }

  code(): readonly number[] {
    const asm = this.#asm;
    this.#emitter(0).emit(specialiseEffect(this.#program, 'unpackFlags'));
    asm.i32(0).memory('i32_load', AT_PC).i32(-4).op('i32_and').set(this.#pc);
    asm.i32(0).memory('i32_load', AT_SPACE).set(this.#space);
    this.#exit = asm.open('block');
    this.#nextPage = asm.open('loop');
    this.#enterPage();
    this.#again = asm.open('loop');
    this.#fetch();
    this.#advance = asm.open('block');
    this.#branch = asm.open('block');
    this.#special = asm.open('block');
    this.#testCondition();
    this.#dispatch();
    asm.end();
    this.#afterSpecial();
    asm.end();
    this.#afterBranch();
    asm.end();
    this.#afterNext();
    asm.op('unreachable').end().op('unreachable').end().op('unreachable').end();
    asm.i32(0).get(this.#pc).memory('i32_store', AT_PC);
    asm.i32(0).get(this.#left).memory('i32_store', AT_LEFT);
    this.#emitter(0).emit(specialiseEffect(this.#program, 'packFlags'));
    asm.get(this.#effect);
    return asm.finished();
  }

  #leave(effect: number): void {
    this.#asm.i32(effect).set(this.#effect).br(this.#exit);
  }

  /** Looks up the page of the pc. */
  #enterPage(): void {
    const asm = this.#asm;
    const entry = this.#offset;
    asm.get(this.#pc).i32(PAGE_MASK).op('i32_and').set(this.#page);
    asm.get(this.#pc).i32(8).op('i32_shr_u').i32(0xff0).op('i32_and').get(this.#space).op('i32_add').tee(entry);
    asm.memory('i32_load', WORD_CODE_ENTRIES + CODE_TAG).get(this.#page).op('i32_ne').open('if');
    asm.get(this.#pc).get(entry).i32(0).call(importNumber('enter')).open('if');
    this.#leave(EXIT_FAULT);
    asm.end().end();
    asm.get(entry).memory('i32_load', WORD_CODE_ENTRIES + CODE_FRAME).set(this.#frame);
    asm.get(entry).memory('i32_load', WORD_CODE_ENTRIES + CODE_RECORDS).set(this.#records);
  }

  /** Finds the record of the pc; it is made anew where memory holds another opcode. */
  #fetch(): void {
    const asm = this.#asm;
    asm.get(this.#pc).i32(0xffc).op('i32_and').tee(this.#offset);
    asm.i32(2).op('i32_shl').get(this.#records).op('i32_add').tee(this.#record);
    asm.memory('i32_load', RECORD_WORD);
    asm.get(this.#frame).get(this.#offset).op('i32_add').tee(this.#offset).memory('i32_load', ENGINE_AREA_BYTES).op('i32_ne').open('if');
    asm.get(this.#record).get(this.#offset).memory('i32_load', ENGINE_AREA_BYTES).i32(0).call(importNumber('decode')).op('drop');
    asm.end();
    asm.i32(0).get(this.#pc).i32(8).op('i32_add').memory('i32_store', AT_PC);
  }

  /** Goes on with the next instruction where the record's condition does not hold. */
  #testCondition(): void {
    const asm = this.#asm;
    const passed = asm.open('block');
    asm.get(this.#record).memory('i32_load8_u', RECORD_CONDITION).tee(this.#effect).i32(ALWAYS).op('i32_eq').brIf(passed);
    const targets: Depth[] = [];
    for (let condition = 0; condition < ALWAYS; condition++) targets.unshift(asm.open('block'));
    asm.get(this.#effect).brTable(targets, passed);
    for (let condition = 0; condition < ALWAYS; condition++) {
      asm.end();
      this.#emitter(0).low(conditionCode(this.#program, condition));
      asm.brIf(passed).br(this.#advance);
    }
    asm.end();
  }

  #emitter(mask: number): Emitter {
    const target = new RecordTarget(
      {
        asm: this.#asm,
        record: this.#record,
        entry: this.#entry,
        pushSpace: () => this.#asm.get(this.#space),
        fault: () => this.#leave(EXIT_FAULT),
        finish: (effect, emitter) => this.#finish(effect, emitter),
      },
      placesOf(mask),
    );
    return new Emitter(this.#asm, target);
  }

  #finish(effect: Code, emitter: Emitter): void {
    const asm = this.#asm;
    if (effect.kind === 'number' && effect.low === NEXT) asm.br(this.#advance);
    else if (effect.kind === 'number' && effect.low === BRANCH) asm.br(this.#branch);
    else {
      emitter.low(effect);
      asm.set(this.#effect).br(this.#special);
    }
  }

  #dispatch(): void {
    const asm = this.#asm;
    const called = asm.open('block');
    const targets = this.#operations.map(() => asm.open('block')).reverse();
    asm.get(this.#record).memory('i32_load16_u', RECORD_OPERATION).brTable(targets, called);
    for (const operation of this.#operations) {
      asm.end();
      const emitter = this.#emitter(operation.mask);
      if (operation.condition !== ALWAYS) {
        emitter.low(conditionCode(this.#program, operation.condition));
        asm.op('i32_eqz').brIf(this.#advance);
      }
      emitter.emit(operation.code());
      asm.op('unreachable');
    }
    asm.end();
    asm.get(this.#record).get(this.#record).memory('i32_load16_u', RECORD_OPERATION).i32(this.#operations.length).op('i32_sub');
    asm.callIndirect(ONE_IN).set(this.#effect);
  }

  #afterSpecial(): void {
    const asm = this.#asm;
    asm.get(this.#effect).op('i32_eqz').brIf(this.#advance);
    asm.get(this.#effect).i32(BRANCH).op('i32_eq').brIf(this.#branch);
    asm.get(this.#effect).i32(EXCHANGE).op('i32_eq').open('if');
    asm.i32(0).memory('i32_load', AT_PC).set(this.#pc);
    asm.get(this.#left).i32(1).op('i32_sub').set(this.#left);
    this.#leave(EXIT_EXCHANGE);
    asm.end();
    asm.br(this.#exit);
  }

  #countOne(): void {
    const asm = this.#asm;
    asm.get(this.#left).i32(1).op('i32_sub').tee(this.#left).op('i32_eqz').open('if');
    this.#leave(EXIT_BUDGET);
    asm.end();
  }

  #afterBranch(): void {
    const asm = this.#asm;
    asm.i32(0).memory('i32_load', AT_PC).set(this.#pc);
    this.#countOne();
    asm.get(this.#pc).i32(PAGE_MASK).op('i32_and').get(this.#page).op('i32_eq').brIf(this.#again);
    asm.br(this.#nextPage);
  }

  #afterNext(): void {
    const asm = this.#asm;
    asm.get(this.#pc).i32(4).op('i32_add').set(this.#pc);
    this.#countOne();
    asm.get(this.#pc).i32(0xfff).op('i32_and').brIf(this.#again);
    asm.br(this.#nextPage);
  }
}
