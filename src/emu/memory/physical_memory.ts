// The board's RAM: one little-endian buffer. Owner of all bytes; every frame that was ever written is marked in `written`,
// so that saving a machine costs what the machine touched and not what it has.

import { PAGE_BYTES, PAGE_SHIFT } from '../numbers.ts';

export class PhysicalMemory {
  /** Physical address of the first byte (0x70000000 on RealView PBX-A9). */
  readonly base: number;
  readonly size_bytes: number;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i8: Int8Array;
  readonly i16: Int16Array;
  /** One byte per frame: 1 if the frame was written since power-on. Every writer sets it (CPU stores, kernel, hosted code). */
  readonly written: Uint8Array;

  constructor(base: number, size_bytes: number) {
    if (size_bytes % PAGE_BYTES !== 0) throw new Error(`RAM size ${size_bytes} is not page aligned`);
    this.base = base;
    this.size_bytes = size_bytes;
    const buffer = new ArrayBuffer(size_bytes);
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i8 = new Int8Array(buffer);
    this.i16 = new Int16Array(buffer);
    this.written = new Uint8Array(size_bytes >>> PAGE_SHIFT);
  }

  /** Byte index of a physical address, or -1 outside the RAM. */
  index(address: number): number {
    const offset = (address >>> 0) - this.base;
    return offset >= 0 && offset < this.size_bytes ? offset : -1;
  }

  /** Writes bytes at a byte index and marks the frames. */
  write(index: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.u8.set(bytes, index);
    this.markWritten(index, bytes.length);
  }

  /** Clears a range and marks the frames. */
  fill(index: number, length: number): void {
    if (length === 0) return;
    this.u8.fill(0, index, index + length);
    this.markWritten(index, length);
  }

  markWritten(index: number, length: number): void {
    this.written.fill(1, index >>> PAGE_SHIFT, ((index + length - 1) >>> PAGE_SHIFT) + 1);
  }
}
