// The steps of a scenario and the points they may name. Every name must have been declared by an earlier step or a point;
// owner of the tables of names while decoding.

import { valuesOf } from './check.ts';
import { type DiagnosticList, type Span, suggestion } from './diagnostic.ts';
import { STEPS_MAX } from './limits.ts';
import type { Expected, Moment, Point, Step, Strategy } from './model.ts';
import { SCHEMAS, STEP, STRATEGY_NAMES, type StepTag } from './schema.ts';
import { attributeOf, childOf, type Node } from './syntax/node.ts';

export function decodePoints(root: Node, diagnostics: DiagnosticList): ReadonlyMap<string, Point> {
  const points = new Map<string, Point>();
  for (const node of childOf(root, 'points')?.children ?? []) {
    const { name, on, log, count, time_ms } = valuesOf(node, SCHEMAS.POINT);
    const earlier = points.get(name);
    if (earlier !== undefined) diagnostics.error('E019', spanOf(node, 'name'), `point '${name}' is declared twice`, { notes: [{ message: 'first declared here', span: earlier.span }] });
    const moment = momentOf(node, { log: on === 'log' ? log : undefined, time_ms: on === 'time' ? time_ms : undefined, count });
    const stray = on === 'log' ? time_ms : log;
    if (moment === undefined || stray !== undefined) diagnostics.error('E017', node.tagSpan, on === 'log' ? `on="log" goes with 'log', and 'count' if need be` : `on="time" goes with 'time_ms' alone`);
    else points.set(name, { name, moment, span: node.span });
  }
  return points;
}

export function decodeSteps(stepsNode: Node, points: ReadonlyMap<string, Point>, starts: readonly string[], diagnostics: DiagnosticList): readonly Step[] {
  if (stepsNode.children.length > STEPS_MAX) {
    diagnostics.error('E010', stepsNode.tagSpan, `${stepsNode.children.length} steps, the limit is ${STEPS_MAX}`);
    return [];
  }
  const decoder = new StepDecoder(points, starts, diagnostics);
  return stepsNode.children.map((node) => decoder.decode(node)).filter((step) => step !== undefined);
}

interface Declared {
  readonly kind: 'checkpoint' | 'dump';
  readonly span: Span;
}

class StepDecoder {
  readonly #points: ReadonlyMap<string, Point>;
  readonly #starts: readonly string[];
  readonly #diagnostics: DiagnosticList;
  /** Capability spaces kept so far, by the name of the checkpoint or dump. */
  readonly #spaces = new Map<string, Declared>();
  readonly #marks = new Map<string, Span>();

  constructor(points: ReadonlyMap<string, Point>, starts: readonly string[], diagnostics: DiagnosticList) {
    this.#points = points;
    this.#starts = starts;
    this.#diagnostics = diagnostics;
  }

  decode(node: Node): Step | undefined {
    return this.#decoders[node.tag as StepTag](node);
  }

