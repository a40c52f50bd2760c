// The variants of a scenario: its parameters, and every combination of the axes of its matrix that is not excluded.
// Owns no state.

import { checkTree, valuesOf } from './check.ts';
import { type DiagnosticList, type Span, suggestion } from './diagnostic.ts';
import { spanOf } from './decode_moment.ts';
import { VARIANTS_MAX } from './limits.ts';
import type { Bindings } from './parameters.ts';
import { SCHEMAS } from './schema/scenario.ts';
import { childOf, childrenOf, type Node } from './syntax/node.ts';
import { NAME } from './file_value.ts';

export interface Variant {
  /** Left out where there is no matrix. */
  readonly name?: string;
  readonly bindings: Bindings;
}

interface Case {
  readonly name: string;
  readonly value: string;
}

interface Axis {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** Never empty where there is no error. */
export function variantsOf(root: Node, diagnostics: DiagnosticList): readonly Variant[] {
  const parameters = childOf(root, 'parameters');
  const matrix = childOf(root, 'matrix');
  if (parameters !== undefined) checkTree(parameters, SCHEMAS.PARAMETERS, diagnostics);
  if (matrix !== undefined) checkTree(matrix, SCHEMAS.MATRIX, diagnostics);
  if (diagnostics.failed) return [];
  const declared = new Map<string, Span>();
  const bindings = new Map<string, string>();
  for (const node of parameters?.children ?? []) {
    const { name, value } = valuesOf(node, SCHEMAS.PARAMETER);
    declare(node, name, declared, diagnostics);
    bindings.set(name, value);
  }
  if (matrix === undefined) return [{ bindings }];
  const axes = childrenOf(matrix, 'axis').map((node) => axisOf(node, declared, diagnostics));
  const excluded = childrenOf(matrix, 'exclude').map((node) => exclusion(node, axes, diagnostics));
  if (axes.length === 0) diagnostics.error('E015', matrix.tagSpan, '<matrix> needs an <axis>');
  const count = axes.reduce((product, { cases }) => product * cases.length, 1);
  if (count > VARIANTS_MAX) diagnostics.error('E010', matrix.tagSpan, `${count} combinations, the limit is ${VARIANTS_MAX}`);
  if (diagnostics.failed) return [];
  const variants = combinations(axes)
    .filter((combination) => !excluded.some((rule) => [...rule].every(([axis, name]) => combination.get(axis)?.name === name)))
    .map((combination) => ({
      name: [...combination.values()].map(({ name }) => name).join('.'),
      bindings: new Map([...bindings, ...[...combination].map(([axis, { value }]) => [axis, value] as const)]),
    }));
  if (variants.length === 0) diagnostics.error('E015', matrix.tagSpan, 'every combination of this matrix is excluded');
  return variants;
}

function declare(node: Node, name: string, declared: Map<string, Span>, diagnostics: DiagnosticList): void {
  const earlier = declared.get(name);
  if (earlier !== undefined) diagnostics.error('E019', spanOf(node, 'name'), `parameter '${name}' is declared twice`, { notes: [{ message: 'first declared here', span: earlier }] });
  declared.set(name, spanOf(node, 'name'));
}

function axisOf(node: Node, declared: Map<string, Span>, diagnostics: DiagnosticList): Axis {
  const { name, values } = valuesOf(node, SCHEMAS.AXIS);
  declare(node, name, declared, diagnostics);
  const cases = new Map<string, Case>();
  const add = (one: Case, span: Span) => {
    if (!NAME.parse(one.name).ok) diagnostics.error('E014', span, `'${one.value}' cannot be the name of a variant`, { help: 'give the case a name of letters, digits, and _ . - +' });
    else if (cases.has(one.name)) diagnostics.error('E019', span, `axis '${name}' has two cases '${one.name}'`);
    cases.set(one.name, one);
  };
  for (const value of values ?? []) add({ name: value, value }, spanOf(node, 'values'));
  for (const child of node.children) {
    const { value, name: caseName } = valuesOf(child, SCHEMAS.CASE);
    add({ name: caseName ?? value, value }, spanOf(child, caseName === undefined ? 'value' : 'name'));
  }
  if (cases.size === 0) diagnostics.error('E015', node.tagSpan, `axis '${name}' has no values`, { help: "list them in 'values', or as <case value=\"...\"/>" });
  return { name, cases: [...cases.values()] };
}

function exclusion(node: Node, axes: readonly Axis[], diagnostics: DiagnosticList): ReadonlyMap<string, string> {
  const rule = new Map<string, string>();
  if (node.attributes.length === 0) diagnostics.error('E013', node.tagSpan, '<exclude> names a case of at least one axis');
  for (const { name, value, nameSpan, valueSpan } of node.attributes) {
    const axis = axes.find((candidate) => candidate.name === name);
    const cases = axis?.cases.map((one) => one.name) ?? [];
    if (axis === undefined) diagnostics.error('E018', nameSpan, `the matrix has no axis '${name}'`, { help: suggestion(name, axes.map((candidate) => candidate.name)) });
    else if (!cases.includes(value)) diagnostics.error('E018', valueSpan, `axis '${name}' has no case '${value}'`, { help: suggestion(value, cases) });
    rule.set(name, value);
  }
  return rule;
}

function combinations(axes: readonly Axis[]): readonly ReadonlyMap<string, Case>[] {
  let all: ReadonlyMap<string, Case>[] = [new Map()];
  for (const { name, cases } of axes) all = all.flatMap((one) => cases.map((value) => new Map([...one, [name, value]])));
  return all;
}
