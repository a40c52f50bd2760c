// What the tests of readers and printers share: random trees, reading with all diagnostics, hostile fragments.

import * as fc from 'fast-check';
import { type Diagnostic, DiagnosticList } from '../../../src/scenario/diagnostic.ts';
import { Source } from '../../../src/scenario/source.ts';
import type { PlainNode } from '../../../src/scenario/syntax/content.ts';
import { isName, isReserved, misplacedCharacter } from '../../../src/scenario/syntax/names.ts';
import type { Node } from '../../../src/scenario/syntax/node.ts';
import { type Syntax, SYNTAXES } from '../../../src/scenario/syntax/syntax.ts';

export interface Read {
  readonly node: Node | undefined;
  readonly all: readonly Diagnostic[];
}

export function read(text: string, syntax: Syntax): Read {
  const diagnostics = new DiagnosticList();
  const node = SYNTAXES[syntax].read(new Source(`t.${syntax}`, text), diagnostics);
  return { node, all: diagnostics.all };
}

/** The tree of a text that must be well-formed. */
export function well(text: string, syntax: Syntax): Node {
  const { node, all } = read(text, syntax);
  if (node === undefined) throw new Error(`refused: ${all.map(({ code, message }) => `${code} ${message}`).join('; ')}\n${text}`);
  return node;
}

/** Code and place of the first error of a text that must be refused. */
export function refusal(text: string, syntax: Syntax): string {
  const { node, all } = read(text, syntax);
  const first = all.find(({ severity }) => severity === 'error');
  if (node !== undefined || first === undefined) throw new Error(`accepted, or refused without a reason: ${text.slice(0, 200)}`);
  const { line, column } = first.span.source.position(first.span.start);
  return `${first.code} ${line}:${column}`;
}

/** Whether what a reader gave has a reason or a tree, with all places inside the text. */
export function sound({ node, all }: Read, text: string): void {
  if (node === undefined && !all.some(({ severity }) => severity === 'error')) throw new Error('refused without an error');
  if (node !== undefined && all.some(({ severity }) => severity === 'error')) throw new Error('read in spite of an error');
  const inside = (start: number, end: number) => {
    if (!(start >= 0 && start <= end && end <= text.length)) throw new Error(`place ${start}..${end} of ${text.length}`);
  };
  for (const { span, notes } of all) {
    inside(span.start, span.end);
    for (const note of notes) if (note.span !== undefined) inside(note.span.start, note.span.end);
  }
  const visit = (one: Node): void => {
    for (const { start, end } of [one.span, one.tagSpan, ...one.text.map(({ span }) => span), ...one.attributes.flatMap(({ nameSpan, valueSpan }) => [nameSpan, valueSpan])]) inside(start, end);
    for (const child of one.children) visit(child);
  };
  if (node !== undefined) visit(node);
}

/** A node without places of its own, for printers. */
export function nodeOf({ tag, attributes, children, text }: PlainNode): Node {
  const source = new Source('made', '');
  const span = { source, start: 0, end: 0 };
  return {
    tag,
    tagSpan: span,
    attributes: attributes.map(([name, value]) => ({ name, value, nameSpan: span, valueSpan: span })),
    children: children.map(nodeOf),
    text: text === '' ? [] : [{ text, span }],
    span,
  };
}

const AWKWARD = [
  '', ' ', '  ', '\t', '\n', '\r', '\r\n', '|', ' | ', ': ', ':', '#', ' #', '-', '- ', '---', '...', '+ ', 'x ', '. ', "'", '"', '`', '&', '&amp;', '&#10;', '*', '<', '<<', '>', ']]>', '%', '@', '!',
  '{', '}', '[', ']', ',', '?', '? ', '~', 'null', 'true', '0x10', '1e3', '\\', '\\n', '\u0085', '\u2028', '\u00a0', '\ufeff', '\u007f', '\u{1f411}', 'rtcr -> sheep', 'ram: 1M', 'a:b', '__proto__', '=',
];

const anyText = fc.oneof(
  fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...AWKWARD) }, { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }) }), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
).filter((text) => misplacedCharacter(text) === undefined);

const hidValue = anyText.map((text) => text.replace(/[|\u0000-\u001f\u007f-\u009f]/g, '').replace(/^ +| +$/g, ''));
const hidText = anyText.map((text) => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, ''));

const hidName = fc.oneof(fc.constantFrom('name', 'start', 'service', 'x', 'a', 'a-b'), fc.stringMatching(/^[a-z][a-z0-9_-]{0,5}$/)).filter((name) => !isReserved(name));
const anyName = fc.oneof(hidName, fc.constantFrom('A', 'a:b', ':', 'a:', '_', 'é.x', 'Null', 'true'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }).filter(isName)).filter((name) => !isReserved(name));

function trees(name: fc.Arbitrary<string>, value: fc.Arbitrary<string>, text: fc.Arbitrary<string>): fc.Arbitrary<PlainNode> {
  const attributes = fc.uniqueArray(fc.tuple(name, value), { maxLength: 4, selector: ([one]) => one });
  const content = text.map((one) => (/[^ \t\r\n]/.test(one) ? one : ''));
  const { tree } = fc.letrec<{ tree: PlainNode }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'tree' },
      fc.record({ tag: name, attributes, children: fc.constant([]), text: fc.oneof(fc.constant(''), content) }, { noNullPrototype: true }),
      fc.record({ tag: name, attributes, children: fc.array(tie('tree'), { minLength: 1, maxLength: 4, depthIdentifier: 'tree' }), text: fc.constant('') }, { noNullPrototype: true }),
    ),
  }));
  return tree;
}

/** Trees that every syntax can express, and trees that XML and YAML can. */
export const plainTrees: Readonly<Record<Syntax, fc.Arbitrary<PlainNode>>> = {
  xml: trees(anyName, anyText, anyText),
  yaml: trees(anyName, anyText, anyText),
  hid: trees(hidName, hidValue, hidText),
};
