// Node tree to YAML, in one canonical form: attributes alone are a map on one line, one element inside makes a map, several a list,
// because their order means something. Owns no state. The rule of technology.md 2.1, backwards.

import type { DiagnosticList } from '../diagnostic.ts';
import type { PlainNode } from './content.ts';
import type { Node } from './node.ts';
import { commonCharacters, commonNameProblem, type Expressible, printable } from './printable.ts';
import { TEXT_KEY } from './yaml_text_key.ts';

const YAML: Expressible = { syntax: 'YAML', nameProblem, value: commonCharacters, text: commonCharacters };

const LINE_COLUMNS = 100;
/** YAML ends a key on one line after 1024 characters. */
const NAME_CHARACTERS_MAX = 1000;
const PLAIN_KEY = /^[\p{L}_][\p{L}\p{N}_.-]*$/u;
/** What needs no quotes wherever it stands: nothing that starts like other syntax, no ': ', no ' #', no flow punctuation. */
const PLAIN = /^(?:[\p{L}\p{N}_./$(<^~+=;\\]|-(?=[\p{L}\p{N}_./]))[^\s,[\]{}#:"'`|%@&!?]*(?:[ :][^\s,[\]{}#:"'`|%@&!?]+)*$/u;

/** Undefined, with an error, if the root cannot be written. */
export function printYaml(root: Node, diagnostics: DiagnosticList): string | undefined {
  const plain = printable(root, YAML, diagnostics);
  return plain === undefined ? undefined : `${element(plain, '', '').join('\n')}\n`;
}

function nameProblem(name: string): string | undefined {
  return name.length > NAME_CHARACTERS_MAX ? `it is longer than ${NAME_CHARACTERS_MAX} characters` : commonNameProblem(name);
}

/** Lines of `key: body`; `first` stands before the key, `indent` before what is inside. */
function element(node: PlainNode, first: string, indent: string): readonly string[] {
  const { tag, attributes, children, text } = node;
  const own = `${first}${key(tag)}`;
  if (attributes.length === 0 && children.length === 0 && text === '') return [own];
  const flow = `${own} {${attributes.map(([name, value]) => `${key(name)} ${scalar(value)}`).join(', ')}}`;
  if (children.length === 0 && text === '' && flow.length <= LINE_COLUMNS) return [flow];
  const list = children.length > 1 || children.some((child) => attributes.some(([name]) => name === child.tag));
  const inner = `${indent}  `;
  const before = list ? `${inner}- ` : inner;
  const deeper = list ? `${inner}  ` : inner;
  const lines = [own, ...attributes.map(([name, value]) => `${before}${key(name)} ${scalar(value)}`)];
  if (text !== '') lines.push(...textLines(text, before, deeper));
  for (const child of children) for (const line of element(child, before, deeper)) lines.push(line);
  return lines;
}

function textLines(text: string, before: string, indent: string): readonly string[] {
  const lines = text.split('\n');
  const literal = lines.length > 1 && lines.every((line) => line === '' || (/^[^ \t]/.test(line) && !UNPRINTABLE.test(line))) && lines[0] !== '' && lines.at(-1) !== '';
  if (!literal) return [`${before}"${TEXT_KEY}": ${scalar(text)}`];
  return [`${before}"${TEXT_KEY}": |-`, ...lines.map((line) => (line === '' ? '' : `${indent}  ${line}`))];
}

const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]/u;

function key(name: string): string {
  return PLAIN_KEY.test(name) ? `${name}:` : `${JSON.stringify(name)}:`;
}

function scalar(text: string): string {
  if (PLAIN.test(text) && !UNPRINTABLE.test(text)) return text;
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