  readonly #decoders = {
    await: (node) => this.#await(node),
    checkpoint: (node) => {
      const { name, of } = valuesOf(node, STEP.checkpoint);
      this.#child(node, 'of', of);
      this.#declareSpace(node, 'checkpoint', name);
      return { kind: 'checkpoint', name, of, strategy: strategyOf(node), span: node.span };
    },
    restore: (node) => {
      const { from, as } = valuesOf(node, STEP.restore);
      this.#child(node, 'as', as);
      const declared = this.#space(node, 'from', from);
      if (declared?.kind === 'dump') this.#diagnostics.error('E018', spanOf(node, 'from'), `'${from}' is a dump, which holds no state to restore`, { notes: [{ message: 'declared here', span: declared.span }] });
      return { kind: 'restore', from, as, strategy: strategyOf(node), span: node.span };
    },
    kill: (node) => {
      const { child } = valuesOf(node, STEP.kill);
      this.#child(node, 'child', child);
      return { kind: 'kill', child, span: node.span };
    },
    dump: (node) => {
      const { name, task } = valuesOf(node, STEP.dump);
      this.#declareSpace(node, 'dump', name);
      return { kind: 'dump', name, task, span: node.span };
    },
    'expect-caps': (node) => this.#expectCaps(node),
    'expect-log': (node) => {
      const { log, count, since } = valuesOf(node, STEP['expect-log']);
      this.#since(node, since);
      return { kind: 'expect-log', pattern: log, ...(count === undefined ? {} : { count }), ...(since === undefined ? {} : { since }), span: node.span };
    },
    'expect-no-log': (node) => {
      const { log, since } = valuesOf(node, STEP['expect-no-log']);
      this.#since(node, since);
      return { kind: 'expect-no-log', pattern: log, ...(since === undefined ? {} : { since }), span: node.span };
    },
    mark: (node) => {
      const { name } = valuesOf(node, STEP.mark);
      const earlier = this.#marks.get(name);
      if (earlier !== undefined) this.#diagnostics.error('E019', spanOf(node, 'name'), `mark '${name}' is set twice`, { notes: [{ message: 'first set here', span: earlier }] });
      this.#marks.set(name, spanOf(node, 'name'));
      return { kind: 'mark', name, span: node.span };
    },
  } satisfies { readonly [K in StepTag]: (node: Node) => Step | undefined };

  #await(node: Node): Step | undefined {
    const { log, count, point, time_ms, within_ms } = valuesOf(node, STEP.await);
    const limit = within_ms === undefined ? {} : { within_ms };
    if ([log, point, time_ms].filter((given) => given !== undefined).length !== 1) {
      this.#diagnostics.error('E017', node.tagSpan, "<await> has exactly one of 'log', 'point' and 'time_ms'");
      return undefined;
    }
    if (count !== undefined && log === undefined) this.#diagnostics.error('E017', spanOf(node, 'count'), "'count' goes with 'log'");
    if (within_ms !== undefined && time_ms !== undefined) this.#diagnostics.error('E017', spanOf(node, 'within_ms'), "'within_ms' says nothing about a fixed moment");
    const moment = point === undefined ? momentOf(node, { log, count, time_ms }) : this.#points.get(point)?.moment;
    if (moment === undefined) {
      this.#diagnostics.error('E018', spanOf(node, 'point'), `there is no point '${point}'`, { help: suggestion(point ?? '', [...this.#points.keys()]) ?? 'points are declared in <points>' });
      return undefined;
    }
    return { kind: 'await', moment, ...limit, span: node.span };
  }

  #expectCaps(node: Node): Step | undefined {
    const { at, 'same-as': sameAs, golden, task, compare, rows, missing } = valuesOf(node, STEP['expect-caps']);
    if (at !== undefined) this.#space(node, 'at', at);
    if (sameAs !== undefined) this.#space(node, 'same-as', sameAs);
    if ((golden === undefined) === (sameAs === undefined)) {
      this.#diagnostics.error('E017', node.tagSpan, "<expect-caps> has exactly one of 'golden' and 'same-as'");
      return undefined;
    }
    if (golden !== undefined && !golden.endsWith('.caps')) this.#diagnostics.error('E014', spanOf(node, 'golden'), `a golden file ends in '.caps'`, { help: `write '${golden}.caps'` });
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
      span: node.span,
    };
  }

  #declareSpace(node: Node, kind: Declared['kind'], name: string): void {
    const earlier = this.#spaces.get(name);
    if (earlier !== undefined) this.#diagnostics.error('E019', spanOf(node, 'name'), `'${name}' names a ${earlier.kind} already`, { notes: [{ message: 'declared here', span: earlier.span }] });
    else this.#spaces.set(name, { kind, span: spanOf(node, 'name') });
  }

  #space(node: Node, attribute: string, name: string): Declared | undefined {
    const declared = this.#spaces.get(name);
    if (declared === undefined) this.#diagnostics.error('E018', spanOf(node, attribute), `no earlier step made '${name}'`, { help: suggestion(name, [...this.#spaces.keys()]) ?? 'checkpoints and dumps make names' });
    return declared;
  }

  #since(node: Node, name: string | undefined): void {
    if (name === undefined || this.#marks.has(name)) return;
    this.#diagnostics.error('E018', spanOf(node, 'since'), `no earlier step sets the mark '${name}'`, { help: suggestion(name, [...this.#marks.keys()]) });
  }

  /** The first element of a component's path is a start node of the configuration. */
  #child(node: Node, attribute: string, path: string): void {
    const [first = '', ...rest] = path.split(' -> ');
    if (!this.#starts.includes(first)) {
      this.#diagnostics.error('E018', spanOf(node, attribute), `init starts no component '${first}'`, { help: suggestion(first, this.#starts) });
    } else if (rest.length === 0) {
      this.#diagnostics.error('E018', spanOf(node, attribute), `'${first}' is a child of init; checkpoint and restore work on children of a checkpoint/restore component`, { help: `write '${first} -> NAME'` });
    }
  }
}

function momentOf(node: Node, given: { readonly log: string | undefined; readonly count: number | undefined; readonly time_ms: number | undefined }): Moment | undefined {
  if (given.log !== undefined && given.time_ms === undefined) return { kind: 'log', pattern: given.log, count: given.count ?? 1 };
  if (given.time_ms !== undefined && given.log === undefined && attributeOf(node, 'count') === undefined) return { kind: 'time', time_ms: given.time_ms };
  return undefined;
}

function strategyOf(node: Node): Strategy {
  return Object.fromEntries(STRATEGY_NAMES.map((name) => [name, attributeOf(node, name)?.value] as const).filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined));
}

function spanOf(node: Node, attribute: string): Span {
  return attributeOf(node, attribute)?.valueSpan ?? node.tagSpan;
}
