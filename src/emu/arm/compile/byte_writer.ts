// Bytes that are written one after the other, with the variable-length numbers of WebAssembly (core specification 1.0, 5.2.2).
// Owner of the bytes until they are taken.

const FIRST_BYTES = 256;

export class ByteWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(this.#length + 1);
    this.#bytes[this.#length++] = value;
  }

  append(bytes: ArrayLike<number>): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(this.#length + bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  /** Of a number from 0 to 2^32 - 1. */
  unsigned(value: number): void {
    let rest = value;
    while (rest >>> 0 >= 128) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Of a number of 32 bits. */
  signed(value: number): void {
    let rest = value | 0;
    while (rest >= 64 || rest < -64) {
      this.byte((rest & 127) | 128);
      rest >>= 7;
    }
    this.byte(rest & 127);
  }

  /** Of the 64 bits that two words are, the lower one first. */
  wide(low: number, high: number): void {
    let [below, above] = [low | 0, high | 0];
    while (above !== below >> 31 || below >= 64 || below < -64) {
      this.byte((below & 127) | 128);
      below = (below >>> 7) | (above << 25);
      above >>= 7;
    }
    this.byte(below & 127);
  }

  /** A view of what was written so far. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
