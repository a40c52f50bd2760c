// Tests of what is generated from the description of the language: the files in config/ are up to date, they accept what the decoder
// accepts, and they refuse what is no scenario. Owns no state.

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { FORMATS } from '../../src/cli/commands/schema.ts';
import { LANGUAGE } from '../../src/cli/language.ts';
import { convert } from '../../src/scenario/convert.ts';
import { typesOf } from '../../src/scenario/schema/language.ts';
import { NAME, SCENARIO_NAME } from '../../src/scenario/file_value.ts';
import { COUNT, INSTRUCTIONS, NAMES, SIZE } from '../../src/scenario/value.ts';
import type { ValueType } from '../../src/scenario/value_type.ts';
import { suite } from '../kit.ts';
import { accepts } from './json_schema.ts';

const test = suite('generated schemas');
const ROOT = join(import.meta.dirname, '../..');
const scenarios = (ending: string) => ['run', 'run/oracle'].flatMap((folder) => readdirSync(join(ROOT, folder)).filter((file) => file.endsWith(ending)).map((file) => join(ROOT, folder, file)));

for (const { file, generate } of FORMATS) {
  test(`config/${file} is what the tables give now (else: make schema)`, () => {
    assert.ok(readFileSync(join(ROOT, 'config', file), 'utf8') === generate(LANGUAGE), `config/${file} is stale; write it anew with: make schema`);
  });
}

test('every element and attribute is described', () => {
  for (const { name, schema } of typesOf(LANGUAGE)) {
    assert.ok(schema.doc.length > 3, name);
    for (const [attribute, { doc }] of Object.entries(schema.attributes)) assert.ok(doc.length > 1, `${name} ${attribute}`);
  }
});

const xmllint = spawnSync('xmllint', ['--version']).status === 0;

const whenInstalled = (name: string, body: () => void) => (xmllint ? test(name, body) : test.skip(name, 'xmllint is not installed'));

whenInstalled('every XML scenario of run/ is valid by the XML Schema, in the eyes of libxml2', () => {
  execFileSync('xmllint', ['--noout', '--schema', join(ROOT, 'config/scenario.xsd'), ...scenarios('.xml')], { stdio: 'pipe' });
});

whenInstalled('the XML Schema refuses unknown attributes and values, and takes parameters for any value', () => {
  const valid = (steps: string) => spawnSync('xmllint', ['--noout', '--schema', join(ROOT, 'config/scenario.xsd'), '-'], { input: `<scenario name="t"><config/><steps>${steps}</steps></scenario>` }).status === 0;
  assert.ok(valid('<checkpoint name="c" of="a -> b" utcb="save"/>'));
  assert.ok(valid('<repeat times="2" as="i"><checkpoint name="c${i}" of="a -> b" utcb="${u}"/></repeat>'));
  assert.not(valid('<checkpoint name="c" of="a -> b" utcb="keep"/>'));
  assert.not(valid('<checkpoint name="c"/>'));
  assert.not(valid('<checkpoint name="c" of="a -> b" utbc="save"/>'));
});

const schema = JSON.parse(FORMATS.find(({ name }) => name === 'json')?.generate(LANGUAGE) ?? '{}') as Readonly<Record<string, unknown>>;
const yamlOf = (file: string): string => {
  const text = readFileSync(file, 'utf8');
  return file.endsWith('.xml') ? (convert(text, 'xml', 'yaml').text ?? '') : text;
};

test('every scenario of run/, written in YAML, is valid by the JSON Schema', () => {
  const files = [...scenarios('.xml'), ...scenarios('.yaml'), join(ROOT, 'test/scenario/fixtures/counter.yaml'), join(ROOT, 'test/scenario/fixtures/points.yaml')];
  for (const file of files) assert.is(accepts(schema, parse(yamlOf(file), { merge: true })), undefined, file);
});

const YAML_REFUSED: readonly (readonly [what: string, text: string])[] = [
  ['an unknown element', 'scenario: {name: t, config: , stepz: }'],
  ['an unknown attribute', 'scenario: {name: t, config: , steps: [await: {lgo: x}]}'],
  ['a missing attribute', 'scenario: {config: }'],
  ['a missing attribute in list form', 'scenario: [config: ]'],
  ['a value that is no choice', 'scenario: {name: t, genode: 1.0, config: }'],
  ['a value of the wrong form', 'scenario: {name: t, ram: much, config: }'],
  ['two keys in one item', 'scenario: [{name: t, ram: 64M}, config: ]'],
  ['another root', 'scenarios: {name: t}'],
];

for (const [what, text] of YAML_REFUSED) test(`the JSON Schema refuses ${what}`, () => assert.type(accepts(schema, parse(text)), 'string'));

test('numbers and booleans that a YAML reader makes of values are accepted', () => {
  assert.is(accepts(schema, parse('scenario: [name: t, genode: 16.08, seed: 5, config: , extensions: {all: no}, steps: [await: {time_ms: 0x10}]]')), undefined);
});

test('what a value type accepts has the form that the schemas tell editors', () => {
  const samples = ['a', '_x', 'a.b-c+d', 'oracle/log_only', '1', '0x1F', '64K', '0x4000M', 'a b', ' a\tb ', '999999999999999', 'x'.repeat(64)];
  const types: readonly ValueType<unknown>[] = [NAME, SCENARIO_NAME, SIZE, NAMES, COUNT, INSTRUCTIONS];
  for (const { pattern, parse: read } of types) for (const sample of samples) if (read(sample).ok) assert.match(sample, new RegExp(`^(${pattern ?? ''})$`));
});

test.run();
