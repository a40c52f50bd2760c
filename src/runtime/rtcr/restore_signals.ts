// Signals of a restored target: source, contexts, semaphore; who handles faults and exceptions; signals that were on their way.
// Fills translations. Source modelled: checkpoint-restore.md 3.2, N1, N2, N9; genode-base-foc.md 4.

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { localCall } from '../native/local_call.ts';
import { call, done, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { Cpu_session, Cpu_thread, Pd_session, Region_map, Rom_session, Signal_source } from '../rpc/interfaces.ts';
import type { RpcFunction } from '../rpc/interface.ts';
import { each } from './each.ts';
import { cpuThreads, pdSessions } from './online_storage.ts';
import { callPersistently } from './persistent_call.ts';
import { lost, nowAt, restoration, restoredThread, snapshotOf, translated, usedForRestore } from './restoration.ts';
import { regionMapsOf, type StoredSignalContext, type StoredSignalSource, threadsOf } from './target_state.ts';
import { attachIrq, writeIrqCount } from './thread_access.ts';

type ContextItem = { readonly pd: number; readonly at: number };
type ContextLocals = { [key: string]: Plain; item: ContextItem };

const storedContext = (x: Execution, { pd, at }: ContextItem): StoredSignalContext | undefined => snapshotOf(x).pd_sessions[pd]?.contexts[at];
const storedSource = (x: Execution, { pd, at }: ContextItem): StoredSignalSource | undefined => snapshotOf(x).pd_sessions[pd]?.sources[at];

/** Slots of the restored PD session's interposed object and of the session behind it. */
function pdOf(x: Execution, pd: number): { cap: number | null; real: number } {
  const cap = nowAt(x, snapshotOf(x).pd_sessions[pd]?.badge ?? 0);
  return { cap, real: pdSessions(x).find((row) => row.cap === cap)?.[1].real ?? 0 };
}

const recreateSource = procedure<ContextLocals>('rtcr.recreate_signal_source', {
  start: (x, { item }) => {
    const { cap, real } = pdOf(x, item.pd);
    return callPersistently(Pd_session.alloc_signal_source, cap, {}, real, 'source');
  },
  source: (x, { item }, { cap }: RpcReply) => {
    if (cap === null) return raise('Restore_refused', 'no signal source');
    translated(x, storedSource(x, item)?.badge ?? 0, cap);
    // The historic program did not know of the semaphore.
    const { semaphore, attached } = restoration.get(x).strategy;
    if (semaphore === 'skip' && attached === 'copy') return done();
    return rpc(Signal_source.request_semaphore, nowAt(x, storedSource(x, item)?.badge ?? 0), {}, 'semaphore');
  },
  semaphore: (x, { item }, { cap }: RpcReply) => {
    const badge = storedSource(x, item)?.semaphore_badge ?? 0;
    if (cap !== null && badge !== 0) translated(x, badge, cap);
    return done();
  },
});

const recreateContext = procedure<ContextLocals>('rtcr.recreate_signal_context', {
  start: (x, { item }) => {
    const { cap, real } = pdOf(x, item.pd);
    const imprint = storedContext(x, item)?.imprint ?? 0;
    return callPersistently(Pd_session.alloc_context, cap, { source: null, imprint }, real, 'created');
  },
  created: (x, { item }, { cap }: RpcReply) => {
    if (cap !== null) translated(x, storedContext(x, item)?.badge ?? 0, cap);
    return done();
  },
});

export const recreateSignals = procedure<Record<string, Plain>>('rtcr.recreate_signals', {
  start: (x) => each(recreateSource, snapshotOf(x).pd_sessions.flatMap(({ sources }, pd) => sources.map((_source, at) => ({ pd, at }))), {}, 'contexts'),
  contexts: () => call(recreateContexts, {}, 'finished'),
  finished: () => done(),
});

/** Contexts alone, where the source is there already. */
export const recreateContexts = procedure<Record<string, Plain>>('rtcr.recreate_signal_contexts', {
  start: (x) => each(recreateContext, snapshotOf(x).pd_sessions.flatMap(({ contexts }, pd) => contexts.map((_context, at) => ({ pd, at }))), {}, 'finished'),
  finished: () => done(),
});

/** Binds the semaphore of each PD to the thread that waits for signals (strategy semaphore="attach"). */
export const attachSemaphores = procedure<Record<string, Plain>>('rtcr.attach_semaphores', {
  start: (x) => {
    for (const source of snapshotOf(x).pd_sessions.flatMap(({ sources }) => sources)) {
      const semaphore = nowAt(x, source.semaphore_badge);
      const handler = restoredThread(x, source.handler || namedHandler(x));
      if (semaphore === null || handler === undefined) continue;
      const outcome = attachIrq(x, semaphore, cpuThreads(x).require(handler).kernel);
      if (outcome !== 'ok') return raise('Restore_refused', 'the signal semaphore cannot be attached');
    }
    return goto('finish');
  },
  finish: () => done(),
});

/** Stored thread that handles signals, by name: for a checkpoint that could not see who waits for the semaphore. */
const namedHandler = (x: Execution): number => threadsOf(snapshotOf(x)).find(({ name }) => name === 'signal handler')?.key ?? 0;

type HandlerItem = { readonly fn: 'thread' | 'cpu' | 'map' | 'rom'; readonly object: number; readonly sigh: number };

const HANDLER_FUNCTIONS: Record<HandlerItem['fn'], RpcFunction> = {
  thread: Cpu_thread.exception_sigh, cpu: Cpu_session.exception_sigh, map: Region_map.fault_handler, rom: Rom_session.sigh,
};

const installHandler = procedure<{ [key: string]: Plain; item: HandlerItem }>('rtcr.install_handler', {
  start: (x, { item }) => {
    const sigh = nowAt(x, item.sigh);
    if (sigh === null) lost(x, { badge: item.sigh, purpose: `the signal context of a ${item.fn} handler` });
    return sigh === null ? done() : localCall(x, HANDLER_FUNCTIONS[item.fn], nowAt(x, item.object), { sigh }, 'installed');
  },
  installed: () => done(),
});

/** Fault, exception and change handlers as the target had them. */
export const installHandlers = procedure<Record<string, Plain>>('rtcr.install_handlers', {
  start: (x) => {
    const snapshot = snapshotOf(x);
    const items: HandlerItem[] = [
      ...regionMapsOf(snapshot).map((map) => ({ fn: 'map' as const, object: map.badge, sigh: map.sigh_badge })),
      ...snapshot.cpu_sessions.map((cpu) => ({ fn: 'cpu' as const, object: cpu.badge, sigh: cpu.sigh_badge })),
      ...threadsOf(snapshot).map((thread) => ({ fn: 'thread' as const, object: thread.badge, sigh: thread.sigh_badge })),
      ...snapshot.rom_sessions.map((rom) => ({ fn: 'rom' as const, object: rom.badge, sigh: rom.sigh_badge })),
    ];
    return each(installHandler, items.filter(({ sigh }) => sigh !== 0), {}, 'installed');
  },
  installed: () => done(),
});

type PendingLocals = { [key: string]: Plain; item: ContextItem; next?: number };

const submitPending = procedure<PendingLocals>('rtcr.submit_pending_signals', {
  start: (x, l) => {
    const source = storedSource(x, l.item);
    const signal = source?.pending[l.next ?? 0];
    if (signal === undefined) return goto('count');
    l.next = (l.next ?? 0) + 1;
    const stored = snapshotOf(x).pd_sessions[l.item.pd]?.contexts.find(({ imprint }) => imprint === signal.imprint);
    const context = nowAt(x, stored?.badge ?? 0);
    if (context === null) return goto('start');
    return localCall(x, Pd_session.submit, pdOf(x, l.item.pd).cap, { context, count: signal.count }, 'start');
  },
  count: (x, l) => {
    const source = storedSource(x, l.item);
    const semaphore = nowAt(x, source?.semaphore_badge ?? 0);
    if (source === undefined || semaphore === null || (source.pending.length === 0 && source.semaphore_count === 0)) return done();
    if (writeIrqCount(x, semaphore, source.semaphore_count) === 'ok') usedForRestore(x, 'ipc_state');
    else lost(x, { badge: source.semaphore_badge, type: 'IRQ', purpose: `the pending count ${source.semaphore_count} of the signal semaphore` });
    return done();
  },
});

/** Signals that core held at the checkpoint, and the count of the semaphore, which attaching cleared. */
export const submitSignals = procedure<Record<string, Plain>>('rtcr.submit_signals', {
  start: (x) => {
    if (restoration.get(x).strategy.semaphore !== 'attach') return done();
    return each(submitPending, snapshotOf(x).pd_sessions.flatMap(({ sources }, pd) => sources.map((_source, at) => ({ pd, at }))), {}, 'submitted');
  },
  submitted: () => done(),
});
