// The moments that a scenario declares by name: in its own <points>, and in those inside the <start> and <child> nodes of the
// configuration. Owns no state.

import { checkTree, valuesOf } from './check.ts';
import { decodeMoment, momentKinds, spanOf } from './decode_moment.ts';
import type { DiagnosticList } from './diagnostic.ts';
import type { Point } from './model.ts';
import { POINT, POINT_WORDS, POINTS } from './schema/moment.ts';
import { childOf, childrenOf, type Node, valueOf } from './syntax/node.ts';

export function decodePoints(root: Node, config: Node, diagnostics: DiagnosticList): ReadonlyMap<string, Point> {
  const points = new Map<string, Point>();
  for (const node of childOf(root, 'points')?.children ?? []) add(node, undefined, points, diagnostics);
  for (const { node, path } of componentPoints(config)) {
    checkTree(node, POINTS, diagnostics);
    if (diagnostics.failed) continue;
    for (const point of node.children) add(point, path, points, diagnostics);
  }
  return points;
}

interface ComponentPoints {
  readonly node: Node;
  /** Of the component whose node they stand in. */
  readonly path: string;
}

/** The <points> inside start nodes of init and inside the <child> nodes of their configurations. */
export function componentPoints(config: Node): readonly ComponentPoints[] {
  const found: ComponentPoints[] = [];
  for (const start of childrenOf(config, 'start')) {
    const name = valueOf(start, 'name') ?? '';
    for (const node of childrenOf(start, 'points')) found.push({ node, path: name });
    for (const inner of childrenOf(start, 'config')) {
      for (const child of childrenOf(inner, 'child')) {
        for (const node of childrenOf(child, 'points')) found.push({ node, path: `${name} -> ${valueOf(child, 'name') ?? ''}` });
      }
    }
  }
  return found;
}

function add(node: Node, around: string | undefined, points: Map<string, Point>, diagnostics: DiagnosticList): void {
  const values = valuesOf(node, POINT);
  const { name, on } = values;
  const earlier = points.get(name);
  if (earlier !== undefined) diagnostics.error('E019', spanOf(node, 'name'), `point '${name}' is declared twice`, { notes: [{ message: 'first declared here', span: earlier.span }] });
  const kinds = momentKinds(node);
  const [kind] = kinds;
  const wanted = on === undefined ? undefined : POINT_WORDS[on];
  if (kind === undefined || kinds.length > 1 || (wanted !== undefined && wanted !== kind)) {
    diagnostics.error('E017', node.tagSpan, wanted === undefined ? `<point> says what kind of moment it is with exactly one attribute, such as 'log' or 'rpc'` : `on="${on ?? ''}" goes with '${wanted}', and with no other kind of moment`);
    return;
  }
  const moment = decodeMoment(node, kind, values, around, diagnostics);
  if (moment !== undefined && earlier === undefined) points.set(name, { name, moment, span: node.span });
}
