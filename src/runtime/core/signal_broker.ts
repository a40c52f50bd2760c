// Signals: contexts, one source per protection domain, and the semaphore that tells its handler thread that something is queued.
// Owns no state: its tables are signal_tables.ts. Source modelled: genode-base-foc.md 4.1.

import type { Plain } from '../../emu/plain.ts';
import { dec } from '../native/cap_space.ts';
import { COST } from '../native/cost.ts';
import type { Execution } from '../native/execution.ts';
import { triggerIrq } from '../native/lock.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { cap, num, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import { coreWarning } from './console.ts';
import { type CoreCap, createIrqObject, NO_CAP } from './kernel_object.ts';
import { dissolveObject, manageObject, objectOf } from './object.ts';
import { signalsDelivered, takeSignals } from './signal_order.ts';
import { signalContexts, signalSources } from './signal_tables.ts';
import { dropSlab, newSlab, slabAlloc, slabFree } from './slab.ts';

/** Creates the source of a protection domain. The semaphore's id and record were taken before. Null if the guard is too small. */
export function newSignalSource(x: Execution, semaphore: CoreCap, guard: number): number | null {
  const key = signalSources(x).insert({ semaphore, finalizer: NO_CAP, cap: NO_CAP, contexts_slab: 0, queue: [] });
  const finalizer = manageObject(x, 'Finalizer', key);
  createIrqObject(x, semaphore, 'signal_source');
  const own = manageObject(x, 'Signal_source', key);
  signalSources(x).update(key, { finalizer, cap: own });
  const contexts_slab = newSlab(x, 'signal_context', guard);
  if (contexts_slab === null) {
    destroySignalSource(x, key);
    return null;
  }
  signalSources(x).update(key, { contexts_slab });
  return key;
}

/** Null if the slab needed a block that nobody pays. */
export function newSignalContext(x: Execution, source: number, imprint: number): number | null {
  if (!slabAlloc(x, signalSources(x).require(source).contexts_slab)) return null;
  const key = signalContexts(x).insert({ source, imprint, count: 0, cap: NO_CAP });
  signalContexts(x).update(key, { cap: manageObject(x, 'Signal_context', key) });
  return key;
}

export function destroySignalContext(x: Execution, key: number): void {
  const { source, cap: own } = signalContexts(x).require(key);
  const { queue, contexts_slab } = signalSources(x).require(source);
  signalSources(x).update(source, { queue: queue.filter((queued) => queued !== key) });
  signalContexts(x).delete(key);
  dissolveObject(x, own);
  slabFree(x, contexts_slab);
}

export function destroySignalSource(x: Execution, key: number): void {
  for (const [context, row] of signalContexts(x).entries()) if (row.source === key) destroySignalContext(x, context);
  const { semaphore, finalizer, cap: own, contexts_slab } = signalSources(x).require(key);
  signalSources(x).delete(key);
  if (contexts_slab !== 0) dropSlab(x, contexts_slab);
  if (own.slot !== 0) dissolveObject(x, own);
  dissolveObject(x, finalizer);
  dec(x, semaphore.slot);
}

type SubmitLocals = { [key: string]: Plain; context: number | null; count: number };

/** Submits signals to the context of a slot. The handler thread may run before this returns. */
export const submitSignal = procedure<SubmitLocals>('core.submit_signal', {
  start: (x, l) => {
    const key = objectOf(x, 'Signal_context', l.context);
    if (key === undefined) {
      coreWarning(x, 'invalid signal-context capability');
      return done();
    }
    x.charge(COST.signal);
    const { source } = signalContexts(x).require(key);
    return takeSignals(x, key, l.count) ? triggerIrq(x, signalSources(x).require(source).semaphore.slot, 'triggered') : done();
  },
  triggered: () => done(),
});

/** Pd_session.submit. */
export const submitRequest = procedure<{ request: RpcRequest }>('core.pd.submit', {
  start: (_x, { request }) => call(submitSignal, { context: cap(request, 'context'), count: num(request, 'count') }, 'submitted'),
  submitted: () => done({} satisfies RpcAnswer),
});

const wait_for_signal = (x: Execution, request: RpcRequest): RpcAnswer => {
  const [key, ...queue] = signalSources(x).require(request.ref).queue;
  if (key === undefined) {
    coreWarning(x, 'unexpected call of wait_for_signal');
    return { value: [0, 0] };
  }
  const { imprint, count } = signalContexts(x).require(key);
  signalSources(x).update(request.ref, { queue });
  signalContexts(x).update(key, { count: 0 });
  signalsDelivered(x, request.ref, imprint);
  return { value: [imprint, count] };
};

const request_semaphore = (x: Execution, request: RpcRequest): RpcAnswer => ({
  cap: signalSources(x).require(request.ref).semaphore.slot,
});

export const signalSourceService = { wait_for_signal, request_semaphore };
