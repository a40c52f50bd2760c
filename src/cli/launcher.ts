// Where the process `rescap` begins once it is bundled: loads the program's scripts, each when a part of it is first wanted, with the
// code that V8 made of it the last time. Owner of the cache files beside the scripts. A cache of another build or another Node has
// another name; one that is damaged or cannot be read or written is done without.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** Set by build.mjs: a hash of all scripts, their names, the number of the script that a chunk is in, and the chunk to begin with. */
declare const RESCAP_BUILD: string;
declare const RESCAP_PACKS: readonly string[];
declare const RESCAP_CHUNKS: Readonly<Record<string, number>>;
declare const RESCAP_ENTRY: string;

type Load = (chunk: string) => unknown;
type Pack = Readonly<Record<string, (load: Load, require: NodeJS.Require, url: string, optimise: () => void) => unknown>>;

/** Commands that run the whole program, and the scripts of which others use so little that what V8 compiled then is not worth keeping. */
const WORTHY: readonly (string | undefined)[] = ['run', 'replay', 'sweep'];
const WHOLE: readonly string[] = ['start', 'system', 'rtcr'];

/**
 * Bytecode that runs before V8 considers compiling a function further: twice its own figure. A scenario is over so soon that code made
 * earlier than that costs more than it saves (measured: a quarter of the time of sheep_counter, a tenth of the suite's).
 */
const INTERRUPT_BUDGET = 300_000;

/**
 * Bytes of WebAssembly that a function executes before V8 optimises it: one figure to begin with, V8's own where code is translated
 * because it is hot. Most runs are over before optimising the fast engine's loop has paid: it takes longer than a million instructions
 * do in the loop as it stands, and pays after some 20 millions.
 */
const TIERING_BUDGET = 400_000_000;
const TIERING_BUDGET_HOT = 1_800_000;

const here = import.meta.url;
const require = createRequire(here);
const packs: (Pack | undefined)[] = [];
const loaded = new Map<string, unknown>();
let tiering = TIERING_BUDGET;

function load(chunk: string): unknown {
  if (loaded.has(chunk)) return loaded.get(chunk);
  const index = RESCAP_CHUNKS[chunk] as number;
  packs[index] ??= openPack(RESCAP_PACKS[index] as string);
  const module = packs[index]?.[chunk]?.(load, require, here, optimise);
  loaded.set(chunk, module);
  return module;
}

function openPack(name: string): Pack {
  const file = fileURLToPath(new URL(`rescap.${name}.cjs`, here));
  const cache = fileURLToPath(new URL(`rescap.${name}.${RESCAP_BUILD}.${process.version}.${process.arch}.cache`, here));
  const cachedData = cached(cache);
  setTiering(TIERING_BUDGET);
  // Scripts hold ASCII only, which build.mjs sees to: one byte a character is the form that V8 reads fastest.
  const script = new Script(readFileSync(file, 'latin1'), { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  setTiering(tiering);
  const isWanted = cachedData === undefined || script.cachedDataRejected === true;
  if (isWanted && (WORTHY.includes(process.argv[2]) || !WHOLE.includes(name))) process.on('exit', () => keep(cache, script));
  return script.runInThisContext() as Pack;
}

function cached(cache: string): Buffer | undefined {
  try {
    return readFileSync(cache);
  } catch {
    return undefined;
  }
}

/** Complete under its name or not there: other processes may start meanwhile. */
function keep(cache: string, script: Script): void {
  setTiering(TIERING_BUDGET);
  const data = script.createCachedData();
  const draft = `${cache}.${process.pid}`;
  try {
    writeFileSync(draft, data);
    renameSync(draft, cache);
  } catch {
    rmSync(draft, { force: true });
  }
}

function optimise(): void {
  tiering = TIERING_BUDGET_HOT;
  setTiering(tiering);
}

function setTiering(budget: number): void {
  setFlagsFromString(`--wasm-tiering-budget=${budget}`);
}

// Before a script is made: code is cached for one set of flags, here and wherever one is made or kept. With the second one V8 keeps a
// checksum of it.
setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
setFlagsFromString('--verify-snapshot-checksum');
load(RESCAP_ENTRY);
