// The safe half of reading YAML: text into the yaml package's nodes, every complaint a diagnostic, every alias resolved.
// The package recurses and resolves aliases by search, so depth and aliases are checked here, in linear time. technology.md 2.

import { type Alias, Composer, type CST, type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode, Parser } from 'yaml';
import type { Code, DiagnosticList, Span } from '../diagnostic.ts';
import { NESTING_DEPTH_MAX, YAML_CHARACTERS_MAX } from '../limits.ts';
import type { Source } from '../source.ts';
import { misplacedCharacter } from './names.ts';

export interface YamlText {
  readonly contents: ParsedNode | null;
  /** What an alias stands for. */
  readonly targets: ReadonlyMap<Alias, ParsedNode>;
  readonly comments: readonly Span[];
}

/** Every scalar stays the text it is; merge keys and duplicate keys are handled by the reader of the nodes. */
const OPTIONS = { schema: 'failsafe', version: '1.2', stringKeys: true, uniqueKeys: false, strict: true, prettyErrors: false, merge: false } as const;

/** An element is a key in a map in a list: two levels of YAML. */
const DEPTH_MAX = 2 * NESTING_DEPTH_MAX + 2;

/** Undefined after an error. */
export function readYamlText(source: Source, diagnostics: DiagnosticList): YamlText | undefined {
  return new YamlTextReader(source, diagnostics).read();
}

class YamlTextReader {
  readonly #source: Source;
  readonly #diagnostics: DiagnosticList;
  readonly #comments: Span[] = [];
  #failed = false;

  constructor(source: Source, diagnostics: DiagnosticList) {
    this.#source = source;
    this.#diagnostics = diagnostics;
  }

  read(): YamlText | undefined {
    const { text } = this.#source;
    if (text.length > YAML_CHARACTERS_MAX) this.#error('E010', 0, 0, `the file has ${text.length} characters, the limit for YAML is ${YAML_CHARACTERS_MAX}`);
    const misplaced = misplacedCharacter(text);
    if (misplaced !== undefined) this.#error('E002', misplaced.index, misplaced.index + 1, `control character ${misplaced.code} is not allowed`);
    if (this.#failed) return undefined;
    try {
      const tokens = [...new Parser().parse(text)];
      this.#checkTokens(tokens);
      const document = this.#failed ? undefined : this.#compose(tokens);
      if (document === undefined || this.#failed) return undefined;
      const targets = new Anchors((code, node, message) => this.#error(code, node.range[0], node.range[1], message)).resolve(document.contents);
      return this.#failed ? undefined : { contents: document.contents, targets, comments: this.#comments };
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#error('E001', 0, text.length, `the YAML reader gives up on this file: ${reason}`);
      return undefined;
    }
  }

  /** Depth, before the package recurses into it; comments on the way. */
  #checkTokens(tokens: readonly CST.Token[]): void {
    const stack: { readonly token: CST.Token; readonly depth: number }[] = tokens.map((token) => ({ token, depth: 0 })).reverse();
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { token, depth } = next;
      if (token.type === 'comment') this.#comments.push(this.#span(token.offset, token.offset + token.source.length));
      const inside = partsOf(token);
      const collection = 'items' in token;
      if (collection && depth >= DEPTH_MAX) {
        this.#error('E010', token.offset, token.offset + 1, `elements are nested deeper than ${NESTING_DEPTH_MAX}`);
        return;
      }
      for (const part of inside) stack.push({ token: part, depth: collection ? depth + 1 : depth });
    }
  }

  #compose(tokens: readonly CST.Token[]): Document.Parsed | undefined {
    const [document, second] = new Composer(OPTIONS).compose(tokens, true, this.#source.text.length);
    if (document === undefined) return undefined;
    // One mistake makes the package complain several times about the same line: the first complaint is about the mistake.
    const told = new Set<number>();
    for (const { code, pos, message } of [...document.errors, ...document.warnings]) {
      const { line } = this.#source.position(pos[0]);
      if (told.has(line)) continue;
      told.add(line);
      this.#error(code === 'RESOURCE_EXHAUSTION' ? 'E010' : 'E022', pos[0], pos[1], message);
    }
    if (second !== undefined) this.#error('E008', second.range[0], second.range[1], 'a file has one YAML document');
    return document;
  }

  #span(start: number, end: number): Span {
    const { length } = this.#source.text;
    const first = Math.max(0, Math.min(start, length));
    return { source: this.#source, start: first, end: Math.max(first, Math.min(end, length)) };
  }

  #error(code: Code, start: number, end: number, message: string): void {
    this.#failed = true;
    this.#diagnostics.error(code, this.#span(start, end), message);
  }
}

/** The tokens inside a token, in no order that matters. */
function partsOf(token: CST.Token): readonly CST.Token[] {
  const parts: CST.Token[] = [];
  if ('items' in token) {
    for (const { start, key, sep, value } of token.items) {
      for (const part of start) parts.push(part);
      if (key !== null && key !== undefined) parts.push(key);
      for (const part of sep ?? []) parts.push(part);
      if (value !== undefined) parts.push(value);
    }
  }
  if (token.type === 'document') {
    for (const part of token.start) parts.push(part);
    if (token.value !== undefined) parts.push(token.value);
  }
  if (token.type === 'block-scalar') for (const part of token.props) parts.push(part);
  if ('end' in token && Array.isArray(token.end)) for (const part of token.end) parts.push(part);
  return parts;
}

/** Follows the document in order: an alias means the latest anchor of its name before it, which must be complete. */
class Anchors {
  readonly #error: (code: Code, node: ParsedNode, message: string) => void;
  readonly #anchors = new Map<string, ParsedNode>();
  readonly #around = new Set<ParsedNode>();
  readonly #targets = new Map<Alias, ParsedNode>();

  constructor(error: (code: Code, node: ParsedNode, message: string) => void) {
    this.#error = error;
  }

  resolve(contents: ParsedNode | null): ReadonlyMap<Alias, ParsedNode> {
    this.#visit(contents);
    return this.#targets;
  }

  #visit(node: ParsedNode | null | undefined): void {
    if (node === null || node === undefined) return;
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target === undefined) this.#error('E018', node, `no anchor '&${node.source}' stands before this`);
      else if (this.#around.has(target)) this.#error('E022', node, `alias '*${node.source}' stands inside what it stands for`);
      else this.#targets.set(node, target);
      return;
    }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return;
    this.#around.add(node);
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        this.#visit(key);
        this.#visit(value);
      }
    } else if (isSeq(node)) for (const item of node.items) this.#visit(item);
    this.#around.delete(node);
  }
}
