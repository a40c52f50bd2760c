// What surrounds the code of an instruction in the fast engine: fields come from its record, registers and flags are in memory, and
// memory is reached through the cached translations or, where these do not help, the engine. Owns nothing.

import { I32 } from '../emu/arm/compile/assembler.ts';
import type { Assembler } from '../emu/arm/compile/assembler.ts';
import type { Code, Flag } from '../emu/arm/compile/code.ts';
import type { Emitter, Target } from '../emu/arm/compile/emitter.ts';
import { CachedAccess, LOAD, STORE } from '../emu/arm/fast/cached_access.ts';
import { AT_FLAGS, AT_REGISTERS, READ_ADDEND, READ_TAG, REGISTER_FIELDS, WRITE_ADDEND, WRITE_TAG } from '../emu/arm/fast/layout.ts';
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
  /**
   * Goes to where the whole instruction is executed once more beside the loop, because the translations do not help: nothing of it has
   * happened. Left out where the engine is asked instead.
   */
  readonly miss?: () => void;
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
  readonly #access: CachedAccess;
  readonly #callsHelpers: boolean;
  /** What the instruction has probed: its accesses of that kind lie within, and are aligned. */
  #probed: 'reads' | 'writes' | null = null;
  #hasStored = false;

  constructor(around: Surroundings, places: readonly Place[]) {
    this.#asm = around.asm;
    this.#around = around;
    this.#places = places;
    this.#callsHelpers = around.entry === null;
    this.#entry = around.entry ?? around.asm.local(I32);
    const { asm, pushSpace, fault } = around;
    this.#access = new CachedAccess({ asm, pushSpace, entry: this.#entry, fault, probe: importNumber('probe'), misaligned: importNumber('misaligned') });
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

  load(bytes: 1 | 2 | 4, address: number): void {
    const asm = this.#asm;
    if (this.#callsHelpers) {
      asm.get(address).call(helperNumber(`load${bytes}`));
      this.#access.checkFault();
      return;
    }
    if (this.#around.miss !== undefined) {
      if (this.#probed !== 'reads') this.#orMiss(this.#around.miss, address, READ_TAG, bytes);
      this.#loadNear(bytes, address);
      return;
    }
    this.#access.translation(address);
    this.#access.compareTag(address, READ_TAG, bytes);
    asm.open('if', I32);
    this.#loadNear(bytes, address);
    asm.otherwise();
    asm.get(address).i32(bytes).i32(0).call(importNumber('load'));
    this.#access.checkFault();
    asm.end();
  }

  #orMiss(miss: () => void, address: number, tag: number, bytes: 1 | 2 | 4): void {
    if (this.#hasStored) throw new Error('an instruction that has stored cannot be executed once more');
    this.#access.translation(address);
    this.#access.compareTag(address, tag, bytes);
    this.#asm.op('i32_eqz').open('if');
    miss();
    this.#asm.end();
  }

  #loadNear(bytes: 1 | 2 | 4, address: number): void {
    this.#asm.get(this.#entry).memory('i32_load', READ_ADDEND).get(address).op('i32_add').memory(LOAD[bytes], ENGINE_AREA_BYTES);
  }

  #storeNear(bytes: 1 | 2 | 4, address: number, value: number): void {
    this.#asm.get(this.#entry).memory('i32_load', WRITE_ADDEND).get(address).op('i32_add').get(value).memory(STORE[bytes], ENGINE_AREA_BYTES);
  }

  store(bytes: 1 | 2 | 4, address: number, value: number): void {
    const asm = this.#asm;
    if (this.#callsHelpers) {
      asm.get(address).get(value).call(helperNumber(`store${bytes}`)).open('if');
      this.#around.fault();
      asm.end();
      return;
    }
    if (this.#around.miss !== undefined) {
      if (this.#probed !== 'writes') this.#orMiss(this.#around.miss, address, WRITE_TAG, bytes);
      this.#storeNear(bytes, address, value);
      this.#hasStored = true;
      return;
    }
    this.#access.translation(address);
    this.#access.compareTag(address, WRITE_TAG, bytes);
    asm.open('if');
    this.#storeNear(bytes, address, value);
    asm.otherwise();
    asm.get(address).get(value).i32(bytes).call(importNumber('store')).op('drop');
    this.#access.checkFault();
    asm.end();
  }

  probe(address: number, count: number, write: boolean): void {
    const { miss, asm } = this.#around;
    if (miss === undefined) return this.#access.probe(address, count, write);
    this.#access.pushIsKnown(address, count, write);
    asm.op('i32_eqz').open('if');
    miss();
    asm.end();
    this.#probed = write ? 'writes' : 'reads';
  }

  requireAligned(address: number, bytes: number, write: boolean): void {
    const { miss, asm } = this.#around;
    if (miss === undefined) return this.#access.requireAligned(address, bytes, write);
    asm.get(address).i32(bytes - 1).op('i32_and').open('if');
    miss();
    asm.end();
  }

  finish(effect: Code, emitter: Emitter): void {
    this.#around.finish(effect, emitter);
  }
}

const isRegister = (name: string): boolean => (REGISTER_FIELDS as readonly string[]).includes(name);
