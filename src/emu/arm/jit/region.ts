// A region: the blocks of one page of code as one WebAssembly function. Each block is checked against memory when it is entered,
// counted as a whole, and on an abort its rest is counted back. Owns nothing but the code while it is made.

import { Assembler } from '../compile/assembler.ts';
import type { Depth } from '../compile/assembler.ts';
import type { Code } from '../compile/code.ts';
import { Emitter } from '../compile/emitter.ts';
import type { Program } from '../compile/semantics.ts';
import { specialiseEffect } from '../compile/specialise.ts';
import { encodeModule } from '../compile/wasm_module.ts';
import { AT_LEFT, AT_REGISTERS, AT_SPACE, EXIT_EXCHANGE, EXIT_FAULT } from '../fast/layout.ts';
import { BRANCH, EXCHANGE, NEXT } from '../instruction.ts';
import { ENGINE_AREA_BYTES } from '../../memory/physical_memory.ts';
import { PAGE_BYTES } from '../../numbers.ts';
import { REG_CPSR, REG_PC, withItState } from '../registers.ts';
import type { Block } from './blocks.ts';
import type { PageCode } from './page_code.ts';
import { EXIT_OUTSIDE, EXIT_SHORT, EXIT_STALE, EXIT_STORED, EXIT_UNKNOWN } from './region_exit.ts';
import { REGION_IMPORTS, REGISTERS_IN_MEMORY, RegionLocals, RegionTarget } from './region_target.ts';
import type { Translated } from './translation.ts';

const AT_PC = AT_REGISTERS + 4 * REG_PC;
const AT_CPSR = AT_REGISTERS + 4 * REG_CPSR;
const PAGE_MASK = -PAGE_BYTES;
const ONE_IN = 0;
const THREE_IN = 1;

export interface Place {
  /** Address of the page, and byte index of its frame in RAM. */
  readonly page: number;
  readonly frame: number;
  readonly code: PageCode;
}

/** The module of a region; it exports `run(instructions)`, which returns why it ended. */
export function regionModule(program: Program, blocks: readonly Block[], place: Place): Uint8Array {
  return encodeModule({
    types: [{ parameters: 1 }, { parameters: 3 }],
    imports: REGION_IMPORTS.map((name) => ({ name, type: THREE_IN })),
    functions: [{ type: ONE_IN, code: new Region(program, blocks, place).code() }],
    exports: [{ name: 'run', function: REGION_IMPORTS.length }],
    table: [],
  });
}

class Region {
  readonly #asm = new Assembler(1);
  readonly #left = 0;
  readonly #locals = new RegionLocals(this.#asm);
  readonly #program: Program;
  readonly #blocks: readonly Block[];
  readonly #place: Place;
  readonly #numbers = new Map<number, number>();
  #exit: Depth = 0;
  #dispatch: Depth = 0;
  /** Where each block begins, as long as that lies ahead; the current one's own start. */
  #ahead: Depth[] = [];
  #current = 0;
  #self: Depth = 0;

  constructor(program: Program, blocks: readonly Block[], place: Place) {
    this.#program = program;
    this.#blocks = blocks;
    this.#place = place;
    blocks.forEach(({ start }, k) => this.#numbers.set(start, k));
  }

  code(): Uint8Array {
    const asm = this.#asm;
    const { pc, space } = this.#locals;
    this.#member('unpackFlags');
    this.#locals.load(asm);
    asm.i32(0).memory('i32_load', AT_PC).set(pc);
    asm.i32(0).memory('i32_load', AT_SPACE).set(space);
    this.#exit = asm.open('block');
    this.#dispatch = asm.open('loop');
    const unknown = asm.open('block');
    this.#ahead = this.#blocks.map(() => asm.open('block')).reverse();
    asm.get(pc).i32(PAGE_MASK).op('i32_and').i32(this.#place.page).op('i32_ne').open('if');
    this.#leave(EXIT_OUTSIDE);
    asm.end();
    const { slots, thumb } = this.#place.code;
    const targets = Array.from({ length: slots }, (_, slot) => this.#ahead[this.#numbers.get(slot) ?? -1] ?? unknown);
    asm.get(pc).i32(PAGE_BYTES - 1).op('i32_and').i32(thumb ? 1 : 2).op('i32_shr_u').brTable(targets, unknown);
    this.#blocks.forEach((block, k) => {
      asm.end();
      this.#current = k;
      this.#block(block);
    });
    asm.end();
    this.#leave(EXIT_UNKNOWN);
    asm.end().op('unreachable').end();
    this.#locals.store(asm);
    asm.i32(0).get(pc).memory('i32_store', AT_PC);
    asm.i32(0).get(this.#left).memory('i32_store', AT_LEFT);
    this.#member('packFlags');
    asm.get(this.#locals.effect);
    return asm.finished();
  }

  /** What a method of the CPU state does, on memory. */
  #member(name: string): void {
    new Emitter(this.#asm, REGISTERS_IN_MEMORY).emit(specialiseEffect(this.#program, name));
  }

  #leave(reason: number): void {
    this.#asm.i32(reason).set(this.#locals.effect).br(this.#exit);
  }

  #count(instructions: number): void {
    if (instructions === 0) return;
    this.#asm.get(this.#left).i32(instructions).op('i32_add').set(this.#left);
  }

  #addressOf(slot: number): number {
    const { page, code } = this.#place;
    return (page + slot * code.slot_bytes) | 0;
  }

