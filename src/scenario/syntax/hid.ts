// Genode's human-inclined data (HID) into the node tree: nesting by columns (init-run-tools.md 1.15), as strict as its
// specification wants offline tools to be. Owner of the stack of open nodes while reading.

import type { Code, DiagnosticList, Note, Span } from '../diagnostic.ts';
import { ATTRIBUTES_PER_ELEMENT_MAX, ELEMENTS_MAX, NESTING_DEPTH_MAX } from '../limits.ts';
import type { Source } from '../source.ts';
import { HidSegments, type Segment } from './hid_segments.ts';
import type { Attribute, Node, Text } from './node.ts';

export interface HidDocument {
  /** Left out where there are errors. */
  readonly root?: Node;
  /** What the tree does not carry. */
  readonly comments: readonly Span[];
  readonly disabled: readonly Span[];
}

/** Reads one document; undefined if it is malformed (the list then says why). */
export function readHid(source: Source, diagnostics: DiagnosticList): Node | undefined {
  return readHidDocument(source, diagnostics).root;
}

export function readHidDocument(source: Source, diagnostics: DiagnosticList): HidDocument {
  return new HidReader(source, diagnostics).read();
}

interface OpenNode {
  readonly tag: string;
  readonly tagSpan: Span;
  /** Column of the type. */
  readonly level: number;
  readonly disabled: boolean;
  readonly attributes: Attribute[];
  readonly children: Node[];
  /** Of quoted text. */
  readonly lines: string[];
  textStart: number;
  readonly start: number;
  /** Behind the last thing that belongs to the node. */
  end: number;
}

type SegmentOf<K extends Segment['kind']> = Extract<Segment, { kind: K }>;

class HidReader {
  readonly #source: Source;
  readonly #diagnostics: DiagnosticList;
  readonly #segments: HidSegments;
  /** From the root to the node opened last. */
  readonly #open: OpenNode[] = [];
  readonly #comments: Span[] = [];
  readonly #disabled: Span[] = [];
  #root: Node | undefined;
  #elements = 0;
  #failed = false;
  /** After an error that makes the rest meaningless. */
  #stopped = false;

  constructor(source: Source, diagnostics: DiagnosticList) {
    this.#source = source;
    this.#diagnostics = diagnostics;
    this.#segments = new HidSegments(source, diagnostics);
  }

