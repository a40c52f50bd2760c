// Signals from a component's point of view: the signal-handler thread, contexts, and receivers that threads wait on.
// Source modelled: genode-base-foc.md 4.2 (signal_source_client.cc, signal.cc), genode-16.08-abi.md 2.2.

import type { Plain } from '../../emu/plain.ts';
import { Pd_session, Signal_source } from '../rpc/interfaces.ts';
import { env } from './env.ts';
import { kernelCall, PROTOCOL } from './kernel_calls.ts';
import { lockRelease, newSemaphore, semaphoreDown, semaphoreUp, waitForIrq } from './lock.ts';
import { call, done, type Failure, goto, procedure, raise } from './procedure.ts';
import { rpc, type RpcReply } from './rpc_client.ts';
import { upgradeEnv } from './session.ts';
import { type HasStore, table } from './store.ts';
import { gateSlot } from './thread_table.ts';

interface ContextRow {
  readonly receiver: number;
  /** Slot of the context's capability. */
  readonly cap: number;
  /** Signals that arrived and were not yet taken. */
  readonly pending: number;
  /** Procedure that the entrypoint runs for signals of the component's own receiver; locals {context, count}. */
  readonly handler: string;
}

interface ReceiverRow {
  readonly semaphore: number;
}

export const contexts = table<ContextRow>('signal_contexts');
const receivers = table<ReceiverRow>('signal_receivers');

export const newReceiver = (x: HasStore): number => receivers(x).insert({ semaphore: newSemaphore(x, 0) });

type ManageLocals = { [key: string]: Plain; receiver: number; handler: string; context?: number };

/** Creates a signal context for a receiver: {context, cap}. The imprint that core stores is the context's key. */
export const manageContext = procedure<ManageLocals>('native.manage_context', {
  start: (x, l) => {
    l.context = contexts(x).insert({ receiver: l.receiver, cap: 0, pending: 0, handler: l.handler });
    return goto('alloc');
  },
  alloc: (x, l) => rpc(Pd_session.alloc_context, env.get(x).pd, { source: null, imprint: l.context ?? 0 }, 'allocated', 'denied'),
  denied: (_x, _l, failure: Failure) => (failure.name === 'Out_of_metadata' ? call(upgradeEnv, { service: 'pd', args: 'ram_quota=4096' }, 'alloc', 'given_up') : goto('given_up', failure)),
  given_up: (x, l, { name, text }: Failure) => {
    contexts(x).delete(l.context ?? 0);
    return raise(name, text);
  },
  allocated: (x, l, { cap }: RpcReply) => {
    if (cap === null) return goto('given_up', { name: 'Ipc_error', text: 'alloc_context returned an invalid capability' } satisfies Failure);
    contexts(x).update(l.context ?? 0, { cap });
    return done({ context: l.context ?? 0, cap } satisfies ManagedContext);
  },
});

export type ManagedContext = { readonly context: number; readonly cap: number };

/** Waits for a signal of a receiver: {context, count}; the most recently managed pending context comes first. */
export const waitForSignal = procedure<{ [key: string]: Plain; receiver: number }>('native.wait_for_signal', {
  start: (x, l) => call(semaphoreDown, { semaphore: receivers(x).require(l.receiver).semaphore }, 'woken'),
  woken: (x, l) => {
    for (const key of [...contexts(x).keys()].reverse()) {
      const row = contexts(x).require(key);
      if (row.receiver !== l.receiver || row.pending === 0) continue;
      contexts(x).update(key, { pending: 0 });
      return done({ context: key, count: row.pending } satisfies ReceivedSignal);
    }
    return goto('start');
  },
});

export type ReceivedSignal = { readonly context: number; readonly count: number };

type HandlerLocals = { [key: string]: Plain; ready: number; source: number; semaphore: number };

const IRQ_ATTACH = 1;

/** Entry of the thread "signal handler": binds the PD's semaphore to itself, then distributes signals for ever. */
export const signalHandler = procedure<HandlerLocals>('native.signal_handler', {
  start: (x) => rpc(Pd_session.alloc_signal_source, env.get(x).pd, {}, 'source'),
  source: (_x, l, { cap }: RpcReply) => {
    l.source = cap ?? 0;
    return rpc(Signal_source.request_semaphore, cap, {}, 'semaphore');
  },
  semaphore: (x, l, { cap }: RpcReply) => {
    l.semaphore = cap ?? 0;
    // A gate instead of a thread capability makes the kernel attach the calling thread.
    const attached = kernelCall(x, { slot: l.semaphore, label: PROTOCOL.irq, words: [IRQ_ATTACH, 0], items: [gateSlot(x.index)] });
    if (attached.label < 0) x.cpu.console(`l4_irq_attach failed with ${attached.label}\n`);
    return call(lockRelease, { lock: l.ready }, 'wait');
  },
  wait: (x, l) => waitForIrq(x, l.semaphore, 'fetch'),
  fetch: (_x, l) => rpc(Signal_source.wait_for_signal, l.source, {}, 'fetched'),
  fetched: (x, _l, { value }: RpcReply) => {
    const [imprint = 0, count = 0] = value as readonly number[];
    const row = imprint === 0 ? undefined : contexts(x).get(imprint);
    if (row === undefined) return goto('wait');
    contexts(x).update(imprint, { pending: row.pending + count });
    if (row.pending > 0) return goto('wait');
    return call(semaphoreUp, { semaphore: receivers(x).require(row.receiver).semaphore }, 'wait');
  },
});
