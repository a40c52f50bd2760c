// Plain data as bytes and back, with named fields, in which typed arrays stay binary. Owns no state. Decoding trusts nothing: counts
// and nesting have limits. It is the time of saving and loading: names are encoded and decoded once, numbers without views.

import { LIMIT_STATE_DEPTH } from './limits.ts';
import type { Plain } from './plain.ts';

const KIND = { null: 0, false: 1, true: 2, integer: 3, float: 4, bigint: 5, text: 6, bytes: 7, words: 8, list: 9, record: 10 } as const;

/** The bytes of a value; the fields of a record come in their own order, because some states are ordered by them. */
export function encodePlain(value: Plain): Uint8Array {
  const writer = new Writer();
  writer.value(value, 0);
  return writer.finish();
}

/** @throws Error that says what is wrong with the bytes */
export function decodePlain(bytes: Uint8Array): Plain {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** Texts up to this length are encoded and decoded by hand as long as they are ASCII: the host's encoder costs more to call. */
const SHORT = 64;

class Writer {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;
  readonly #names = new Map<string, Uint8Array>();

  value(value: Plain, depth: number): void {
    if (depth > LIMIT_STATE_DEPTH) throw new Error('machine state: nested too deeply');
    if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') this.#text(value);
    else if (value === null) this.#byte(KIND.null);
    else if (typeof value === 'boolean') this.#byte(value ? KIND.true : KIND.false);
    else if (typeof value === 'bigint') this.#tagged(KIND.bigint, utf8(value.toString()));
    else if (Array.isArray(value)) this.#list(value, depth);
    else if (value instanceof Uint8Array) this.#tagged(KIND.bytes, value);
    else if (value instanceof Uint32Array) this.#tagged(KIND.words, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else this.#record(value as { readonly [key: string]: Plain }, depth);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #number(value: number): void {
    // Zero that is negative is no integer here: its sign would be lost.
    if ((value | 0) === value && value !== -0x8000_0000 && (value !== 0 || 1 / value > 0)) {
      this.#byte(KIND.integer);
      this.#word(value);
    } else {
      this.#byte(KIND.float);
      this.#raw(new Uint8Array(Float64Array.of(value).buffer));
    }
  }

  #text(value: string): void {
    this.#reserve(5 + SHORT);
    const start = this.#length + 5;
    let count = value.length <= SHORT ? 0 : -1;
    for (; count >= 0 && count < value.length; count++) {
      const code = value.charCodeAt(count);
      if (code >= 0x80) count = -2;
      else this.#bytes[start + count] = code;
    }
    if (count < 0) return this.#tagged(KIND.text, utf8(value));
    this.#byte(KIND.text);
    this.#word(count);
    this.#length += count;
  }

  #list(list: readonly Plain[], depth: number): void {
    this.#byte(KIND.list);
    this.#word(list.length);
    for (const item of list) this.value(item, depth + 1);
  }

  #record(record: { readonly [key: string]: Plain }, depth: number): void {
    const names = Object.keys(record);
    this.#byte(KIND.record);
    this.#word(names.length);
    for (const name of names) {
      const bytes = this.#named(name);
      this.#word(bytes.length);
      this.#raw(bytes);
      this.value(record[name] ?? null, depth + 1);
    }
  }

  #named(name: string): Uint8Array {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const bytes = utf8(name);
    this.#names.set(name, bytes);
    return bytes;
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
    const [bytes, at] = [this.#bytes, this.#length];
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
    this.#length = at + 4;
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
  /** Names that were decoded, by a hash of their bytes; of two with the same hash the last one. */
  readonly #names = new Map<number, { readonly at: number; readonly count: number; readonly name: string }>();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  value(depth: number): Plain {
    if (depth > LIMIT_STATE_DEPTH) throw new Error('machine state: nested too deeply');
    const kind = this.#bytes[this.#skip(1)];
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
        return this.#text();
      case KIND.bytes:
        return this.#block().slice();
      case KIND.words:
        return this.#words();
      case KIND.list:
        return this.#list(depth);
      case KIND.record:
        return this.#record(depth);
      default:
        throw new Error(`machine state: unknown kind of value ${String(kind)}`);
    }
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new Error('machine state: content behind its end');
  }

  #list(depth: number): Plain {
    const list: Plain[] = [];
    for (let left = this.#count(); left > 0; left--) list.push(this.value(depth + 1));
    return list;
  }

  #record(depth: number): Plain {
    const record: Record<string, Plain> = {};
    for (let left = this.#count(); left > 0; left--) {
      const name = this.#name();
      if (Object.hasOwn(record, name) || name === '__proto__') throw new Error(`machine state: field ${name} twice or not allowed`);
      record[name] = this.value(depth + 1);
    }
    return record;
  }

  #name(): string {
    const count = this.#word();
    const at = this.#skip(count);
    const bytes = this.#bytes;
    let hash = count;
    for (let i = at; i < at + count; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x0100_0193);
    const known = this.#names.get(hash);
    if (known !== undefined && known.count === count && this.#equal(known.at, at, count)) return known.name;
    const name = text(bytes.subarray(at, at + count));
    this.#names.set(hash, { at, count, name });
    return name;
  }

  #equal(a: number, b: number, count: number): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < count; i++) if (bytes[a + i] !== bytes[b + i]) return false;
    return true;
  }

  #text(): string {
    const count = this.#word();
    const at = this.#skip(count);
    const bytes = this.#bytes;
    let value = '';
    for (let i = at; i < at + count; i++) {
      const code = bytes[i] as number;
      if (code >= 0x80 || count > SHORT) return text(bytes.subarray(at, at + count));
      value += String.fromCharCode(code);
    }
    return value;
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
    const at = this.#skip(4);
    const bytes = this.#bytes;
    return ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>> 0;
  }

  #take(count: number): Uint8Array {
    const at = this.#skip(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** Where the next `count` bytes are, which are behind it then. */
  #skip(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) throw new Error('machine state: ends too early');
    this.#at = at + count;
    return at;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8 = (value: string): Uint8Array => encoder.encode(value);
const text = (bytes: Uint8Array): string => decoder.decode(bytes);

function bigintOf(digits: string): bigint {
  if (!/^-?[0-9]+$/.test(digits)) throw new Error('machine state: broken number');
  return BigInt(digits);
}
