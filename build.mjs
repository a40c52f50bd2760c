// Bundles the command line: node build.mjs. What comes out, in dist/:
//   rescap.cjs           the entry: loads scripts (src/cli/launcher.ts)
//   rescap.mjs           the same entry under the name of a module
//   rescap.PACK.cjs      the program in a few scripts, each with the chunks that are wanted together, each chunk run when it is first wanted
//   rescap.engine.wasm   the fast engine's module
//   rescap.semantics.json  what the region translator makes code of
//   rescap.PACK.*.cache  V8's code for a script, made by running it once here; made anew by the first run of another Node
//   rescap.engine.*.cache  V8's code for the engine, twice, made by running it once here
// Start-up time is why: a run is an inner loop.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const FOLDER = 'dist';
const ENTRY = 'rescap.cjs';
const MODULE_ENTRY = 'rescap.mjs';
const PROGRAM = 'src/cli/rescap.ts';
const ENGINE = 'rescap.engine.wasm';
/** Named "w": src/cli/engine_code.ts leaves it away to have other bytes. */
const EMPTY_SECTION = Buffer.of(0, 2, 1, 0x77);
const SEMANTICS = 'rescap.semantics.json';
const PACKED_TABLE = 'src/emu/arm/packed_table.ts';
const COMMON = { bundle: true, platform: 'node', target: 'node20', format: 'esm', legalComments: 'none', logLevel: 'warning', charset: 'ascii', minifyWhitespace: true, minifySyntax: true, minifyIdentifiers: true, write: false };

/**
 * What goes together into a script: the modules named and all that they import, without what an earlier script has. What nobody
 * names here is in the last one.
 */
const PACKS = [
  ['start', [PROGRAM, 'src/cli/commands/replay.ts']],
  ['system', ['src/runtime/boot_system.ts']],
  ['programs', ['src/runtime/programs.ts']],
  ['run', ['src/cli/commands/run.ts', 'src/runner/', 'src/runtime/cap_records.ts', 'src/runtime/component_memory.ts', 'src/runtime/equipment.ts', 'src/runtime/inventory.ts', 'src/runtime/published_map.ts', 'src/emu/jdb/serial.ts']],
  ['rtcr', ['src/runtime/rtcr/entry.ts']],
  ['libraries', ['node_modules/yaml', 'node_modules/execa', 'src/scenario/syntax/']],
  ['more', []],
];
/** Chunks are numbered from here on in each script: more than one has. */
const STRIDE = 1000;

/** In the sources engine and semantics stand as text; files are read instead, the engine's by the launcher. Who reads the semantics translates code that is hot. */
const engineFile = {
  name: 'engine file',
  setup({ onLoad }) {
    onLoad({ filter: /arm[\\/]fast[\\/]engine_module\.ts$/ }, () => ({
      contents: 'export const optimise = () => rescapOptimise(); export const engineModule = (well = false) => rescapEngine(well);',
      loader: 'ts',
    }));
    onLoad({ filter: /arm[\\/]jit[\\/]semantics_text\.ts$/ }, () => ({
      contents: `import { readFileSync } from 'node:fs'; import { dirname, join } from 'node:path';
        export function semanticsText() { rescapOptimise(); return readFileSync(join(dirname(import.meta.filename), '${SEMANTICS}'), 'utf8'); }`,
      loader: 'ts',
    }));
  },
};

/** What the rows of the instruction tables come to stands in the bundle. */
const packedTableFile = {
  name: 'packed table file',
  setup({ onLoad }) {
    onLoad({ filter: /arm[\\/]packed_table\.ts$/ }, async () => {
      const { a32Packed, t32Packed } = await exported(PACKED_TABLE);
      return { contents: `export const a32Packed = () => (${JSON.stringify(a32Packed())}); export const t32Packed = () => (${JSON.stringify(t32Packed())});`, loader: 'js' };
    });
  },
};

/** Loaded, kleur looks whether the output is a terminal, for which Node makes a stream of it: our own code says when there are colours. */
const kleurFile = {
  name: 'kleur file',
  setup({ onLoad }) {
    onLoad({ filter: /kleur[\\/]colors\.mjs$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const look = 'process.stdout && process.stdout.isTTY';
      if (!text.includes(look)) throw new Error(`${path} is not as build.mjs knows it`);
      return { contents: text.replace(look, 'false'), loader: 'js' };
    });
  },
};

