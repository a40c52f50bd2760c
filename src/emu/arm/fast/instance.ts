// The module of the fast engine, compiled once in a process, and its instances, one for each machine.
// Owner of the compiled module.

import { WasmInstance, WasmModule } from '../../web_assembly.ts';
import type { WasmMemory } from '../../web_assembly.ts';
import { MODULE_BASE64 } from './module.ts';

/** Three numbers in, one out. */
type Import = (a: number, b: number, c: number) => number;
export interface Imports {
  readonly decode: Import;
  readonly decodeThumb: Import;
  readonly enter: Import;
  readonly load: Import;
  readonly store: Import;
  readonly probe: Import;
  readonly misaligned: Import;
}
/** Executes at most so many instructions and says why it stopped (layout.ts). */
export type RunFunction = (instructions: number) => number;

let compiled: WasmModule | null = null;

export interface Runs {
  readonly words: RunFunction;
  readonly thumb: RunFunction;
}

export function instantiate(memory: WasmMemory, imports: Imports): Runs {
  compiled ??= new WasmModule(bytesOf(MODULE_BASE64));
  const { exports } = new WasmInstance(compiled, { engine: { memory, ...imports } });
  return { words: exports['run'] as RunFunction, thumb: exports['runThumb'] as RunFunction };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function bytesOf(base64: string): Uint8Array {
  const digits = new Uint8Array(128);
  for (let k = 0; k < ALPHABET.length; k++) digits[ALPHABET.charCodeAt(k)] = k;
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((base64.length >>> 2) * 3 - padding);
  for (let from = 0, to = 0; from < base64.length; from += 4) {
    const digit = (k: number): number => digits[base64.charCodeAt(from + k)] as number;
    const group = (digit(0) << 18) | (digit(1) << 12) | (digit(2) << 6) | digit(3);
    bytes[to++] = group >>> 16;
    if (to < bytes.length) bytes[to++] = (group >>> 8) & 0xff;
    if (to < bytes.length) bytes[to++] = group & 0xff;
  }
  return bytes;
}
