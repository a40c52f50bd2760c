// A thread's UTCB: message registers, receive buffers, error register, user words. A view of kernel-owned memory that the task
// may read and write at any time; owns nothing. Source modelled: fiasco-kernel.md 5.4.

export const UTCB_BYTES = 512;
export const UTCB_WORDS = UTCB_BYTES / 4;
export const UTCB_ALIGN_BYTES = 8;
export const MESSAGE_REGISTERS = 63;
export const BUFFER_REGISTERS = 58;

const BUFFER_DESCRIPTOR = 64;
const FIRST_BUFFER = 65;
const ERROR = 123;

export class Utcb {
  /** The 128 words. */
  readonly words: Uint32Array;

  constructor(words: Uint32Array) {
    this.words = words;
  }

  mr(index: number): number {
    return this.words[index] as number;
  }
  setMr(index: number, value: number): void {
    if (index < MESSAGE_REGISTERS) this.words[index] = value;
  }

  get bufferDescriptor(): number {
    return this.words[BUFFER_DESCRIPTOR] as number;
  }
  set bufferDescriptor(value: number) {
    this.words[BUFFER_DESCRIPTOR] = value;
  }

  buffer(index: number): number {
    return index < BUFFER_REGISTERS ? (this.words[FIRST_BUFFER + index] as number) : 0;
  }
  setBuffer(index: number, value: number): void {
    if (index < BUFFER_REGISTERS) this.words[FIRST_BUFFER + index] = value;
  }

  get error(): number {
    return this.words[ERROR] as number;
  }
  set error(value: number) {
    this.words[ERROR] = value;
  }

  /** Index of the first receive buffer for memory or for objects. */
  firstBuffer(kind: 'memory' | 'object'): number {
    return (this.bufferDescriptor >>> (kind === 'memory' ? 0 : 10)) & 0x1f;
  }
}
