// Tests of the HID reader: what it reads as what, what it refuses and where, real configurations, and that no text makes it throw.
// The rules are those of init-run-tools.md 1.15.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { DiagnosticList } from '../../../src/scenario/diagnostic.ts';
import { SOURCE_BYTES_MAX } from '../../../src/scenario/limits.ts';
import { Source } from '../../../src/scenario/source.ts';
import { plainNode } from '../../../src/scenario/syntax/content.ts';
import { readHidDocument } from '../../../src/scenario/syntax/hid.ts';
import { type Node, verbatim } from '../../../src/scenario/syntax/node.ts';
import { readTree } from '../../../src/scenario/syntax/syntax.ts';
import { suite } from '../../kit.ts';
import { read, refusal, sound, well } from './trees.ts';

/** Of this process, not of the clock on the wall: a loaded machine is no defect. */
const cpuSeconds = () => process.cpuUsage().user / 1_000_000;

const test = suite('hid reader');

const SAME: readonly (readonly [name: string, hid: string, xml: string])[] = [
  ['a node alone', 'config\n-', '<config/>'],
  ['line ends of both kinds, blank lines, blanks at the end, a byte-order mark', '\ufeff\n\nconfig  \r\n\r\n+ a  \r\n   \n-  \n\n', '<config><a/></config>'],
  ['sub nodes by columns', 'a\n+ b\n  + c\n    + d\n  + e\n+ f\n-', '<a><b><c><d/></c><e/></b><f/></a>'],
  ['a sub node indented by more than two blanks', 'a\n+ b\n     + c\n     + d\n+ e\n-', '<a><b><c/><d/></b><e/></a>'],
  ['less indentation than the sibling before, still inside the parent', 'a\n+ b\n      + c\n  + d\n-', '<a><b><c/><d/></b></a>'],
  ['a name, which is the attribute name', 'config main\n+ start rtcr -> sheep\n-', '<config name="main"><start name="rtcr -> sheep"/></config>'],
  ['an explicit name', 'a | x: 1 | name: n\n-', '<a x="1" name="n"/>'],
  ['an attribute behind the type without a delimiter', 'a\n+ parent label: test.config\n-', '<a><parent label="test.config"/></a>'],
  ['attributes on lines of their own', 'a\n      x: 1\n y:   two words  \n+ b n\n  z: 3\n-', '<a x="1" y="two words"><b name="n" z="3"/></a>'],
  ['empty values', 'a | x: | y:\n+ b default:\n-', '<a x="" y=""><b default=""/></a>'],
  ['colons and stars in values', 'a | x: b: c:d | y: * 3 sheeps. zzZ\n-', '<a x="b: c:d" y="* 3 sheeps. zzZ"/>'],
  ['a table', 'r\n+ service ROM | label: x | + child a\n+ service Gui            | + child b\n                         | + more\n-', '<r><service name="ROM" label="x"><child name="a"/></service><service name="Gui"><child name="b"/><more/></service></r>'],
  ['bars that only mark a scope', 'a\n+ b\n| + c\n| |   x: 1\n|\n| + d\n+ e\n-', '<a><b><c x="1"/><d/></b><e/></a>'],
  ['empty segments between others', 'a | | x: 1 |   | y: 2\n-', '<a x="1" y="2"/>'],
  ['quoted text', 'a\n+ env PATH | : /bin | x: 1\n+ arg -c\n  : while true; do\n  :  read\t|\n  :\n  : done\n-', '<a><env name="PATH">/bin | x: 1</env><arg name="-c">while true; do\n read\t|\n\ndone</arg></a>'],
  ['quoted text of the top-level node', 'a\n: one\n   : two\n-', '<a>one\ntwo</a>'],
  ['comments', 'a | . why\n.\n. with | bar\tand tab\n+ b | x: 1 | . + c\n     . more\n     y: 2\n-', '<a><b x="1" y="2"/></a>'],
  ['a disabled node beside quoted text', 'a\n+ b\n  x c\n  : t\n-', '<a><b>t</b></a>'],
  ['a node called x', 'x x\n+ x x\nx x\n-', '<x name="x"><x name="x"/></x>'],
];

for (const [name, hid, xml] of SAME) test(`${name}: read as in XML`, () => assert.equal(plainNode(well(hid, 'hid')), plainNode(well(xml, 'xml'))));

test('a disabled node is left out with all that is inside, whatever its line holds', () => {
  const hid = 'a\nx b\n  + c | x: 1\n    : text\n+ d | x e | + f\n  + g\n-';
  assert.equal(plainNode(well(hid, 'hid')), plainNode(well('<a><d><g/></d></a>', 'xml')));
  const { disabled, comments } = readHidDocument(new Source('t.hid', `${hid.slice(0, -1)}  . c\n-`), new DiagnosticList());
  assert.equal(disabled.map(({ source, start, end }) => source.text.slice(start, end)), ['x b', 'x e']);
  assert.is(comments.length, 1);
});

