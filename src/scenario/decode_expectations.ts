// The expectations among the steps of a scenario. Which attributes go with each other is decided here, names by StepNames.
// Owns no state.

import { valuesOf } from './check.ts';
import { codePlace, spanOf } from './decode_moment.ts';
import type { BareStep } from './decode_steps.ts';
import type { DiagnosticList } from './diagnostic.ts';
import type { Expected, ExpectedMemory, ExpectedQuota, StateAttribute, StatePattern } from './model_steps.ts';
import type { ThreadState } from './model_moment.ts';
import { STEP, STEP_PARTS, type StepTag } from './schema/steps.ts';
import type { StepNames } from './step_names.ts';
import { childrenOf, type Node } from './syntax/node.ts';

type ExpectationTag = Extract<StepTag, `expect-${string}`>;

export class ExpectationDecoder {
  readonly #names: StepNames;
  readonly #diagnostics: DiagnosticList;

  constructor(names: StepNames, diagnostics: DiagnosticList) {
    this.#names = names;
    this.#diagnostics = diagnostics;
  }

  decode(node: Node, tag: ExpectationTag): BareStep | undefined {
    return this.#decoders[tag](node);
  }

  readonly #decoders: { readonly [K in ExpectationTag]: (node: Node) => BareStep | undefined } = {
    'expect-caps': (node) => this.#caps(node),
    'expect-log': (node) => {
      const { log, golden, count, since } = valuesOf(node, STEP['expect-log']);
      this.#names.since(node, since);
      if (golden !== undefined) this.#ending(node, golden, '.log');
      if (log === undefined && golden === undefined) this.#diagnostics.error('E017', node.tagSpan, "<expect-log> needs 'log' or 'golden'");
      if (count !== undefined && golden !== undefined) this.#diagnostics.error('E017', spanOf(node, 'count'), "'count' does not go with 'golden', which has each line as often as it comes");
      return { kind: 'expect-log', ...(log === undefined ? {} : { pattern: log }), ...(golden === undefined ? {} : { golden }), ...(count === undefined ? {} : { count }), ...(since === undefined ? {} : { since }) };
    },
    'expect-no-log': (node) => {
      const { log, since } = valuesOf(node, STEP['expect-no-log']);
      this.#names.since(node, since);
      return { kind: 'expect-no-log', pattern: log, ...(since === undefined ? {} : { since }) };
    },
    'expect-threads': (node) => this.#threads(node),
    'expect-memory': (node) => this.#memory(node),
    'expect-routes': (node) => {
      const { of } = valuesOf(node, STEP['expect-routes']);
      this.#names.component(node, 'of', of);
      if (node.children.length === 0) this.#diagnostics.error('E015', node.tagSpan, '<expect-routes> needs a <route>');
      const routes = node.children.map((child) => {
        const { service, label, to } = valuesOf(child, STEP_PARTS.ROUTE);
        return { service, to, ...(label === undefined ? {} : { label }), span: child.span };
      });
      return { kind: 'expect-routes', of, routes };
    },
    'expect-state': (node) => {
      const { within_ms } = valuesOf(node, STEP['expect-state']);
      if (node.children.length === 0) this.#diagnostics.error('E015', node.tagSpan, '<expect-state> needs a <node>, <attribute> or <not>');
      return { kind: 'expect-state', pattern: this.#statePattern(node), ...(within_ms === undefined ? {} : { within_ms }) };
    },
    'expect-quota': (node) => this.#quota(node),
  };