  #block({ start, instructions, slots }: Block): void {
    const asm = this.#asm;
    const { length } = instructions;
    this.#self = asm.open('loop');
    asm.get(this.#left).i32(length).op('i32_lt_u').open('if');
    this.#leaveAt(start, EXIT_SHORT, 0);
    asm.end();
    this.#compare(start, slots);
    asm.open('if');
    this.#leaveAt(start, EXIT_STALE, 0);
    asm.end();
    this.#count(-length);
    let slot = start;
    instructions.forEach((instruction, k) => {
      this.#instruction(instruction, slot, length - k);
      slot += this.#place.code.slotsOf(instruction.bytes);
    });
    asm.end();
    const last = instructions.at(-1);
    if (last === undefined || last.falls) this.#goTo(start + slots);
    else asm.op('unreachable');
  }

  /** Pushes whether memory holds something else than the block's opcodes. */
  #compare(start: number, slots: number): void {
    const asm = this.#asm;
    const { code, frame } = this.#place;
    const bytes = new DataView(code.bytes.buffer, code.bytes.byteOffset, PAGE_BYTES);
    const from = start * code.slot_bytes;
    const end = from + slots * code.slot_bytes;
    let parts = 0;
    const joined = (): void => {
      if (parts++ > 0) asm.op('i32_or');
    };
    let at = from;
    for (; at + 8 <= end; at += 8) {
      asm.i32(0).memory('i64_load', ENGINE_AREA_BYTES + frame + at).words(bytes.getInt32(at, true), bytes.getInt32(at + 4, true)).op('i64_xor');
      if (at > from) asm.op('i64_or');
    }
    if (at > from) {
      asm.op('i64_eqz', 'i32_eqz');
      joined();
    }
    if (at + 4 <= end) {
      asm.i32(0).memory('i32_load', ENGINE_AREA_BYTES + frame + at).i32(bytes.getInt32(at, true)).op('i32_ne');
      joined();
      at += 4;
    }
    if (at + 2 <= end) {
      asm.i32(0).memory('i32_load16_u', ENGINE_AREA_BYTES + frame + at).i32(bytes.getUint16(at, true)).op('i32_ne');
      joined();
    }
  }

  /** `uncounted` instructions of the block have not retired; `it` is the state of the IT block there. */
  #leaveAt(slot: number, reason: number, uncounted: number, it = 0): void {
    const asm = this.#asm;
    this.#count(uncounted);
    if (it !== 0) asm.i32(0).i32(0).memory('i32_load', AT_CPSR).i32(withItState(0, it)).op('i32_or').memory('i32_store', AT_CPSR);
    asm.i32(this.#addressOf(slot)).set(this.#locals.pc);
    this.#leave(reason);
  }

  /** `rest` counts it and what follows it in its block. */
  #instruction({ code, bytes, distance, stores, setsPc, it, after }: Translated, slot: number, rest: number): void {
    const asm = this.#asm;
    const page = this.#place.code;
    const pc = (this.#addressOf(slot) + page.ahead) | 0;
    if (setsPc) asm.i32(pc).set(this.#locals.next);
    const advance = asm.open('block');
    const around = {
      asm,
      locals: this.#locals,
      pc: setsPc ? null : pc,
      frame: this.#place.frame,
      fault: () => this.#leaveAt(slot, EXIT_FAULT, rest, it),
      finish: (effect: Code, emitter: Emitter) => {
        if (effect.kind === 'number' && effect.low === NEXT) asm.br(advance);
        else if (effect.kind === 'number' && effect.low === BRANCH && distance !== null) this.#goTo(page.target(slot, distance));
        else this.#branch(effect, emitter, rest - 1, advance);
      },
    };
    new Emitter(asm, new RegionTarget(around)).emit(code());
    asm.op('unreachable').end();
    if (!stores) return;
    asm.get(this.#locals.changed).open('if');
    this.#leaveAt(slot + page.slotsOf(bytes), EXIT_STORED, rest - 1, after);
    asm.end();
  }

  /** Goes where r15 says, or out, or on, as the effect is. */
  #branch(effect: Code, emitter: Emitter, uncounted: number, advance: Depth): void {
    const asm = this.#asm;
    const { effect: reason, pc, next } = this.#locals;
    emitter.low(effect);
    asm.tee(reason).i32(NEXT).op('i32_eq').brIf(advance);
    asm.get(next).set(pc);
    asm.get(reason).i32(EXCHANGE).op('i32_eq').open('if');
    this.#count(uncounted);
    this.#leave(EXIT_EXCHANGE);
    asm.end();
    asm.br(this.#dispatch);
  }

  /** On at a word of this page, or of another one. */
  #goTo(slot: number): void {
    const asm = this.#asm;
    const block = this.#numbers.get(slot);
    if (block === this.#current) {
      asm.br(this.#self);
      return;
    }
    if (block !== undefined && block > this.#current) {
      asm.br(this.#ahead[block] ?? this.#dispatch);
      return;
    }
    asm.i32(this.#addressOf(slot)).set(this.#locals.pc).br(this.#dispatch);
  }
}
