// The fast engine's module, compiled from the text in which it stands in module.ts. The bundle has the bytes, and what the host made of
// them, in files instead, and tells the host when to compile further (build.mjs). Owns no state.

import { WasmModule } from '../../web_assembly.ts';
import { MODULE_BASE64 } from './module.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Tells the host that what is compiled from now on is worth being compiled well. A host that decides itself needs not be told. */
export const optimise = (): void => undefined;

export interface EngineModule {
  readonly module: WasmModule;
  /** Nothing is won by compiling it once more. */
  readonly isWell: boolean;
}

/** `_well`: what the host compiles now is to be other code than what it compiled before; one that was told nothing has no other. */
export const engineModule = (_well = false): EngineModule => ({ module: new WasmModule(bytesOf(MODULE_BASE64)), isWell: false });

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
