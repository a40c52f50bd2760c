// What core knows of signals: a source per protection domain, and its contexts. Owner of the tables 'core_signal_sources' and
// 'core_signal_contexts'. Source modelled: genode-base-foc.md 4.1.

import { table } from '../native/store.ts';
import type { CoreCap } from './kernel_object.ts';

interface SourceRow {
  readonly semaphore: CoreCap;
  readonly finalizer: CoreCap;
  readonly cap: CoreCap;
  readonly contexts_slab: number;
  /** Contexts with signals that nobody took yet, oldest first. */
  readonly queue: readonly number[];
}

interface ContextRow {
  readonly source: number;
  /** Number by which the component knows its context. */
  readonly imprint: number;
  /** Signals since the last delivery. */
  readonly count: number;
  readonly cap: CoreCap;
}

export const signalSources = table<SourceRow>('core_signal_sources');
export const signalContexts = table<ContextRow>('core_signal_contexts');
