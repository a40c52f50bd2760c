// The fast engine's module in an installed program: with the code that V8 made for it when the program was built, or without. Owner of
// the file with that code. V8 hands out and takes back compiled WebAssembly only by two functions of its own tests; where they are
// missing, or what is kept was made by another V8, for another processor or with other flags, the module is compiled as it is used.

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { WasmModule } from '../emu/web_assembly.ts';
import { contents, doubledContents } from './file_room.ts';
import { FLAGS, setFlags } from './v8_setting.ts';

const ENGINE = 'rescap.engine.wasm';
/** V8 hands out the code of a living module again for the same bytes. The file ends with an empty section; without it, they are others. */
const EMPTY_SECTION_BYTES = 4;

/** Of all functions that V8 has compiled as well as it can; ends the process where there is none. */
const HAND_OUT = '(module)=>%SerializeWasmModule(module)';
type HandOut = (module: WasmModule) => ArrayBuffer;
/** Believes all of the code but its head: it is given only what was read twice. */
const TAKE_BACK = '(code,bytes)=>%DeserializeWasmModule(code,bytes)';
type TakeBack = (code: ArrayBuffer, bytes: Uint8Array) => WasmModule | undefined;

export class EngineCode {
  readonly #engine: string;
  readonly #kept: string;

  /** `kept`: the file for V8's code. */
  constructor(folder: string, kept: string) {
    this.#engine = join(folder, ENGINE);
    this.#kept = join(folder, kept);
  }

  /** With the code that was kept, if there is some and V8 takes it. */
  kept(): WasmModule | undefined {
    if (FLAGS.open.length === 0) return undefined;
    try {
      const code = doubledContents(this.#kept);
      return code === undefined ? undefined : internal<TakeBack, WasmModule | undefined>(TAKE_BACK, (takeBack) => takeBack(code.buffer, contents(this.#engine)));
    } catch {
      // None is there, or V8 takes none.
      return undefined;
    }
  }

  compiled(): WasmModule {
    return new WasmModule(contents(this.#engine).subarray(0, -EMPTY_SECTION_BYTES));
  }

  /** Compiled with the flags of now, and not as it was before. */
  compiledAnew(): WasmModule {
    return new WasmModule(contents(this.#engine));
  }

  /** Keeps the code of `kept` or `compiledAnew`. Complete under its name or not there: other processes may start meanwhile. */
  keep(module: WasmModule): void {
    const draft = `${this.#kept}.${process.pid}`;
    try {
      const code = internal<HandOut, Uint8Array>(HAND_OUT, (handOut) => new Uint8Array(handOut(module)));
      writeFileSync(draft, Buffer.concat([code, code]));
      renameSync(draft, this.#kept);
    } catch {
      rmSync(draft, { force: true });
    }
  }
}

/** Calls with one of V8's own functions, within which alone it can be called. @throws SyntaxError where V8 has it no more */
function internal<F, R>(text: string, use: (f: F) => R): R {
  setFlags(FLAGS.open);
  try {
    return use(new Script(text).runInThisContext() as F);
  } finally {
    setFlags(FLAGS.shut);
  }
}
