// What init swallows in silence, told to whoever lints a configuration: unknown elements and attributes, missing names, values
// that are read otherwise than they look. Pure. Routes are judged in check_routes.ts.

import { attributeOf, childOf, childrenOf, type Node, valueOf } from '../../scenario/syntax/node.ts';
import { type Dialect, decodeInitConfig } from './config.ts';
import { checkLatent } from './check_latent.ts';
import { checkRoutes } from './check_routes.ts';
import { CONFIG, type ElementRule, LATER_SYNTAX } from './vocabulary.ts';

/** Kinds of findings, for diagnostic codes. */
export type FindingKind = 'unknown_element' | 'unknown_attribute' | 'missing_attribute' | 'value' | 'text' | 'duplicate' | 'route' | 'resource';

export type Finding = {
  readonly kind: FindingKind;
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly help?: string;
  /** Another place that explains it. */
  readonly see?: { readonly message: string; readonly start: number; readonly end: number };
};

type Span = Node['span'];

/** All findings of a configuration, in the order of the text. Places count from the bases of the sources. */
export function checkInitConfig(root: Node, dialect: Dialect): readonly Finding[] {
  const findings: Finding[] = [];
  if (root.tag !== 'config') findings.push(finding('unknown_element', root.tagSpan, `init expects <config>, not <${root.tag}>`));
  checkElement(root, CONFIG, dialect, findings);
  const config = decodeInitConfig(root);
  findings.push(...checkRoutes(config, dialect), ...checkLatent(root, config, dialect));
  return findings.sort((a, b) => a.start - b.start);
}

function checkElement(node: Node, rule: ElementRule, dialect: Dialect, findings: Finding[]): void {
  if (rule.opaque === true) return;
  checkAttributes(node, rule, dialect, findings);
  for (const { text, span } of node.text) {
    if (text.trim() !== '') findings.push(finding('text', span, `text inside <${node.tag}> is ignored by init`));
  }
  for (const child of node.children) {
    const known = Object.hasOwn(rule.children, child.tag) ? rule.children[child.tag] : undefined;
    if (known === undefined || (known.only !== undefined && known.only !== dialect)) {
      const help = hint(LATER_SYNTAX[`${node.tag}/${child.tag}`] ?? LATER_SYNTAX[child.tag], known?.only);
      findings.push(finding('unknown_element', child.tagSpan, `init does not read <${child.tag}> inside <${node.tag}>`, help));
      continue;
    }
    checkElement(child, known, dialect, findings);
  }
  findings.push(...repeated(node, rule), ...overruled(node));
}

/** Elements that init looks up by name: it finds the first. */
function repeated(node: Node, rule: ElementRule): readonly Finding[] {
  return node.children.flatMap((child) => {
    const first = childOf(node, child.tag);
    if (first === undefined || first === child || !Object.hasOwn(rule.children, child.tag) || rule.children[child.tag]?.once !== true) return [];
    return [{ ...finding('duplicate', child.tagSpan, `a second <${child.tag}> inside <${node.tag}> is ignored by init`), see: { message: 'it reads this one', ...placeOf(first.tagSpan) } }];
  });
}

/** What a start node says in two ways, of which init takes one: the file before the inline configuration, the last of several quotas. */
function overruled(node: Node): readonly Finding[] {
  if (node.tag !== 'start') return [];
  const [file, inline] = [childOf(node, 'configfile'), childOf(node, 'config')];
  const quotas = childrenOf(node, 'resource').filter((resource) => valueOf(resource, 'quantum') !== undefined);
  return [
    ...(file === undefined || inline === undefined || valueOf(file, 'name') === undefined ? [] : [{ ...finding('duplicate', inline.tagSpan, 'this <config> is ignored by init: the start node has a <configfile>'), see: { message: 'it is taken instead', ...placeOf(file.tagSpan) } }]),
    ...quotas.flatMap((resource, at) => {
      const later = quotas.slice(at + 1).findLast((other) => valueOf(other, 'name') === valueOf(resource, 'name'));
      return later === undefined ? [] : [{ ...finding('duplicate', resource.tagSpan, `this quantum of ${valueOf(resource, 'name') ?? ''} is ignored by init: the last one counts`), see: { message: 'the last one', ...placeOf(later.tagSpan) } }];
    }),
  ];
}

const placeOf = (span: Span): { readonly start: number; readonly end: number } => ({ start: span.source.base + span.start, end: span.source.base + span.end });

function checkAttributes(node: Node, rule: ElementRule, dialect: Dialect, findings: Finding[]): void {
  for (const { name, value, nameSpan, valueSpan } of node.attributes) {
    const known = Object.hasOwn(rule.attributes, name) ? rule.attributes[name] : undefined;
    if (known === undefined || (known.only !== undefined && known.only !== dialect)) {
      const help = hint(LATER_SYNTAX[`${node.tag}@${name}`], known?.only);
      findings.push(finding('unknown_attribute', nameSpan, `init does not read the attribute '${name}' of <${node.tag}>`, help));
      continue;
    }
    const complaint = known.check(value);
    if (complaint !== undefined) findings.push(finding('value', valueSpan, `${name}: ${complaint}`));
  }
  for (const [name, { required }] of Object.entries(rule.attributes)) {
    if (required !== true || attributeOf(node, name) !== undefined) continue;
    findings.push(finding('missing_attribute', node.tagSpan, `<${node.tag}> lacks the attribute '${name}'`));
  }
}

function hint(instead: string | undefined, only: Dialect | undefined): string | undefined {
  if (instead !== undefined) return `this is the syntax of later versions; write ${instead}`;
  return only === undefined ? undefined : `Genode ${only} reads it: choose that dialect with genode="${only}"`;
}

function finding(kind: FindingKind, span: Span, message: string, help?: string): Finding {
  return { kind, message, ...placeOf(span), ...(help === undefined ? {} : { help }) };
}
