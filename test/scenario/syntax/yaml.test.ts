// Tests of the YAML reader: what it reads as what, what it refuses and where, and that no text, however hostile, makes it throw.
// The rule is that of technology.md 2.1.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { DiagnosticList } from '../../../src/scenario/diagnostic.ts';
import { YAML_CHARACTERS_MAX } from '../../../src/scenario/limits.ts';
import { Source } from '../../../src/scenario/source.ts';
import { plainNode } from '../../../src/scenario/syntax/content.ts';
import { type Node, verbatim } from '../../../src/scenario/syntax/node.ts';
import { readYamlDocument } from '../../../src/scenario/syntax/yaml.ts';
import { suite } from '../../kit.ts';
import { read, refusal, sound, well } from './trees.ts';

/** Of this process, not of the clock on the wall: a loaded machine is no defect. */
const cpuSeconds = () => process.cpuUsage().user / 1_000_000;

const test = suite('yaml reader');

const SAME: readonly (readonly [name: string, yaml: string, xml: string])[] = [
  ['a root alone', 'config:', '<config/>'],
  ['a byte-order mark, a document start, comments', '\ufeff# c\n---\na: # c\n  b: {} # c\n...\n', '<a><b/></a>'],
  ['scalars as attributes, exactly as written', 'a: {b: 1M, c: yes, d: 0x10, e: 010, f: 1e3, g: ~, h: null, i: true, j: 1_000}', '<a b="1M" c="yes" d="0x10" e="010" f="1e3" g="~" h="null" i="true" j="1_000"/>'],
  ['an empty text as an attribute, nothing as an element', 'a: {b: "", c: , d: \'\', e: , f}', '<a b="" d=""><c/><e/><f/></a>'],
  ['maps and lists as elements', 'a: {b: {c: 1}, d: [{e: 1}, {f: {}}], g: [], h: {}}', '<a><b c="1"/><d e="1"><f/></d><g/><h/></a>'],
  ['a list that repeats elements', 'a:\n  - x: 1\n  - b: {c: 1}\n  - b: {c: 2}\n  - b:\n', '<a x="1"><b c="1"/><b c="2"/><b/></a>'],
  ['a list in one line', 'a: [ b: , c: , d: {e: f} ]', '<a><b/><c/><d e="f"/></a>'],
  ['the example of the rule', 'scenario:\n  name: counter\n  config:\n    - verbose: yes\n    - parent-provides: [ service: {name: ROM}, service: {name: IRQ} ]\n    - start:\n        - name: counter\n        - route: [ any-service: [ parent: , any-child: ] ]\n',
    '<scenario name="counter"><config verbose="yes"><parent-provides><service name="ROM"/><service name="IRQ"/></parent-provides><start name="counter"><route><any-service><parent/><any-child/></any-service></route></start></config></scenario>'],
  ['text', 'a:\n  b: {name: PATH, "#text": /bin}\n  c:\n    - "#text": |-\n        one\n         two\n', '<a><b name="PATH">/bin</b><c>one\n two</c></a>'],
  ['an alias for an attribute', 'a: {b: &v 1M, c: *v}', '<a b="1M" c="1M"/>'],
  ['an alias for an element', 'a: [ b: &v {x: 1}, c: *v, &i {d: {y: 2}}, *i ]', '<a><b x="1"/><c x="1"/><d y="2"/><d y="2"/></a>'],
  ['an alias of the latest anchor of its name', 'a: [ b: &v {x: 1}, c: *v, b: &v {x: 2}, c: *v ]', '<a><b x="1"/><c x="1"/><b x="2"/><c x="2"/></a>'],
  ['merge keys: own ones win, then earlier ones', 'r:\n  - a: &a {x: 1, y: 1}\n  - b: &b {y: 2, z: 2}\n  - c: {<<: *a, y: 3}\n  - d: {w: 0, <<: [*a, *b]}\n  - e: {<<: {q: {}}}\n', '<r><a x="1" y="1"/><b y="2" z="2"/><c x="1" y="3"/><d w="0" x="1" y="1" z="2"/><e><q/></e></r>'],
  ['a quoted << as what it says', 'a: {x: "<<"}', '<a x="&lt;&lt;"/>'],
  ['escapes', 'a: {b: "x\\ty\\u00e9\\n"}', '<a b="x&#9;yé&#10;"/>'],
];

for (const [name, yaml, xml] of SAME) test(`${name}: read as in XML`, () => assert.equal(plainNode(well(yaml, 'yaml')), plainNode(well(xml, 'xml'))));

