// Bundles the command line: node build.mjs. What comes out, in dist/:
//   rescap.mjs           the entry: loads the script (src/cli/launcher.ts)
//   rescap.main.cjs      the whole program as one script, each part of it run when it is first wanted
//   rescap.engine.wasm   the fast engine's module
//   rescap.semantics.json  what the region translator makes code of
//   rescap.*.cache       V8's code for the script, made by running it once here; made anew by the first run of another Node
// Start-up time is why: a run is an inner loop.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const FOLDER = 'dist';
const ENTRY = 'rescap.mjs';
const MAIN = 'rescap.main.cjs';
const ENGINE = 'rescap.engine.wasm';
const SEMANTICS = 'rescap.semantics.json';
const COMMON = { bundle: true, platform: 'node', target: 'node20', legalComments: 'none', logLevel: 'warning', charset: 'ascii', minifyWhitespace: true, minifySyntax: true, minifyIdentifiers: true, write: false };

/** In the sources engine and semantics stand as text; files are read instead. */
const engineFile = {
  name: 'engine file',
  setup({ onLoad }) {
    onLoad({ filter: /arm[\\/]fast[\\/]module_bytes\.ts$/ }, () => ({
      contents: `import { readFileSync } from 'node:fs'; export const moduleBytes = () => readFileSync(new URL('${ENGINE}', import.meta.url));`,
      loader: 'ts',
    }));
    onLoad({ filter: /arm[\\/]jit[\\/]semantics_text\.ts$/ }, () => ({
      contents: `import { readFileSync } from 'node:fs'; export const semanticsText = () => readFileSync(new URL('${SEMANTICS}', import.meta.url), 'utf8');`,
      loader: 'ts',
    }));
  },
};

/** What the sources use of a package that most runs do not need: it is loaded with the first of these that is used. */
const FUNCTIONS = ['isAlias', 'isMap', 'isScalar', 'isSeq'];
const CLASSES = ['Composer', 'Parser'];
const yamlLater = {
  name: 'yaml later',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^yaml$/ }, ({ namespace }) => (namespace === 'later' ? undefined : { path: 'yaml', namespace: 'later' }));
    onLoad({ filter: /^yaml$/, namespace: 'later' }, () => ({
      contents: [
        'let loaded; const yaml = () => (loaded ??= require("yaml"));',
        ...FUNCTIONS.map((name) => `export const ${name} = (value) => yaml().${name}(value);`),
        ...CLASSES.map((name) => `export function ${name}(...args) { return new (yaml().${name})(...args); }`),
      ].join('\n'),
      resolveDir: process.cwd(),
    }));
  },
};

/** What a module of the sources exports. */
async function exported(file) {
  const { outputFiles } = await build({ ...COMMON, entryPoints: [file], format: 'esm' });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** A function of what the launcher has and a script has not. `import()` becomes `require`: the one inside is of this script anyway. */
async function script() {
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: ['src/cli/rescap.ts'],
    format: 'cjs',
    plugins: [engineFile, yamlLater],
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'rescapUrl' },
    banner: { js: '(function(require,rescapUrl){"use strict";const module={exports:{}};' },
    footer: { js: '})' },
    sourcemap: 'linked',
    outfile: join(FOLDER, MAIN),
  });
  return outputFiles;
}

async function launcher(id) {
  const { outputFiles } = await build({ ...COMMON, entryPoints: ['src/cli/launcher.ts'], format: 'esm', define: { RESCAP_BUILD: JSON.stringify(id) }, banner: { js: '#!/usr/bin/env node' } });
  return outputFiles[0].contents;
}

/** Runs what most runs run, elsewhere, for its code. Without it the first run does the same. */
function warmUp() {
  const elsewhere = mkdtempSync(join(tmpdir(), 'rescap-build-'));
  spawnSync(process.execPath, [resolve(FOLDER, ENTRY), 'run', '--keep', 'never', resolve('run/sheep_counter.xml')], { cwd: elsewhere, stdio: 'ignore', timeout: 60_000, env: { ...process.env, CI: 'true' } });
  rmSync(elsewhere, { recursive: true, force: true });
}

mkdirSync(FOLDER, { recursive: true });
for (const file of readdirSync(FOLDER)) if (file.startsWith('rescap.')) rmSync(join(FOLDER, file));
writeFileSync(join(FOLDER, ENGINE), Buffer.from((await exported('src/emu/arm/fast/module.ts')).MODULE_BASE64, 'base64'));
writeFileSync(join(FOLDER, SEMANTICS), (await exported('src/emu/arm/jit/semantics_text.ts')).semanticsText());
const outputs = await script();
for (const { path, contents } of outputs) writeFileSync(path, contents);
const main = outputs.find(({ path }) => path.endsWith(MAIN));
writeFileSync(join(FOLDER, ENTRY), await launcher(createHash('sha256').update(main.contents).digest('hex').slice(0, 16)));
chmodSync(join(FOLDER, ENTRY), 0o755);
warmUp();
