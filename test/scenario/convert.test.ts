// Tests of scenarios in three syntaxes: the same scenario is the same model, and a converted one says what it lost.

import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { convert } from '../../src/scenario/convert.ts';
import { printDiagnostic } from '../../src/scenario/diagnostic.ts';
import { SOURCE_BYTES_MAX } from '../../src/scenario/limits.ts';
import type { Scenario } from '../../src/scenario/model.ts';
import { readScenario, SCENARIO_EXTENSIONS } from '../../src/scenario/read.ts';
import { plainNode } from '../../src/scenario/syntax/content.ts';
import { SYNTAXES, type Syntax, syntaxOf } from '../../src/scenario/syntax/syntax.ts';
import { suite } from '../kit.ts';
import { nodeOf, plainTrees, well } from './syntax/trees.ts';

const test = suite('scenarios in three syntaxes');
const ALL: readonly Syntax[] = ['xml', 'yaml', 'hid'];
const fixtures = new URL('fixtures/', import.meta.url);
const fixture = (file: string) => readFileSync(new URL(file, fixtures), 'utf8');

function scenario(file: string, text: string): Scenario {
  const { scenario: read, diagnostics } = readScenario(file, new TextEncoder().encode(text), { extensions: ['freeze', 'install'] });
  assert.equal(diagnostics.map(printDiagnostic), []);
  if (read === undefined) throw new Error('no scenario, and no reason given');
  return read;
}

/** A model without places, its configuration as what it means. */
function model(read: Scenario): unknown {
  const { source: _, config, config_text, ...rest } = read;
  const bare = JSON.parse(JSON.stringify({ ...rest, extensions: [...rest.extensions] }, (key, value: unknown) => (key === 'span' ? undefined : value)));
  return { ...bare, config: plainNode(config), config_text: plainNode(well(config_text, 'xml')) };
}

const NAMES = [...new Set(readdirSync(fixtures).map((file) => file.replace(/\.[a-z]+$/, '')))].sort();

test('there are fixtures in every syntax', () => {
  assert.equal(readdirSync(fixtures).sort(), NAMES.flatMap((name) => ALL.map((syntax) => `${name}.${syntax}`)).sort());
  assert.ok(NAMES.length >= 2);
});

for (const name of NAMES) {
  test(`${name}: the same scenario in three syntaxes is the same model`, () => {
    const [xml, ...others] = ALL.map((syntax) => model(scenario(`${name}.${syntax}`, fixture(`${name}.${syntax}`))));
    for (const other of others) assert.equal(other, xml);
  });

  test(`${name}: converted from any syntax into any, it is the same model and a fixed point`, () => {
    for (const from of ALL) {
      const text = fixture(`${name}.${from}`);
      for (const to of ALL) {
        const { text: converted = '' } = convert(text, from, to);
        assert.equal(model(scenario(`${name}.${to}`, converted)), model(scenario(`${name}.${from}`, text)));
        assert.equal(convert(converted, to, to), { text: converted, diagnostics: [] });
      }
    }
  });
}

test('the configuration that init gets is XML, as it was written if it was XML', () => {
  assert.match(scenario('counter.xml', fixture('counter.xml')).config_text, /^<config>\n {4}<parent-provides> <service[^]*<!-- starts[^]*<\/config>$/);
  assert.match(scenario('counter.hid', fixture('counter.hid')).config_text, /^<config>\n {2}<parent-provides>\n[^]*<\/config>$/);
});

test('a mistake is shown in the file where it was made, whatever its syntax', () => {
  const { diagnostics } = readScenario('run/counter.hid', new TextEncoder().encode(fixture('counter.hid').replace('within_ms', 'withn_ms')), { extensions: [] });
  const [first = ''] = diagnostics.map(printDiagnostic);
  assert.match(first, /^run\/counter\.hid:25:42: error\[E012\]: unknown attribute 'withn_ms' of <await>\n/);
  assert.match(first, /help: did you mean 'within_ms'\?/);
  const yaml = readScenario('run/counter.yml', new TextEncoder().encode(fixture('counter.yaml').replace('64M', '64 M')), { extensions: [] });
  assert.match(yaml.diagnostics.map(printDiagnostic)[0] ?? '', /^run\/counter\.yml:3:10: error\[E014\]: '64 M' is no value of 'ram'/);
});

test('what is lost is told once each, with the first place', () => {
  const told = (name: string, from: Syntax, to: Syntax) => convert(fixture(`${name}.${from}`), from, to).diagnostics.map(({ severity, message, span }) => `${severity} ${span.source.position(span.start).line}: ${message}`);
  assert.equal(told('counter', 'xml', 'hid'), ['warning 11: 1 comment is left out, the first here']);
  assert.equal(told('counter', 'yaml', 'xml'), ['warning 14: 1 comment is left out, the first here', 'warning 22: 2 aliases are written out, the first here']);
  assert.equal(told('counter', 'hid', 'yaml'), ['warning 18: 3 comments are left out, the first here', 'warning 28: 1 disabled node is left out, the first here']);
  assert.equal(convert('<a><![CDATA[<!-- text -->]]></a>', 'xml', 'hid'), { text: 'a\n: <!-- text -->\n-\n', diagnostics: [] });
});

test('a value that HID cannot hold is left out with a warning, a malformed text is refused with its error', () => {
  const { text, diagnostics } = convert('<a x="1|2" y="3"/>', 'xml', 'hid');
  assert.is(text, 'a | y: 3\n-\n');
  assert.equal(diagnostics.map(({ severity, code }) => [severity, code]), [['warning', 'E024']]);
  const broken = convert('<a', 'xml', 'yaml', 'x/a.xml');
  assert.is(broken.text, undefined);
  assert.match(broken.diagnostics.map(printDiagnostic)[0] ?? '', /^x\/a\.xml:1:2: error/);
  for (const from of ALL) assert.is(convert(' '.repeat(SOURCE_BYTES_MAX + 1), from, 'xml').diagnostics[0]?.code, 'E010');
});

test('conversion there and back is the tree it was', () => {
  fc.assert(
    fc.property(plainTrees.hid, fc.constantFrom(...ALL), fc.constantFrom(...ALL), (tree, first, second) => {
      const start = SYNTAXES.xml.print(nodeOf(tree), { error: assert.unreachable, warning: assert.unreachable } as never) ?? '';
      const one = convert(start, 'xml', first);
      const two = convert(one.text ?? '', first, second);
      assert.equal([...one.diagnostics, ...two.diagnostics], []);
      assert.equal(plainNode(well(two.text ?? '', second)), tree);
    }),
    { numRuns: 300 },
  );
});

test('the syntax of a file is known by its end', () => {
  assert.equal(SCENARIO_EXTENSIONS, ['xml', 'yaml', 'yml', 'hid']);
  assert.equal(['a.xml', 'b/c.yaml', 'c.yml', 'd.hid', 'e.HID', 'xml', 'a.xml.new', 'a.toString'].map(syntaxOf), ['xml', 'yaml', 'yaml', 'hid', undefined, undefined, undefined, undefined]);
});

test.run();
