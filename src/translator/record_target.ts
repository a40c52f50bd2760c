// What surrounds the code of an instruction in the fast engine: fields come from its record, registers and flags are in memory, and
// memory is reached through the cached translations or, where these do not help, the engine. Owns nothing.

import { I32 } from '../emu/arm/compile/assembler.ts';
import type { Assembler } from '../emu/arm/compile/assembler.ts';
import type { Code, Flag } from '../emu/arm/compile/code.ts';
import type { Emitter, Target } from '../emu/arm/compile/emitter.ts';
import { AT_FAULT, AT_FLAGS, AT_REGISTERS, DATA_ENTRIES, READ_ADDEND, READ_TAG, REGISTER_FIELDS, WRITE_ADDEND, WRITE_TAG } from '../emu/arm/fast/layout.ts';
import type { Place } from '../emu/arm/fast/layout.ts';
import { ENGINE_AREA_BYTES } from '../emu/memory/physical_memory.ts';

/** Numbers of the imported functions, in this order. */
export const IMPORTS = ['decode', 'decodeThumb', 'enter', 'load', 'store', 'probe', 'misaligned'] as const;
export type Import = (typeof IMPORTS)[number];
export const importNumber = (name: Import): number => IMPORTS.indexOf(name);

/** Functions for memory access that operations beside the loop call, behind the imports. */
export const HELPERS = ['load1', 'load2', 'load4', 'store1', 'store2', 'store4'] as const;
export type Helper = (typeof HELPERS)[number];
export const helperNumber = (name: Helper): number => IMPORTS.length + HELPERS.indexOf(name);

const PAGE_MASK = -4096;
/** Bits of an address that are equal to the tag's where an aligned access of so many bytes may go ahead. */
const tagMask = (bytes: 1 | 2 | 4): number => PAGE_MASK | (bytes - 1);
const LOAD = { 1: 'i32_load8_u', 2: 'i32_load16_u', 4: 'i32_load' } as const;
const STORE = { 1: 'i32_store8', 2: 'i32_store16', 4: 'i32_store' } as const;

export interface Surroundings {
  readonly asm: Assembler;
  /** Pushes the address of the current space's translations. */
  readonly pushSpace: () => void;
  /** Local with the address of the record. */
  readonly record: number;
  /** Local for the address of a translation; null where memory is accessed by calling the helpers. */
  readonly entry: number | null;
  /** What happens after an abort: control does not come back. */
  readonly fault: () => void;
  readonly finish: (effect: Code, emitter: Emitter) => void;
  /** Where r15 is in locals: pushes it, and takes a new one. */
  readonly pc?: { readonly push: () => void; readonly set: () => void };
}

export class RecordTarget implements Target {
  readonly registers = AT_REGISTERS;
  readonly #asm: Assembler;
  readonly #around: Surroundings;
  readonly #places: readonly Place[];
  readonly #entry: number;
  readonly #callsHelpers: boolean;

  constructor(around: Surroundings, places: readonly Place[]) {
    this.#asm = around.asm;
    this.#around = around;
    this.#places = places;
    this.#callsHelpers = around.entry === null;
    this.#entry = around.entry ?? around.asm.local(I32);
  }

  #place(name: string): Place {
    const place = this.#places.find(({ field }) => field.name === name);
    if (place === undefined) throw new Error(`the record has no ${name}`);
    return place;
  }

  pushField(name: string): void {
    const { field, offset } = this.#place(name);
    this.#asm.get(this.#around.record).memory(LOAD[field.bytes], offset);
    if (isRegister(name)) this.#asm.i32(2).op('i32_shr_u');
  }

  pushRegisterField(name: string): void {
    this.#asm.get(this.#around.record).memory('i32_load8_u', this.#place(name).offset);
  }

  pushPc(): boolean {
    this.#around.pc?.push();
    return this.#around.pc !== undefined;
  }

  get setPc(): (() => void) | null {
    return this.#around.pc?.set ?? null;
  }

  flagOffset(flag: Flag): number {
    return AT_FLAGS[flag];
  }

  /** Leaves the address of the translation of an address in a local. */
  #translation(address: number): void {
    this.#asm.get(address).i32(8).op('i32_shr_u').get(address).i32(16).op('i32_shr_u', 'i32_xor').i32(0xff0).op('i32_and');
    this.#around.pushSpace();
    this.#asm.op('i32_add').set(this.#entry);
  }

  /** Pushes whether the tag at this offset of the translation is that of the address. */
  #compareTag(address: number, tag: number, mask: number): void {
    this.#asm.get(this.#entry).memory('i32_load', DATA_ENTRIES + tag).get(address).i32(mask).op('i32_and', 'i32_eq');
  }

  #checkFault(): void {
    const { asm } = this.#around;
    asm.i32(0).memory('i32_load', AT_FAULT).open('if');
    this.#around.fault();
    asm.end();
  }

  load(bytes: 1 | 2 | 4, address: number): void {
    const asm = this.#asm;
    if (this.#callsHelpers) {
      asm.get(address).call(helperNumber(`load${bytes}`));
      this.#checkFault();
      return;
    }
    this.#translation(address);
    this.#compareTag(address, READ_TAG, tagMask(bytes));
    asm.open('if', I32);
    asm.get(this.#entry).memory('i32_load', READ_ADDEND).get(address).op('i32_add').memory(LOAD[bytes], ENGINE_AREA_BYTES);
    asm.otherwise();
    asm.get(address).i32(bytes).i32(0).call(importNumber('load'));
    this.#checkFault();
    asm.end();
  }

  store(bytes: 1 | 2 | 4, address: number, value: number): void {
    const asm = this.#asm;
    if (this.#callsHelpers) {
      asm.get(address).get(value).call(helperNumber(`store${bytes}`)).open('if');
      this.#around.fault();
      asm.end();
      return;
    }
    this.#translation(address);
    this.#compareTag(address, WRITE_TAG, tagMask(bytes));
    asm.open('if');
    asm.get(this.#entry).memory('i32_load', WRITE_ADDEND).get(address).op('i32_add').get(value).memory(STORE[bytes], ENGINE_AREA_BYTES);
    asm.otherwise();
    asm.get(address).get(value).i32(bytes).call(importNumber('store')).op('drop');
    this.#checkFault();
    asm.end();
  }

  /** The range is at most a page: if its first and last byte are in a page that is known, all is well. */
  probe(address: number, count: number, write: boolean): void {
    const asm = this.#asm;
    this.#translation(address);
    this.#compareTag(address, write ? WRITE_TAG : READ_TAG, PAGE_MASK);
    asm.get(address).i32(0xfff).op('i32_and').get(count).op('i32_add').i32(4096).op('i32_le_u', 'i32_and', 'i32_eqz').open('if');
    asm.get(address).get(count).i32(write ? 1 : 0).call(importNumber('probe')).op('drop');
    this.#checkFault();
    asm.end();
  }

  requireAligned(address: number, bytes: number, write: boolean): void {
    if (bytes === 1) return;
    const asm = this.#asm;
    asm.get(address).i32(bytes - 1).op('i32_and').open('if');
    asm.get(address).i32(bytes).i32(write ? 1 : 0).call(importNumber('misaligned')).op('drop');
    this.#around.fault();
    asm.end();
  }

  finish(effect: Code, emitter: Emitter): void {
    this.#around.finish(effect, emitter);
  }
}

const isRegister = (name: string): boolean => (REGISTER_FIELDS as readonly string[]).includes(name);
