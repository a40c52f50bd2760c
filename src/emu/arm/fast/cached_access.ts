// Code for reaching memory through the cached translations of the current space, as engine and regions both have it: where a translation
// is, whether it is that of an address, and what is done where none helps. Owns nothing.

import type { Assembler } from '../compile/assembler.ts';
import { AT_FAULT, DATA_ENTRIES, READ_TAG, WRITE_TAG } from './layout.ts';

const PAGE_MASK = -4096;
export const LOAD = { 1: 'i32_load8_u', 2: 'i32_load16_u', 4: 'i32_load' } as const;
export const STORE = { 1: 'i32_store8', 2: 'i32_store16', 4: 'i32_store' } as const;

interface Surroundings {
  readonly asm: Assembler;
  /** Pushes the address of the current space's translations. */
  readonly pushSpace: () => void;
  /** Local for the address of a translation. */
  readonly entry: number;
  /** What happens after an abort: control does not come back. */
  readonly fault: () => void;
  /** Numbers of the imported functions. */
  readonly probe: number;
  readonly misaligned: number;
}

export class CachedAccess {
  readonly #asm: Assembler;
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#asm = around.asm;
    this.#around = around;
  }

  /** Leaves the address of the translation of an address in `entry`. */
  translation(address: number): void {
    this.#asm.get(address).i32(8).op('i32_shr_u').get(address).i32(16).op('i32_shr_u', 'i32_xor').i32(0xff0).op('i32_and');
    this.#around.pushSpace();
    this.#asm.op('i32_add').set(this.#around.entry);
  }

  /** Pushes whether an aligned access of so many bytes may go ahead by the tag at this offset of the translation. */
  compareTag(address: number, tag: number, bytes: 1 | 2 | 4): void {
    this.#asm.get(this.#around.entry).memory('i32_load', DATA_ENTRIES + tag).get(address).i32(PAGE_MASK | (bytes - 1)).op('i32_and', 'i32_eq');
  }

  checkFault(): void {
    this.#asm.i32(0).memory('i32_load', AT_FAULT).open('if');
    this.#around.fault();
    this.#asm.end();
  }

  /** Pushes whether a range of at most a page lies in one that is known, whose translation is then in `entry`. */
  pushIsKnown(address: number, count: number, write: boolean): void {
    this.translation(address);
    this.compareTag(address, write ? WRITE_TAG : READ_TAG, 1);
    this.#asm.get(address).i32(0xfff).op('i32_and').get(count).op('i32_add').i32(4096).op('i32_le_u', 'i32_and');
  }

  probe(address: number, count: number, write: boolean): void {
    const asm = this.#asm;
    this.pushIsKnown(address, count, write);
    asm.op('i32_eqz').open('if');
    asm.get(address).get(count).i32(write ? 1 : 0).call(this.#around.probe).op('drop');
    this.checkFault();
    asm.end();
  }

  requireAligned(address: number, bytes: number, write: boolean): void {
    if (bytes === 1) return;
    const asm = this.#asm;
    asm.get(address).i32(bytes - 1).op('i32_and').open('if');
    asm.get(address).i32(bytes).i32(write ? 1 : 0).call(this.#around.misaligned).op('drop');
    this.#around.fault();
    asm.end();
  }
}
