// Where the process `rescap` begins once it is bundled: loads the program's scripts, each when a part of it is first wanted, with the
// code that V8 made of it the last time. Owner of the cache files beside the scripts. A cache of another build or another Node has
// another name; one that is damaged or cannot be read or written is done without.

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Script } from 'node:vm';
import type { EngineModule } from '../emu/arm/fast/engine_module.ts';
import { EngineCode } from './engine_code.ts';
import { contents } from './file_room.ts';
import { FLAGS, setFlags } from './v8_setting.ts';

/** Set by build.mjs: a hash of all scripts and of the engine, their names, how far apart the numbers of two scripts' first chunks are, and the chunk to begin with. */
declare const RESCAP_BUILD: string;
declare const RESCAP_PACKS: readonly string[];
declare const RESCAP_STRIDE: number;
declare const RESCAP_ENTRY: number;

/** The bundled launcher is a CommonJS script: Node's loader of ECMAScript modules alone takes longer than most of what is done here. */
declare const __filename: string;
declare const __dirname: string;
declare const require: NodeJS.Require;

type Load = (chunk: number) => unknown;
type Pack = readonly ((load: Load, require: NodeJS.Require, file: string, optimise: () => void, engine: (well: boolean) => EngineModule) => unknown)[];

/** Commands that run the whole program, and the scripts of which others use so little that what V8 compiled then is not worth keeping. */
const WORTHY: readonly (string | undefined)[] = ['run', 'replay', 'sweep'];
const WHOLE: readonly string[] = ['start', 'system', 'programs', 'run', 'rtcr'];

/** Set in the environment by build.mjs: what a run compiled beyond what the caches have is added to them, for this command's next start. */
const ADDING = 'RESCAP_ADD_CODE';

const packs: (Pack | undefined)[] = [];
const loaded = new Map<number, unknown>();
const engineCode = new EngineCode(__dirname, cacheOf('engine'));
let tiering: readonly string[] = FLAGS.quick;

function load(chunk: number): unknown {
  if (loaded.has(chunk)) return loaded.get(chunk);
  const index = Math.floor(chunk / RESCAP_STRIDE);
  packs[index] ??= openPack(RESCAP_PACKS[index] as string);
  const module = packs[index]?.[chunk % RESCAP_STRIDE]?.(load, require, __filename, optimise, engine);
  loaded.set(chunk, module);
  return module;
}

function openPack(name: string): Pack {
  const file = join(__dirname, `rescap.${name}.cjs`);
  const cache = join(__dirname, cacheOf(name));
  // Scripts hold ASCII only, which build.mjs sees to: one byte a character is the form that V8 reads fastest.
  const text = contents(file).toString('latin1');
  const cachedData = cached(cache);
  setFlags(FLAGS.quick);
  // V8 is done with `cachedData`, which lies in the room, when the script is made.
  const script = new Script(text, { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  setFlags(tiering);
  const isWanted = FLAGS.checked && (cachedData === undefined || script.cachedDataRejected === true || process.env[ADDING] !== undefined);
  if (isWanted && (WORTHY.includes(process.argv[2]) || !WHOLE.includes(name))) process.on('exit', () => keep(cache, script));
  return script.runInThisContext() as Pack;
}

/** A function's declaration, because it is called above where it stands. */
function cacheOf(name: string): string {
  return `rescap.${name}.${RESCAP_BUILD}.${process.version}.${process.arch}.cache`;
}

function cached(cache: string): Buffer | undefined {
  if (!FLAGS.checked) return undefined;
  try {
    return contents(cache);
  } catch {
    return undefined;
  }
}

/** Complete under its name or not there: other processes may start meanwhile. */
function keep(cache: string, script: Script): void {
  setFlags(FLAGS.quick);
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
  tiering = FLAGS.well;
  setFlags(tiering);
}

/** V8 takes back only code that was made with the same flags; `quick` it is, as for scripts. */
function engine(well: boolean): EngineModule {
  if (well) return { module: engineCode.compiledAnew(), isWell: true };
  setFlags(FLAGS.quick);
  const kept = engineCode.kept();
  const isMaking = FLAGS.open.length > 0 && process.env[ADDING] !== undefined;
  // Of what is kept, the rest may be compiled well if it is much used; of what is not, everything is better compiled quickly.
  if (isMaking) tiering = FLAGS.best;
  else if (kept !== undefined) tiering = FLAGS.well;
  setFlags(tiering);
  const module = kept ?? (isMaking ? engineCode.compiledAnew() : engineCode.compiled());
  if (isMaking) process.on('exit', () => keepEngine(module));
  return { module, isWell: isMaking || kept !== undefined };
}

function keepEngine(module: EngineModule['module']): void {
  setFlags(FLAGS.quick);
  engineCode.keep(module);
}

// Before V8's flags are set: Node's own modules, too, come with code for one set of flags, its own, and would be compiled afterwards.
// These parts every command needs, and each is loaded when it is first looked at.
parseArgs({ args: [] });
require('node:os');

// Before a script is made: code is cached for one set of flags, here and wherever one is made or kept.
setFlags(FLAGS.always);
load(RESCAP_ENTRY);
