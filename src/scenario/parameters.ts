// Parameters: `${NAME}` in attribute values and text, replaced in the node tree before anything is decoded. Spans stay those of
// the text as written. Pure; owns no state.

import { SUBSTITUTED_CHARACTERS_MAX } from './limits.ts';
import type { Node } from './syntax/node.ts';

export type Bindings = ReadonlyMap<string, string>;

const REFERENCE = /\$\{([A-Za-z0-9_][A-Za-z0-9_.+-]{0,63})\}/g;

/** The names that a text refers to. */
export function parametersIn(text: string): readonly string[] {
  return text.includes('${') ? [...text.matchAll(REFERENCE)].map((match) => match[1] ?? '') : [];
}

/** References to other names than the bound ones stay as they are. */
export function substituteText(text: string, bindings: Bindings, written: (value: string) => string = (value) => value): string {
  if (bindings.size === 0 || !text.includes('${')) return text;
  let budget = SUBSTITUTED_CHARACTERS_MAX;
  return text.replace(REFERENCE, (reference, name: string) => {
    const value = bindings.get(name);
    if (value === undefined) return reference;
    budget -= value.length;
    return budget < 0 ? reference : written(value);
  });
}

export function substitute(node: Node, bindings: Bindings): Node {
  if (bindings.size === 0) return node;
  return {
    ...node,
    attributes: node.attributes.map((attribute) => ({ ...attribute, value: substituteText(attribute.value, bindings) })),
    children: node.children.map((child) => substitute(child, bindings)),
    text: node.text.map((piece) => ({ ...piece, text: substituteText(piece.text, bindings) })),
  };
}