const REFUSED: readonly (readonly [name: string, text: string, where: string])[] = [
  ['an empty file', '', 'E008 1:1'],
  ['a file of blanks', ' \n\n', 'E008 1:1'],
  ['no end mark', 'a\n+ b\n', 'E023 2:4'],
  ['XML', '<a/>\n', 'E008 1:1'],
  ['an indented top-level node', ' a\n-', 'E008 1:1'],
  ['a comment above the top-level node', '. c\na\n-', 'E008 1:1'],
  ['a second top-level node', 'a\nb\n-', 'E008 2:1'],
  ['an attribute in the first column', 'a\nx: 1\n-', 'E008 2:1'],
  ['text behind the end mark', 'a\n-\n\n b', 'E008 4:2'],
  ['more in the line of the end mark', 'a\n- b\n-', 'E023 2:1'],
  ['an upper-case type', 'a\n+ Start x\n-', 'E023 2:3'],
  ['a type that starts with a digit', 'a\n+ 1a\n-', 'E023 2:3'],
  ['an upper-case top-level node', 'Config\n-', 'E023 1:1'],
  ['no type', 'a\n+\n-', 'E023 2:1'],
  ['no type before a delimiter', 'a\n+ | x: 1\n-', 'E023 2:1'],
  ['no blank behind the plus', 'a\n+b\n-', 'E023 2:1'],
  ['two blanks behind the plus', 'a\n+  b\n-', 'E023 2:1'],
  ['a reserved type', 'a\n+ constructor\n-', 'E021 2:3'],
  ['an upper-case tag', 'a | Tag: 1\n-', 'E023 1:5'],
  ['no blank behind the colon', 'a | x:1\n-', 'E023 1:5'],
  ['no blank behind the colon, where a name could stand', 'a\n+ b ram:8M\n-', 'E023 2:5'],
  ['a bare word', 'a\n+ b\n  word\n-', 'E023 3:3'],
  ['no blank before a delimiter', 'a | x: 1| y: 2\n-', 'E023 1:9'],
  ['no blank behind a delimiter', 'a | x: 1 |y: 2\n-', 'E023 1:10'],
  ['two delimiters in one', 'a || x: 1\n-', 'E023 1:3'],
  ['a delimiter at the end', 'a | x: 1 |\n-', 'E023 1:10'],
  ['a bar in a value', 'a | x: 1|2\n-', 'E023 1:9'],
  ['a comment without its blank', 'a\n.c\n-', 'E023 2:1'],
  ['quoted text without its blank', 'a\n:c\n-', 'E023 2:1'],
  ['a duplicate attribute', 'a\n+ b | x: 1\n  x: 2\n-', 'E009 3:3'],
  ['a name given twice', 'a\n+ b n | name: m\n-', 'E009 2:9'],
  ['a duplicate attribute in a disabled node', 'a\nx b | x: 1 | x: 2\n-', 'E009 2:14'],
  ['one blank of indentation', 'a\n+ b\n + c\n-', 'E023 3:2'],
  ['quoted text indented by one blank', 'a\n+ b\n : c\n-', 'E023 3:2'],
  ['an attribute indented less than its node', 'a\n+ b\n x: 1\n-', 'E023 3:2'],
  ['an attribute behind a sub node', 'a\n+ b\n  + c\n  x: 1\n-', 'E023 4:3'],
  ['an attribute behind quoted text', 'a\n+ b\n  : t\n  x: 1\n-', 'E023 4:3'],
  ['a sub node behind quoted text', 'a\n+ b\n  : t\n  + c\n-', 'E016 4:3'],
  ['quoted text behind a sub node', 'a\n+ b\n  + c\n  : t\n-', 'E016 4:3'],
  ['a tab that indents', 'a\n\t+ b\n-', 'E002 2:1'],
  ['a tab in a value', 'a | x: 1\t2\n-', 'E002 1:9'],
  ['a control character in a value', 'a | x: \u0000\n-', 'E002 1:8'],
  ['a control character in quoted text', 'a\n: \u0007\n-', 'E002 2:3'],
  ['a control character in a comment', 'a\n. \u001b[31m\n-', 'E002 2:3'],
  ['a lone carriage return', 'a | x: 1\ry: 2\n-', 'E002 1:9'],
  ['DEL', 'a | x: \u007f\n-', 'E002 1:8'],
];

for (const [name, text, where] of REFUSED) test(`${name}: refused with the right place`, () => assert.is(refusal(text, 'hid'), where));

test('a name that looks like a node is a warning, because a delimiter is missing', () => {
  const { node, all } = read('config\n+ route + any-service | + parent\n-', 'hid');
  assert.is(node?.children[0]?.attributes[0]?.value, '+ any-service');
  assert.equal(all.map(({ severity, help }) => [severity, help]), [['warning', "is a '|' missing before it?"]]);
});

test('an error behind many warnings is told', () => {
  const { node, all } = read(`a\n${'+ b + c\n'.repeat(60)}+ D\n-`, 'hid');
  assert.is(node, undefined);
  assert.equal(all.filter(({ severity }) => severity === 'error').map(({ code }) => code), ['E023']);
});