const REFUSED: readonly (readonly [name: string, text: string, where: string])[] = [
  ['an empty file', '', 'E008 1:1'],
  ['a file of comments', '# c\n', 'E008 1:1'],
  ['a scalar', 'a', 'E008 1:1'],
  ['a list as the document', '- a:', 'E008 1:1'],
  ['a root with a plain value', 'a: 1', 'E008 1:1'],
  ['two roots', 'a:\nb:', 'E008 2:1'],
  ['two documents', 'a:\n---\nb:', 'E008 2:1'],
  ['no element in a list', 'a: [b]', 'E022 1:5'],
  ['nothing in a list', 'a:\n  -\n', 'E022 2:4'],
  ['an empty map in a list', 'a: [{}]', 'E022 1:5'],
  ['a list in a list', 'a: [[b: ]]', 'E022 1:5'],
  ['two keys in a list item', 'a:\n  - start:\n    name: x\n', 'E022 3:5'],
  ['a merge key in a list item', 'a: [b: &b {x: 1}, {<<: *b}]', 'E022 1:20'],
  ['a merge of no map', 'a: {b: &b 1, <<: *b}', 'E022 1:14'],
  ['a duplicate key', 'a:\n  b: {x: 1}\n  b: {x: 2}\n', 'E009 3:3'],
  ['a duplicate attribute in a map', 'a: {x: 1, x: 2}', 'E009 1:11'],
  ['a duplicate attribute in a list', 'a:\n  - x: 1\n  - x: 2\n', 'E009 3:5'],
  ['a complex key', 'a:\n  ? [b]\n  : c', 'E022 2:5'],
  ['an alias as a key', 'a: {b: &b c, *b : d}', 'E022 1:14'],
  ['an unknown tag', 'a: !foo {b: 1}', 'E022 1:4'],
  ['an unknown directive', '%FOO x\n---\na:', 'E022 1:1'],
  ['an alias without anchor', 'a: {b: *b}', 'E018 1:8'],
  ['an alias before its anchor', 'a: [b: *b, c: &b {}]', 'E018 1:8'],
  ['an alias inside its own anchor', 'a: &a {b: *a}', 'E022 1:11'],
  ['a merge inside its own anchor', 'a: &a {<<: *a}', 'E022 1:12'],
  ['no name for an element', 'a: {b c: {}}', 'E022 1:5'],
  ['no name for an attribute', 'a: {"": 1}', 'E022 1:5'],
  ['a reserved name', 'a: {constructor: {}}', 'E021 1:5'],
  ['a reserved name as the root', '__proto__: {}', 'E021 1:1'],
  ['text that is a map', 'a: {"#text": {}}', 'E022 1:5'],
  ['text beside elements', 'a: {"#text": x, b: {}}', 'E016 1:14'],
  ['a raw control character', 'a: {b: "\u0007"}', 'E002 1:9'],
  ['NUL', 'a:\n  b: \u0000', 'E002 2:6'],
  ['an escaped control character', 'a: {b: "\\0"}', 'E002 1:8'],
  ['half of a surrogate pair', 'a: {b: "\\ud800"}', 'E002 1:8'],
  ['a tab that indents', 'a:\n\tb: c', 'E022 2:1'],
  ['a quote that is not closed', 'a: "b', 'E022 1:6'],
  ['positions behind CRLF and a byte-order mark', '\ufeffa:\r\n  b:\r\n  - c\r\n', 'E022 3:5'],
];

for (const [name, text, where] of REFUSED) test(`${name}: refused with the right place`, () => assert.is(refusal(text, 'yaml'), where));

test('a word in a list is told to be an element with a colon', () => {
  assert.equal(read('a: [parent, any-child]', 'yaml').all.map(({ help }) => help), ["an element is written 'parent:', with a colon", "an element is written 'any-child:', with a colon"]);
});

test('several errors are told at once', () => {
  assert.equal(read('a:\n  - b\n  - c: {x: 1, x: 2}\n  - d: {"1": 2}\n', 'yaml').all.map(({ code }) => code), ['E022', 'E009', 'E009', 'E022']);
});

test('spans cut exactly what they name out of the source', () => {
  const root = well('\ufeffroot:\r\n  b: &x "one"\r\n  c: *x\r\n  d: {e: \'two\'}\r\n', 'yaml');
  const cut = ({ source, start, end }: { source: Source; start: number; end: number }) => source.text.slice(start, end);
  assert.equal(root.attributes.map(({ nameSpan, valueSpan }) => [cut(nameSpan), cut(valueSpan)]), [['b', 'one'], ['c', '*x']]);
  const [d] = root.children as [Node];
  assert.is(verbatim(d), "d: {e: 'two'}");
  assert.is(cut(d.tagSpan), 'd');
});

test('comments and aliases are known although the tree does not carry them', () => {
  const text = '# one\na: # two\n  b: &b {c: "# not"}\n  d: *b\n  "#text": |\n    # not\n';
  const { comments, aliases } = readYamlDocument(new Source('t.yaml', text), new DiagnosticList());
  assert.equal(comments.map(({ start, end }) => text.slice(start, end)).sort(), ['# one', '# two']);
  assert.equal(aliases.map(({ start, end }) => text.slice(start, end)), ['*b']);
});

