// What stands inside an element, as the printers and comparisons see it: blanks between elements do not count.
// Owns no state.

import type { Node } from './node.ts';

/** All text directly inside, joined; empty where there are only blanks. */
export function textOf(node: Node): string {
  const text = node.text.map((piece) => piece.text).join('');
  return /[^ \t\r\n]/.test(text) ? text : '';
}

/** A node as plain data, without places: equal for trees that mean the same. */
export interface PlainNode {
  readonly tag: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  readonly children: readonly PlainNode[];
  readonly text: string;
}

export function plainNode(node: Node): PlainNode {
  return { tag: node.tag, attributes: node.attributes.map(({ name, value }) => [name, value]), children: node.children.map(plainNode), text: textOf(node) };
}
