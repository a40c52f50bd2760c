// Tests of included files: any syntax in any other, positions in the file where something stands, and limits on what can be read.
// Owns no state.

import * as assert from 'uvu/assert';
import { printDiagnostic } from '../../src/scenario/diagnostic.ts';
import { readScenario, type ReadResult } from '../../src/scenario/read.ts';
import { suite } from '../kit.ts';

const test = suite('included files');
const bytes = (text: string) => new TextEncoder().encode(text);

const FILES: Readonly<Record<string, string>> = {
  'config/base.config': 'config\n+ start timer\n+ start rtcr\n  + config | + child sheep\n-\n',
  'config/base.xml': '<config><start name="timer"/></config>',
  'config/route.yaml': 'route:\n  any-service: {parent: }\n',
  'run/parts/steps.yaml': 'steps:\n  - mark: {name: a}\n  - mark: {name: b}\n',
  'run/parts/more.hid': 'fragment\n+ mark c\n+ mark d\n-\n',
  'run/parts/deep.xml': '<fragment><include file="more.hid"/><mark name="e"/></fragment>',
  'run/parts/loop.xml': '<fragment><include file="loop2.xml"/></fragment>',
  'run/parts/loop2.xml': '<fragment><include file="loop.xml"/></fragment>',
  'run/parts/wrong.xml': '<fragment>\n  <mark nam="x"/>\n</fragment>',
  'run/parts/bad.xml': '<fragment><mark></fragment>',
  'run/parts/bad.yaml': Buffer.from([0xff]).toString('latin1'),
};

const port = (name: string) => {
  const text = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  return text === undefined ? { error: `there is no file '${name}'` } : Buffer.from(text, 'latin1');
};

const read = (inside: string): ReadResult => readScenario('run/t.xml', bytes(`<scenario name="t">${inside}</scenario>`), { extensions: [], include: port });
const CONFIG = '<config><start name="timer"/></config>';

test('a configuration in HID becomes the configuration of an XML scenario, and init gets it as XML', () => {
  const { scenario, diagnostics } = read('<include file="../config/base.config"/><steps><checkpoint name="c" of="rtcr -> sheep"/></steps>');
  assert.equal(diagnostics, []);
  assert.is(scenario?.config.span.source.name, 'config/base.config');
  assert.match(scenario?.config_text ?? '', /<start name="rtcr">\s*<config>\s*<child name="sheep"\/>/);
});

test('a route in YAML stands inside a start node', () => {
  const { scenario } = read('<config><start name="timer"><include file="../config/route.yaml"/></start></config><succeed log="x"/>');
  assert.equal(scenario?.config.children[0]?.children.map(({ tag }) => tag), ['route']);
  assert.match(scenario?.config_text ?? '', /<route>\s*<any-service>\s*<parent\/>/);
});

test("an include of a component's own configuration is left to the component", () => {
  const { scenario } = read('<config><start name="input"><config><include rom="map"/><include file="x"/></config></start></config><succeed log="x"/>');
  assert.is(scenario?.config_text, '<config><start name="input"><config><include rom="map"/><include file="x"/></config></start></config>');
});

test('steps come from a file whose root is <steps> or <fragment>, which may include further files', () => {
  const { scenario } = read(`${CONFIG}<steps><include file="parts/steps.yaml"/><include file="parts/deep.xml"/></steps>`);
  assert.equal(scenario?.steps.map((step) => (step.kind === 'mark' ? [step.name, step.span.source.name] : [])), [
    ['a', 'run/parts/steps.yaml'], ['b', 'run/parts/steps.yaml'], ['c', 'run/parts/more.hid'], ['d', 'run/parts/more.hid'], ['e', 'run/parts/deep.xml'],
  ]);
});

test('a mistake in an included file is shown there', () => {
  const [first] = read(`${CONFIG}<steps><include file="parts/wrong.xml"/></steps>`).diagnostics;
  assert.match(first === undefined ? '' : printDiagnostic(first), /^run\/parts\/wrong\.xml:2:4: error\[E013\]: <mark> needs the attribute 'name'\n 1 \| <fragment>\n 2 \| {3}<mark nam="x"\/>/);
});

const REFUSED: readonly (readonly [what: string, file: string, message: RegExp])[] = [
  ['a file that does not exist', 'parts/none.xml', /there is no file 'run\/parts\/none\.xml'/],
  ['a file that includes itself', 'parts/loop.xml', /run\/parts\/loop\.xml includes itself/],
  ['a path out of the folders', '../../x.xml', /leads out of where the scenario stands/],
  ['an absolute path', '/etc/passwd', /is no value of 'file'/],
  ['a path that turns back', 'parts/../../x', /is no value of 'file'/],
  ['a malformed file', 'parts/bad.xml', /end tag/],
  ['a file that is no UTF-8', 'parts/bad.yaml', /not valid UTF-8/],
];

for (const [what, file, message] of REFUSED) {
  test(`${what} is refused`, () => {
    const { scenario, diagnostics } = read(`${CONFIG}<steps><include file="${file}"/></steps>`);
    assert.is(scenario, undefined);
    assert.match(diagnostics.map(printDiagnostic).join(''), message);
  });
}

test('without a port nothing is included', () => {
  const { diagnostics } = readScenario('t.xml', bytes(`<scenario name="t">${CONFIG}<steps><include file="a.xml"/></steps></scenario>`), { extensions: [] });
  assert.match(diagnostics[0]?.message ?? '', /no files can be included here/);
});

test('files that include ever more files come to an end', () => {
  let reads = 0;
  const more = (name: string) => {
    reads += 1;
    return bytes(`<fragment><include file="a${name.length}.xml"/><include file="b${name.length}.xml"/></fragment>`);
  };
  const { scenario, diagnostics } = readScenario('run/t.xml', bytes(`<scenario name="t">${CONFIG}<steps><include file="a.xml"/></steps></scenario>`), { extensions: [], include: more });
  assert.is(scenario, undefined);
  assert.ok(reads <= 64, String(reads));
  assert.ok(diagnostics.length <= 51);
});

test.run();
