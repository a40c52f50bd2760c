// Where the process `rescap` begins once it is bundled: loads the program's one script, with the code that V8 made of it the last
// time, and hands over to it. Owner of the cache file beside the script. A cache of another build or another Node has another name;
// one that cannot be read or written is done without.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** Identity of the script, set by build.mjs: its content's hash. */
declare const RESCAP_BUILD: string;

const MAIN = 'rescap.main.cjs';
/** Commands that run the whole program: what V8 compiled for them is worth keeping. */
const WORTHY: readonly (string | undefined)[] = ['run', 'replay', 'sweep'];

/**
 * Bytecode that runs before V8 considers compiling a function further: twice its own figure. A scenario is over so soon that code made
 * earlier than that costs more than it saves (measured: a quarter of the time of sheep_counter, a tenth of the suite's).
 */
const INTERRUPT_BUDGET = 300_000;

const here = import.meta.url;
const file = fileURLToPath(new URL(MAIN, here));
const cache = fileURLToPath(new URL(`rescap.${RESCAP_BUILD}.${process.version}.${process.arch}.cache`, here));

function cached(): Buffer | undefined {
  try {
    return readFileSync(cache);
  } catch {
    return undefined;
  }
}

/** Complete under its name or not there: other processes may start meanwhile. */
function keep(data: Buffer): void {
  const draft = `${cache}.${process.pid}`;
  try {
    writeFileSync(draft, data);
    renameSync(draft, cache);
  } catch {
    rmSync(draft, { force: true });
  }
}

// Before the script is made: code is cached for one set of flags.
setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
// The script holds ASCII only, which build.mjs sees to: one byte a character is the form that V8 reads fastest.
const cachedData = cached();
const script = new Script(readFileSync(file, 'latin1'), { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
if (cachedData === undefined && WORTHY.includes(process.argv[2])) process.on('exit', () => keep(script.createCachedData()));
(script.runInThisContext() as (require: NodeJS.Require, url: string) => void)(createRequire(here), here);