test('several errors are told at once', () => {
  assert.equal(read('a\n+ B | x:1\n  y: 1 | y: 2\n+ c\n', 'hid').all.map(({ code }) => code), ['E023', 'E023', 'E009', 'E023']);
});

test('spans cut exactly what they name out of the source', () => {
  const root = well('\ufeffa n\r\n+ b | x: one two  | + c\r\n                      : text \r\n. c\r\n-', 'hid');
  const [b] = root.children as [Node];
  const cut = ({ source, start, end }: { source: Source; start: number; end: number }) => source.text.slice(start, end);
  assert.is(verbatim(root), 'a n\r\n+ b | x: one two  | + c\r\n                      : text ');
  assert.is(cut(root.tagSpan), 'a');
  assert.is(cut(root.attributes[0]?.nameSpan as never), 'n');
  assert.equal([cut(b.attributes[0]?.nameSpan as never), cut(b.attributes[0]?.valueSpan as never)], ['x', 'one two']);
  assert.is(b.children[0]?.text[0]?.text, 'text ');
});

test('nesting, nodes, attributes and size have limits', () => {
  const deep = (depth: number) => `a\n${Array.from({ length: depth - 1 }, (_, index) => `${' '.repeat(2 * index)}+ a`).join('\n')}\n-`;
  assert.is(well(deep(64), 'hid').tag, 'a');
  assert.match(refusal(deep(65), 'hid'), /^E010 65:/);
  assert.match(refusal(`a\n${'+ b\n'.repeat(100_001)}-`, 'hid'), /^E010 100001:3/);
  assert.match(refusal(`a\n${Array.from({ length: 257 }, (_, index) => ` x${index}: 1`).join('\n')}\n-`, 'hid'), /^E010 258:2/);
  const diagnostics = new DiagnosticList();
  assert.is(readTree(new Source('t.hid', ' '.repeat(SOURCE_BYTES_MAX + 1)), 'hid', diagnostics), undefined);
  assert.equal(diagnostics.all.map(({ code }) => code), ['E010']);
});

test('a prototype is no target', () => {
  assert.is(refusal('a\n+ __proto__\n-', 'hid'), 'E023 2:3');
  assert.equal(well('a | constructor: 1\n-', 'hid').attributes.map(({ name }) => name), ['constructor']);
});

test('long lines of blanks and bars are read in linear time', () => {
  const started = cpuSeconds();
  for (const part of [' ', '| ', '|', '. ', 'x: 1 | ', ' b', '\u00a0', '+ a | ']) sound(read(`a | x: 1${part.repeat(200_000)}y\n-`, 'hid'), `a | x: 1${part.repeat(200_000)}y\n-`);
  assert.ok(cpuSeconds() - started < 5);
});

test('no text makes the reader throw, and places are in range', () => {
  const fragment = fc.oneof(
    fc.constantFrom('+ ', 'x ', '. ', ': ', ' | ', '|', '\n', '\r\n', '\r', '\n  ', '\n    ', '\n+ b', '-', '\n-\n', 'a', 'name: ', 'x:', 'B', ' ', '  ', '\t', '\u0000', '\ufeff', '\ud800', '__proto__', '#', '<a>'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const parts = fc.array(fragment, { maxLength: 30 }).map((all) => all.join(''));
  fc.assert(fc.property(parts, (text) => sound(read(text, 'hid'), text)), { numRuns: 1500 });
  fc.assert(
    fc.property(parts, (inside) => {
      const text = `a\n${inside}\n-\n`;
      sound(read(text, 'hid'), text);
    }),
    { numRuns: 1500 },
  );
});

const corpus = new URL('../../../../shared/corpus/', import.meta.url);
if (!existsSync(corpus)) test.skip("Genode's own configurations mean the same in HID and XML", 'needs ../shared/corpus');
else {
  test("Genode's own configurations mean the same in HID and XML", () => {
    const files = readdirSync(new URL('init-hid/', corpus)).filter((file) => file.endsWith('.hid'));
    assert.is(files.length, 44);
    const different = files.filter((file) => {
      const hid = well(readFileSync(new URL(`init-hid/${file}`, corpus), 'utf8'), 'hid');
      const xml = well(readFileSync(new URL(`init-hid-as-xml/${file.replace('.hid', '.xml')}`, corpus), 'utf8'), 'xml');
      return JSON.stringify(plainNode(hid)) !== JSON.stringify(plainNode(xml));
    });
    assert.equal(different, ['os__block_request_stream.hid']);
  });

  test('the subtree that the converter of Genode loses is read', () => {
    const root = well(readFileSync(new URL('init-hid/os__block_request_stream.hid', corpus), 'utf8'), 'hid');
    const route = root.children.find(({ tag }) => tag === 'default-route');
    assert.equal(route?.children.map(({ tag, children }) => [tag, children.map((child) => child.tag)]), [['any-service', ['parent', 'any-child']]]);
  });
}

test.run();
