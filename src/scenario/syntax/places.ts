// From places counted through all files of a scenario back to a file and the offsets in it.
// Pure; owns no state.

import type { Span } from '../diagnostic.ts';
import type { Source } from '../source.ts';
import type { Node } from './node.ts';

/** The files that a tree comes from, the root's first. */
export function sourcesOf(root: Node): readonly Source[] {
  const found = new Set<Source>();
  const visit = (node: Node) => {
    found.add(node.span.source);
    for (const child of node.children) visit(child);
  };
  visit(root);
  return [...found];
}

/** The span of a place; `sources` must hold its file. */
export function spanAt(sources: readonly Source[], { start, end }: { readonly start: number; readonly end: number }): Span {
  const source = sources.find(({ base, text }) => start >= base && start <= base + text.length);
  if (source === undefined) throw new Error(`no source holds the place ${start}`);
  return { source, start: start - source.base, end: end - source.base };
}