  read(): HidDocument {
    const behind = this.#lines();
    if (!this.#stopped && this.#elements === 0) this.#error('E008', 0, 0, 'the file has no top-level node');
    else if (!this.#stopped && behind === undefined) this.#missingEnd();
    if (behind !== undefined) {
      const stray = this.#source.text.slice(behind).search(/[^ \r\n]/);
      if (stray !== -1) this.#error('E008', behind + stray, this.#lineEnd(behind + stray), "text stands behind the end mark '-'");
    }
    this.#close(-1);
    const good = this.#root !== undefined && !this.#failed && !this.#segments.failed;
    return { ...(good && this.#root !== undefined ? { root: this.#root } : {}), comments: this.#comments, disabled: this.#disabled };
  }

  /** Reads up to the end mark; the offset behind it, if there is one. */
  #lines(): number | undefined {
    const text = this.#source.text;
    let start = text.startsWith('\ufeff') ? 1 : 0;
    while (start < text.length && !this.#stopped) {
      const end = this.#lineEnd(start);
      if (text[start] === '-') {
        if (/^- *$/.test(text.slice(start, end))) return end;
        this.#error('E023', start, end, "a line that starts with '-' is the end mark, and nothing else stands in it");
      } else this.#line(start, end);
      start = text[end] === '\r' ? end + 2 : end + 1;
    }
    return undefined;
  }

  /** Without a carriage return before the line feed. */
  #lineEnd(start: number): number {
    const feed = this.#source.text.indexOf('\n', start);
    if (feed === -1) return this.#source.text.length;
    return feed > start && this.#source.text[feed - 1] === '\r' ? feed - 1 : feed;
  }

  #line(start: number, end: number): void {
    const first = this.#source.text[start] ?? '';
    const letter = /[A-Za-z]/.test(first);
    const disabled = first === 'x' && this.#elements > 0 && (start + 1 === end || this.#source.text[start + 1] === ' ');
    if (this.#elements === 0 && !letter) {
      if (/[^ ]/.test(this.#source.text.slice(start, end))) this.#beforeRoot(start, end);
      return;
    }
    if (this.#elements > 0 && letter && !disabled) {
      this.#error('E008', start, end, 'a file has one top-level node', 'a sub node starts with \'+ \', an attribute with a blank');
      return;
    }
    const top = this.#elements === 0;
    for (const segment of this.#segments.line(start, end, top)) this.#take(segment);
    if (this.#elements === 0) this.#stopped = true;
  }

  #beforeRoot(start: number, end: number): void {
    const first = this.#source.text.slice(start, end).trimStart();
    const help = first.startsWith('<') ? 'this looks like XML' : 'the first line starts with the type of the node';
    this.#error('E008', start, end, first.startsWith('.') ? 'a comment stands before the top-level node' : 'the file does not start with a top-level node', help);
    this.#stopped = true;
  }

  #take(segment: Segment): void {
    if (this.#stopped) return;
    if (segment.kind === 'comment') this.#comments.push(segment.span);
    else if (segment.kind === 'node') this.#node(segment);
    else if (segment.kind === 'attribute') this.#attribute(segment);
    else this.#text(segment);
  }

  #node(segment: SegmentOf<'node'>): void {
    this.#elements += 1;
    if (this.#elements > ELEMENTS_MAX) return this.#limit(segment.tagSpan, `more than ${ELEMENTS_MAX} nodes`);
    this.#closeFor(segment.level - 2, segment.span);
    const parent = this.#open.at(-1);
    if (this.#open.length >= NESTING_DEPTH_MAX) return this.#limit(segment.tagSpan, `nodes are nested deeper than ${NESTING_DEPTH_MAX}`);
    if (!segment.disabled && parent !== undefined && parent.lines.length > 0) this.#mixed(segment.span, parent, 'a sub node');
    const { tag, tagSpan, level, span } = segment;
    const disabled = segment.disabled || parent?.disabled === true;
    if (segment.disabled && parent?.disabled !== true) this.#disabled.push(span);
    this.#open.push({ tag, tagSpan, level, disabled, attributes: segment.attribute === undefined ? [] : [segment.attribute], children: [], lines: [], textStart: -1, start: span.start, end: span.end });
  }

  #attribute({ column, attribute, span }: SegmentOf<'attribute'>): void {
    const node = this.#open.at(-1);
    if (node === undefined) return;
    if (column < node.level) {
      const outer = this.#open.findLast((other) => column >= other.level);
      const behind = outer === undefined ? '' : `, behind a sub node of '${outer.tag}'`;
      return this.#error('E023', span.start, span.end, `attribute '${attribute.name}' is indented less than '${node.tag}'${behind}`, 'attributes stand before the sub nodes, indented at least as deep as the type of their node');
    }
    if (node.lines.length > 0) return this.#error('E023', span.start, span.end, `attribute '${attribute.name}' stands behind quoted text`, 'attributes stand before quoted text');
    const earlier = node.attributes.find(({ name }) => name === attribute.name);
    node.end = span.end;
    if (earlier !== undefined) {
      const notes = [{ message: earlier.nameSpan.start === earlier.valueSpan.start ? "the node's name is its attribute 'name'" : 'first given here', span: earlier.nameSpan }];
      return this.#error('E009', attribute.nameSpan.start, attribute.nameSpan.end, `attribute '${attribute.name}' is given twice`, undefined, notes);
    }
    if (node.attributes.push(attribute) > ATTRIBUTES_PER_ELEMENT_MAX) this.#limit(attribute.nameSpan, `more than ${ATTRIBUTES_PER_ELEMENT_MAX} attributes`);
  }

  #text({ column, text, span }: SegmentOf<'text'>): void {
    this.#closeFor(column, span);
    const node = this.#open.at(-1);
    if (node === undefined) return;
    if (node.children.length > 0) return this.#mixed(span, node, 'quoted text');
    if (node.lines.length === 0) node.textStart = span.start;
    node.lines.push(text);
    node.end = span.end;
  }

  #mixed(span: Span, node: OpenNode, what: string): void {
    this.#error('E016', span.start, span.end, `${what} of '${node.tag}' beside ${what === 'quoted text' ? 'sub nodes' : 'quoted text'}`, 'a node has sub nodes or quoted text, not both');
  }

  /** Closes nodes until one is left that may have something inside at this column. */
  #closeFor(column: number, span: Span): void {
    const last = this.#close(column);
    if (last?.level === column + 1) this.#error('E023', span.start, span.end, `this is one blank deeper than '${last.tag}'`, 'what belongs to a node is indented by two blanks at least');
  }

  /** The outermost node that was closed. */
  #close(column: number): OpenNode | undefined {
    let closed: OpenNode | undefined;
    for (let node = this.#open.at(-1); node !== undefined && node.level > column; node = this.#open.at(-1)) {
      closed = node;
      this.#open.pop();
      const { tag, tagSpan, attributes, children, lines, textStart, start, end } = node;
      const text: Text[] = lines.length === 0 ? [] : [{ text: lines.join('\n'), span: { source: this.#source, start: textStart, end } }];
      const done: Node = { tag, tagSpan, attributes, children, text, span: { source: this.#source, start, end } };
      const parent = this.#open.at(-1);
      if (parent === undefined) this.#root ??= done;
      else {
        parent.end = Math.max(parent.end, end);
        if (!node.disabled) parent.children.push(done);
      }
    }
    return closed;
  }

  #missingEnd(): void {
    const last = this.#source.text.trimEnd().length;
    this.#error('E023', last, last, "the end mark is missing: a line that is '-'");
  }

  #limit(span: Span, message: string): void {
    this.#stopped = true;
    this.#error('E010', span.start, span.end, message);
  }

  #error(code: Code, start: number, end: number, message: string, help?: string, notes: readonly Note[] = []): void {
    this.#failed = true;
    this.#diagnostics.error(code, { source: this.#source, start, end: Math.max(start, end) }, message, { help, notes });
  }
}
