// The step `expect-state`: a pattern of nodes and attributes against the state report of init, as Genode's test-init has them.
// Pure; owns no state.

import type { StatePattern } from '../scenario/model_steps.ts';
import { readDocument } from '../scenario/syntax/document.ts';
import { type Node, valueOf } from '../scenario/syntax/node.ts';

/** Why a report does not match, in the order of the pattern; empty: it does. */
export function stateProblems(report: string, pattern: StatePattern): readonly string[] {
  const root = readDocument('state', new TextEncoder().encode(report));
  return 'error' in root ? [`the state report cannot be read: ${root.error}`] : problems(root, pattern, `<${root.tag}>`);
}

function problems(node: Node, { attributes, nodes, not }: StatePattern, where: string): readonly string[] {
  const wrong = attributes.flatMap((expected) => {
    const value = valueOf(node, expected.name);
    if (value === undefined) return [`${where} has no attribute '${expected.name}'`];
    if (expected.kind === 'value') return value === expected.value ? [] : [`${where} has ${expected.name}="${value}", not "${expected.value}"`];
    const number = bytes(value);
    if (number === undefined) return [`${where} has ${expected.name}="${value}", which is no number`];
    const holds = expected.kind === 'higher' ? number > expected.than : number < expected.than;
    return holds ? [] : [`${where} has ${expected.name}="${value}", not ${expected.kind} than ${expected.than}`];
  });
  for (const { name, pattern } of nodes) {
    const candidates = node.children.filter((child) => child.tag === name);
    const found = candidates.map((child) => problems(child, pattern, `<${name}>`));
    if (found.some((one) => one.length === 0)) continue;
    // The candidate that comes closest tells most.
    const [closest] = [...found].sort((a, b) => a.length - b.length);
    wrong.push(closest === undefined ? `${where} has no <${name}>` : `no <${name}> in ${where} matches: ${closest.join('; ')}`);
  }
  for (const excluded of not) {
    if (problems(node, excluded, where).length === 0) wrong.push(`${where} has what it must not have: ${words(excluded)}`);
  }
  return wrong;
}

/** Numbers of the report have a unit where one divides them. */
function bytes(text: string): number | undefined {
  const [, digits, unit = ''] = /^([0-9]+)([KMG]?)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const shift = { '': 0, K: 10, M: 20, G: 30 }[unit] ?? 0;
  return Number(digits) * 2 ** shift;
}

function words({ attributes, nodes, not }: StatePattern): string {
  return [
    ...attributes.map((one) => (one.kind === 'value' ? `${one.name}="${one.value}"` : `${one.name} ${one.kind} than ${one.than}`)),
    ...nodes.map(({ name, pattern }) => `<${name}>${words(pattern) === '' ? '' : ` with ${words(pattern)}`}`),
    ...not.map((pattern) => `not ${words(pattern)}`),
  ].join(', ');
}
