// The actions among the steps of a scenario, and the order of all steps: repetitions are written out, moments are awaited first,
// and every name must have been given by an earlier step or a point. Owner of the tables of names while decoding.

import { checkTree, valuesOf } from './check.ts';
import { configForInit } from './config_text.ts';
import { ExpectationDecoder } from './decode_expectations.ts';
import { codePlace, decodeMoment, momentKinds, spanOf } from './decode_moment.ts';
import { type DiagnosticList, suggestion } from './diagnostic.ts';
import { STEPS_MAX } from './limits.ts';
import type { Point } from './model.ts';
import type { Fault, Step, Strategy } from './model_steps.ts';
import { substitute } from './parameters.ts';
import { STEP, type StepTag } from './schema/steps.ts';
import { STRATEGY_NAMES } from './schema/strategy.ts';
import { StepNames, type StepScope } from './step_names.ts';
import { attributeOf, childOf, type Node } from './syntax/node.ts';

export function decodeSteps(stepsNode: Node, scope: StepScope, diagnostics: DiagnosticList): readonly Step[] {
  return new StepDecoder(scope, diagnostics).all(stepsNode);
}

/** A step without what is the same for all: place, rounds, machine. */
type Bare = Step extends infer S ? (S extends Step ? Omit<S, 'span' | 'rounds' | 'on'> : never) : never;
export type BareStep = Bare;

class StepDecoder {
  readonly #scope: StepScope;
  readonly #diagnostics: DiagnosticList;
  readonly #names: StepNames;
  readonly #expectations: ExpectationDecoder;
  readonly #steps: Step[] = [];
  #full = false;

  constructor(scope: StepScope, diagnostics: DiagnosticList) {
    this.#scope = scope;
    this.#diagnostics = diagnostics;
    this.#names = new StepNames(scope, diagnostics);
    this.#expectations = new ExpectationDecoder(this.#names, diagnostics);
  }

