// The configuration as init gets it: without the points that stand in its start nodes, with the values of the parameters.
// Pure; owns no state. What was written in XML stays as it was written, blanks and comments included.

import type { DiagnosticList, Span } from './diagnostic.ts';
import { componentPoints } from './decode_points.ts';
import { type Bindings, substitute, substituteText } from './parameters.ts';
import type { Node } from './syntax/node.ts';
import { printXml } from './syntax/print_xml.ts';
import { syntaxOf } from './syntax/syntax.ts';

export interface ConfigForInit {
  readonly config: Node;
  readonly config_text: string;
}

export function configForInit(written: Node, bindings: Bindings, diagnostics: DiagnosticList): ConfigForInit {
  const points = new Set(componentPoints(written).map(({ node }) => node));
  const config = substitute(without(written, points), bindings);
  const { source } = written.span;
  const one = syntaxOf(source.name) === 'xml' && allFrom(written, source);
  const config_text = one ? substituteText(cut(written.span, [...points].map(({ span }) => span)), bindings, escaped) : (printXml(config, diagnostics) ?? '').trimEnd();
  return { config, config_text };
}

function without(node: Node, left_out: ReadonlySet<Node>): Node {
  if (left_out.size === 0) return node;
  return { ...node, children: node.children.filter((child) => !left_out.has(child)).map((child) => without(child, left_out)) };
}

/** False where a part comes from another file. */
function allFrom(node: Node, source: Span['source']): boolean {
  return node.span.source === source && node.children.every((child) => allFrom(child, source));
}

function cut({ source, start, end }: Span, parts: readonly Span[]): string {
  let text = '';
  let from = start;
  for (const part of parts.toSorted((a, b) => a.start - b.start)) {
    text += source.text.slice(from, part.start);
    from = part.end;
  }
  return text + source.text.slice(from, end);
}

const escaped = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
