// Tests of the XML reader: what it refuses, where, and that no text makes it throw. Owns no state.
// The list of refused inputs follows technology.md 1.2.

import * as fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import * as assert from 'uvu/assert';
import { type Diagnostic, DiagnosticList } from '../../../src/scenario/diagnostic.ts';
import { Source } from '../../../src/scenario/source.ts';
import { attributeOf, childrenOf, type Node, verbatim } from '../../../src/scenario/syntax/node.ts';
import { readXml } from '../../../src/scenario/syntax/xml.ts';
import { suite } from '../../kit.ts';

const test = suite('xml reader');

function read(text: string): { node: Node | undefined; all: readonly Diagnostic[] } {
  const diagnostics = new DiagnosticList();
  const node = readXml(new Source('t.xml', text), diagnostics);
  return { node, all: diagnostics.all };
}

function refusal(text: string): string {
  const { node, all } = read(text);
  assert.is(node, undefined, `accepted: ${text}`);
  const [first] = all;
  if (first === undefined) throw new Error('refused without a reason');
  const { line, column } = first.span.source.position(first.span.start);
  return `${first.code} ${line}:${column}`;
}

function well(text: string): Node {
  const { node, all } = read(text);
  if (node === undefined) throw new Error(`refused: ${all.map(({ message }) => message).join('; ')}`);
  return node;
}

const REFUSED: readonly (readonly [name: string, text: string, where: string])[] = [
  ['mismatched tags', '<a>\n <b>\n </c>\n</a>', 'E006 3:2'],
  ['an unclosed root', '<a>\n<b/>', 'E007 1:2'],
  ['an unclosed inner element, at its opener', '<a>\n  <b>\n', 'E007 2:4'],
  ['an end tag that closes nothing', '</a>', 'E006 1:1'],
  ['a duplicate attribute', '<a>\n<b x="1" x="2"/></a>', 'E009 2:10'],
  ['an unquoted attribute', '<a x=1/>', 'E005 1:6'],
  ['an attribute without value', '<a\n x/>', 'E005 2:2'],
  ['attributes without a blank between', '<a x="1"y="2"/>', 'E005 1:9'],
  ['two roots', '<a/>\n<b/>', 'E008 2:2'],
  ['text after the root', '<a/>\n  junk', 'E008 2:3'],
  ['text before the root', 'junk<a/>', 'E008 1:1'],
  ['CDATA outside the root', '<a/><![CDATA[x]]>', 'E008 1:5'],
  ['an empty file', '', 'E008 1:1'],
  ['a file of comments', '<!-- x -->', 'E008 1:1'],
  ['an undefined entity', '<a>\n &foo;</a>', 'E004 2:2'],
  ['a lone ampersand', '<a x="1 & 2"/>', 'E004 1:9'],
  ['a reference to no character', '<a>&#0;</a>', 'E004 1:4'],
  ['a raw < in an attribute', '<a x="<"/>', 'E005 1:7'],
  ['a control character', '<a>\u0001</a>', 'E002 1:4'],
  ['two dashes in a comment', '<a><!-- a -- b --></a>', 'E005 1:11'],
  ['a comment without end', '<a><!-- </a>', 'E005 1:4'],
  ['a bad element name', '<1a/>', 'E005 1:1'],
  ['a document type', '<!DOCTYPE a><a/>', 'E003 1:1'],
  ['an external entity', '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', 'E003 1:1'],
  ['a late XML declaration', '<a/><?xml version="1.0"?>', 'E005 1:5'],
  ['another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>', 'E001 1:1'],
  ['a reserved name', '<a><constructor/></a>', 'E021 1:5'],
  ['the end of a CDATA section in text', '<a>]]></a>', 'E005 1:4'],
  ['a start tag without end', '<a x="1"', 'E005 1:2'],
  ['deep nesting', `${'<a>'.repeat(65)}${'</a>'.repeat(65)}`, 'E010 1:194'],
  ['positions behind CRLF', '<a>\r\n\r\n<b></a>', 'E006 3:4'],
  ['positions behind a byte-order mark', '\ufeff<a></b>', 'E006 1:4'],
];

for (const [name, text, where] of REFUSED) test(`${name}: refused with the right place`, () => assert.is(refusal(text), where));

test('nesting up to the limit is read', () => {
  assert.is(well(`${'<a>'.repeat(64)}${'</a>'.repeat(64)}`).tag, 'a');
});