  #caps(node: Node): BareStep | undefined {
    const { at, 'same-as': sameAs, golden, task, compare, rows, missing } = valuesOf(node, STEP['expect-caps']);
    if (at !== undefined) this.#names.space(node, 'at', at);
    if (sameAs !== undefined) this.#names.space(node, 'same-as', sameAs);
    if ((golden === undefined) === (sameAs === undefined)) {
      this.#diagnostics.error('E017', node.tagSpan, "<expect-caps> has exactly one of 'golden' and 'same-as'");
      return undefined;
    }
    if (golden !== undefined) this.#ending(node, golden, '.caps');
    if (at !== undefined && at === sameAs) this.#diagnostics.error('E017', spanOf(node, 'same-as'), `'${at}' is compared with itself`);
    if (at === undefined && task === undefined && sameAs === undefined) {
      this.#diagnostics.error('E017', node.tagSpan, "<expect-caps> needs 'at' or 'task' to say whose space is compared");
    }
    const expected: Expected = golden === undefined ? { kind: 'same-as', point: sameAs ?? '' } : { kind: 'golden', file: golden };
    return {
      kind: 'expect-caps',
      expected,
      compare: compare ?? (golden === undefined ? 'isomorphic' : 'exact'),
      ...(at === undefined ? {} : { at }),
      ...(task === undefined ? {} : { task }),
      ...(rows === undefined ? {} : { rows }),
      ...(missing === undefined ? {} : { missing }),
    };
  }

  #threads(node: Node): BareStep | undefined {
    const { of, golden, 'same-as': sameAs } = valuesOf(node, STEP['expect-threads']);
    this.#names.component(node, 'of', of);
    if (sameAs !== undefined) this.#names.space(node, 'same-as', sameAs);
    if (golden !== undefined) this.#ending(node, golden, '.threads');
    if ([golden !== undefined, sameAs !== undefined, node.children.length > 0].filter((given) => given).length !== 1) {
      this.#diagnostics.error('E017', node.tagSpan, "<expect-threads> has exactly one of 'golden', 'same-as' and <thread> elements");
      return undefined;
    }
    if (golden !== undefined) return { kind: 'expect-threads', of, expected: { kind: 'golden', file: golden } };
    if (sameAs !== undefined) return { kind: 'expect-threads', of, expected: { kind: 'same-as', point: sameAs } };
    const threads = node.children.map((child) => {
      const { name, state, count } = valuesOf(child, STEP_PARTS.THREAD);
      return { name, count: count ?? 1, ...(state === undefined ? {} : { states: state as readonly ThreadState[] }) };
    });
    return { kind: 'expect-threads', of, expected: { kind: 'threads', threads } };
  }

  #memory(node: Node): BareStep | undefined {
    const { of, symbol, address, value, bytes, size, 'same-as': sameAs } = valuesOf(node, STEP['expect-memory']);
    this.#names.component(node, 'of', of);
    if (sameAs !== undefined) this.#names.checkpoint(node, 'same-as', sameAs);
    const place = symbol !== undefined && address !== undefined ? undefined : codePlace(symbol, address);
    const expected = expectedMemory({ place, value, bytes, size, sameAs, two: symbol !== undefined && address !== undefined });
    if (expected !== undefined) return { kind: 'expect-memory', of, expected };
    this.#diagnostics.error('E017', node.tagSpan, "<expect-memory> has either 'same-as', alone or with a place and a 'size', or a place ('symbol' or 'address') and one of 'value' and 'bytes'");
    return undefined;
  }

  #quota(node: Node): BareStep | undefined {
    const { of, quota, quota_min, quota_max, used, used_min, used_max, 'same-as': sameAs } = valuesOf(node, STEP['expect-quota']);
    this.#names.component(node, 'of', of);
    if (sameAs !== undefined) this.#names.checkpoint(node, 'same-as', sameAs);
    const bounds: ExpectedQuota = {
      ...bound('quota_min', quota ?? quota_min), ...bound('quota_max', quota ?? quota_max), ...bound('used_min', used ?? used_min), ...bound('used_max', used ?? used_max),
      ...(sameAs === undefined ? {} : { same_as: sameAs }),
    };
    const double = (quota !== undefined && (quota_min ?? quota_max) !== undefined) || (used !== undefined && (used_min ?? used_max) !== undefined);
    if (Object.keys(bounds).length > 0 && !double) return { kind: 'expect-quota', of, quota: bounds };
    this.#diagnostics.error('E017', node.tagSpan, double ? "an exact value excludes 'min' and 'max' of the same" : '<expect-quota> says nothing about quota or use');
    return undefined;
  }

  #statePattern(node: Node): StatePattern {
    return {
      attributes: childrenOf(node, 'attribute').map((child) => this.#stateAttribute(child)).filter((one) => one !== undefined),
      nodes: childrenOf(node, 'node').map((child) => ({ name: valuesOf(child, STEP_PARTS.NODE)['name'] as string, pattern: this.#statePattern(child) })),
      not: childrenOf(node, 'not').map((child) => this.#statePattern(child)),
    };
  }

  #stateAttribute(node: Node): StateAttribute | undefined {
    const { name, value, higher, lower } = valuesOf(node, STEP_PARTS.ATTRIBUTE);
    if ([value, higher, lower].filter((given) => given !== undefined).length !== 1) {
      this.#diagnostics.error('E017', node.tagSpan, "<attribute> has exactly one of 'value', 'higher' and 'lower'");
      return undefined;
    }
    if (value !== undefined) return { name, kind: 'value', value };
    return higher !== undefined ? { name, kind: 'higher', than: higher } : { name, kind: 'lower', than: lower ?? 0 };
  }

  #ending(node: Node, golden: string, ending: '.caps' | '.threads' | '.log'): void {
    if (!golden.endsWith(ending)) this.#diagnostics.error('E014', spanOf(node, 'golden'), `a golden file of this step ends in '${ending}'`, { help: `write '${golden}${ending}'` });
  }
}

interface MemoryParts {
  readonly place: ReturnType<typeof codePlace>;
  readonly value: number | undefined;
  readonly bytes: string | undefined;
  readonly size: number | undefined;
  readonly sameAs: string | undefined;
  readonly two: boolean;
}

function expectedMemory({ place, value, bytes, size, sameAs, two }: MemoryParts): ExpectedMemory | undefined {
  if (two || (value !== undefined && bytes !== undefined)) return undefined;
  if (sameAs !== undefined) {
    if (value !== undefined || bytes !== undefined || (place === undefined) !== (size === undefined)) return undefined;
    return { kind: 'same-as', point: sameAs, ...(place === undefined ? {} : { place }), ...(size === undefined ? {} : { size_bytes: size }) };
  }
  if (place === undefined || size !== undefined) return undefined;
  if (value !== undefined) return { kind: 'bytes', place, bytes: [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff) };
  return bytes === undefined ? undefined : { kind: 'bytes', place, bytes: bytes.replace(/\s+/g, '').match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [] };
}

function bound<K extends string>(name: K, value: number | undefined): { readonly [P in K]?: number } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]: number });
}
