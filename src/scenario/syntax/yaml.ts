// YAML into the node tree: a scalar is an attribute; a map, a list or nothing is an element; "#text" is text (technology.md 2.1).
// Owner of what the aliases of a file may still add, and of the number of elements, while reading.

import { type Alias, isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap } from 'yaml';
import type { Code, DiagnosticList, Note, Span } from '../diagnostic.ts';
import { ALIAS_CHARACTERS_MAX, ATTRIBUTES_PER_ELEMENT_MAX, ELEMENTS_MAX, NESTING_DEPTH_MAX } from '../limits.ts';
import type { Source } from '../source.ts';
import { isName, isReserved, misplacedCharacter } from './names.ts';
import type { Attribute, Node, Text } from './node.ts';
import { TEXT_KEY } from './yaml_text_key.ts';
import { readYamlText, type YamlText } from './yaml_document.ts';

export interface YamlDocument {
  /** Left out where there are errors. */
  readonly root?: Node;
  /** What the tree does not carry. */
  readonly comments: readonly Span[];
  readonly aliases: readonly Span[];
}

/** Reads one document; undefined if it is no tree of elements (the list then says why). */
export function readYaml(source: Source, diagnostics: DiagnosticList): Node | undefined {
  return readYamlDocument(source, diagnostics).root;
}

export function readYamlDocument(source: Source, diagnostics: DiagnosticList): YamlDocument {
  const text = readYamlText(source, diagnostics);
  if (text === undefined) return { comments: [], aliases: [] };
  const root = new YamlReader(source, text, diagnostics).read();
  const aliases = [...text.targets.keys()].map(({ range }) => ({ source, start: range?.[0] ?? 0, end: range?.[1] ?? 0 }));
  return { comments: text.comments, aliases, ...(root === undefined ? {} : { root }) };
}

type Value = ParsedNode | null;

interface Entry {
  readonly key: Scalar.Parsed;
  readonly value: Value;
  /** It was reached through an alias. */
  readonly aliased: boolean;
}

interface Body {
  readonly attributes: Attribute[];
  readonly children: Node[];
  readonly text: Text[];
}

class YamlReader {
  readonly #source: Source;
  readonly #text: YamlText;
  readonly #diagnostics: DiagnosticList;
  #aliasCharacters = ALIAS_CHARACTERS_MAX;
  #elements = 0;
  #failed = false;
  /** A limit was reached. */
  #stopped = false;

  constructor(source: Source, text: YamlText, diagnostics: DiagnosticList) {
    this.#source = source;
    this.#text = text;
    this.#diagnostics = diagnostics;
  }

  read(): Node | undefined {
    const { contents } = this.#text;
    if (contents === null || isNothing(contents)) {
      this.#error('E008', this.#span(0, 0), 'the file has no root element');
      return undefined;
    }
    const [entry, second] = isMap(contents) ? this.#mapEntries(contents, false, 0) : [];
    if (entry === undefined) {
      this.#error('E008', this.#spanOf(contents), 'the file is not a map with the root element as its key', "write 'scenario:', and what belongs to it indented below");
      return undefined;
    }
    if (second !== undefined) this.#error('E008', this.#spanOf(second.key), `'${textOf(second.key)}' is a second root element`, 'a file has one root element');
    if (!this.#isElement(entry.value)) {
      this.#error('E008', this.#spanOf(entry.key), `'${textOf(entry.key)}' is the root element, but has a plain value`);
      return undefined;
    }
    const root = this.#element(entry, 1);
    return this.#failed ? undefined : root;
  }

