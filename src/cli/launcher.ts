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
type Pack = Readonly<Record<string, (load: Load, require: NodeJS.Require, url: string) => unknown>>;

/** Commands that run the whole program, and the scripts of which others use so little that what V8 compiled then is not worth keeping. */
const WORTHY: readonly (string | undefined)[] = ['run', 'replay', 'sweep'];
const WHOLE: readonly string[] = ['start', 'rtcr'];

/**
 * Bytecode that runs before V8 considers compiling a function further: twice its own figure. A scenario is over so soon that code made
 * earlier than that costs more than it saves (measured: a quarter of the time of sheep_counter, a tenth of the suite's).
 */
const INTERRUPT_BUDGET = 300_000;

const here = import.meta.url;
const require = createRequire(here);
const packs: (Pack | undefined)[] = [];
const loaded = new Map<string, unknown>();

function load(chunk: string): unknown {
  if (loaded.has(chunk)) return loaded.get(chunk);
  const index = RESCAP_CHUNKS[chunk] as number;
  packs[index] ??= openPack(RESCAP_PACKS[index] as string);
  const module = packs[index]?.[chunk]?.(load, require, here);
  loaded.set(chunk, module);
  return module;
}

function openPack(name: string): Pack {
  const file = fileURLToPath(new URL(`rescap.${name}.cjs`, here));
  const cache = fileURLToPath(new URL(`rescap.${name}.${RESCAP_BUILD}.${process.version}.${process.arch}.cache`, here));
  const cachedData = cached(cache);
  // Scripts hold ASCII only, which build.mjs sees to: one byte a character is the form that V8 reads fastest.
  const script = new Script(readFileSync(file, 'latin1'), { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  const isWanted = cachedData === undefined || script.cachedDataRejected === true;
  if (isWanted && (WORTHY.includes(process.argv[2]) || !WHOLE.includes(name))) process.on('exit', () => keep(cache, script.createCachedData()));
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
function keep(cache: string, data: Buffer): void {
  const draft = `${cache}.${process.pid}`;
  try {
    writeFileSync(draft, data);
    renameSync(draft, cache);
  } catch {
    rmSync(draft, { force: true });
  }
}

// Before a script is made: code is cached for one set of flags. With the second one V8 keeps a checksum of it.
setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
setFlagsFromString('--verify-snapshot-checksum');
load(RESCAP_ENTRY);
