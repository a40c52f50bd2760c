// The component catalogue is true: it names every shipped program and no other, and of the universal program every step with
// exactly the attributes that its C source reads.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { programNamed } from '../../src/runtime/native/component.ts';
import '../../src/runtime/boot_system.ts';
import { suite } from '../kit.ts';

const test = suite('component catalogue');
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const catalogue = readFileSync(join(root, 'config/components.md'), 'utf8');
const programs = join(root, 'src/guest/programs');

/** Cells of the rows of the table whose header line is given. */
function rowsOf(header: string): string[][] {
  const [, table = ''] = catalogue.split(`${header}\n`);
  return table.split('\n').slice(1).filter((_line, n, all) => all.slice(0, n + 1).every((before) => before.startsWith('|')))
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
}

const names = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');

const listed = rowsOf('| program | kind | what it does | configuration | needs | provides |');

test('every guest program is in the catalogue as one, and no other', () => {
  const shipped = readdirSync(programs).filter((file) => file.endsWith('.c')).map((file) => file.slice(0, -'.c'.length));
  assert.equal(listed.filter(([, kind]) => kind === 'guest').flatMap(([name = '']) => names(name)).sort(), shipped.sort());
});

test('every hosted program of the catalogue exists', () => {
  const hosted = listed.filter(([, kind]) => kind === 'hosted').flatMap(([name = '']) => names(name));
  assert.equal(hosted.filter((name) => programNamed(name) === undefined), []);
});

test('every service that a guest program announces or asks for by name stands in its row', () => {
  for (const [name = '', kind, , , needs = '', provides = ''] of listed) {
    const [program = ''] = names(name);
    if (kind !== 'guest' || program === 'universal') continue;
    const source = readFileSync(join(programs, `${program}.c`), 'utf8');
    const announced = [...source.matchAll(/\.name = "(\w+)"/g)].map((match) => match[1]);
    const asked = [...source.matchAll(/env_session\("(\w+)"/g)].map((match) => match[1]);
    if (/timer_open\(/.test(source)) asked.push('Timer');
    assert.equal([provides, needs], [announced.join(', '), asked.join(', ')], program);
  }
});

/** Function bodies of the universal program by name. */
function functions(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(join(programs, 'universal')).filter((name) => name.endsWith('.c'))) {
    const source = readFileSync(join(programs, 'universal', file), 'utf8');
    for (const [, name = '', body = ''] of source.matchAll(/^(?:[a-z]\w* )+\*?(\w+)\([^)]*\)\n\{\n([\s\S]*?)^\}/gm)) found.set(name, body);
  }
  return found;
}

/** The rule of how attributes are read: a literal behind `node,` in any call; define() reads `name`; helpers that get the node read theirs. */
function attributesRead(name: string, bodies: Map<string, string>): Set<string> {
  const body = bodies.get(name) ?? '';
  const read = new Set([...body.matchAll(/\(?(?:run, )?node, "(\w+)"/g)].map((match) => match[1] ?? ''));
  if (/\bdefine\(run, node/.test(body)) read.add('name');
  const helpers = [...body.matchAll(/(\w+)\(run, node\b/g)].map((match) => match[1] ?? '').filter((helper) => helper !== name && helper !== 'run_steps');
  for (const helper of helpers) {
    if (/^(attribute_|define$)/.test(helper) || !bodies.has(helper)) continue;
    for (const attribute of attributesRead(helper, bodies)) read.add(attribute);
  }
  return read;
}

const documented = rowsOf('| step | attributes | what it does |');
const bodies = functions();
const steps = readdirSync(join(programs, 'universal')).filter((name) => name.endsWith('.c'))
  .flatMap((file) => [...readFileSync(join(programs, 'universal', file), 'utf8').matchAll(/\{ "([\w-]+)", (\w+_step) \}/g)].map(([, tag = '', name = '']) => ({ tag, name })));

test('the catalogue lists every step of the universal program once, and no other', () => {
  assert.ok(steps.length > 60, `${steps.length} steps found in the sources`);
  assert.equal(documented.flatMap(([tag = '']) => names(tag)).sort(), steps.map(({ tag }) => tag).sort());
});

test('of each step the catalogue lists exactly the attributes that the sources read', () => {
  for (const { tag, name } of steps) {
    const [, attributes = ''] = documented.find(([first = '']) => names(first)[0] === tag) ?? [];
    assert.equal(names(attributes).sort(), [...attributesRead(name, bodies)].sort(), `<${tag}>`);
  }
});

test.run();
