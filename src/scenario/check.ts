// Checks a node tree against the vocabulary and reads attribute values from it. Knows no element by name: the tables do.
// Owns no state; everything wrong goes into the list.

import { type DiagnosticList, suggestion } from './diagnostic.ts';
import { parametersIn } from './parameters.ts';
import type { Attributes, ElementSchema, Values } from './schema/element.ts';
import { attributeOf, type Node } from './syntax/node.ts';

/** Everything the tables can decide: unknown, missing, repeated and malformed elements and attributes, and text. */
export function checkTree(node: Node, schema: ElementSchema, diagnostics: DiagnosticList): void {
  checkAttributes(node, schema, diagnostics);
  if (schema.children === 'verbatim') return;
  for (const { text, span } of schema.text === undefined ? node.text : []) {
    const first = text.search(/\S/);
    if (first === -1) continue;
    diagnostics.error('E016', span, `text is not allowed inside <${node.tag}>`);
  }
  // What the bound parameter is in is checked when it has its value.
  if (schema.binds !== undefined && attributeOf(node, schema.binds) !== undefined) return;
  const seen = new Map<string, Node>();
  for (const child of node.children) {
    if (diagnostics.full) return;
    const known = schema.children.find((candidate) => candidate.tag === child.tag);
    if (known === undefined) {
      unknownElement(node, child, schema.children, diagnostics);
      continue;
    }
    const earlier = seen.get(child.tag);
    if (known.once === true && earlier !== undefined) {
      diagnostics.error('E015', child.tagSpan, `<${child.tag}> may stand only once`, { notes: [{ message: 'the first one', span: earlier.tagSpan }] });
    }
    seen.set(child.tag, child);
    checkTree(child, known, diagnostics);
  }
}

/** The values of an element that passed `checkTree`; what is left out is undefined. */
export function valuesOf<A extends Attributes>(node: Node, schema: ElementSchema<A>): Values<A> {
  const values: Record<string, unknown> = {};
  for (const [name, { type }] of Object.entries(schema.attributes)) {
    const attribute = attributeOf(node, name);
    const parsed = attribute === undefined ? undefined : type.parse(attribute.value);
    values[name] = parsed?.ok === true ? parsed.value : undefined;
  }
  return values as Values<A>;
}

function checkAttributes(node: Node, schema: ElementSchema, diagnostics: DiagnosticList): void {
  if (schema.children === 'verbatim') return;
  for (const attribute of node.attributes) {
    const known = schema.attributes[attribute.name];
    if (known === undefined || !Object.hasOwn(schema.attributes, attribute.name)) {
      if (schema.others !== undefined || isForEditors(attribute.name)) continue;
      diagnostics.error('E012', attribute.nameSpan, `unknown attribute '${attribute.name}' of <${node.tag}>`, { help: suggestion(attribute.name, Object.keys(schema.attributes)) });
      continue;
    }
    const [parameter] = parametersIn(attribute.value);
    if (parameter !== undefined) {
      diagnostics.error('E018', attribute.valueSpan, `there is no parameter '${parameter}' here`, { help: 'parameters are declared in <parameters>, in the axes of <matrix>, and by <repeat as="...">' });
      continue;
    }
    const parsed = known.type.parse(attribute.value);
    if (!parsed.ok) {
      diagnostics.error('E014', attribute.valueSpan, `'${attribute.value}' is no value of '${attribute.name}': expected ${parsed.expected}`, { help: parsed.help });
    }
  }
  for (const [name, { use, doc }] of Object.entries(schema.attributes)) {
    if (use === 'required' && attributeOf(node, name) === undefined) {
      diagnostics.error('E013', node.tagSpan, `<${node.tag}> needs the attribute '${name}'`, { help: `${name}: ${doc}` });
    }
  }
}

/** By which XML editors find the schema. */
function isForEditors(name: string): boolean {
  return name === 'xmlns:xsi' || name === 'xsi:noNamespaceSchemaLocation';
}

function unknownElement(parent: Node, child: Node, known: readonly ElementSchema[], diagnostics: DiagnosticList): void {
  const help = known.length === 0 ? `<${parent.tag}> has no elements inside` : suggestion(child.tag, known.map(({ tag }) => tag));
  diagnostics.error('E011', child.tagSpan, `unknown element <${child.tag}> inside <${parent.tag}>`, { help });
}
