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
  /** Local that tells whether the page is known that an instruction has probed; null where there is none. */
  readonly known: number | null;
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
  readonly #access: CachedAccess;
  readonly #callsHelpers: boolean;
  /** What the instruction has probed: its accesses of that kind lie within, and are aligned. */
  #probed: 'reads' | 'writes' | null = null;

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
    const isNear = this.#openNear('reads', I32);
    if (isNear) {
      this.#loadNear(bytes, address);
      asm.otherwise();
    }
    this.#access.translation(address);
    this.#access.compareTag(address, READ_TAG, bytes);
    asm.open('if', I32);
    this.#loadNear(bytes, address);
    asm.otherwise();
    asm.get(address).i32(bytes).i32(0).call(importNumber('load'));
    this.#access.checkFault();
    asm.end();
    if (isNear) asm.end();
  }

  /** What lies in what was probed, if that is in a known page, needs no look at its translation; otherwise comes what is done without. */
  #openNear(probed: 'reads' | 'writes', type?: typeof I32): boolean {
    const { known } = this.#around;
    if (known === null || this.#probed !== probed) return false;
    this.#asm.get(known).open('if', type);
    return true;
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
    const isNear = this.#openNear('writes');
    if (isNear) {
      this.#storeNear(bytes, address, value);
      asm.otherwise();
    }
    this.#access.translation(address);
    this.#access.compareTag(address, WRITE_TAG, bytes);
    asm.open('if');
    this.#storeNear(bytes, address, value);
    asm.otherwise();
    asm.get(address).get(value).i32(bytes).call(importNumber('store')).op('drop');
    this.#access.checkFault();
    asm.end();
    if (isNear) asm.end();
  }

  probe(address: number, count: number, write: boolean): void {
    const { known } = this.#around;
    this.#access.probe(address, count, write, known ?? undefined);
    this.#probed = write ? 'writes' : 'reads';
  }
  requireAligned(address: number, bytes: number, write: boolean): void {
    this.#access.requireAligned(address, bytes, write);
  }

  finish(effect: Code, emitter: Emitter): void {
    this.#around.finish(effect, emitter);
  }
}

const isRegister = (name: string): boolean => (REGISTER_FIELDS as readonly string[]).includes(name);
