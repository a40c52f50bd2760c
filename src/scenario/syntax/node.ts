// The positioned node tree: what every syntax is read into, and what the decoder and init read from.
// Readonly data; the source text stays reachable through the spans.

import type { Span } from '../diagnostic.ts';

export interface Attribute {
  readonly name: string;
  /** Decoded: character references are replaced. */
  readonly value: string;
  readonly nameSpan: Span;
  /** Without the quotes. */
  readonly valueSpan: Span;
}

/** A run of text between tags, decoded. */
export interface Text {
  readonly text: string;
  readonly span: Span;
}

export interface Node {
  readonly tag: string;
  readonly tagSpan: Span;
  /** In source order. */
  readonly attributes: readonly Attribute[];
  readonly children: readonly Node[];
  /** Text directly inside this element, blanks included, in order. */
  readonly text: readonly Text[];
  /** From the start tag's '<' to the end tag's '>'. */
  readonly span: Span;
}

export function attributeOf(node: Node, name: string): Attribute | undefined {
  return node.attributes.find((attribute) => attribute.name === name);
}

export function valueOf(node: Node, name: string): string | undefined {
  return attributeOf(node, name)?.value;
}

export function childrenOf(node: Node, tag: string): readonly Node[] {
  return node.children.filter((child) => child.tag === tag);
}

export function childOf(node: Node, tag: string): Node | undefined {
  return node.children.find((child) => child.tag === tag);
}

/** The element as it was written. */
export function verbatim(node: Node): string {
  return node.span.source.text.slice(node.span.start, node.span.end);
}