  #element({ key, value, aliased }: Entry, depth: number): Node | undefined {
    const tag = textOf(key);
    const tagSpan = this.#spanOf(key);
    if (this.#stopped || !this.#named(tag, tagSpan, 'element')) return undefined;
    if (isReserved(tag)) return this.#error('E021', tagSpan, `element name '${tag}' is reserved`);
    this.#elements += 1;
    if (this.#elements > ELEMENTS_MAX) return this.#limit(tagSpan, `more than ${ELEMENTS_MAX} elements`);
    if (depth > NESTING_DEPTH_MAX) return this.#limit(tagSpan, `elements are nested deeper than ${NESTING_DEPTH_MAX}`);
    if (aliased) this.#charge(tag.length, tagSpan);
    const { attributes, children, text } = this.#body(value, aliased, depth, tag);
    const end = value === null ? tagSpan.end : this.#spanOf(value).end;
    return { tag, tagSpan, attributes, children, text, span: this.#span(tagSpan.start, end) };
  }

  #body(value: Value, aliased: boolean, depth: number, tag: string): Body {
    const body: Body = { attributes: [], children: [], text: [] };
    for (const entry of this.#entries(value, aliased)) {
      if (this.#stopped) break;
      if (textOf(entry.key) === TEXT_KEY) this.#addText(body, entry);
      else if (!this.#isElement(entry.value)) this.#addAttribute(body, entry);
      else {
        const child = this.#element(entry, depth + 1);
        if (child !== undefined) body.children.push(child);
      }
    }
    const [text] = body.text;
    if (text !== undefined && body.children.length > 0) this.#error('E016', text.span, `text of '${tag}' beside elements`, 'an element has elements or text inside, not both');
    return body;
  }

  #addAttribute(body: Body, { key, value, aliased }: Entry): void {
    const name = textOf(key);
    const nameSpan = this.#spanOf(key);
    if (!this.#named(name, nameSpan, 'attribute')) return;
    const earlier = body.attributes.find((attribute) => attribute.name === name);
    if (earlier !== undefined) return this.#error('E009', nameSpan, `attribute '${name}' is given twice`, undefined, [{ message: 'first given here', span: earlier.nameSpan }]);
    const scalar = this.#scalar(value, aliased, name.length);
    if (body.attributes.length >= ATTRIBUTES_PER_ELEMENT_MAX) return this.#limit(nameSpan, `more than ${ATTRIBUTES_PER_ELEMENT_MAX} attributes`);
    if (scalar !== undefined) body.attributes.push({ name, value: scalar.text, nameSpan, valueSpan: scalar.span });
  }

  #addText(body: Body, { key, value, aliased }: Entry): void {
    const scalar = this.#scalar(value, aliased, TEXT_KEY.length);
    if (scalar !== undefined) body.text.push(scalar);
    else if (value !== null) this.#error('E022', this.#spanOf(key), `'${TEXT_KEY}' has a plain value, no map or list`);
  }

  /** A scalar's text; undefined after an error, or if it is none. */
  #scalar(value: Value, aliased: boolean, more: number): Text | undefined {
    const target = this.#target(value);
    if (value === null || !isScalar(target)) return undefined;
    const text = textOf(target);
    const span = this.#spanOf(value);
    if (aliased || target !== value) this.#charge(text.length + more, span);
    const misplaced = misplacedCharacter(text);
    if (misplaced !== undefined) return this.#error('E002', span, `control character ${misplaced.code} is not allowed`);
    const quotes = isScalar(value) && (value.type === 'QUOTE_DOUBLE' || value.type === 'QUOTE_SINGLE') ? 1 : 0;
    return { text, span: this.#span(span.start + quotes, span.end - quotes) };
  }

  /** What a map or a list of maps with one key each holds, in order. */
  #entries(value: Value, aliased: boolean): readonly Entry[] {
    const target = this.#target(value);
    if (target === null || isNothing(target)) return [];
    const through = aliased || target !== value;
    if (through) this.#charge(isScalar(target) || isAlias(target) ? 1 : target.items.length, this.#spanOf(value ?? target));
    if (isMap(target)) return this.#mapEntries(target, through, 0);
    if (!isSeq(target)) return [];
    return target.items.map((item) => this.#item(item, through)).filter((entry) => entry !== undefined);
  }

  #item(item: ParsedNode, aliased: boolean): Entry | undefined {
    const target = this.#target(item);
    const through = aliased || target !== item;
    if (through) this.#charge(1, this.#spanOf(item));
    if (!isMap(target)) return this.#noItem(item, target);
    const [pair, second] = target.items;
    if (pair === undefined) return this.#error('E022', this.#spanOf(item), 'a list item names an element or an attribute', "write '- name:'");
    if (second !== undefined) {
      const help = `if '${textOf(second.key)}' belongs into '${textOf(pair.key)}', indent it deeper; if not, begin another item`;
      return this.#error('E022', this.#spanOf(second.key), `a list item has one key, this one is a further: '${textOf(second.key)}'`, help);
    }
    if (isMerge(pair.key)) return this.#error('E022', this.#spanOf(pair.key), "a merge key '<<' stands in maps, not in lists", "write '- *alias' for one more item");
    return isScalar(pair.key) ? { key: pair.key, value: pair.value, aliased: through } : undefined;
  }

  #noItem(item: ParsedNode, target: Value): undefined {
    const word = isScalar(target) ? textOf(target) : '';
    const message = isSeq(target) ? 'a list stands directly in a list' : word === '' ? 'a list item is empty' : `the list item '${word}' is neither an element nor an attribute`;
    return this.#error('E022', this.#spanOf(item), message, isName(word) ? `an element is written '${word}:', with a colon` : "a list item is 'name:' or 'name: value'");
  }

