// The threads of proxies: one serves a proxy's root, each session of a client outside has one of its own; and their wait for a server.
// Creates the rows of lanes. Source modelled: genode-16.08-abi.md 3.6 (an Entrypoint serves one request after the other).

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { lockAcquire, newLock } from '../native/lock.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { createEntrypoint, type CreatedEntrypoint } from './crew.ts';
import { lanes, proxyAt } from './proxy_table.ts';

export const PROXY_EP_NAME = 'proxy ep';

export const newLane = (x: Execution, proxy: number, session: number, ep: number): number => lanes(x).insert({ proxy, session, ep, lock: newLock(x, true), waiting: false, calling: 'no' });

type LaneLocals = { [key: string]: Plain; proxy: number };
export type Lane = { readonly lane: number };

/** A lane for a session to be: Lane. Threads of entrypoints never end, so that those of closed sessions are used again. */
export const findLane = procedure<LaneLocals>('rtcr.find_proxy_lane', {
  start: (x, l) => {
    const idle = lanes(x).find((row) => row.proxy === l.proxy && row.session === 0 && row.calling === 'no' && !row.waiting);
    return idle === undefined ? call(createEntrypoint, { name: PROXY_EP_NAME }, 'ep') : done({ lane: idle[0] } satisfies Lane);
  },
  ep: (x, l, { index }: CreatedEntrypoint) => done({ lane: newLane(x, l.proxy, 0, index) } satisfies Lane),
});

/** Waits until a proxy has a server that it may use. On the thread of the lane only. */
export const awaitServer = procedure<{ [key: string]: Plain; lane: number }>('rtcr.await_server', {
  start: (x, l) => {
    const { root, held } = proxyAt(x, l.lane);
    if (root !== 0 && !held) return done();
    lanes(x).update(l.lane, { waiting: true });
    return call(lockAcquire, { lock: lanes(x).require(l.lane).lock }, 'start');
  },
});
