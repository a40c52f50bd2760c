// Moments: what a scenario can wait for, as the runner wants it. Readonly data made by decode_moment.ts.
// `of` is a component's path below init ("rtcr -> sheep_counter"); left out: anybody.

import type { AddressRange, SymbolPlace } from './value.ts';

/** `user` is executing or ready; `reply_and_wait` an open wait, `call` a wait for one partner's reply. */
export type ThreadState = 'user' | 'send' | 'call' | 'reply_and_wait' | 'irq' | 'sleep' | 'page_fault' | 'exception' | 'suspended' | 'dead';

/** A place in the program of a component. */
export type CodePlace = ({ readonly kind: 'symbol' } & SymbolPlace) | { readonly kind: 'address'; readonly address: number };

export type Moment =
  /** `pattern` is matched with the whole line, label included. */
  | { readonly kind: 'log'; readonly pattern: string; readonly count: number }
  | { readonly kind: 'time'; readonly time_ms: number }
  /** `function` is "Log_session::write", or an interface alone: any function of it. */
  | { readonly kind: 'rpc'; readonly function: string; readonly edge: 'entry' | 'reply'; readonly of?: string; readonly thread?: string; readonly count: number }
  /** `call` is "any", or a protocol or object type. */
  | { readonly kind: 'syscall'; readonly call: string; readonly edge: 'entry' | 'reply'; readonly of?: string; readonly thread?: string; readonly count: number }
  | { readonly kind: 'instructions'; readonly instructions: number; readonly of?: string }
  | { readonly kind: 'code'; readonly place: CodePlace; readonly of: string; readonly thread?: string; readonly count: number }
  | { readonly kind: 'state'; readonly state: ThreadState; readonly of: string; readonly thread?: string; readonly count: number }
  | { readonly kind: 'signal'; readonly what: 'submit' | 'deliver'; readonly of?: string; readonly count: number }
  | { readonly kind: 'page_fault'; readonly access: 'any' | 'read' | 'write' | 'execute'; readonly at?: AddressRange; readonly of?: string; readonly thread?: string; readonly count: number };

export type MomentOf<K extends Moment['kind']> = Extract<Moment, { kind: K }>;
