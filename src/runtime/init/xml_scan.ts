// How much text Genode's parser reads for a lookup: whoever asks for a node walks over those before it, each from its start tag to
// its end tag. Pure; what was counted once is remembered. Source modelled: Genode 16.08 util/xml_node.h.

import { attributeOf, type Node } from '../../scenario/syntax/node.ts';

/** What was read: exceptions on the way, characters within tags, attributes, and characters between tags. */
export type Scan = { readonly thrown: number; readonly tag: number; readonly attributes: number; readonly plain: number };

export const NOTHING: Scan = { thrown: 0, tag: 0, attributes: 0, plain: 0 };

export const exceptions = (thrown: number): Scan => ({ ...NOTHING, thrown });

export function together(...scans: readonly Scan[]): Scan {
  const sum = { ...NOTHING };
  for (const scan of scans) {
    sum.thrown += scan.thrown;
    sum.tag += scan.tag;
    sum.attributes += scan.attributes;
    sum.plain += scan.plain;
  }
  return sum;
}

/** A node whose start is known. Its own tag is read twice. */
export function made(node: Node): Scan {
  return together(startTag(node), startTag(node), content(node));
}

/** A sub node that somebody goes on to: from the node around it to the first, from the one before it to any other, whose tag is found by reading it. */
export function reached(around: Node, node: Node): Scan {
  return node === around.children[0] ? made(node) : together(startTag(node), made(node));
}

/** All sub nodes, one after the other. */
export function each(node: Node): Scan {
  return together(...node.children.map((child) => reached(node, child)));
}

/** The first sub node of a type, past those before it; where there is none, all of them and then an exception, handed on twice. */
export function sub(node: Node, type: string): Scan {
  if (node.children.length === 0) return exceptions(1);
  const index = node.children.findIndex(({ tag }) => tag === type);
  return index === -1 ? together(each(node), exceptions(3)) : together(...node.children.slice(0, index + 1).map((child) => reached(node, child)));
}

/** From a sub node to the next one of a type, or, with null, of any; past all that are left if there is none. */
export function next(node: Node, from: Node, type: string | null): Scan {
  const behind = node.children.slice(node.children.indexOf(from) + 1);
  const index = behind.findIndex(({ tag }) => type === null || tag === type);
  const passed = behind.slice(0, index === -1 ? undefined : index + 1).map((one) => reached(node, one));
  return together(...passed, index === -1 ? exceptions(2) : NOTHING);
}

/** Attributes that are asked for by name: each one that is missing is an exception. */
export function asked(node: Node, ...names: readonly string[]): Scan {
  return exceptions(names.filter((name) => attributeOf(node, name) === undefined).length);
}

/** A start tag is read to its end; that no further attribute follows is an exception. */
function startTag(node: Node): Scan {
  return { thrown: 1, tag: startTagLength(textOf(node)), attributes: node.attributes.length, plain: 0 };
}

const contents = new WeakMap<Node, Scan>();

/** What stands behind the start tag, to the end of the end tag that belongs to it. */
function content(node: Node): Scan {
  const known = contents.get(node);
  if (known !== undefined) return known;
  const counted = countContent(node);
  contents.set(node, counted);
  return counted;
}

function countContent(node: Node): Scan {
  const text = textOf(node);
  const behind = text.length - startTagLength(text);
  if (behind === 0) return NOTHING;
  const end = node.tag.length + '</>'.length;
  const children = node.children.reduce((length, child) => length + textOf(child).length, 0);
  const own: Scan = { thrown: 0, tag: end, attributes: 0, plain: behind - end - children };
  return together(own, ...node.children.map((child) => together(startTag(child), content(child))));
}

/** To the first '>' that no quotes enclose. */
function startTagLength(text: string): number {
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? '';
    if (quote === '' && character === '>') return i + 1;
    if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = '';
  }
  return text.length;
}

const textOf = ({ span }: Node): string => span.source.text.slice(span.start, span.end);
