// A thread's UTCB: message registers, receive buffers, error register, user words. A view of kernel-owned memory that the task
// may read and write at any time; owns nothing. Source modelled: fiasco-kernel.md 5.4.

import { FRAME_OPEN, type PhysicalMemory } from '../memory/physical_memory.ts';
import { PAGE_SHIFT } from '../numbers.ts';

export const UTCB_BYTES = 512;
export const UTCB_WORDS = UTCB_BYTES / 4;
export const UTCB_ALIGN_BYTES = 8;
export const MESSAGE_REGISTERS = 63;
export const BUFFER_REGISTERS = 58;

const BUFFER_DESCRIPTOR = 64;
const FIRST_BUFFER = 65;
const ERROR = 123;

/** Bits of the buffer descriptor for each type of flexpage, the first (memory) lowest. */
const DESCRIPTOR_BITS = 5;

export class Utcb {
  /** The 128 words. Whoever writes them, and not through this class, calls `open` before. */
  readonly words: Uint32Array;
  readonly #memory: PhysicalMemory | null;
  readonly #index: number;

  /** `index` is the UTCB's byte index in memory. Without memory it is a scratch area that nobody sees. */
  constructor(memory: PhysicalMemory | null, index: number) {
    this.words = memory === null ? new Uint32Array(UTCB_WORDS) : memory.u32.subarray(index >>> 2, (index + UTCB_BYTES) >>> 2);
    this.#memory = memory;
    this.#index = index;
  }

  /** Announces a write. Alignment allows a UTCB to lie across two frames. */
  open(): void {
    const memory = this.#memory;
    if (memory === null) return;
    const { state } = memory;
    if (state[this.#index >>> PAGE_SHIFT] !== FRAME_OPEN || state[(this.#index + UTCB_BYTES - 1) >>> PAGE_SHIFT] !== FRAME_OPEN) memory.openRange(this.#index, UTCB_BYTES);
  }

  mr(index: number): number {
    return this.words[index] as number;
  }
  setMr(index: number, value: number): void {
    if (index >= MESSAGE_REGISTERS) return;
    this.open();
    this.words[index] = value;
  }

  get bufferDescriptor(): number {
    return this.words[BUFFER_DESCRIPTOR] as number;
  }
  set bufferDescriptor(value: number) {
    this.open();
    this.words[BUFFER_DESCRIPTOR] = value;
  }

  buffer(index: number): number {
    return index < BUFFER_REGISTERS ? (this.words[FIRST_BUFFER + index] as number) : 0;
  }
  setBuffer(index: number, value: number): void {
    if (index >= BUFFER_REGISTERS) return;
    this.open();
    this.words[FIRST_BUFFER + index] = value;
  }

  get error(): number {
    return this.words[ERROR] as number;
  }
  set error(value: number) {
    this.open();
    this.words[ERROR] = value;
  }

  /** Index of the first receive buffer for a type of flexpage: memory, I/O or object (1 to 3). */
  firstBuffer(type: number): number {
    return (this.bufferDescriptor >>> (DESCRIPTOR_BITS * (type - 1))) & 0x1f;
  }
}
