// A scenario as the runner wants it: checked, typed, defaults filled in. Readonly data made by decode.ts.
// Spans stay with what a message may have to point at. Steps are model_steps.ts, moments model_moment.ts.

import type { Span } from './diagnostic.ts';
import type { Moment } from './model_moment.ts';
import type { Step } from './model_steps.ts';
import type { Source } from './source.ts';
import type { Node } from './syntax/node.ts';

export type { Moment } from './model_moment.ts';
export type { Compare, Expected, Step, StepOf, Strategy } from './model_steps.ts';

export interface BootRequest {
  readonly name: string;
  /** Relative to the scenario's folder; left out for a shipped guest program. */
  readonly file?: string;
  /** The shipped guest program, if it is not called as the module. */
  readonly program?: string;
  readonly span: Span;
}

export interface Point {
  readonly name: string;
  readonly moment: Moment;
  readonly span: Span;
}

export type Criterion = { readonly span: Span } & (
  | { readonly kind: 'log'; readonly pattern: string; readonly count: number }
  | { readonly kind: 'after'; readonly after_ms: number }
  /** Depot autopilot's: the lines in order, and the exit of a child of init if `exit` is there, too. */
  | { readonly kind: 'pattern'; readonly lines: readonly string[]; readonly exit?: number }
  | { readonly kind: 'exit'; readonly exit: number }
);

/** Something that must be there for the scenario to be run. */
export interface Requirement {
  readonly name: string;
  readonly span: Span;
}

export interface ExpectedFailure {
  readonly reason: string;
  readonly span: Span;
}

/**
 * Of the tasks that have turns only this one runs, and none of the threads `hold`, until the kernel object with the number `until`
 * exists; without that, until nobody can run.
 */
export interface Turn {
  readonly task: number;
  readonly until?: number;
  readonly hold?: readonly number[];
}

/** Applied to every log line, in order, before anything is matched with it. */
export interface Unify {
  readonly pattern: RegExp;
  readonly replace: string;
}

/** A machine besides the first; it boots the same modules. */
export interface FurtherMachine {
  readonly name: string;
  readonly ram_bytes: number;
  readonly seed: number;
  readonly config: Node;
  readonly config_text: string;
  readonly span: Span;
}

export interface Scenario {
  readonly name: string;
  /** Of a scenario with a matrix: the names of the cases, joined by dots. */
  readonly variant?: string;
  /** Values of the parameters, those of the matrix included. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly doc: string;
  readonly genode: '16.08' | '17.02';
  readonly platform: 'foc_pbxa9';
  readonly ram_bytes: number;
  readonly seed: number;
  readonly flavour: 'rtcr' | 'stock';
  /** Left out: the runner's choice. */
  readonly engine?: 'reference' | 'fast' | 'jit';
  readonly tags: readonly string[];
  readonly requires: readonly Requirement[];
  readonly xfail?: ExpectedFailure;
  readonly unify: readonly Unify[];
  readonly machines: readonly FurtherMachine[];
  /** Which init core starts: the one written in TypeScript, or a compiled one among the boot modules. */
  readonly init: 'built-in' | 'guest';
  readonly config: Node;
  /** The `<config>` element as XML, as it was written if it was XML: init's ROM module "config". */
  readonly config_text: string;
  /** Left out: found from the start nodes. */
  readonly boot?: readonly BootRequest[];
  readonly extensions: ReadonlySet<string>;
  /** The order in which tasks that start side by side get the processor, by debugger ids; empty: as the clock has it. */
  readonly turns: readonly Turn[];
  readonly points: readonly Point[];
  readonly steps: readonly Step[];
  readonly succeed: readonly Criterion[];
  readonly fail: readonly Criterion[];
  readonly source: Source;
}