/** Modules that most runs do not need, by what the sources use of them: each is loaded with the first of these that is used. */
const LATER = {
  yaml: { functions: ['isAlias', 'isMap', 'isScalar', 'isSeq'], classes: ['Composer', 'Parser'] },
  'src/cli/packing.ts': { functions: ['packed', 'sha256', 'unpacked'], classes: [] },
  'src/cli/state_file.ts': { functions: ['decodeStateFile', 'encodeStateFile'], classes: [] },
  'src/emu/arm/disassembler.ts': { functions: ['disassemble', 'disassembleThumb'], classes: [] },
  'src/emu/arm/jit/jit_cpu.ts': { functions: [], classes: ['JitCpu'] },
  'src/emu/arm/jit/translator.ts': { functions: ['isTranslatable', 'translateRegion'], classes: [] },
  'src/emu/arm/t32/table.ts': { functions: ['t32Table'], classes: [] },
  'src/emu/fiasco/check.ts': { functions: ['checkKernel'], classes: [] },
  'src/emu/fiasco/kernel_state.ts': { functions: ['restoreKernel', 'saveKernel'], classes: [] },
  'src/emu/jdb/serial.ts': { functions: ['findObjectSpaces', 'readObjectSpace'], classes: [] },
  'src/runner/caps_check.ts': { functions: ['checkCaps', 'expectedLosses'], classes: [] },
  'src/runner/expect_state.ts': { functions: ['stateProblems'], classes: [] },
  'src/runner/memory_comparison.ts': { functions: ['compareMemory', 'deadStacks'], classes: [] },
  'src/runner/replay/saved_replay.ts': { functions: ['plainReplay', 'readReplay'], classes: [] },
  'src/runtime/boot_system.ts': { functions: ['bootSystem', 'hostedProgramImage', 'restoreSystem'], classes: [] },
  'src/runtime/cap_records.ts': { functions: ['recordsInMemory', 'recordsOfHosted'], classes: [] },
  'src/runtime/component_memory.ts': { functions: ['componentMemory', 'recordsAt'], classes: [] },
  'src/runtime/equipment.ts': { functions: ['equipmentOf'], classes: [] },
  'src/runtime/inventory.ts': { functions: ['inventoryDifferences', 'takeInventory'], classes: [] },
  'src/runtime/programs.ts': { functions: ['declarePrograms', 'pdLabels', 'prepareComponent'], classes: [] },
  'src/runtime/published_map.ts': { functions: ['publishedMap'], classes: [] },
  'src/runtime/trace/trace.ts': { functions: ['traceEvents'], classes: [] },
  'src/runtime/rtcr/image/image_file.ts': { functions: ['decodeImage', 'encodeImage'], classes: [] },
  'src/runtime/rtcr/entry.ts': { functions: ['controlOutcome', 'declareCheckpointers', 'extensionsUsed', 'leaveImage', 'postControl', 'takeExport'], classes: [] },
  'src/scenario/syntax/hid.ts': { functions: ['readHid', 'readHidDocument'], classes: [] },
  'src/scenario/syntax/print_hid.ts': { functions: ['printHid'], classes: [] },
  'src/scenario/syntax/print_yaml.ts': { functions: ['printYaml'], classes: [] },
  'src/scenario/syntax/yaml.ts': { functions: ['readYaml', 'readYamlDocument'], classes: [] },
};
/** A module that stands for another one, which `rescapNow` loads with the first call; its names are checked by esbuild. */
const standIn = ({ functions, classes }, path) =>
  [
    `let loaded; const module = () => (loaded ??= rescapNow(import(${JSON.stringify(`now:${path}`)})));`,
    ...functions.map((name) => `export const ${name} = (...args) => module().${name}(...args);`),
    ...classes.map((name) => `export function ${name}(...args) { return new (module().${name})(...args); }`),
  ].join('\n');
