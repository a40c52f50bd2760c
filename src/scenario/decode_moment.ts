// Moments from the attributes of <point> and <await>: exactly one says what kind it is, the others must go with that kind.
// Owns no state.

import type { DiagnosticList, Span } from './diagnostic.ts';
import type { CodePlace, Moment } from './model_moment.ts';
import { COMPONENT_KINDS, LIMITS_OF_KIND, MOMENT_KIND_NAMES, type MOMENT_KINDS, MOMENT_LIMITS } from './schema/moment.ts';
import type { Values } from './schema/element.ts';
import { attributeOf, type Node } from './syntax/node.ts';
import type { SymbolPlace } from './value.ts';
import { unreachable } from './unreachable.ts';

type MomentValues = Values<typeof MOMENT_KINDS & typeof MOMENT_LIMITS>;
type KindName = (typeof MOMENT_KIND_NAMES)[number];

/** The kinds that the attributes name; what narrows an address of a page fault is no kind of its own. */
export function momentKinds(node: Node): readonly KindName[] {
  return MOMENT_KIND_NAMES.filter((name) => attributeOf(node, name) !== undefined);
}

/** Undefined, with a message in the list, where the attributes do not fit each other. `of` is the component around, if there is one. */
export function decodeMoment(node: Node, kind: KindName, values: MomentValues, around: string | undefined, diagnostics: DiagnosticList): Moment | undefined {
  let good = true;
  for (const name of Object.keys(MOMENT_LIMITS) as (keyof typeof MOMENT_LIMITS)[]) {
    if (attributeOf(node, name) === undefined || LIMITS_OF_KIND[kind].includes(name)) continue;
    const goes = LIMITS_OF_KIND[kind];
    diagnostics.error('E017', spanOf(node, name), `'${name}' does not go with '${kind}'`, { help: goes.length === 0 ? `nothing narrows '${kind}'` : `with '${kind}' go ${goes.join(', ')}` });
    good = false;
  }
  const of = values.of ?? (LIMITS_OF_KIND[kind].includes('of') ? around : undefined);
  if (of === undefined && COMPONENT_KINDS.has(kind)) {
    diagnostics.error('E017', spanOf(node, kind), `'${kind}' needs a component`, { help: "name it with 'of'" });
    return undefined;
  }
  return good ? momentOf(kind, values, of) : undefined;
}

function momentOf(kind: KindName, values: MomentValues, of: string | undefined): Moment | undefined {
  const { log, time_ms, rpc, syscall, instructions, symbol, address, state, signal, page_fault, thread, at } = values;
  const count = values.count ?? 1;
  const edge = values.edge ?? 'entry';
  const whose = { ...(of === undefined ? {} : { of }), ...(thread === undefined ? {} : { thread }) };
  const component = of ?? '';
  const whoseThread = thread === undefined ? {} : { thread };
  switch (kind) {
    case 'log':
      return log === undefined ? undefined : { kind: 'log', pattern: logPattern(log, of), count };
    case 'time_ms':
      return time_ms === undefined ? undefined : { kind: 'time', time_ms };
    case 'rpc':
      return rpc === undefined ? undefined : { kind: 'rpc', function: rpc, edge, count, ...whose };
    case 'syscall':
      return syscall === undefined ? undefined : { kind: 'syscall', call: syscall, edge, count, ...whose };
    case 'instructions':
      return instructions === undefined ? undefined : { kind: 'instructions', instructions, ...(of === undefined ? {} : { of }) };
    case 'symbol':
    case 'address': {
      const place = codePlace(symbol, address);
      return place === undefined ? undefined : { kind: 'code', place, of: component, count, ...whoseThread };
    }
    case 'state':
      return state === undefined ? undefined : { kind: 'state', state, of: component, count, ...whoseThread };
    case 'signal':
      return signal === undefined ? undefined : { kind: 'signal', what: signal, count, ...(of === undefined ? {} : { of }) };
    case 'page_fault':
      return page_fault === undefined ? undefined : { kind: 'page_fault', access: page_fault, count, ...whose, ...(at === undefined ? {} : { at }) };
    default:
      return unreachable(kind);
  }
}

/** A line of a component starts with its label in brackets, as core prints it. */
export function logPattern(log: string, of: string | undefined): string {
  return of === undefined ? log : `[init -> ${of}] ${log}`;
}

export function codePlace(symbol: SymbolPlace | undefined, address: number | undefined): CodePlace | undefined {
  if (symbol !== undefined) return { kind: 'symbol', ...symbol };
  return address === undefined ? undefined : { kind: 'address', address };
}

export function spanOf(node: Node, attribute: string): Span {
  return attributeOf(node, attribute)?.valueSpan ?? node.tagSpan;
}
