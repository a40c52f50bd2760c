// What surrounds the code of an instruction in a region: its fields are known, registers and flags are in locals, memory is reached
// through the fast engine's cached translations. Owns nothing but the numbers of locals.

import { I32 } from '../compile/assembler.ts';
import type { Assembler } from '../compile/assembler.ts';
import type { Code, Flag } from '../compile/code.ts';
import type { Emitter, Target } from '../compile/emitter.ts';
import { CachedAccess, LOAD, STORE } from '../fast/cached_access.ts';
import { AT_FLAGS, AT_REGISTERS, READ_ADDEND, READ_TAG, WRITE_ADDEND, WRITE_TAG } from '../fast/layout.ts';
import { ENGINE_AREA_BYTES } from '../../memory/physical_memory.ts';
import { REG_PC } from '../registers.ts';

/** What regions import, in this order. */
export const REGION_IMPORTS = ['load', 'store', 'probe', 'misaligned'] as const;
const importNumber = (name: (typeof REGION_IMPORTS)[number]): number => REGION_IMPORTS.indexOf(name);

const FLAGS: readonly Flag[] = ['n', 'z', 'carry', 'v'];
const PAGE_MASK = -4096;

/** Locals of a region's function, behind its one parameter. */
export class RegionLocals {
  readonly registers: readonly number[];
  readonly flags: Readonly<Record<Flag, number>>;
  readonly pc: number;
  readonly next: number;
  readonly space: number;
  readonly entry: number;
  readonly index: number;
  /** Not 0 once code of the region's own page may have been stored to. */
  readonly changed: number;
  readonly effect: number;

  constructor(asm: Assembler) {
    const local = (): number => asm.local(I32);
    this.registers = Array.from({ length: REG_PC }, local);
    this.flags = { n: local(), z: local(), carry: local(), v: local() };
    [this.pc, this.next, this.space, this.entry, this.index, this.changed, this.effect] = [local(), local(), local(), local(), local(), local(), local()];
  }

  /** Takes registers and flags from memory, or puts them back. */
  load(asm: Assembler): void {
    this.registers.forEach((slot, k) => asm.i32(0).memory('i32_load', AT_REGISTERS + 4 * k).set(slot));
    for (const flag of FLAGS) asm.i32(0).memory('i32_load', AT_FLAGS[flag]).set(this.flags[flag]);
  }
  store(asm: Assembler): void {
    this.registers.forEach((slot, k) => asm.i32(0).get(slot).memory('i32_store', AT_REGISTERS + 4 * k));
    for (const flag of FLAGS) asm.i32(0).get(this.flags[flag]).memory('i32_store', AT_FLAGS[flag]);
  }
}

export interface Around {
  readonly asm: Assembler;
  readonly locals: RegionLocals;
  /** What the instruction reads from r15; null where it changes that: then it is in the local `next` from the beginning. */
  readonly pc: number | null;
  /** Byte index of the page's frame in RAM. */
  readonly frame: number;
  readonly fault: () => void;
  readonly finish: (effect: Code, emitter: Emitter) => void;
}

export class RegionTarget implements Target {
  readonly registers = AT_REGISTERS;
  readonly #around: Around;
  readonly #asm: Assembler;
  readonly #access: CachedAccess;
  readonly setPc: () => void;

  constructor(around: Around) {
    this.#around = around;
    this.#asm = around.asm;
    const { asm, locals, fault } = around;
    this.#access = new CachedAccess({ asm, pushSpace: () => asm.get(locals.space), entry: locals.entry, fault, probe: importNumber('probe'), misaligned: importNumber('misaligned') });
    this.setPc = () => around.asm.set(around.locals.next);
  }

  pushField(name: string): void {
    throw new Error(`the field ${name} of an instruction in a region is not known`);
  }
  pushRegisterField(name: string): void {
    this.pushField(name);
  }
  flagOffset(flag: Flag): number {
    return AT_FLAGS[flag];
  }
  registerLocal(index: number): number | null {
    return this.#around.locals.registers[index] ?? null;
  }
  flagLocal(flag: Flag): number {
    return this.#around.locals.flags[flag];
  }
  pushPc(): boolean {
    const { pc, locals } = this.#around;
    if (pc === null) this.#asm.get(locals.next);
    else this.#asm.i32(pc);
    return true;
  }

  load(bytes: 1 | 2 | 4, address: number): void {
    const asm = this.#asm;
    this.#access.translation(address);
    this.#access.compareTag(address, READ_TAG, bytes);
    asm.open('if', I32);
    asm.get(this.#around.locals.entry).memory('i32_load', READ_ADDEND).get(address).op('i32_add').memory(LOAD[bytes], ENGINE_AREA_BYTES);
    asm.otherwise();
    asm.get(address).i32(bytes).i32(0).call(importNumber('load'));
    this.#access.checkFault();
    asm.end();
  }

  store(bytes: 1 | 2 | 4, address: number, value: number): void {
    const asm = this.#asm;
    const { locals, frame } = this.#around;
    this.#access.translation(address);
    this.#access.compareTag(address, WRITE_TAG, bytes);
    asm.open('if');
    asm.get(locals.entry).memory('i32_load', WRITE_ADDEND).get(address).op('i32_add').tee(locals.index).get(value).memory(STORE[bytes], ENGINE_AREA_BYTES);
    asm.get(locals.index).i32(frame).op('i32_xor').i32(PAGE_MASK).op('i32_and', 'i32_eqz').get(locals.changed).op('i32_or').set(locals.changed);
    asm.otherwise();
    asm.get(address).get(value).i32(bytes).call(importNumber('store')).op('drop');
    this.#access.checkFault();
    asm.i32(1).set(locals.changed);
    asm.end();
  }

  probe(address: number, count: number, write: boolean): void {
    this.#access.probe(address, count, write);
  }
  requireAligned(address: number, bytes: number, write: boolean): void {
    this.#access.requireAligned(address, bytes, write);
  }

  finish(effect: Code, emitter: Emitter): void {
    this.#around.finish(effect, emitter);
  }
}

const refused = (): never => {
  throw new Error('outside of instructions only registers and flags are at hand');
};

/** For code around a region's instructions. */
export const REGISTERS_IN_MEMORY: Target = {
  registers: AT_REGISTERS,
  flagOffset: (flag) => AT_FLAGS[flag],
  pushPc: () => false,
  setPc: null,
  pushField: refused,
  pushRegisterField: refused,
  load: refused,
  store: refused,
  probe: refused,
  requireAligned: refused,
  finish: refused,
};