const later = {
  name: 'later',
  setup({ onResolve, onLoad, resolve: find }) {
    onResolve({ filter: /^now:/ }, ({ path }) => ({ path: path.slice(4), namespace: 'now' }));
    onResolve({ filter: /^(yaml|\.\.?\/.*)$/ }, async ({ path, kind, importer, resolveDir, namespace }) => {
      if (namespace !== 'file' || kind !== 'import-statement' || importer.includes('node_modules')) return undefined;
      const name = path.startsWith('.') ? relative(process.cwd(), join(resolveDir, path)).replaceAll('\\', '/') : path;
      return LATER[name] === undefined ? undefined : { path: name, namespace: 'later' };
    });
    onLoad({ filter: /./, namespace: 'later' }, ({ path }) => ({ contents: standIn(LATER[path], path) }));
    onLoad({ filter: /./, namespace: 'now' }, ({ path }) => {
      const { functions, classes } = LATER[path];
      const from = path.startsWith('src/') ? `./${path}` : path;
      return { contents: `export { ${[...functions, ...classes].join(', ')} } from ${JSON.stringify(from)};`, resolveDir: process.cwd() };
    });
  },
};

/** What a module of the sources exports. */
async function exported(file) {
  const { outputFiles } = await build({ ...COMMON, entryPoints: [file] });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

const nameOf = (file) => basename(file, '.js');
const IMPORT = /(?<=^|[;}\s])import\s*(?:([\w$]+)\s*,?\s*)?(?:\*\s*as\s+([\w$]+)\s*)?(?:\{([^}]*)\}\s*)?(?:from\s*)?"([^"]+)";/g;
const EXPORT = /export\s*\{([^}]*)\};?\s*$/;
const NAME = /([\w$]+)(?:\s+as\s+([\w$]+))?/g;

/** What a chunk exports: pairs of the name outside and the name inside. */
function exportsOf(text) {
  return [...(EXPORT.exec(text)?.[1] ?? '').matchAll(NAME)].map(([, name, as]) => [as ?? name, name]);
}

/**
 * A module as esbuild writes it, with its exports last, as the function that evaluates it. What it imports is taken over when it is
 * loaded: no module of ours changes later what it exports. It gives an object if it is loaded by `import()`, else an array: V8 makes
 * a hidden class for each name of an object, and there are a thousand.
 */
function chunkFunction(text, { isArray, exports }, chunks) {
  let head = '';
  let body = text.replaceAll(IMPORT, (_, byDefault, whole, named, from) => {
    const chunk = from.startsWith('./') ? chunks.get(nameOf(from)) : undefined;
    const module = chunk === undefined ? `require("${from}")` : `rescapLoad(${chunk.number})`;
    if (byDefault !== undefined || whole !== undefined) head += `const ${byDefault ?? whole}=${module};`;
    if (named !== undefined && chunk?.isArray === true) {
      const places = [...named.matchAll(NAME)].map(([, name, as]) => `${as ?? name}=rescapFrom${chunk.number}[${chunk.exports.findIndex(([outside]) => outside === name)}]`);
      head += `const ${[`rescapFrom${chunk.number}=${module}`, ...places].join()};`;
    } else if (named !== undefined) head += `const{${named.replaceAll(NAME, (_, name, as) => (as === undefined ? name : `${name}:${as}`))}}=${module};`;
    if (byDefault === undefined && whole === undefined && named === undefined) head += `${module};`;
    return '';
  });
  const end = EXPORT.exec(body);
  if (end !== null) body = `${body.slice(0, end.index)}return${isArray ? `[${exports.map(([, name]) => name).join()}]` : `{${exports.map((names) => names.join(':')).join()}}`}`;
  const numbered = (name) => `rescapLoad(${chunks.get(name).number})`;
  body = body
    .replaceAll(/rescapNow\(import\("\.\/([^"]+)\.js"\)\)/g, (_, name) => numbered(name))
    .replaceAll(/\bimport\("\.\/([^"]+)\.js"\)/g, (_, name) => `Promise.resolve().then(()=>${numbered(name)})`)
    .replaceAll(/\bimport\("(node:[^"]+)"\)/g, 'Promise.resolve(require("$1"))');
  const unknown = /[^\w."'`]import(\s*[{*]|\(["\w]).{0,80}/.exec(body);
  if (unknown !== null) throw new Error(`a chunk imports in a way that build.mjs does not know: ${unknown[0]}`);
  return `(rescapLoad,require,rescapFile,rescapOptimise,rescapEngine)=>{"use strict";${head}${body}}`;
}

