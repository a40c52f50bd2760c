// Names that steps give and use: checkpoints, dumps, marks, points, machines, components. A step may use what an earlier one gave.
// Owner of the tables of names while the steps of one scenario are decoded.

import { spanOf } from './decode_moment.ts';
import { type DiagnosticList, type Span, suggestion } from './diagnostic.ts';
import type { Point } from './model.ts';
import type { Node } from './syntax/node.ts';

/** What stands around the steps. */
export interface StepScope {
  readonly points: ReadonlyMap<string, Point>;
  /** Names of the components that init starts. */
  readonly starts: readonly string[];
  /** Names of the further machines. */
  readonly machines: readonly string[];
  readonly preset?: string;
  /** Names given by steps and points that have mistakes themselves: whether they are declared cannot be said. */
  readonly unclear?: ReadonlySet<string>;
}

interface Declared {
  readonly kind: 'checkpoint' | 'dump';
  readonly span: Span;
  readonly rounds: readonly number[];
}

export class StepNames {
  readonly #scope: StepScope;
  readonly #diagnostics: DiagnosticList;
  /** Capability spaces kept so far, by the name of the checkpoint or dump. */
  readonly #spaces = new Map<string, Declared>();
  readonly #marks = new Map<string, { readonly span: Span; readonly rounds: readonly number[] }>();
  #rounds: readonly number[] = [];

  constructor(scope: StepScope, diagnostics: DiagnosticList) {
    this.#scope = scope;
    this.#diagnostics = diagnostics;
  }

  /** A step begins, in the given rounds of the repetitions around it. */
  begin(rounds: readonly number[]): void {
    this.#rounds = rounds;
  }

  declareSpace(node: Node, kind: Declared['kind'], name: string): void {
    const earlier = this.#spaces.get(name);
    const span = spanOf(node, 'name');
    if (earlier !== undefined && !this.#laterRound(earlier, span)) {
      this.#diagnostics.error('E019', span, `'${name}' names a ${earlier.kind} already`, { notes: [{ message: 'declared here', span: earlier.span }] });
    } else this.#spaces.set(name, { kind, span, rounds: this.#rounds });
  }

  declareMark(node: Node, name: string): void {
    const earlier = this.#marks.get(name);
    const span = spanOf(node, 'name');
    if (earlier !== undefined && !this.#laterRound(earlier, span)) this.#diagnostics.error('E019', span, `mark '${name}' is set twice`, { notes: [{ message: 'first set here', span: earlier.span }] });
    this.#marks.set(name, { span, rounds: this.#rounds });
  }

  space(node: Node, attribute: string, name: string): Declared | undefined {
    const declared = this.#spaces.get(name);
    if (declared === undefined && !this.#isUnclear(name)) this.#diagnostics.error('E018', spanOf(node, attribute), `no earlier step made '${name}'`, { help: suggestion(name, [...this.#spaces.keys()]) ?? 'checkpoints and dumps make names' });
    return declared;
  }

  checkpoint(node: Node, attribute: string, name: string): void {
    const declared = this.space(node, attribute, name);
    if (declared?.kind !== 'dump') return;
    this.#diagnostics.error('E018', spanOf(node, attribute), `'${name}' is a dump, which holds no state to restore`, { notes: [{ message: 'declared here', span: declared.span }] });
  }

  since(node: Node, name: string | undefined): void {
    if (name === undefined || this.#marks.has(name) || this.#isUnclear(name)) return;
    this.#diagnostics.error('E018', spanOf(node, 'since'), `no earlier step sets the mark '${name}'`, { help: suggestion(name, [...this.#marks.keys()]) });
  }

  point(node: Node, attribute: string, name: string): Point | undefined {
    const point = this.#scope.points.get(name);
    if (point === undefined && !this.#isUnclear(name)) this.#diagnostics.error('E018', spanOf(node, attribute), `there is no point '${name}'`, { help: suggestion(name, [...this.#scope.points.keys()]) ?? 'points are declared in <points>' });
    return point;
  }

  /** A child of a checkpoint/restore component. */
  child(node: Node, attribute: string, path: string): void {
    const [first = '', ...rest] = path.split(' -> ');
    if (!this.component(node, attribute, path) || rest.length > 0) return;
    this.#diagnostics.error('E018', spanOf(node, attribute), `'${first}' is a child of init; checkpoint and restore work on children of a checkpoint/restore component`, { help: `write '${first} -> NAME'` });
  }

  /** The first element of a component's path is a start node of the configuration. */
  component(node: Node, attribute: string, path: string): boolean {
    const [first = ''] = path.split(' -> ');
    const known = this.#scope.starts.includes(first);
    if (!known) this.#diagnostics.error('E018', spanOf(node, attribute), `init starts no component '${first}'`, { help: suggestion(first, this.#scope.starts) });
    return known;
  }

  #isUnclear(name: string): boolean {
    return this.#scope.unclear?.has(name) === true;
  }

  /** The same step of a repetition, in a later round. */
  #laterRound(earlier: { readonly span: Span; readonly rounds: readonly number[] }, span: Span): boolean {
    return this.#rounds.length > 0 && earlier.span.start === span.start && earlier.span.source === span.source;
  }
}
