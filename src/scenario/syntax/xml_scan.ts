// The strict layer under the XML reader: walks the markup once, refuses what fast-xml-parser accepts, and knows every position.
// Owner of the stack of open elements while scanning. Rules: XML 1.0 without document types; traps as in technology.md 1.2.

import type { Code, DiagnosticList, Span } from '../diagnostic.ts';
import { ATTRIBUTES_PER_ELEMENT_MAX, ELEMENTS_MAX, NESTING_DEPTH_MAX } from '../limits.ts';
import type { Source } from '../source.ts';
import type { Attribute, Text } from './node.ts';
import { NAME_PATTERN } from './names.ts';
import { decodeEntities } from './xml_entities.ts';

export interface ScannedElement {
  readonly tag: string;
  readonly start: number;
  /** Behind the end tag; -1 while open. */
  end: number;
  readonly tagSpan: Span;
  readonly attributes: Attribute[];
  readonly text: Text[];
}

const NAME = new RegExp(NAME_PATTERN, 'uy');
const DECLARATION = /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.[0-9]+"|'1\.[0-9]+')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"[A-Za-z][A-Za-z0-9._-]*"|'[A-Za-z][A-Za-z0-9._-]*'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>$/;
const BLANK = /[ \t\r\n]*/y;
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** As XML 1.0 normalises text, and attribute values. */
const lineEnds = (literal: string) => literal.replaceAll(/\r\n?/g, '\n');
const blanks = (literal: string) => literal.replaceAll(/\r\n?|[\t\n]/g, ' ');

/** Elements by the offset of their start tag. Meaningful only if no error was added. */
export function scanXml(source: Source, diagnostics: DiagnosticList): ReadonlyMap<number, ScannedElement> {
  return new Scanner(source, diagnostics).scan();
}

class Scanner {
  readonly #source: Source;
  readonly #text: string;
  readonly #diagnostics: DiagnosticList;
  readonly #elements = new Map<number, ScannedElement>();
  readonly #open: ScannedElement[] = [];
  #at = 0;
  #roots = 0;

  constructor(source: Source, diagnostics: DiagnosticList) {
    this.#source = source;
    this.#text = source.text;
    this.#diagnostics = diagnostics;
  }

