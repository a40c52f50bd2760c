// A page of code of one instruction set as the translator reads it: opcodes by slot, which is a place where an instruction may begin.
// Owns nothing; the bytes are those of the frame, live.

import { PAGE_BYTES } from '../../numbers.ts';

/** First halfwords from this value up start a 32-bit Thumb instruction. */
const FIRST_WIDE_THUMB = 0xe800;

export interface Opcode {
  /** As the decoder wants it: of T32 with the first halfword on top. */
  readonly word: number;
  readonly bytes: 2 | 4;
}

export class PageCode {
  readonly thumb: boolean;
  /** How far ahead r15 reads. */
  readonly ahead: 4 | 8;
  /** Bytes between places where an instruction may begin, and how many such places there are. */
  readonly slot_bytes: 2 | 4;
  readonly slots: number;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  /** @param bytes of the frame, all of them */
  constructor(bytes: Uint8Array, thumb: boolean) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, PAGE_BYTES);
    this.thumb = thumb;
    this.ahead = thumb ? 4 : 8;
    this.slot_bytes = thumb ? 2 : 4;
    this.slots = PAGE_BYTES / this.slot_bytes;
  }

  /** What stands at a slot; null outside of the page, also if only its second half is outside. */
  opcode(slot: number): Opcode | null {
    if (slot >= this.slots) return null;
    if (!this.thumb) return { word: this.#view.getInt32(slot * 4, true), bytes: 4 };
    const first = this.#view.getUint16(slot * 2, true);
    if (first < FIRST_WIDE_THUMB) return { word: first, bytes: 2 };
    return slot + 1 < this.slots ? { word: (first << 16) | this.#view.getUint16(slot * 2 + 2, true), bytes: 4 } : null;
  }

  slotsOf(bytes: number): number {
    return bytes / this.slot_bytes;
  }

  /** The slot to which an instruction branches by so many bytes; it may lie outside. */
  target(slot: number, distance: number): number {
    return slot + (this.ahead + distance) / this.slot_bytes;
  }
}
