// Which programs an init configuration names, in order: the boot modules a scenario needs if it lists none itself.
// Looks into the configurations of children, too: a checkpoint/restore component or another init starts children of its own.

import type { Span } from './diagnostic.ts';
import { attributeOf, childOf, type Node } from './syntax/node.ts';

export interface NamedBinary {
  readonly name: string;
  /** Where it is named first. */
  readonly span: Span;
}

export function binariesNamed(config: Node): readonly NamedBinary[] {
  const found = new Map<string, NamedBinary>();
  collect(config, found);
  return [...found.values()];
}

function collect(config: Node, found: Map<string, NamedBinary>): void {
  for (const node of config.children) {
    if (node.tag !== 'start' && node.tag !== 'child') continue;
    const binary = childOf(node, 'binary');
    const named = (binary === undefined ? undefined : attributeOf(binary, 'name')) ?? attributeOf(node, 'binary') ?? attributeOf(node, 'name');
    if (named !== undefined && !found.has(named.value)) found.set(named.value, { name: named.value, span: named.valueSpan });
    const inner = childOf(node, 'config');
    if (inner !== undefined) collect(inner, found);
  }
}
