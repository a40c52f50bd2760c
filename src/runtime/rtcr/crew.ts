// The threads of the checkpointer that serve one target: "resources ep", "child ep" and "managed dataspace pager".
// Owner of the crew rows. Source modelled: checkpoint-restore.md 1.2, 1.10; genode-16.08-abi.md 3.6 rule 4 (additional Entrypoint).

import type { Plain } from '../../emu/plain.ts';
import { Signal_proxy } from '../rpc/interfaces.ts';
import { manage, type Managed, newServeLocals, serveEntrypoint } from '../native/entrypoint.ts';
import { lockAcquire, lockRelease, newLock, sleepForever } from '../native/lock.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { rpc } from '../native/rpc_client.ts';
import { newReceiver } from '../native/signals.ts';
import { createThread, type Created, startThread, type Started } from '../native/thread.ts';
import { managedPager } from './managed_pager.ts';
import { crews } from './online_storage.ts';

const EP_STACK_BYTES = 16 * 1024;
const PAGER_STACK_BYTES = 16 * 1024;
const PROXY_STACK_BYTES = 4 * 1024;

type EntrypointLocals = { [key: string]: Plain; name: string; cap_valid?: number; delay_start?: number; index?: number; proxy?: number };

/** A further Entrypoint of this component: {index, proxy}. Its "signal_proxy" thread is created and never started, as in 16.08. */
export const createEntrypoint = procedure<EntrypointLocals>('rtcr.create_entrypoint', {
  start: (x, l) => {
    l.cap_valid = newLock(x, true);
    l.delay_start = newLock(x, true);
    const entry_locals = newServeLocals(l.cap_valid, l.delay_start);
    return call(createThread, { name: l.name, stack_bytes: EP_STACK_BYTES, entry: serveEntrypoint.name, entry_locals }, 'created');
  },
  created: (_x, _l, { thread }: Created) => call(startThread, { thread }, 'started'),
  started: (_x, l, { index }: Started) => {
    l.index = index;
    return call(lockAcquire, { lock: l.cap_valid ?? 0 }, 'activate');
  },
  activate: (_x, l) => call(lockRelease, { lock: l.delay_start ?? 0 }, 'exit_handler'),
  exit_handler: (_x, l) => call(manage, { interface: 'Entrypoint_exit', ref: 0, ep: l.index ?? 0 }, 'signal_proxy'),
  signal_proxy: (x, l) => call(manage, { interface: 'Signal_proxy', ref: newReceiver(x), ep: l.index ?? 0 }, 'proxy_thread'),
  proxy_thread: (_x, l, { cap }: Managed) => {
    l.proxy = cap;
    const thread = { name: 'signal_proxy', stack_bytes: PROXY_STACK_BYTES, entry: sleepForever.name, entry_locals: {} };
    return call(createThread, thread, 'complete');
  },
  complete: (_x, l) => done({ index: l.index ?? 0, proxy: l.proxy ?? 0 } satisfies CreatedEntrypoint),
});

export type CreatedEntrypoint = { readonly index: number; readonly proxy: number };

type AssembleLocals = { [key: string]: Plain; resources?: CreatedEntrypoint };

/** Finds an idle crew or hires a new one: {crew}. */
export const assembleCrew = procedure<AssembleLocals>('rtcr.assemble_crew', {
  start: (x) => {
    const idle = crews(x).find((row) => row.target === 0);
    return idle === undefined ? call(createEntrypoint, { name: 'resources ep' }, 'resources') : done({ crew: idle[0] } satisfies AssembledCrew);
  },
  resources: (_x, l, created: CreatedEntrypoint) => {
    l.resources = created;
    return call(createEntrypoint, { name: 'child ep' }, 'complete');
  },
  complete: (x, l, child: CreatedEntrypoint) => {
    const { index = 0, proxy = 0 } = l.resources ?? {};
    const row = { resources: index, resources_proxy: proxy, child: child.index, child_proxy: child.proxy, pager_receiver: 0, target: 0 };
    return done({ crew: crews(x).insert(row) } satisfies AssembledCrew);
  },
});

export type AssembledCrew = { readonly crew: number };

/** Starts the pager of a crew unless it has one. */
export const startPager = procedure<{ [key: string]: Plain; crew: number }>('rtcr.start_pager', {
  start: (x, l) => {
    if (crews(x).require(l.crew).pager_receiver !== 0) return done();
    const receiver = newReceiver(x);
    crews(x).update(l.crew, { pager_receiver: receiver });
    const thread = { name: 'managed dataspace pager', stack_bytes: PAGER_STACK_BYTES, entry: managedPager.name, entry_locals: { receiver } };
    return call(createThread, thread, 'created');
  },
  created: (_x, _l, { thread }: Created) => call(startThread, { thread }, 'started'),
  started: () => done(),
});

/**
 * Returns when both entrypoints of a crew have answered everything they had begun: a no-op call waits for its turn on each.
 */
export const settleCrew = procedure<{ [key: string]: Plain; crew: number }>('rtcr.settle_crew', {
  start: (x, l) => rpc(Signal_proxy.signal, crews(x).require(l.crew).resources_proxy, {}, 'child', 'child'),
  child: (x, l) => rpc(Signal_proxy.signal, crews(x).require(l.crew).child_proxy, {}, 'resources', 'resources'),
  // A request of the child may have led to calls on "resources ep".
  resources: (x, l) => rpc(Signal_proxy.signal, crews(x).require(l.crew).resources_proxy, {}, 'settled', 'settled'),
  settled: () => done(),
});
