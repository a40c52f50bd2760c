// Signals at a checkpoint: the semaphore of each PD, the thread it wakes, and the signals that core holds for the target.
// Fills the sources of the capture. Source modelled: genode-base-foc.md 4.1 to 4.3; checkpoint-restore.md 4.5 N1, N9.

import type { Plain } from '../../emu/plain.ts';
import { Pd_session, Signal_source } from '../rpc/interfaces.ts';
import { capId, dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { capture, type CapturedSource, spaceOf, used } from './capture.ts';
import { each } from './each.ts';
import { PENDING_SIGNALS, SUBMIT_TRIES } from './limits.ts';
import { cpuThreads, pdSessions, signalContexts, signalSources } from './online_storage.ts';
import { ofTarget } from './target_rows.ts';
import type { StoredSignal } from './target_state.ts';
import { isDenied, readIrqCount, writeIrqCount } from './thread_access.ts';
import { REGISTER } from './thread_phase.ts';

/** The name of the thread that waits for signals in every component, where nothing better tells which one it is. */
const HANDLER_NAME = 'signal handler';

type SourceLocals = { [key: string]: Plain; item: number };

const identifySource = procedure<SourceLocals>('rtcr.identify_source', {
  start: (x, l) => {
    // Core hands out the same semaphore every time, to whoever holds the signal source.
    const found = signalSources(x).find((row) => row.pd === l.item);
    return found === undefined ? done() : rpc(Signal_source.request_semaphore, found[1].cap.slot, {}, 'identified');
  },
  identified: (x, l, { cap }: RpcReply) => {
    if (cap === null) return done();
    const source = { pd: l.item, semaphore: cap, semaphore_badge: capId(x, cap), semaphore_count: 0, handler: 0, pending: [] };
    capture.update(x, { sources: [...capture.get(x).sources, source] });
    return done();
  },
});

type TargetLocals = { [key: string]: Plain; target: number };

/** Fetches the semaphores of the target's PDs. */
export const identifySources = procedure<TargetLocals>('rtcr.identify_sources', {
  start: (x, l) => each(identifySource, ofTarget(pdSessions, x, l.target).map(([key]) => key), {}, 'identified'),
  identified: () => done(),
});

/** The thread that a semaphore wakes: the one that waits for it now, else the one that is named for it. */
function handlerOf(x: Execution, source: CapturedSource): number {
  const { threads } = capture.get(x);
  const slotsOf = (thread: number): number[] => spaceOf(x, cpuThreads(x).get(thread)?.pd ?? 0).cap_map.filter((row) => row.id === source.semaphore_badge).map((row) => row.slot);
  const waiting = threads.find(({ key, phase, registers }) => phase?.kind === 'awaits_irq' && slotsOf(key).includes((registers[REGISTER.r2] ?? 0) >>> 12));
  if (waiting !== undefined) return waiting.key;
  return threads.find(({ key }) => cpuThreads(x).get(key)?.pd === source.pd && cpuThreads(x).get(key)?.name === HANDLER_NAME)?.key ?? 0;
}

type DrainLocals = {
  [key: string]: Plain; item: number; left?: number; pending?: readonly StoredSignal[]; at?: number;
  tries?: number; failure?: { readonly name: string; readonly text: string };
};

/**
 * Reads the signals of one PD out of core and submits them again. Each queued context triggered the semaphore once: as many
 * are queued as triggers are pending, and one more may be if the handler has taken its trigger but not yet asked for the signal.
 */
const readSignals = procedure<DrainLocals>('rtcr.read_signals', {
  start: (x, l) => {
    const source = sourceAt(x, l.item);
    const count = readIrqCount(x, source.semaphore);
    if (isDenied(count)) return done();
    used(x, 'ipc_state');
    const handler = handlerOf(x, source);
    const thread = capture.get(x).threads.find(({ key }) => key === handler);
    const between = thread !== undefined && thread.phase !== null && thread.phase.kind !== 'awaits_irq' ? 1 : 0;
    put(x, l.item, { semaphore_count: count, handler });
    l.left = handler === 0 ? 0 : Math.min(count + between, PENDING_SIGNALS);
    l.pending = [];
    return goto('fetch');
  },
  fetch: (x, l) => {
    if ((l.left ?? 0) === 0) return goto('submit');
    l.left = (l.left ?? 0) - 1;
    const source = signalSources(x).find((row) => row.pd === l.item);
    return source === undefined ? goto('submit') : rpc(Signal_source.wait_for_signal, source[1].cap.slot, {}, 'fetched', 'unfetched');
  },
  // What was fetched before goes back to core first: it is nowhere else.
  unfetched: (_x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    return goto('submit');
  },
  fetched: (_x, l, { value }: RpcReply) => {
    const [imprint = 0, count = 0] = value as readonly number[];
    if (imprint === 0) return goto('submit');
    l.pending = [...(l.pending ?? []), { imprint, count }];
    return goto('fetch');
  },
  submit: (x, l) => {
    const signal = l.pending?.[l.at ?? 0];
    if (signal === undefined) return goto('count');
    l.at = (l.at ?? 0) + 1;
    const context = signalContexts(x).find((row) => row.pd === l.item && row.imprint === signal.imprint);
    if (context === undefined) return goto('submit');
    return rpc(Pd_session.submit, pdSessions(x).require(l.item).real, { context: context[1].cap.slot, count: signal.count }, 'submit', 'unsubmitted');
  },
  unsubmitted: (_x, l, { name, text }: Failure) => {
    l.tries = (l.tries ?? 0) + 1;
    if (l.tries < SUBMIT_TRIES) l.at = (l.at ?? 1) - 1;
    else l.failure = { name, text };
    return goto('submit');
  },
  count: (x, l) => {
    const { semaphore, semaphore_count } = sourceAt(x, l.item);
    // Submitting triggered the semaphore anew; what the target finds must be what it would have found.
    if ((l.pending ?? []).length > 0) writeIrqCount(x, semaphore, semaphore_count);
    put(x, l.item, { pending: l.pending ?? [] });
    return l.failure === undefined ? done() : raise(l.failure.name, l.failure.text);
  },
});

function sourceAt(x: Execution, pd: number): CapturedSource {
  const found = capture.get(x).sources.find((source) => source.pd === pd);
  if (found === undefined) throw new Error(`no signal source of PD session ${pd} is being captured`);
  return found;
}

function put(x: Execution, pd: number, patch: Partial<CapturedSource>): void {
  capture.update(x, { sources: capture.get(x).sources.map((source) => (source.pd === pd ? { ...source, ...patch } : source)) });
}

/** Counts and pending signals of all PDs; the threads are read before. */
export const readSources = procedure<Record<string, Plain>>('rtcr.read_sources', {
  start: (x) => each(readSignals, capture.get(x).sources.map(({ pd }) => pd), {}, 'read'),
  read: () => done(),
});

/** Drops the semaphores that `identifySources` fetched. */
export function forgetSemaphores(x: Execution): void {
  const { sources } = capture.get(x);
  for (const { semaphore } of sources) if (semaphore !== 0) dec(x, semaphore);
  capture.update(x, { sources: sources.map((source) => ({ ...source, semaphore: 0 })) });
}
