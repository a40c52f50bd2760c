// The RPC wire format: request and reply words as they stand in the message registers (genode-16.08-abi.md 1).
// Pure functions between values and words; capabilities travel beside the words and are only counted here.

import type { RpcFunction, Value, ValueType } from './interface.ts';

/** A message without its transport: capability ids (null = invalid) and payload words. */
export interface Message {
  /** Request: global id of the invoked object. Reply: exception code, signed. */
  readonly protocol: number;
  readonly ids: readonly (number | null)[];
  readonly payload: readonly number[];
}

export const WORDS_MAX = 63;
export const CAPS_MAX = 4;
const INVALID_ID = 0xffff_ffff;

export type WireError = { readonly error: string };

export function isWireError(value: object): value is WireError {
  return 'error' in value;
}

/** Puts all words of a message where it is sent from. @returns how many; where they are more than 63 none is put */
export function writeMessage(into: Uint32Array, { protocol, ids, payload }: Message): number {
  const count = 2 + ids.length + payload.length;
  if (count > WORDS_MAX) return count;
  into[0] = protocol;
  into[1] = ids.length;
  let at = 2;
  for (let i = 0; i < ids.length; i++) into[at++] = ids[i] ?? INVALID_ID;
  for (let i = 0; i < payload.length; i++) into[at++] = payload[i] as number;
  return count;
}

/** All words of a message, at most 63, else an error as the real sender's "receive message buffer too small". */
export function encodeMessage(message: Message): number[] | WireError {
  const words = new Uint32Array(WORDS_MAX);
  const count = writeMessage(words, message);
  return count > WORDS_MAX ? { error: `message of ${count} words exceeds ${WORDS_MAX}` } : [...words.subarray(0, count)];
}

export function decodeMessage(words: readonly number[]): Message {
  if (words.length < 2) return { protocol: 0, ids: [], payload: [] };
  const count = Math.min(words[1] ?? 0, CAPS_MAX);
  const ids: (number | null)[] = [];
  for (let at = 2; at < Math.min(2 + count, words.length); at++) ids.push((words[at] as number) >>> 0 === INVALID_ID ? null : (words[at] as number) >>> 0);
  return { protocol: (words[0] ?? 0) | 0, ids, payload: words.slice(2 + count) };
}

/** The values of a function's arguments, capabilities left out. Missing values are our own mistake and throw. */
export function encodeArguments(fn: RpcFunction, args: Readonly<Record<string, Value>>): number[] {
  const payload = [fn.opcode];
  for (const { name, type } of fn.args) {
    if (type === 'cap') continue;
    const value = args[name];
    if (value === undefined) throw new Error(`${fn.interface}.${fn.name}: argument '${name}' is missing`);
    if (typeof type === 'string') payload.push(encodeScalar(type, value));
    else payload.push(...encodeValue(type, value));
  }
  return payload;
}

export function decodeArguments(fn: RpcFunction, payload: readonly number[]): Record<string, Value> {
  const args: Record<string, Value> = {};
  let at = 1;
  for (const { name, type } of fn.args) {
    if (type === 'cap') continue;
    const { value, words } = decodeValue(type, payload, at);
    args[name] = value;
    at += words;
  }
  return args;
}

export function encodeResult(fn: RpcFunction, value: Value | undefined): number[] {
  if (fn.result === 'cap') return [];
  if (fn.result === 'void') return [0];
  return encodeValue(fn.result, value ?? defaultValue(fn.result));
}

export function decodeResult(fn: RpcFunction, payload: readonly number[]): Value {
  return fn.result === 'cap' || fn.result === 'void' ? 0 : decodeValue(fn.result, payload, 0).value;
}

function defaultValue(type: ValueType): Value {
  if (type === 'bool') return false;
  if (typeof type === 'string') return 0;
  return 'words' in type ? new Array<number>(type.words).fill(0) : '';
}

function encodeValue(type: ValueType, value: Value): number[] {
  if (typeof type === 'string') return [encodeScalar(type, value)];
  if ('words' in type) {
    const given = value as readonly number[];
    return Array.from({ length: type.words }, (_, i) => (given[i] ?? 0) >>> 0);
  }
  const text = String(value);
  if ('buffer' in type) {
    const bytes = [...bytesOf(text), 0].slice(0, type.buffer);
    return [bytes.length, ...packBytes(bytes)];
  }
  const bytes = bytesOf(text).slice(0, type.string - 1);
  const words = packBytes(bytes);
  while (words.length < (type.string + 3) >>> 2) words.push(0);
  words.push(bytes.length + 1);
  return words;
}

function encodeScalar(type: 'u8' | 'u16' | 'u32' | 'i32' | 'bool', value: Value): number {
  if (type === 'bool') return value ? 1 : 0;
  const number = Number(value) >>> 0;
  if (type === 'u8') return number & 0xff;
  return type === 'u16' ? number & 0xffff : number;
}

function decodeValue(type: ValueType, words: readonly number[], at: number): { value: Value; words: number } {
  const word = (words[at] ?? 0) >>> 0;
  if (typeof type === 'string') return { value: decodeScalar(type, word), words: 1 };
  if ('words' in type) return { value: Array.from({ length: type.words }, (_, i) => (words[at + i] ?? 0) >>> 0), words: type.words };
  if ('buffer' in type) {
    const length = Math.min(word, type.buffer);
    const count = (length + 3) >>> 2;
    return { value: textOf(unpackBytes(words, at + 1, length)), words: 1 + count };
  }
  const imageWords = type.string >>> 2;
  const length = Math.min((words[at + imageWords] ?? 0) >>> 0, type.string);
  return { value: textOf(unpackBytes(words, at, length)), words: imageWords + 1 };
}

function decodeScalar(type: 'u8' | 'u16' | 'u32' | 'i32' | 'bool', word: number): Value {
  switch (type) {
    case 'u8':
      return word & 0xff;
    case 'u16':
      return word & 0xffff;
    case 'u32':
      return word;
    case 'i32':
      return word | 0;
    case 'bool':
      return (word & 0xff) !== 0;
  }
}

/** Strings travel as bytes; each character is one byte (Genode's labels and log texts), others become '?'. */
export function bytesOf(text: string): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) as number;
    if (code > 0xffff) i++;
    bytes.push(code < 0x100 ? code : 0x3f);
  }
  return bytes;
}

/** Text of a buffer: valid only with a NUL at its end, else empty, as Rpc_in_buffer::string() has it. */
function textOf(bytes: readonly number[]): string {
  if (bytes.length === 0 || bytes[bytes.length - 1] !== 0) return '';
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.slice(0, end));
}

export function packBytes(bytes: readonly number[]): number[] {
  const words: number[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    words.push(((bytes[at] as number) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0);
  }
  return words;
}

export function unpackBytes(words: readonly number[], at: number, length: number): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < length; i++) bytes.push(((words[at + (i >>> 2)] ?? 0) >>> ((i & 3) * 8)) & 0xff);
  return bytes;
}
