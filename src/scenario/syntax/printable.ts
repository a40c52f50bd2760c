// What a printer prints: the tree without what its syntax cannot express. Every loss is a warning, so that a printer is a plain function.
// Owns no state.

import type { DiagnosticList } from '../diagnostic.ts';
import { type PlainNode, textOf } from './content.ts';
import { isName, isReserved, misplacedCharacter } from './names.ts';
import type { Node } from './node.ts';

/** What is left of a value or text, and why it is not all of it. */
export interface Kept {
  readonly kept?: string;
  readonly problem?: string;
}

/** What a syntax can express. */
export interface Expressible {
  readonly syntax: 'XML' | 'YAML' | 'HID';
  /** Why a name cannot be written. */
  nameProblem(name: string): string | undefined;
  value(value: string): Kept;
  text(text: string): Kept;
}

/** Undefined, with an error, if the root itself cannot be written. */
export function printable(root: Node, syntax: Expressible, diagnostics: DiagnosticList): PlainNode | undefined {
  const problem = tagProblem(root.tag, syntax);
  if (problem === undefined) return reduced(root, syntax, diagnostics);
  diagnostics.error('E024', root.tagSpan, `${syntax.syntax} cannot express the element <${root.tag}>: ${problem}`);
  return undefined;
}

function reduced(node: Node, syntax: Expressible, diagnostics: DiagnosticList): PlainNode {
  const attributes: [string, string][] = [];
  for (const { name, value, nameSpan, valueSpan } of node.attributes) {
    const nameProblem = syntax.nameProblem(name);
    const { kept, problem } = nameProblem === undefined ? syntax.value(value) : { problem: nameProblem };
    if (problem !== undefined) {
      const lost = kept === undefined ? 'attribute left out' : `written as '${kept}'`;
      diagnostics.warning('E024', nameProblem === undefined ? valueSpan : nameSpan, `${syntax.syntax} cannot express ${name}="${value}": ${problem}; ${lost}`);
    }
    if (kept !== undefined) attributes.push([name, kept]);
  }
  const children = node.children.filter((child) => {
    const problem = tagProblem(child.tag, syntax);
    if (problem !== undefined) diagnostics.warning('E024', child.tagSpan, `${syntax.syntax} cannot express the element <${child.tag}>: ${problem}; element left out`);
    return problem === undefined;
  });
  return { tag: node.tag, attributes, children: children.map((child) => reduced(child, syntax, diagnostics)), text: reducedText(node, children.length, syntax, diagnostics) };
}

function reducedText(node: Node, children: number, syntax: Expressible, diagnostics: DiagnosticList): string {
  const text = textOf(node);
  if (text === '') return '';
  const { kept = '', problem } = children > 0 ? { problem: 'it stands beside elements' } : syntax.text(text);
  const span = node.text.find((piece) => /[^ \t\r\n]/.test(piece.text))?.span ?? node.span;
  if (problem !== undefined) diagnostics.warning('E024', span, `${syntax.syntax} cannot express the text of <${node.tag}>: ${problem}; ${kept === '' ? 'text left out' : 'text changed'}`);
  return kept;
}

function tagProblem(tag: string, syntax: Expressible): string | undefined {
  return isReserved(tag) ? 'the name is reserved' : syntax.nameProblem(tag);
}

/** Names and characters as all syntaxes have them. */
export function commonNameProblem(name: string): string | undefined {
  return isName(name) ? undefined : 'a name is of letters, digits, _ . - and :, a letter first';
}

export function commonCharacters(text: string): Kept {
  const misplaced = misplacedCharacter(text);
  return misplaced === undefined ? { kept: text } : { problem: `character ${misplaced.code}` };
}