test('the tree has elements, attributes and text in source order', () => {
  const node = well('\ufeff<?xml version="1.0"?>\n<!-- c -->\n<a z="1" b=\'2\'>x<b/>y<c p="&lt;&#x41;&#66;"/><![CDATA[<raw>]]><b k=">"/></a>\n<!-- d -->\n');
  assert.equal(node.attributes.map(({ name, value }) => [name, value]), [['z', '1'], ['b', '2']]);
  assert.equal(node.children.map(({ tag }) => tag), ['b', 'c', 'b']);
  assert.equal(node.text.map(({ text }) => text), ['x', 'y', '<raw>']);
  assert.is(childrenOf(node, 'b').length, 2);
  const [, c] = node.children;
  assert.is(c === undefined ? '' : attributeOf(c, 'p')?.value, '<AB');
});

test('spans cut exactly what they name out of the source', () => {
  const node = well('<a>\n  <config x="1&amp;2"> <start name="t"/> </config>\n</a>');
  const [config] = node.children;
  if (config === undefined) throw new Error('no child');
  assert.is(verbatim(config), '<config x="1&amp;2"> <start name="t"/> </config>');
  const [attribute] = config.attributes;
  const cut = (span: { start: number; end: number } | undefined) => node.span.source.text.slice(span?.start, span?.end);
  assert.is(cut(attribute?.nameSpan), 'x');
  assert.is(cut(attribute?.valueSpan), '1&amp;2');
  assert.is(attribute?.value, '1&2');
  assert.is(cut(config.tagSpan), 'config');
});

const piece = fc.constantFrom('<a>', '</a>', '<b x="1">', '</b>', '<c/>', '<', '>', '&', '&lt;', '&x;', '"', "'", ' x="1"', '=', '<!--', '-->', '<![CDATA[', ']]>', '<?', '?>', '<!DOCTYPE', '\r\n', '\u0001', 'text', '\ud83d\ude00', '/', '__proto__', '<__proto__/>', '\ufeff');
const soup = fc.oneof(fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join('')), fc.string({ maxLength: 60, unit: 'binary' }));

test('no text makes the reader throw, every place lies in the text, and a tree means no error', () => {
  fc.assert(
    fc.property(soup, (text) => {
      const { node, all } = read(text);
      const errors = all.filter(({ severity }) => severity === 'error');
      assert.is(node === undefined, errors.length > 0, JSON.stringify(text));
      for (const { span, message } of all) {
        assert.ok(span.start >= 0 && span.start <= span.end && span.end <= text.length, `${message}: ${span.start}..${span.end} of ${text.length}`);
        assert.not.match(message, /disagree/);
      }
    }),
    { numRuns: 3000 },
  );
});

test('what the XML validator of the library refuses is refused here, too', () => {
  fc.assert(
    fc.property(soup, (text) => {
      const accepted = read(text).node !== undefined;
      if (accepted) assert.is(XMLValidator.validate(text), true, JSON.stringify(text));
    }),
    { numRuns: 2000 },
  );
});

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/).filter((text) => !(text in {}));
interface Tree {
  tag: string;
  attributes: [string, string][];
  children: Tree[];
}
const attributes = fc.uniqueArray(fc.tuple(name, fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !/[\u0000-\u001f\ufffe\uffff]/.test(text))), { selector: ([key]) => key, maxLength: 3 });
const treeOf = (depth: number): fc.Arbitrary<Tree> => fc.record({ tag: name, attributes, children: depth === 0 ? fc.constant([]) : fc.array(treeOf(depth - 1), { maxLength: 3 }) }, { noNullPrototype: true });
const tree = treeOf(3);
const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const print = ({ tag, attributes, children }: Tree): string => `<${tag}${attributes.map(([key, value]) => ` ${key}="${escape(value)}"`).join('')}>${children.map(print).join('\n')}</${tag}>`;
const plain = (node: Node): Tree => ({ tag: node.tag, attributes: node.attributes.map(({ name: key, value }) => [key, value]), children: node.children.map(plain) });

test('a printed tree is read back as it was', () => {
  fc.assert(fc.property(tree, (given) => assert.equal(plain(well(print(given))), given)), { numRuns: 300 });
});

test('characters of names that the XML library takes for white space are refused where they stand', () => {
  assert.is(refusal('<\u1680x/>'), 'E005 1:1');
  assert.is(refusal('<a>\n<b\ufeffc/></a>'), 'E005 2:3');
});

test.run();
