// A scenario as the runner wants it: checked, typed, defaults filled in. Readonly data made by decode.ts.
// Spans stay with what a message may have to point at.

import type { Span } from './diagnostic.ts';
import type { Source } from './source.ts';
import type { Node } from './syntax/node.ts';
import type { SlotRange } from './value.ts';

export interface BootRequest {
  readonly name: string;
  /** Relative to the scenario's folder; left out for a shipped guest program. */
  readonly file?: string;
  readonly span: Span;
}

export type Moment =
  | { readonly kind: 'log'; readonly pattern: string; readonly count: number }
  | { readonly kind: 'time'; readonly time_ms: number };

export interface Point {
  readonly name: string;
  readonly moment: Moment;
  readonly span: Span;
}

/** The attributes as written; what is left out takes the complete way. */
export type Strategy = Readonly<Record<string, string>>;

export type Compare = 'exact' | 'shape' | 'isomorphic';

export type Expected = { readonly kind: 'golden'; readonly file: string } | { readonly kind: 'same-as'; readonly point: string };

interface StepBase {
  readonly span: Span;
}

export type Step = StepBase &
  (
    | { readonly kind: 'await'; readonly moment: Moment; readonly within_ms?: number }
    | { readonly kind: 'checkpoint'; readonly name: string; readonly of: string; readonly strategy: Strategy }
    | { readonly kind: 'restore'; readonly from: string; readonly as: string; readonly strategy: Strategy }
    | { readonly kind: 'kill'; readonly child: string }
    | { readonly kind: 'dump'; readonly name: string; readonly task: string }
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
    | { readonly kind: 'expect-log'; readonly pattern: string; readonly count?: number; readonly since?: string }
    | { readonly kind: 'expect-no-log'; readonly pattern: string; readonly since?: string }
    | { readonly kind: 'mark'; readonly name: string }
  );

export type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

export type Criterion = { readonly span: Span } & (
  | { readonly kind: 'log'; readonly pattern: string; readonly count: number }
  | { readonly kind: 'after'; readonly after_ms: number }
);

export interface Scenario {
  readonly name: string;
  readonly doc: string;
  readonly genode: '16.08' | '17.02';
  readonly platform: 'foc_pbxa9';
  readonly ram_bytes: number;
  readonly seed: number;
  readonly flavour: 'rtcr' | 'stock';
  readonly config: Node;
  /** The `<config>` element as XML, as it was written if it was XML: init's ROM module "config". */
  readonly config_text: string;
  /** Left out: found from the start nodes. */
  readonly boot?: readonly BootRequest[];
  readonly extensions: ReadonlySet<string>;
  readonly points: readonly Point[];
  readonly steps: readonly Step[];
  readonly succeed: readonly Criterion[];
  readonly fail: readonly Criterion[];
  readonly source: Source;
}
