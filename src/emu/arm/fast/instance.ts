// The module of the fast engine and its instances, one for each machine. A host that has kept no good code of it compiles the module
// quickly at first, and once more, well, when the process has executed enough to pay for that. Owner of the compiled module and of the count of what was executed.

import { WasmInstance } from '../../web_assembly.ts';
import type { WasmMemory, WasmModule } from '../../web_assembly.ts';
import { engineModule, optimise } from './engine_module.ts';

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

/** Optimising the module takes as long as the quick form needs for some millions of instructions; it pays after some 20. */
const QUICK_INSTRUCTIONS = 20_000_000;

let compiled: WasmModule | null = null;
let left = QUICK_INSTRUCTIONS;

export interface Runs {
  readonly words: RunFunction;
  readonly thumb: RunFunction;
  /** What it is an instance of. */
  readonly module: WasmModule;
}

export function instantiate(memory: WasmMemory, imports: Imports): Runs {
  compiled ??= firstModule();
  const { exports } = new WasmInstance(compiled, { engine: { memory, ...imports } });
  return { words: exports['run'] as RunFunction, thumb: exports['runThumb'] as RunFunction, module: compiled };
}

function firstModule(): WasmModule {
  const { module, isWell } = engineModule();
  if (isWell) left = 0;
  return module;
}

/** Instances keep nothing between two calls: all is in the memory, so that another may go on. */
export const isOld = ({ module }: Runs): boolean => module !== compiled;

/** Takes note of executed instructions; the module is compiled anew when they are enough. */
export function count(retired: number): void {
  if (left <= 0) return;
  left -= retired;
  if (left > 0) return;
  optimise();
  compiled = engineModule(true).module;
}
