// Node tree to HID, in one canonical form: a chain of single sub nodes, or a node with one line of text, is one line if it is short.
// Owns no state. What HID cannot hold: init-run-tools.md 1.15.

import type { DiagnosticList } from '../diagnostic.ts';
import type { PlainNode } from './content.ts';
import { codeOf, isHidName } from './names.ts';
import type { Node } from './node.ts';
import { type Expressible, type Kept, printable } from './printable.ts';

const LINE_COLUMNS = 80;
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]/u;
const UNPRINTABLE_IN_TEXT = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]/u;

const HID: Expressible = {
  syntax: 'HID',
  nameProblem: (name) => (isHidName(name) ? undefined : 'a name is of a-z, 0-9, _ and -, a letter first'),
  value,
  text: (text) => {
    const index = text.search(UNPRINTABLE_IN_TEXT);
    return index === -1 ? { kept: text } : { problem: `character ${codeOf(text, index)}` };
  },
};

function value(text: string): Kept {
  const index = text.search(UNPRINTABLE);
  if (index !== -1) return { problem: `character ${codeOf(text, index)}` };
  if (text.includes('|')) return { problem: "'|' separates attributes" };
  const kept = withoutOuterBlanks(text);
  return kept === text ? { kept } : { kept, problem: 'blanks around a value do not count' };
}

function withoutOuterBlanks(text: string): string {
  let first = 0;
  let last = text.length;
  while (last > 0 && text[last - 1] === ' ') last -= 1;
  while (first < last && text[first] === ' ') first += 1;
  return text.slice(first, last);
}

/** Undefined, with an error, if the root cannot be written. */
export function printHid(root: Node, diagnostics: DiagnosticList): string | undefined {
  const plain = printable(root, HID, diagnostics);
  if (plain === undefined) return undefined;
  return `${[...head(plain, '', ''), ...inside(plain, ''), '-'].join('\n')}\n`;
}

function node(plain: PlainNode, indent: string): readonly string[] {
  const line = oneLine(plain);
  if (line !== undefined && indent.length + line.length <= LINE_COLUMNS) return [indent + line];
  return [...head(plain, `${indent}+ `, `${indent}  `), ...inside(plain, `${indent}  `)];
}

function inside({ children, text }: PlainNode, indent: string): readonly string[] {
  const quoted = text === '' ? [] : text.split('\n').map((line) => indent + quote(line));
  return [...quoted, ...children.flatMap((child) => node(child, indent))];
}

function quote(line: string): string {
  return line === '' ? ':' : `: ${line}`;
}

/** A node with at most one thing inside, which is such a node again or a line of text. */
function oneLine(plain: PlainNode): string | undefined {
  const [child, second] = plain.children;
  const own = `+ ${parts(plain).join(' | ')}`;
  if (second !== undefined || plain.text.includes('\n')) return undefined;
  if (plain.text !== '') return `${own} | ${quote(plain.text)}`;
  if (child === undefined) return own;
  const rest = oneLine(child);
  return rest === undefined ? undefined : `${own} | ${rest}`;
}

/** The node's type with its name, then its attributes, on as many lines as they need. */
function head(plain: PlainNode, first: string, indent: string): readonly string[] {
  const [own = '', ...attributes] = parts(plain);
  const lines = [first + own];
  for (const attribute of attributes) {
    const last = lines.length - 1;
    const longer = `${lines[last]} | ${attribute}`;
    if (longer.length <= LINE_COLUMNS) lines[last] = longer;
    else lines.push(`${indent}| ${attribute}`);
  }
  return lines;
}

function parts({ tag, attributes }: PlainNode): readonly string[] {
  const [first, ...others] = attributes.map(([name, content]) => ({ name, content }));
  if (first === undefined) return [tag];
  const named = first.name === 'name' && first.content !== '' && !/^(?:[a-z][a-z0-9_-]*:|[+x.:] )/.test(first.content);
  const pairs = named ? others : [first, ...others];
  return [named ? `${tag} ${first.content}` : tag, ...pairs.map(({ name, content }) => (content === '' ? `${name}:` : `${name}: ${content}`))];
}