  all(stepsNode: Node): readonly Step[] {
    this.#decode(stepsNode.children, []);
    if (this.#full) this.#diagnostics.error('E010', stepsNode.tagSpan, `more than ${STEPS_MAX} steps`);
    return this.#steps;
  }

  #decode(nodes: readonly Node[], rounds: readonly number[]): void {
    for (const node of nodes) {
      if (this.#steps.length >= STEPS_MAX) this.#full = true;
      if (this.#full) return;
      if (node.tag === 'repeat') this.#repeat(node, rounds);
      else this.#one(node, rounds);
    }
  }

  #repeat(node: Node, rounds: readonly number[]): void {
    const { times, as } = valuesOf(node, STEP.repeat);
    if (node.children.length === 0) this.#diagnostics.error('E015', node.tagSpan, '<repeat> has no steps inside');
    for (let round = 1; round <= times && !this.#full; round++) {
      const bound = as === undefined ? node : substitute(node, new Map([[as, String(round)]]));
      if (as !== undefined) checkTree(bound, { ...STEP.repeat, binds: '' }, this.#diagnostics);
      if (this.#diagnostics.failed) return;
      this.#decode(bound.children, [...rounds, round]);
    }
  }

  #one(node: Node, rounds: readonly number[]): void {
    this.#names.begin(rounds);
    const around = { span: node.span, ...(rounds.length === 0 ? {} : { rounds }), ...this.#machine(node) };
    const when = attributeOf(node, 'when');
    if (when !== undefined) {
      const point = this.#names.point(node, 'when', when.value);
      if (point !== undefined) this.#steps.push({ kind: 'await', moment: point.moment, point: point.name, ...around, span: when.valueSpan });
    }
    const bare = this.#bare(node);
    if (bare !== undefined) this.#steps.push({ ...bare, ...around });
  }

  #machine(node: Node): { readonly on?: string } {
    const on = attributeOf(node, 'on');
    if (on === undefined) return {};
    if (!this.#scope.machines.includes(on.value)) this.#diagnostics.error('E018', on.valueSpan, `there is no machine '${on.value}'`, { help: suggestion(on.value, this.#scope.machines) ?? 'declare it: <machine name="..."/>' });
    return { on: on.value };
  }

  #bare(node: Node): BareStep | undefined {
    const tag = node.tag as StepTag;
    switch (tag) {
      case 'await':
        return this.#await(node);
      case 'checkpoint':
        return this.#checkpoint(node);
      case 'restore':
        return this.#restore(node);
      case 'kill':
        return this.#kill(node);
      case 'pause':
      case 'resume': {
        const { child } = valuesOf(node, STEP[tag]);
        this.#names.child(node, 'child', child);
        return { kind: tag, child };
      }
      case 'reconfigure': {
        const config = childOf(node, 'config');
        if (config !== undefined) return { kind: 'reconfigure', ...configForInit(config, new Map(), this.#diagnostics) };
        this.#diagnostics.error('E015', node.tagSpan, '<reconfigure> needs a <config>');
        return undefined;
      }
      case 'fault':
        return this.#fault(node);
      case 'save-image': {
        const { of, file } = valuesOf(node, STEP['save-image']);
        this.#names.checkpoint(node, 'of', of);
        return { kind: 'save-image', of, file };
      }
      case 'load-image': {
        const { name, file } = valuesOf(node, STEP['load-image']);
        this.#names.declareSpace(node, 'checkpoint', name);
        return { kind: 'load-image', name, file };
      }
      case 'dump': {
        const { name, task } = valuesOf(node, STEP.dump);
        this.#names.declareSpace(node, 'dump', name);
        return { kind: 'dump', name, task };
      }
      case 'mark': {
        const { name } = valuesOf(node, STEP.mark);
        this.#names.declareMark(node, name);
        return { kind: 'mark', name };
      }
      case 'repeat':
        return undefined;
      default:
        return this.#expectations.decode(node, tag);
    }
  }

  #await(node: Node): BareStep | undefined {
    const values = valuesOf(node, STEP.await);
    const { point, within_ms } = values;
    const kinds = momentKinds(node);
    const [kind] = kinds;
    if (kinds.length + (point === undefined ? 0 : 1) !== 1) {
      this.#diagnostics.error('E017', node.tagSpan, "<await> has exactly one of 'log', 'point', 'time_ms' and the other kinds of moments");
      return undefined;
    }
    const limit = within_ms === undefined ? {} : { within_ms };
    if (within_ms !== undefined && kind === 'time_ms') this.#diagnostics.error('E017', spanOf(node, 'within_ms'), "'within_ms' says nothing about a fixed moment");
    if (kind !== undefined) {
      const moment = decodeMoment(node, kind, values, undefined, this.#diagnostics);
      return moment === undefined ? undefined : { kind: 'await', moment, ...limit };
    }
    const declared: Point | undefined = this.#names.point(node, 'point', point ?? '');
    return declared === undefined ? undefined : { kind: 'await', moment: declared.moment, point: declared.name, ...limit };
  }

  #checkpoint(node: Node): BareStep {
    const { name, of, with: others, base, refused } = valuesOf(node, STEP.checkpoint);
    this.#names.child(node, 'of', of);
    const beside = this.#beside(node, of, others);
    if (base !== undefined) this.#names.checkpoint(node, 'base', base);
    if (base !== undefined && base === name) this.#diagnostics.error('E017', spanOf(node, 'base'), `'${name}' cannot be based on itself`);
    this.#names.declareSpace(node, 'checkpoint', name);
    return { kind: 'checkpoint', name, of, ...beside, ...(base === undefined ? {} : { base }), strategy: this.#strategy(node), ...(refused === undefined ? {} : { refused }) };
  }

  #restore(node: Node): BareStep {
    const { from, as, with: others, refused } = valuesOf(node, STEP.restore);
    this.#names.child(node, 'as', as);
    const beside = this.#beside(node, as, others);
    this.#names.checkpoint(node, 'from', from);
    return { kind: 'restore', from, as, ...beside, strategy: this.#strategy(node), ...(refused === undefined ? {} : { refused }) };
  }

  #kill(node: Node): BareStep {
    const { child, with: others } = valuesOf(node, STEP.kill);
    this.#names.child(node, 'child', child);
    return { kind: 'kill', child, ...this.#beside(node, child, others) };
  }

  /** Further children of the parent that the step names one child of. */
  #beside(node: Node, path: string, others: readonly string[] | undefined): { readonly with?: readonly string[] } {
    if (others === undefined) return {};
    const first = path.split(' -> ').at(-1) ?? '';
    if (others.includes(first)) this.#diagnostics.error('E017', spanOf(node, 'with'), `'${first}' is named already`, { help: "'with' names further children of the same parent" });
    return { with: others };
  }

  #strategy(node: Node): Strategy {
    const given = STRATEGY_NAMES.map((name) => [name, attributeOf(node, name)?.value] as const).filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined);
    return Object.fromEntries([...(this.#scope.preset === undefined ? [] : [['preset', this.#scope.preset] as const]), ...given]);
  }

  #fault(node: Node): BareStep | undefined {
    const { of, kind, ...parts } = valuesOf(node, STEP.fault);
    this.#names.component(node, 'of', of);
    const fault = faultOf(kind, parts);
    const wrong = FAULT_PARTS.filter((name) => attributeOf(node, name) !== undefined && !PARTS_OF_FAULT[kind].includes(name));
    if (fault !== undefined && wrong.length === 0) return { kind: 'fault', of, fault };
    const words = PARTS_OF_FAULT[kind].map((name) => `'${name}'`).join(', ');
    this.#diagnostics.error('E017', node.tagSpan, words === '' ? `kind="${kind}" needs nothing else` : `kind="${kind}" goes with ${words}`);
    return undefined;
  }
}

const FAULT_PARTS = ['rpc', 'count', 'slot', 'symbol', 'address', 'value', 'thread'] as const;
type FaultPart = (typeof FAULT_PARTS)[number];

const PARTS_OF_FAULT = {
  deny: ['rpc', 'count'],
  exhaust: [],
  revoke: ['slot'],
  memory: ['symbol', 'address', 'value'],
  exception: ['thread'],
  'drop-signal': ['count'],
} as const satisfies Readonly<Record<Fault['kind'], readonly FaultPart[]>> as Readonly<Record<Fault['kind'], readonly FaultPart[]>>;

function faultOf(kind: Fault['kind'], parts: { [K in FaultPart]?: unknown } & Partial<ReturnType<typeof valuesOf<typeof STEP.fault.attributes>>>): Fault | undefined {
  const { rpc, count, slot, symbol, address, value, thread } = parts;
  const place = codePlace(symbol, address);
  switch (kind) {
    case 'deny':
      return rpc === undefined ? undefined : { kind, function: rpc, count: count ?? 1 };
    case 'exhaust':
      return { kind };
    case 'revoke':
      return slot === undefined ? undefined : { kind, slot };
    case 'memory':
      return place === undefined || value === undefined || (symbol !== undefined && address !== undefined) ? undefined : { kind, place, value };
    case 'exception':
      return thread === undefined ? { kind } : { kind, thread };
    default:
      return { kind, count: count ?? 1 };
  }
}
