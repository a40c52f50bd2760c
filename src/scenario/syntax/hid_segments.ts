// Cuts a line of HID into segments: nodes, attributes, quoted text and comments, each with its column. Knows no nesting.
// Strict as offline tools have to be (init-run-tools.md 1.15): what breaks a rule is an error, the rest of its segment is skipped.

import type { DiagnosticList, Span } from '../diagnostic.ts';
import type { Source } from '../source.ts';
import { isHidName, isReserved, misplacedCharacter } from './names.ts';
import type { Attribute } from './node.ts';

interface SegmentBase {
  readonly span: Span;
}

export type Segment = SegmentBase &
  (
    | {
        readonly kind: 'node';
        /** Column of the node's type; what belongs to the node stands there or deeper. */
        readonly level: number;
        readonly disabled: boolean;
        readonly tag: string;
        readonly tagSpan: Span;
        /** The name, or an attribute that follows the type without '|'. */
        readonly attribute?: Attribute;
      }
    | { readonly kind: 'attribute'; readonly column: number; readonly attribute: Attribute }
    | { readonly kind: 'text'; readonly column: number; readonly text: string }
    | { readonly kind: 'comment' }
  );

/** Where a segment's content stands in the source, without blanks around it. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly column: number;
}

const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]/u;
const UNPRINTABLE_BUT_TAB = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]/u;
const TAG_VALUE = /^([a-z][a-z0-9_-]*):(?:( +)(.*))?$/su;

export class HidSegments {
  readonly #source: Source;
  readonly #diagnostics: DiagnosticList;
  /** Whether a rule was broken. */
  failed = false;

  constructor(source: Source, diagnostics: DiagnosticList) {
    this.#source = source;
    this.#diagnostics = diagnostics;
  }

  /** The segments of the line from `start` to `end`; its first one is the top-level node if `top`. */
  line(start: number, end: number, top: boolean): readonly Segment[] {
    const text = this.#source.text;
    const segments: Segment[] = [];
    let at = start;
    let delimiter = -1;
    while (at < end) {
      const char = text[at];
      if (char === ' ') at += 1;
      else if (char === '|') {
        this.#delimiter(at, start, end);
        delimiter = at;
        at += 1;
      } else {
        const rest = char === '.' || char === ':' ? this.#restOfLine(at, start, end) : undefined;
        const next = rest === undefined ? text.indexOf('|', at) : -1;
        const stop = next === -1 || next > end ? end : next;
        const segment = rest === undefined ? this.#content(this.#piece(at, stop, start), top && segments.length === 0) : rest;
        if (segment !== null) segments.push(segment);
        delimiter = -1;
        at = stop;
      }
    }
    if (delimiter !== -1 && segments.length > 0) this.#error(delimiter, delimiter + 1, "nothing stands behind '|'");
    return segments;
  }

  #delimiter(at: number, start: number, end: number): void {
    const before = at === start ? ' ' : this.#source.text[at - 1];
    const after = at + 1 === end ? ' ' : this.#source.text[at + 1];
    if (before !== ' ' || after !== ' ') this.#error(at, at + 1, "'|' has no blank on both sides", "a value cannot contain '|'; quoted text (': ...') can");
  }

  /** A comment or quoted text, which take the whole line; undefined if it is neither, null if malformed. */
  #restOfLine(at: number, start: number, end: number): Segment | undefined | null {
    const mark = this.#source.text[at];
    const what = mark === ':' ? 'quoted text' : 'a comment';
    const span = this.#span(at, end);
    if (at + 1 < end && this.#source.text[at + 1] !== ' ') return this.#malformed(at, end, `${what} is separated from '${mark}' by a blank`, `write '${mark} ...'`);
    const text = this.#source.text.slice(Math.min(at + 2, end), end);
    const misplaced = misplacedCharacter(text, UNPRINTABLE_BUT_TAB);
    if (misplaced !== undefined) this.#unprintable(at + 2 + misplaced.index, misplaced.code);
    return mark === ':' ? { kind: 'text', column: at - start, text, span } : { kind: 'comment', span };
  }

  #content(piece: Piece, top: boolean): Segment | null {
    const text = this.#slice(piece.start, piece.end);
    const misplaced = misplacedCharacter(text, UNPRINTABLE);
    if (misplaced !== undefined) {
      this.#unprintable(piece.start + misplaced.index, misplaced.code);
      return null;
    }
    if (top) return this.#node(piece, piece.start, 0, false);
    if (/^[+x](?: |$)/.test(text)) return this.#node(piece, piece.start + 2, piece.column + 2, text.startsWith('x'));
    if (text.startsWith('+')) return this.#malformed(piece.start, piece.end, "'+' and the node's type are separated by a blank", "write '+ type'");
    const attribute = this.#attribute(piece);
    return attribute === null ? null : { kind: 'attribute', column: piece.column, attribute, span: this.#span(piece.start, piece.end) };
  }

  #node(piece: Piece, tagStart: number, level: number, disabled: boolean): Segment | null {
    const text = this.#slice(tagStart, piece.end);
    const tag = /^[^ ]*/.exec(text)?.[0] ?? '';
    const tagSpan = this.#span(tagStart, tagStart + tag.length);
    if (tag === '') {
      const twoBlanks = text.startsWith(' ');
      return this.#malformed(piece.start, piece.end, twoBlanks ? "more than one blank stands before the node's type" : 'a node has no type');
    }
    if (!isHidName(tag)) this.#error(tagSpan.start, tagSpan.end, `'${tag}' is no node type`, 'a type is of a-z, 0-9, _ and -, a letter first');
    else if (isReserved(tag)) {
      this.failed = true;
      this.#diagnostics.error('E021', tagSpan, `node type '${tag}' is reserved`);
    }
    const node = { kind: 'node', level, disabled, tag, tagSpan, span: this.#span(piece.start, piece.end) } as const;
    const rest = this.#piece(tagStart + tag.length, piece.end, piece.start - piece.column);
    if (rest.start === rest.end) return node;
    const attribute = /^[a-z][a-z0-9_-]*:/.test(this.#slice(rest.start, rest.end)) ? this.#attribute(rest) : this.#nodeName(rest);
    return attribute === null ? node : { ...node, attribute };
  }

  #nodeName({ start, end }: Piece): Attribute {
    const span = this.#span(start, end);
    const value = this.#slice(start, end);
    if (/^[+x.:] /.test(value)) this.#diagnostics.warning('E023', span, `'${value}' is read as the node's name`, { help: "is a '|' missing before it?" });
    return { name: 'name', value, nameSpan: span, valueSpan: span };
  }

  #attribute({ start, end }: Piece): Attribute | null {
    const text = this.#slice(start, end);
    const match = TAG_VALUE.exec(text);
    if (match === null) {
      const [, tag = '', value = ''] = /^([a-z][a-z0-9_-]*):(.*)$/s.exec(text) ?? [];
      if (tag !== '') return this.#malformed(start, end, `the value of '${tag}' is separated from ':' by a blank`, `write '${tag}: ${value}', or 'name: ${text}' if this is a name`);
      return this.#malformed(start, end, `'${text}' is neither a node nor an attribute`, "a node is written '+ type', an attribute 'tag: value'");
    }
    const [, name = '', blanks = '', value = ''] = match;
    const valueStart = start + name.length + 1 + blanks.length;
    return { name, value, nameSpan: this.#span(start, start + name.length), valueSpan: this.#span(valueStart, end) };
  }

  /** What stands from `start` to `end`, blanks around it left out. */
  #piece(start: number, end: number, lineStart: number): Piece {
    const text = this.#source.text;
    let first = start;
    let last = end;
    while (last > start && text[last - 1] === ' ') last -= 1;
    while (first < last && text[first] === ' ') first += 1;
    return { start: first, end: last, column: first - lineStart };
  }

  #slice(start: number, end: number): string {
    return this.#source.text.slice(start, end);
  }

  #span(start: number, end: number): Span {
    return { source: this.#source, start, end: Math.max(start, end) };
  }

  #unprintable(at: number, code: string): void {
    this.failed = true;
    const tab = code === 'U+0009';
    this.#diagnostics.error('E002', this.#span(at, at + 1), tab ? 'a tab may stand only in quoted text and comments' : `control character ${code} is not allowed`, tab ? { help: 'use blanks' } : {});
  }

  #error(start: number, end: number, message: string, help?: string): void {
    this.failed = true;
    this.#diagnostics.error('E023', this.#span(start, end), message, { help });
  }

  #malformed(start: number, end: number, message: string, help?: string): null {
    this.#error(start, end, message, help);
    return null;
  }
}