  scan(): ReadonlyMap<number, ScannedElement> {
    for (const match of this.#text.matchAll(CONTROL)) {
      const code = match[0].charCodeAt(0).toString(16).padStart(4, '0');
      this.#error('E002', match.index, match.index + 1, `control character U+${code.toUpperCase()} is not allowed`);
    }
    if (this.#text.startsWith('\ufeff')) this.#at = 1;
    while (this.#at < this.#text.length && this.#step());
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined && !this.#diagnostics.failed) this.#unclosed(unclosed);
    if (this.#roots === 0 && !this.#diagnostics.failed) this.#error('E008', 0, 0, 'the file has no root element');
    return this.#elements;
  }

  /** Reads one piece of markup or text; false where going on makes no sense. */
  #step(): boolean {
    const next = this.#text.indexOf('<', this.#at);
    const end = next === -1 ? this.#text.length : next;
    if (end > this.#at) this.#characters(this.#at, end);
    this.#at = end;
    if (next === -1) return false;
    if (this.#text.startsWith('<!--', next)) return this.#comment();
    if (this.#text.startsWith('<![CDATA[', next)) return this.#cdata();
    if (this.#text.startsWith('<?', next)) return this.#instruction();
    if (this.#text.startsWith('<!', next)) {
      this.#error('E003', next, next + 9, 'document type declarations are refused', 'a scenario needs none: remove it');
      return false;
    }
    return this.#text.startsWith('</', next) ? this.#endTag() : this.#startTag();
  }

  #characters(start: number, end: number): void {
    const raw = this.#text.slice(start, end);
    const illegal = raw.indexOf(']]>');
    if (illegal !== -1) this.#error('E005', start + illegal, start + illegal + 3, "']]>' is not allowed in text", "write ']]&gt;'");
    const parent = this.#open.at(-1);
    if (parent !== undefined) {
      const text = decodeEntities(this.#source, start, end, lineEnds, this.#diagnostics);
      parent.text.push({ text, span: this.#span(start, end) });
      return;
    }
    const first = raw.search(/[^ \t\r\n]/);
    if (first === -1) return;
    const stop = start + raw.trimEnd().length;
    this.#error('E008', start + first, Math.max(stop, start + first + 1), this.#roots === 0 ? 'text stands before the root element' : 'text stands after the root element');
  }

  #comment(): boolean {
    const body = this.#at + 4;
    const dashes = this.#text.indexOf('--', body);
    if (dashes === -1) return this.#fatal('E005', this.#at, this.#at + 4, "comment has no end '-->'");
    if (this.#text[dashes + 2] !== '>') return this.#fatal('E005', dashes, dashes + 2, "'--' is not allowed inside a comment");
    this.#at = dashes + 3;
    return true;
  }

  #cdata(): boolean {
    const end = this.#text.indexOf(']]>', this.#at);
    if (end === -1) return this.#fatal('E005', this.#at, this.#at + 9, "CDATA section has no end ']]>'");
    const parent = this.#open.at(-1);
    if (parent === undefined) return this.#fatal('E008', this.#at, this.#at + 9, 'CDATA section stands outside the root element');
    parent.text.push({ text: lineEnds(this.#text.slice(this.#at + 9, end)), span: this.#span(this.#at, end + 3) });
    this.#at = end + 3;
    return true;
  }

  #instruction(): boolean {
    const end = this.#text.indexOf('?>', this.#at);
    if (end === -1) return this.#fatal('E005', this.#at, this.#at + 2, "processing instruction has no end '?>'");
    const target = this.#name(this.#at + 2);
    if (target === '') return this.#fatal('E005', this.#at, this.#at + 2, 'processing instruction has no name');
    const body = this.#text.slice(this.#at + 2, end);
    if (!/^(?:$|[ \t\r\n])/.test(body.slice(target.length))) return this.#fatal('E005', this.#at, end + 2, `expected a blank behind the name of the processing instruction`);
    if (/["'<]/.test(body.replaceAll(/"[^"<]*"|'[^'<]*'/g, ''))) return this.#fatal('E005', this.#at, end + 2, 'malformed processing instruction');
    if (target.toLowerCase() === 'xml') {
      const first = this.#text.startsWith('\ufeff') ? 1 : 0;
      if (this.#at !== first) return this.#fatal('E005', this.#at, end + 2, 'the XML declaration may stand only at the very beginning');
      if (!DECLARATION.test(this.#text.slice(this.#at, end + 2))) return this.#fatal('E005', this.#at, end + 2, 'malformed XML declaration', 'write <?xml version="1.0" encoding="UTF-8"?>');
      const encoding = /\sencoding\s*=\s*["']([^"']*)["']/.exec(body)?.[1];
      if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding)) this.#error('E001', this.#at, end + 2, `encoding '${encoding}' is not read`, 'store the file as UTF-8');
    }
    this.#at = end + 2;
    return true;
  }

  #endTag(): boolean {
    const start = this.#at;
    const tag = this.#name(start + 2);
    const close = this.#skipBlanks(start + 2 + tag.length);
    if (tag === '' || this.#text[close] !== '>') return this.#fatal('E005', start, Math.max(close, start + 2), "malformed end tag, expected '</name>'");
    this.#at = close + 1;
    const opener = this.#open.at(-1);
    if (opener?.tag === tag) {
      this.#open.pop();
      opener.end = this.#at;
      return true;
    }
    const span = this.#span(start, this.#at);
    if (opener === undefined) {
      this.#diagnostics.error('E006', span, `end tag </${tag}> closes nothing`);
      return false;
    }
    this.#diagnostics.error('E006', span, `end tag </${tag}> does not match <${opener.tag}>`, { notes: [{ message: `<${opener.tag}> was opened here`, span: opener.tagSpan }] });
    return false;
  }

  #startTag(): boolean {
    const start = this.#at;
    const tag = this.#name(start + 1);
    if (tag === '') return this.#fatal('E005', start, start + 2, "'<' starts a tag, but no element name follows", "a literal '<' is written '&lt;'");
    const tagSpan = this.#span(start + 1, start + 1 + tag.length);
    if (tag in Object.prototype || tag === 'prototype') return this.#fatal('E021', tagSpan.start, tagSpan.end, `element name '${tag}' is reserved`);
    const element: ScannedElement = { tag, start, end: -1, tagSpan, attributes: [], text: [] };
    this.#at = tagSpan.end;
    const ending = this.#attributes(element);
    if (ending === null) return false;
    this.#at += ending.length;
    if (this.#open.length === 0) {
      this.#roots += 1;
      if (this.#roots > 1) return this.#fatal('E008', tagSpan.start, tagSpan.end, `second root element <${tag}>`, 'a file has one root element');
    }
    this.#elements.set(start, element);
    if (this.#elements.size > ELEMENTS_MAX) return this.#fatal('E010', tagSpan.start, tagSpan.end, `more than ${ELEMENTS_MAX} elements`);
    if (ending === '/>') element.end = this.#at;
    else if (this.#open.push(element) > NESTING_DEPTH_MAX) return this.#fatal('E010', tagSpan.start, tagSpan.end, `elements are nested deeper than ${NESTING_DEPTH_MAX}`);
    return true;
  }

  /** Reads attributes up to the tag's ending, which is returned unread; null after a fatal error. */
  #attributes(element: ScannedElement): '>' | '/>' | null {
    for (;;) {
      const next = this.#skipBlanks(this.#at);
      if (this.#text[next] === '>' || this.#text.startsWith('/>', next)) {
        this.#at = next;
        return this.#text[next] === '>' ? '>' : '/>';
      }
      if (next >= this.#text.length) return this.#broken(element.tagSpan.start, element.tagSpan.end, `start tag <${element.tag}> has no end '>'`);
      if (next === this.#at) return this.#broken(next, next + 1, `expected a blank, '>' or '/>' in the start tag <${element.tag}>`);
      const attribute = this.#attribute(element, next);
      if (attribute === null) return null;
      const earlier = element.attributes.find((other) => other.name === attribute.name);
      if (earlier !== undefined) {
        this.#diagnostics.error('E009', attribute.nameSpan, `attribute '${attribute.name}' is given twice`, { notes: [{ message: 'first given here', span: earlier.nameSpan }] });
      } else if (element.attributes.push(attribute) > ATTRIBUTES_PER_ELEMENT_MAX) {
        this.#error('E010', attribute.nameSpan.start, attribute.nameSpan.end, `more than ${ATTRIBUTES_PER_ELEMENT_MAX} attributes`);
        return null;
      }
    }
  }

  #attribute(element: ScannedElement, start: number): Attribute | null {
    const name = this.#name(start);
    if (name === '') return this.#broken(start, start + 1, `expected an attribute name in the start tag <${element.tag}>`);
    const equals = this.#skipBlanks(start + name.length);
    if (this.#text[equals] !== '=') return this.#broken(start, start + name.length, `attribute '${name}' has no value`, `write ${name}="..."`);
    const open = this.#skipBlanks(equals + 1);
    const quote = this.#text[open];
    if (quote !== '"' && quote !== "'") return this.#broken(open, open + 1, `the value of '${name}' is not quoted`, `write ${name}="..."`);
    const close = this.#text.indexOf(quote, open + 1);
    if (close === -1) return this.#broken(open, open + 1, `the value of '${name}' has no closing ${quote}`);
    const less = this.#text.indexOf('<', open);
    if (less !== -1 && less < close) return this.#broken(less, less + 1, `'<' is not allowed in the value of '${name}'`, "write '&lt;', or close the quote before it");
    this.#at = close + 1;
    const value = decodeEntities(this.#source, open + 1, close, blanks, this.#diagnostics);
    return { name, value, nameSpan: this.#span(start, start + name.length), valueSpan: this.#span(open + 1, close) };
  }

  #unclosed(element: ScannedElement): void {
    const notes = this.#open.slice(0, -1).toReversed().slice(0, 3).map((outer) => ({ message: `<${outer.tag}> around it is not closed either`, span: outer.tagSpan }));
    this.#diagnostics.error('E007', element.tagSpan, `<${element.tag}> is not closed`, { notes });
  }

  #name(at: number): string {
    NAME.lastIndex = at;
    return NAME.exec(this.#text)?.[0] ?? '';
  }

  #skipBlanks(at: number): number {
    BLANK.lastIndex = at;
    return at + (BLANK.exec(this.#text)?.[0].length ?? 0);
  }

  #span(start: number, end: number): Span {
    return { source: this.#source, start, end: Math.min(end, this.#text.length) };
  }

  #error(code: Code, start: number, end: number, message: string, help?: string): void {
    this.#diagnostics.error(code, this.#span(start, end), message, { help });
  }

  #fatal(code: Code, start: number, end: number, message: string, help?: string): false {
    this.#error(code, start, end, message, help);
    return false;
  }

  #broken(start: number, end: number, message: string, help?: string): null {
    this.#error('E005', start, end, message, help);
    return null;
  }
}
