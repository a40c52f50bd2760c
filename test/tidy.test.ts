// The repository checks itself: import directions, file heads, limits, words, goldens, the commands of the README.
// Owns no state; reads the tree as it is.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { namedGoldens } from '../src/runner/golden.ts';
import { readScenario } from '../src/scenario/read.ts';
import { EXTENSIONS } from '../src/cli/extensions.ts';
import { suite } from './kit.ts';

const test = suite('tidy');
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

function filesIn(folder: string, end: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith(end))
    .sort();
}

const SOURCES = filesIn('src', '.ts');
const TESTS = filesIn('test', '.ts');

/** What a room may import besides itself (architecture, the arrows). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  emu: [],
  scenario: [],
  runtime: ['src/emu/', 'src/scenario/syntax/'],
  runner: ['src/runtime/', 'src/emu/', 'src/scenario/'],
  report: ['src/runner/', 'src/scenario/'],
  cli: ['src/'],
  guest: [],
  translator: ['src/emu/'],
};

/** Packages and built-in modules that a room may use. */
const MAY_USE: Readonly<Record<string, RegExp>> = {
  emu: /^$/,
  scenario: /^(fast-xml-parser|yaml)$/,
  runtime: /^$/,
  runner: /^$/,
  report: /^kleur\/colors$/,
  cli: /^(node:.*|execa)$/,
  guest: /^node:/,
  translator: /^(node:(fs|path|url)|typescript)$/,
};

const IMPORT = /(?:^|\n)[ \t]*(?:import|export)\s[^;'"]*?\bfrom\s*['"]([^'"\n]+)['"]|(?:^|\n)[ \t]*import\s*['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]/g;
const namesIn = (text: string) => [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');

/** Without comments, so that a name in a sentence is no import. */
const code = (file: string) => read(file).replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
const importsOf = (file: string) => namesIn(code(file));

test('imports run along the arrows only', () => {
  const wrong: string[] = [];
  for (const file of SOURCES) {
    const room = file.split('/')[1] ?? '';
    const allowed = MAY_IMPORT[room];
    if (allowed === undefined) wrong.push(`${file}: there is no room src/${room}`);
    for (const name of importsOf(file)) {
      if (name.startsWith('.')) {
        const target = relative(root, resolve(root, dirname(file), name)).replaceAll('\\', '/');
        const inside = [`src/${room}/`, ...(allowed ?? [])].some((place) => target.startsWith(place));
        if (!inside || !target.endsWith('.ts')) wrong.push(`${file} imports ${target}`);
      } else if (!(MAY_USE[room] ?? /^$/).test(name)) wrong.push(`${file} uses ${name}`);
    }
  }
  assert.equal(wrong, []);
});

test('imports of every form are seen, and words that look like one are not', () => {
  const text = "import { a,\n  b } from '../runtime/x.ts';\nexport * from './y.ts';\nconst z = await import('node:fs');\nimport 'q';\nconst kind = 'from';\nconst other = 'x';";
  assert.equal(namesIn(text), ['../runtime/x.ts', './y.ts', 'node:fs', 'q']);
});

test('every import names a file that exists', () => {
  const missing: string[] = [];
  for (const file of [...SOURCES, ...TESTS]) {
    for (const name of importsOf(file)) if (name.startsWith('.') && !existsSync(resolve(root, dirname(file), name))) missing.push(`${file}: ${name}`);
  }
  assert.equal(missing, []);
});

test('the board is pure', () => {
  const forbidden = /\bDate\b|Math\.random|\bsetTimeout\b|\bsetInterval\b|(?<![.\w])console\.|\basync\b|\bawait\b|\bPromise\b|\bperformance\b/;
  const wrong = SOURCES.filter((file) => file.startsWith('src/emu/')).flatMap((file) =>
    code(file).split('\n').filter((line) => forbidden.test(line.replace(/\/\/.*$/, '').replace(/'[^']*'|`[^`]*`/g, "''"))).map((line) => `${file}: ${line.trim()}`),
  );
  assert.equal(wrong, []);
});

test('every source begins with two lines that say what it is for, every test with one', () => {
  const headless = [
    ...SOURCES.filter((file) => !/^\/\/ [^\n]+\n\/\/ [^\n]+\n/.test(read(file))),
    ...TESTS.filter((file) => !/^\/\/ [^\n]+\n/.test(read(file))),
  ];
  assert.equal(headless, []);
});

test('no file is longer than 500 lines', () => {
  const long = [...SOURCES, ...TESTS].filter((file) => read(file).split('\n').length > 501);
  assert.equal(long, []);
});

test('file names are snake_case', () => {
  const wrong = [...SOURCES, ...TESTS].filter((file) => !/^[a-z0-9_]+(\.[a-z0-9_]+)*$/.test(file.split('/').at(-1) ?? ''));
  assert.equal(wrong, []);
});

const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);

test('nothing is marked as unfinished', () => {
  const marked = [...SOURCES, ...TESTS, 'README.md', 'Makefile', 'build.mjs', ...filesIn('run', '.xml')].filter((file) => UNFINISHED.test(read(file)));
  assert.equal(marked, []);
});

test('no script lies at the top level but the build', () => {
  assert.equal(readdirSync(root).filter((file) => /\.([cm]?[jt]s|sh|py)$/.test(file)), ['build.mjs']);
});

test('no test runs alone', () => {
  const alone = TESTS.filter((file) => file !== 'test/kit.ts' && /\btest\.only\(/.test(code(file)));
  assert.equal(alone, []);
});

test('every scenario is well-formed and has the goldens it names, and no others', () => {
  const wrong: string[] = [];
  const include = (name: string) => readFileSync(join(root, name));
  for (const file of ['.xml', '.yaml', '.hid'].flatMap((ending) => filesIn('run', ending))) {
    const { scenario, variants, diagnostics } = readScenario(file, readFileSync(join(root, file)), { extensions: EXTENSIONS, include });
    if (scenario === undefined) {
      wrong.push(`${file}: ${diagnostics[0]?.message ?? ''}`);
      continue;
    }
    const folder = file.replace(/\.[a-z]+$/, '.golden');
    const named = variants.flatMap((one) => namedGoldens(one).map((golden) => `${folder}/${one.variant === undefined ? '' : `${one.variant}/`}${golden}`));
    wrong.push(...named.filter((golden) => !existsSync(join(root, golden))).map((golden) => `${golden} is missing`));
    wrong.push(...filesIn(folder, '.caps').filter((golden) => !named.includes(golden)).map((golden) => `${golden} is named by no step`));
  }
  assert.equal(wrong, []);
});

test('the make targets of the README exist', () => {
  const makefile = read('Makefile');
  const targets = [...read('README.md').matchAll(/(?:^|`)make ([a-z]+)(\/[a-z_]+)?/gm)].map((match) => ({ target: match[1] ?? '', scenario: match[2] }));
  assert.ok(targets.length > 0);
  for (const { target, scenario } of targets) {
    if (target === 'run') assert.ok(scenario === undefined || existsSync(join(root, `run${scenario}.xml`)), `run${scenario ?? ''}.xml`);
    else assert.match(makefile, new RegExp(`^${target}:`, 'm'), `make ${target}`);
  }
});

test.run();