  /** The map's own entries, and in place of each `<<` those that are merged; own ones win, then earlier ones. */
  #mapEntries(map: YAMLMap.Parsed, aliased: boolean, depth: number): readonly Entry[] {
    const own = new Map<string, Scalar.Parsed>();
    for (const { key } of map.items) {
      if (!isScalar(key) || isMerge(key)) continue;
      const name = textOf(key);
      const earlier = own.get(name);
      if (earlier === undefined) own.set(name, key);
      else this.#error('E009', this.#spanOf(key), `key '${name}' is given twice`, 'to repeat an element, write a list of elements', [{ message: 'first given here', span: this.#spanOf(earlier) }]);
    }
    const merged = new Set<string>();
    const entries: Entry[] = [];
    for (const { key, value } of map.items) {
      if (!isScalar(key)) continue;
      if (!isMerge(key)) entries.push({ key, value, aliased });
      else {
        for (const entry of this.#merged(key, value, depth)) {
          const name = textOf(entry.key);
          if (own.has(name) || merged.has(name)) continue;
          merged.add(name);
          entries.push(entry);
        }
      }
    }
    return entries;
  }

  #merged(key: Scalar.Parsed, value: Value, depth: number): readonly Entry[] {
    if (this.#stopped) return [];
    if (depth > NESTING_DEPTH_MAX) {
      this.#limit(this.#spanOf(key), `merge keys lead deeper than ${NESTING_DEPTH_MAX}`);
      return [];
    }
    const target = this.#target(value);
    const maps = isSeq(target) ? target.items.map((item) => this.#target(item)) : [target];
    const entries: Entry[] = [];
    for (const map of maps) {
      if (map === null || !isMap(map)) this.#error('E022', this.#spanOf(key), "'<<' merges a map or a list of maps", "write '<<: *alias'");
      else {
        this.#charge(1 + map.items.length, this.#spanOf(key));
        for (const entry of this.#stopped ? [] : this.#mapEntries(map, true, depth + 1)) entries.push(entry);
      }
    }
    return entries;
  }

  /** Whether a key with this value names an element, not an attribute. */
  #isElement(value: Value): boolean {
    const target = this.#target(value);
    return !isScalar(target) || isNothing(target);
  }

  #target(value: Value): Value {
    return isAlias(value) ? (this.#text.targets.get(value as Alias) ?? null) : value;
  }

  #named(name: string, span: Span, what: string): boolean {
    if (isName(name)) return true;
    this.#error('E022', span, `'${name}' is no name of an ${what}`, 'a name is of letters, digits, _ . - and :, a letter first');
    return false;
  }

  /** Counts what aliases add to the tree, so that a small file cannot make a huge one. */
  #charge(characters: number, span: Span): void {
    this.#aliasCharacters -= characters + 1;
    if (this.#aliasCharacters < 0 && !this.#stopped) this.#limit(span, `the aliases of this file add more than ${ALIAS_CHARACTERS_MAX} characters`);
  }

  #limit(span: Span, message: string): undefined {
    this.#stopped = true;
    return this.#error('E010', span, message);
  }

  #spanOf(node: ParsedNode): Span {
    return this.#span(node.range[0], node.range[1]);
  }

  #span(start: number, end: number): Span {
    return { source: this.#source, start, end: Math.max(start, Math.min(end, this.#source.text.length)) };
  }

  #error(code: Code, span: Span, message: string, help?: string, notes: readonly Note[] = []): undefined {
    this.#failed = true;
    this.#diagnostics.error(code, span, message, { help, notes });
    return undefined;
  }
}

/** An empty value, as in `parent:`; not `""`, which is an empty text. */
function isNothing(value: Value): boolean {
  return value === null || (isScalar(value) && value.type === 'PLAIN' && value.source === '' && value.tag === undefined);
}

function isMerge(key: ParsedNode): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}

function textOf(node: ParsedNode): string {
  return isScalar(node) ? String(node.value) : '';
}
