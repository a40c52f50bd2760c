// What a step of a procedure works with: its component, its thread, its registers, UTCB and memory, and the bill.
// An execution is rebuilt at any time from saved state; it owns nothing but the running sum of charged instructions.

import type { HostedCpu } from '../../emu/hosted.ts';
import { PAGE_BYTES } from '../../emu/numbers.ts';
import type { Plain } from '../../emu/plain.ts';
import type { Component } from './component.ts';
import { copyCost } from './cost.ts';
import type { Store } from './store.ts';
import { type ThreadRow, threads } from './thread_table.ts';

/** Thrown inside a step when it touches unmapped memory; the interpreter raises the fault and runs the step again. */
export class MemoryFault {
  readonly address: number;
  readonly write: boolean;
  constructor(address: number, write: boolean) {
    this.address = address;
    this.write = write;
  }
}

/**
 * Thrown inside a step behind which the original's thread does not go on: it would use a null pointer, or it waits for an answer to what
 * was meant as a call of the kernel. Whatever its guests did to a component, it ends like this and not the host.
 */
export class DeadEnd {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
  }
}

export class Execution {
  readonly cpu: HostedCpu;
  readonly component: Component;
  readonly store: Store;
  /** Index of this thread in its component: 0 = main. Fixed slots are 9+3i (gate), 10+3i (pager), 11+3i (lock IRQ). */
  readonly index: number;
  /** Instructions charged since the last step began. */
  charged = 0;

  constructor(cpu: HostedCpu, component: Component, index: number) {
    this.cpu = cpu;
    this.component = component;
    this.store = component.store;
    this.index = index;
  }

  get thread(): Readonly<ThreadRow> {
    return threads(this).require(this.index);
  }

  charge(instructions: number): void {
    this.charged += instructions;
  }

  /**
   * Reads own memory. Unmapped pages fault and the step is run again from its beginning: read before you change state.
   */
  read(address: number, length: number): Uint8Array {
    this.charge(copyCost(length));
    const bytes = new Uint8Array(length);
    this.#pages(address, length, false, (index, at, count) => bytes.set(this.cpu.memory.u8.subarray(index, index + count), at));
    return bytes;
  }

  /** Writes own memory; repeating it after a fault must be harmless (it is, for the same bytes). */
  write(address: number, bytes: Uint8Array): void {
    this.charge(copyCost(bytes.length));
    this.#pages(address, bytes.length, true, (index, at, count) => this.cpu.memory.write(index, bytes.subarray(at, at + count)));
  }

  /**
   * Copies own memory as far as pages are mapped, at least one. @returns the bytes that were copied. An unmapped page at the beginning
   * faults: the caller remembers how far it has come before it copies on.
   */
  copy(from: number, to: number, length: number): number {
    const { memory } = this.cpu;
    let copied = 0;
    let [source, sink, run] = [0, 0, 0];
    let fault: MemoryFault | null = null;
    while (copied < length) {
      const [here, there] = [(from + copied) >>> 0, (to + copied) >>> 0];
      const count = Math.min(length - copied, PAGE_BYTES - (here % PAGE_BYTES), PAGE_BYTES - (there % PAGE_BYTES));
      const at = this.cpu.translate(here, false);
      const into = at < 0 ? -1 : this.cpu.translate(there, true);
      if (into < 0) {
        fault = at < 0 ? new MemoryFault(here, false) : new MemoryFault(there, true);
        break;
      }
      if (run === 0 || at !== source + run || into !== sink + run) {
        if (run > 0) memory.copy(sink, source, run);
        [source, sink, run] = [at, into, 0];
      }
      run += count;
      copied += count;
    }
    if (run > 0) memory.copy(sink, source, run);
    this.charge(2 * copyCost(copied));
    if (copied === 0 && fault !== null) throw fault;
    return copied;
  }

  readWord(address: number): number {
    const bytes = this.read(address, 4);
    return new DataView(bytes.buffer).getUint32(0, true);
  }

  writeWords(address: number, words: readonly number[]): void {
    const bytes = new Uint8Array(words.length * 4);
    const view = new DataView(bytes.buffer);
    words.forEach((word, i) => view.setUint32(i * 4, word, true));
    this.write(address, bytes);
  }

  note(what: string, detail: Plain = null): void {
    this.cpu.note(what, detail);
  }

  #pages(address: number, length: number, write: boolean, visit: (index: number, at: number, count: number) => void): void {
    for (let at = 0; at < length; ) {
      const here = (address + at) >>> 0;
      const count = Math.min(length - at, PAGE_BYTES - (here % PAGE_BYTES));
      const index = this.cpu.translate(here, write);
      if (index < 0) throw new MemoryFault(here, write);
      visit(index, at, count);
      at += count;
    }
  }
}