/** Level n holds ten aliases of level n - 1. */
const bomb = (levels: number, leaf: string) =>
  `a:\n  - l0: &l0 ${leaf}\n${Array.from({ length: levels }, (_, index) => `  - l${index + 1}: &l${index + 1} [${Array.from({ length: 10 }, () => `x: *l${index}`).join(', ')}]`).join('\n')}\n`;
const mergeBomb = `a:\n  - m0: &m0 {}\n${Array.from({ length: 12 }, (_, index) => `  - m${index + 1}: &m${index + 1} {<<: [${Array.from({ length: 50 }, () => `*m${index}`).join(', ')}]}`).join('\n')}\n`;
const chain = `a:\n  - m0: &m0 {x: 1}\n${Array.from({ length: 5_000 }, (_, index) => `  - m${index + 1}: &m${index + 1} {<<: *m${index}}`).join('\n')}\n`;

const HOSTILE: readonly (readonly [name: string, text: string, code: string])[] = [
  ['elements that multiply through aliases', bomb(9, '{x: 1}'), 'E010'],
  ['a long text that multiplies through aliases', `a:\n  b: &b {"#text": "${'x'.repeat(100_000)}"}\n  c: [${Array.from({ length: 1_000 }, () => 'x: *b').join(', ')}]\n`, 'E010'],
  ['bad keys that multiply through aliases', bomb(5, `{${Array.from({ length: 200 }, (_, index) => `"${index}": {}`).join(', ')}}`), 'E022'],
  ['merge keys that multiply without a result', mergeBomb, 'E010'],
  ['a long chain of merge keys', chain, 'E010'],
  ['deep nesting of maps', Array.from({ length: 66 }, (_, index) => `${' '.repeat(index)}a:\n`).join(''), 'E010'],
  ['very deep nesting of lists', '['.repeat(400_000), 'E010'],
  ['very deep nesting of maps', '{a: '.repeat(100_000), 'E010'],
  ['very deep nesting of list items', '- '.repeat(200_000), 'E010'],
  ['very deep nesting of complex keys', '? '.repeat(200_000), 'E010'],
  ['too many elements', `a:\n${'- b:\n'.repeat(100_001)}`, 'E010'],
  ['too many attributes', `a: {${Array.from({ length: 257 }, (_, index) => `x${index}: 1`).join(', ')}}`, 'E010'],
  ['too many characters', `a: {b: ${'x'.repeat(YAML_CHARACTERS_MAX)}}`, 'E010'],
  ['many errors', 'a: "\n'.repeat(50_000), 'E022'],
  ['many documents', '---\n'.repeat(100_000), 'E008'],
];

for (const [name, text, code] of HOSTILE) {
  test(`${name}: refused in time`, () => {
    const started = cpuSeconds();
    const result = read(text, 'yaml');
    sound(result, text);
    assert.ok(result.all.some((diagnostic) => diagnostic.code === code), result.all.map((diagnostic) => diagnostic.code).join(' '));
    assert.is(result.node, undefined);
    assert.ok(cpuSeconds() - started < 8);
  });
}

test('nesting up to the limit is read, as maps and as lists', () => {
  assert.is(well(Array.from({ length: 64 }, (_, index) => `${' '.repeat(index)}a:\n`).join(''), 'yaml').tag, 'a');
  assert.is(well(`a: ${'[a: '.repeat(63)}${']'.repeat(63)}`, 'yaml').tag, 'a');
});

test('many different keys are read in time', () => {
  const started = cpuSeconds();
  assert.is(well(`a:\n${Array.from({ length: 40_000 }, (_, index) => `  k${index}:`).join('\n')}`, 'yaml').children.length, 40_000);
  assert.ok(cpuSeconds() - started < 8);
});

test('a prototype is no target', () => {
  const { node } = read('a: {__proto__: 1, constructor: 2}', 'yaml');
  assert.equal(node?.attributes.map(({ name, value }) => [name, value]), [['__proto__', '1'], ['constructor', '2']]);
  assert.is(({} as Record<string, unknown>)['1'], undefined);
});

test('no text makes the reader throw, and places are in range', () => {
  const fragment = fc.oneof(
    fc.constantFrom('a:', 'b: ', 'c: 1', '- ', '\n', '\r\n', '\n  ', '\n    ', '? ', ': ', '{', '}', '[', ']', ',', '&x ', '*x', '<<: ', '"', "'", '|', '>-', '#', ' # c', '!t ', '!!str ', '%', '---\n', '...\n', '"#text": ', '\t', '\u0000', '\ufeff', '\\u0000', '\ud800', '__proto__: ', '@', '`', '\u2028'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const parts = fc.array(fragment, { maxLength: 30 }).map((all) => all.join(''));
  fc.assert(fc.property(parts, (text) => sound(read(text, 'yaml'), text)), { numRuns: 1500 });
  fc.assert(
    fc.property(parts, (inside) => {
      const text = `a:\n  - ${inside}\n`;
      sound(read(text, 'yaml'), text);
    }),
    { numRuns: 1500 },
  );
});

test.run();
