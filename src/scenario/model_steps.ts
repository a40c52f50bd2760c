// The steps of a scenario as the runner wants them. Readonly data made by decode_steps.ts: `repeat` is written out, a step with
// `when` is an await and the step. `on` names a further machine; left out: the first one.

import type { Span } from './diagnostic.ts';
import type { CodePlace, Moment, ThreadState } from './model_moment.ts';
import type { Node } from './syntax/node.ts';
import type { SlotRange } from './value.ts';

/** The attributes as written; what is left out takes the complete way. */
export type Strategy = Readonly<Record<string, string>>;

export type Compare = 'exact' | 'shape' | 'isomorphic';

export type Expected = { readonly kind: 'golden'; readonly file: string } | { readonly kind: 'same-as'; readonly point: string };

export type Fault =
  | { readonly kind: 'deny'; readonly function: string; readonly count: number }
  | { readonly kind: 'exhaust' }
  | { readonly kind: 'revoke'; readonly slot: number }
  | { readonly kind: 'memory'; readonly place: CodePlace; readonly value: number }
  | { readonly kind: 'exception'; readonly thread?: string }
  | { readonly kind: 'drop-signal'; readonly count: number };

export interface ExpectedThread {
  readonly name: string;
  /** Any of these; left out: whatever it does. */
  readonly states?: readonly ThreadState[];
  readonly count: number;
}

export type ExpectedMemory =
  | { readonly kind: 'bytes'; readonly place: CodePlace; readonly bytes: readonly number[] }
  /** Without a place: all memory. */
  | { readonly kind: 'same-as'; readonly point: string; readonly place?: CodePlace; readonly size_bytes?: number };

export interface ExpectedRoute {
  readonly service: string;
  /** Left out: any. */
  readonly label?: string;
  /** "parent", "local", "denied", or a child's name. */
  readonly to: string;
  readonly span: Span;
}

/** A pattern of init's state report, as in Genode's test-init: all of `attributes` and `nodes` must match, none of `not`. */
export interface StatePattern {
  readonly attributes: readonly StateAttribute[];
  readonly nodes: readonly { readonly name: string; readonly pattern: StatePattern }[];
  readonly not: readonly StatePattern[];
}

export type StateAttribute = { readonly name: string } & ({ readonly kind: 'value'; readonly value: string } | { readonly kind: 'higher' | 'lower'; readonly than: number });

/** Bounds in bytes, inclusive; left out: not looked at. */
export interface ExpectedQuota {
  readonly quota_min?: number;
  readonly quota_max?: number;
  readonly used_min?: number;
  readonly used_max?: number;
  readonly same_as?: string;
}

interface StepBase {
  readonly span: Span;
  /** Of a step inside <repeat>: the number of the round, from 1, outermost first. */
  readonly rounds?: readonly number[];
  readonly on?: string;
}

export type Step = StepBase &
  (
    | { readonly kind: 'await'; readonly moment: Moment; readonly within_ms?: number; readonly point?: string }
    | { readonly kind: 'checkpoint'; readonly name: string; readonly of: string; readonly with?: readonly string[]; readonly base?: string; readonly strategy: Strategy; readonly refused?: string }
    | { readonly kind: 'restore'; readonly from: string; readonly as: string; readonly with?: readonly string[]; readonly strategy: Strategy; readonly refused?: string }
    | { readonly kind: 'kill'; readonly child: string; readonly with?: readonly string[] }
    | { readonly kind: 'pause'; readonly child: string }
    | { readonly kind: 'resume'; readonly child: string }
    | { readonly kind: 'reconfigure'; readonly config: Node; readonly config_text: string }
    | { readonly kind: 'fault'; readonly of: string; readonly fault: Fault }
    | { readonly kind: 'save-image'; readonly of: string; readonly file: string }
    | { readonly kind: 'load-image'; readonly name: string; readonly file: string }
    | { readonly kind: 'dump'; readonly name: string; readonly task: string }
    | { readonly kind: 'mark'; readonly name: string }
    | {
        readonly kind: 'expect-caps';
        /** Left out: the present space. */
        readonly at?: string;
        readonly expected: Expected;
        readonly task?: string;
        readonly compare: Compare;
        readonly rows?: readonly SlotRange[];
        readonly missing?: readonly SlotRange[];
      }
    | { readonly kind: 'expect-log'; /** With a golden: which lines it is about; left out: all. */ readonly pattern?: string; readonly golden?: string; readonly count?: number; readonly since?: string }
    | { readonly kind: 'expect-no-log'; readonly pattern: string; readonly since?: string }
    | { readonly kind: 'expect-threads'; readonly of: string; readonly expected: Expected | { readonly kind: 'threads'; readonly threads: readonly ExpectedThread[] } }
    | { readonly kind: 'expect-memory'; readonly of: string; readonly expected: ExpectedMemory }
    | { readonly kind: 'expect-routes'; readonly of: string; readonly routes: readonly ExpectedRoute[] }
    | { readonly kind: 'expect-state'; readonly pattern: StatePattern; readonly within_ms?: number }
    | { readonly kind: 'expect-quota'; readonly of: string; readonly quota: ExpectedQuota }
  );

export type StepKind = Step['kind'];
export type StepOf<K extends StepKind> = Extract<Step, { readonly kind: K }>;
