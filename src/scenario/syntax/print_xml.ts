// Node tree to XML, in one canonical form: two blanks per level, an element's text on its own line's tags, nothing escaped that
// need not be (Genode's XML parser does not decode attribute values). Owns no state.

import type { DiagnosticList } from '../diagnostic.ts';
import type { PlainNode } from './content.ts';
import type { Node } from './node.ts';
import { commonCharacters, commonNameProblem, type Expressible, printable } from './printable.ts';

const XML: Expressible = { syntax: 'XML', nameProblem: commonNameProblem, value: commonCharacters, text: commonCharacters };

/** Undefined, with an error, if the root cannot be written. */
export function printXml(root: Node, diagnostics: DiagnosticList): string | undefined {
  const plain = printable(root, XML, diagnostics);
  return plain === undefined ? undefined : element(plain, '');
}

function element({ tag, attributes, children, text }: PlainNode, indent: string): string {
  const start = `${indent}<${tag}${attributes.map(([name, value]) => ` ${name}="${escaped(value, /[&<"\t\n\r]/g)}"`).join('')}`;
  if (text !== '') return `${start}>${escaped(text, /[&<\r]|(?<=\]\])>/g)}</${tag}>\n`;
  if (children.length === 0) return `${start}/>\n`;
  return `${start}>\n${children.map((child) => element(child, `${indent}  `)).join('')}${indent}</${tag}>\n`;
}

const REFERENCES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string, special: RegExp): string {
  return text.replace(special, (character) => REFERENCES[character] ?? `&#${character.charCodeAt(0)};`);
}