/** The chunks that one needs when it is loaded, itself included. */
function closure(chunk, outputs, seen = new Set()) {
  if (seen.has(chunk)) return seen;
  seen.add(chunk);
  for (const { path, kind } of outputs[chunk].imports) if (kind === 'import-statement' && outputs[path] !== undefined) closure(path, outputs, seen);
  return seen;
}

/** The program as scripts, name and text of each, and the number of the chunk to begin with. */
async function scripts() {
  const { outputFiles, metafile } = await build({ ...COMMON, entryPoints: [PROGRAM], splitting: true, metafile: true, plugins: [engineFile, packedTableFile, kleurFile, later], define: { 'import.meta.filename': 'rescapFile' }, outdir: FOLDER });
  const text = new Map(outputFiles.map(({ path, text: code }) => [relative(process.cwd(), path).replaceAll('\\', '/'), code]));
  const { outputs } = metafile;
  const left = new Set(Object.keys(outputs));
  const chunks = new Map();
  const packs = PACKS.map(([name, entries], pack) => {
    const wanted = Object.keys(outputs).filter((chunk) => entries.some((entry) => outputs[chunk].entryPoint?.replace(/^\w+:/, '').startsWith(entry)));
    const closed = entries.length === 0 ? left : new Set(wanted.flatMap((chunk) => [...closure(chunk, outputs)]));
    const members = [...closed].filter((chunk) => left.has(chunk)).sort();
    for (const [k, chunk] of members.entries()) {
      left.delete(chunk);
      chunks.set(nameOf(chunk), { number: pack * STRIDE + k, isArray: outputs[chunk].entryPoint === undefined, exports: exportsOf(text.get(chunk)) });
    }
    return [name, members];
  });
  return {
    entry: chunks.get(basename(PROGRAM, '.ts')).number,
    packs: packs.map(([name, members]) => [name, `[${members.map((chunk) => chunkFunction(text.get(chunk), chunks.get(nameOf(chunk)), chunks)).join(',\n')}]`]),
  };
}

async function launcher(id, names, entry) {
  const values = { RESCAP_BUILD: id, RESCAP_PACKS: names, RESCAP_STRIDE: STRIDE, RESCAP_ENTRY: entry };
  const define = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));
  const { outputFiles } = await build({ ...COMMON, format: 'cjs', entryPoints: ['src/cli/launcher.ts'], define, banner: { js: '#!/usr/bin/env node' } });
  return outputFiles[0].contents;
}

/** What is run for its code, each adding to what the ones before left: what most runs run, the beginnings of all commands, and instructions of all kinds. */
const WARM_UPS = [['--help'], ['run', '--keep', 'never', resolve('run/sheep_counter.xml')], ['replay', resolve('run/log_only.xml'), '--to', '1000'], ['bench', '--first-million']];

/** Elsewhere, so that nothing is left behind. Without it the first calls do the same. */
function warmUp() {
  const elsewhere = mkdtempSync(join(tmpdir(), 'rescap-build-'));
  for (const args of WARM_UPS) spawnSync(process.execPath, [resolve(FOLDER, ENTRY), ...args], { cwd: elsewhere, stdio: 'ignore', timeout: 60_000, env: { ...process.env, CI: 'true', RESCAP_ADD_CODE: 'true' } });
  rmSync(elsewhere, { recursive: true, force: true });
}

mkdirSync(FOLDER, { recursive: true });
for (const file of readdirSync(FOLDER)) if (file.startsWith('rescap.')) rmSync(join(FOLDER, file));
const engine = Buffer.from((await exported('src/emu/arm/fast/module.ts')).MODULE_BASE64, 'base64');
writeFileSync(join(FOLDER, ENGINE), Buffer.concat([engine, EMPTY_SECTION]));
writeFileSync(join(FOLDER, SEMANTICS), (await exported('src/emu/arm/jit/semantics_text.ts')).semanticsText());
const { packs, entry } = await scripts();
for (const [name, text] of packs) writeFileSync(join(FOLDER, `rescap.${name}.cjs`), text);
const id = createHash('sha256').update(packs.map(([, text]) => text).join()).update(engine).digest('hex').slice(0, 16);
writeFileSync(join(FOLDER, ENTRY), await launcher(id, packs.map(([name]) => name), entry));
chmodSync(join(FOLDER, ENTRY), 0o755);
writeFileSync(join(FOLDER, MODULE_ENTRY), `import './${ENTRY}';\n`);
warmUp();
