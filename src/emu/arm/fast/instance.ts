// The module of the fast engine, compiled once in a process, and its instances, one for each machine.
// Owner of the compiled module.

import { WasmInstance } from '../../web_assembly.ts';
import type { WasmMemory, WasmModule } from '../../web_assembly.ts';
import { engineModule } from './engine_module.ts';

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
  compiled ??= engineModule();
  const { exports } = new WasmInstance(compiled, { engine: { memory, ...imports } });
  return { words: exports['run'] as RunFunction, thumb: exports['runThumb'] as RunFunction };
}
