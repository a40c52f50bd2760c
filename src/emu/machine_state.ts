// Machine states as bytes: magic, format version, length and checksum in front of plain data with named fields, in which typed
// arrays stay binary. Owns no state. Decoding trusts nothing: lengths and nesting have limits, the checksum comes first.

import { LIMIT_STATE_BYTES, LIMIT_STATE_DEPTH } from './limits.ts';
import type { MachineState } from './machine.ts';
import type { Plain } from './plain.ts';
import { recordOf } from './saved.ts';

/** "RSCP" little endian. */
const MAGIC = 0x5043_5352;
const FORMAT_VERSION = 1;
const HEADER_BYTES = 24;

const KIND = { null: 0, false: 1, true: 2, integer: 3, float: 4, bigint: 5, text: 6, bytes: 7, words: 8, list: 9, record: 10 } as const;

export function encodeMachineState(state: MachineState): Uint8Array {
  const writer = new Writer();
  writer.value(state, 0);
  const body = writer.finish();
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  const [low, high] = checksum(body);
  [MAGIC, FORMAT_VERSION, body.length, 0, low, high].forEach((word, i) => view.setUint32(i * 4, word, true));
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** @throws Error that says what is wrong with the bytes */
export function decodeMachineState(bytes: Uint8Array): MachineState {
  if (bytes.length < HEADER_BYTES) throw new Error('machine state: shorter than its header');
  if (bytes.length > LIMIT_STATE_BYTES) throw new Error(`machine state: longer than ${LIMIT_STATE_BYTES} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (index: number): number => view.getUint32(index * 4, true);
  if (word(0) !== MAGIC) throw new Error('machine state: no machine state (magic number)');
  if (word(1) !== FORMAT_VERSION) throw new Error(`machine state: format version ${word(1)}, this program knows ${FORMAT_VERSION}`);
  // A plain view, whatever kind of byte array this is: its pieces are copied by `slice`.
  const body = new Uint8Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES, bytes.length - HEADER_BYTES);
  if (word(2) !== body.length) throw new Error(`machine state: ${body.length} bytes of content instead of ${word(2)}`);
  if (word(3) !== 0) throw new Error('machine state: reserved header word is not zero');
  const [low, high] = checksum(body);
  if (word(4) !== low || word(5) !== high) throw new Error('machine state: checksum does not match, the file is damaged');
  const reader = new Reader(body);
  const state = reader.value(0);
  reader.end();
  return recordOf('machine', state);
}

/** Two interleaved multiplicative hashes over the words; detects damage, not malice. */
export function checksum(bytes: Uint8Array): readonly [number, number] {
  let low = 0x811c_9dc5;
  let high = 0x9e37_79b9 ^ bytes.length;
  for (let i = 0; i < bytes.length; i++) {
    low = Math.imul(low ^ (bytes[i] as number), 0x0100_0193);
    high = Math.imul((high << 5) | (high >>> 27), 0x85eb_ca6b) ^ (low >>> 3);
  }
  return [low >>> 0, high >>> 0];
}

class Writer {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  value(value: Plain, depth: number): void {
    if (depth > LIMIT_STATE_DEPTH) throw new Error('machine state: nested too deeply');
    if (value === null) this.#byte(KIND.null);
    else if (typeof value === 'boolean') this.#byte(value ? KIND.true : KIND.false);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'bigint') this.#tagged(KIND.bigint, utf8(value.toString()));
    else if (typeof value === 'string') this.#tagged(KIND.text, utf8(value));
    else if (value instanceof Uint8Array) this.#tagged(KIND.bytes, value);
    else if (value instanceof Uint32Array) this.#tagged(KIND.words, new Uint8Array(value.slice().buffer));
    else if (Array.isArray(value)) this.#list(value, depth);
    else this.#record(value as { readonly [key: string]: Plain }, depth);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #number(value: number): void {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 31 && !Object.is(value, -0)) {
      this.#byte(KIND.integer);
      this.#word(value >>> 0);
    } else {
      this.#byte(KIND.float);
      this.#raw(new Uint8Array(Float64Array.of(value).buffer));
    }
  }

  #list(list: readonly Plain[], depth: number): void {
    this.#byte(KIND.list);
    this.#word(list.length);
    for (const item of list) this.value(item, depth + 1);
  }

  /** Fields in their own order: it is part of the state only where a state says so, and stays as it was. */
  #record(record: { readonly [key: string]: Plain }, depth: number): void {
    const names = Object.keys(record);
    this.#byte(KIND.record);
    this.#word(names.length);
    for (const name of names) {
      const bytes = utf8(name);
      this.#word(bytes.length);
      this.#raw(bytes);
      this.value(record[name] ?? null, depth + 1);
    }
  }

  #tagged(kind: number, bytes: Uint8Array): void {
    this.#byte(kind);
    this.#word(bytes.length);
    this.#raw(bytes);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #word(value: number): void {
    this.#reserve(4);
    for (let shift = 0; shift < 32; shift += 8) this.#bytes[this.#length++] = value >>> shift;
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  value(depth: number): Plain {
    if (depth > LIMIT_STATE_DEPTH) throw new Error('machine state: nested too deeply');
    const kind = this.#take(1)[0];
    switch (kind) {
      case KIND.null:
        return null;
      case KIND.false:
        return false;
      case KIND.true:
        return true;
      case KIND.integer:
        return this.#word() | 0;
      case KIND.float:
        return new Float64Array(this.#take(8).slice().buffer)[0] as number;
      case KIND.bigint:
        return bigintOf(text(this.#block()));
      case KIND.text:
        return text(this.#block());
      case KIND.bytes:
        return this.#block().slice();
      case KIND.words:
        return this.#words();
      case KIND.list:
        return Array.from({ length: this.#count() }, () => this.value(depth + 1));
      case KIND.record:
        return this.#record(depth);
      default:
        throw new Error(`machine state: unknown kind of value ${String(kind)}`);
    }
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new Error('machine state: content behind its end');
  }

  #record(depth: number): Plain {
    const record: Record<string, Plain> = {};
    for (let left = this.#count(); left > 0; left--) {
      const name = text(this.#block());
      if (Object.hasOwn(record, name) || name === '__proto__') throw new Error(`machine state: field ${name} twice or not allowed`);
      record[name] = this.value(depth + 1);
    }
    return record;
  }

  #words(): Uint32Array {
    const bytes = this.#block();
    if (bytes.length % 4 !== 0) throw new Error('machine state: words of broken length');
    return new Uint32Array(bytes.slice().buffer);
  }

  #block(): Uint8Array {
    return this.#take(this.#word());
  }

  /** A number of elements; each needs a byte at least, so that no length can make the decoder allocate without content. */
  #count(): number {
    const count = this.#word();
    if (count > this.#bytes.length - this.#at) throw new Error('machine state: more elements than bytes');
    return count;
  }

  #word(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#take(4);
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  #take(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#at) throw new Error('machine state: ends too early');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}

const utf8 = (value: string): Uint8Array => new TextEncoder().encode(value);
const text = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

function bigintOf(digits: string): bigint {
  if (!/^-?[0-9]+$/.test(digits)) throw new Error('machine state: broken number');
  return BigInt(digits);
}
