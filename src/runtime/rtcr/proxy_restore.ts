// Sessions of clients outside, when the server behind their proxies is restored: those that it had at the checkpoint are its sessions
// again, those that were closed since are closed, and those that came later open themselves with their next message.
// Changes the rows of proxies. Source modelled: architecture.md "Restore per phase of a thread" (partner outside the checkpoint).

import type { Plain } from '../../emu/plain.ts';
import { capId, dec, inc } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { lockRelease } from '../native/lock.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { rpc } from '../native/rpc_client.ts';
import { Root } from '../rpc/interfaces.ts';
import { each } from './each.ts';
import { carried, lanes, leftovers, proxies, proxyAt, proxySessions, sessionsThrough } from './proxy_table.ts';
import { endProxySession } from './proxy_service.ts';
import { alsoKnown, nowAt, restoration, snapshotOf } from './restoration.ts';
import type { StoredProxySession } from './target_state.ts';

/** The sessions of clients outside that a target serves, as a checkpoint stores them. */
export const proxiedBy = (x: Execution, target: number): StoredProxySession[] =>
  sessionsThrough(x, target).flatMap(([session, { inner, proxy }]) => (inner === 0 ? [] : [{ session, proxy, badge: capId(x, inner) }]));

/** Capabilities of components outside that a target may hold, because they came with messages. */
export const carriedTo = (x: Execution, target: number): number[] => {
  const through = new Set(sessionsThrough(x, target).map(([session]) => session));
  return carried(x).entries().filter(([, row]) => through.has(row.session)).map(([, row]) => row.cap.id);
};

/** What came from outside is what it was, as far as somebody still keeps it. */
export function knowCarried(x: Execution): void {
  for (const badge of snapshotOf(x).carried) {
    const kept = carried(x).find((row) => row.cap.id === badge);
    if (kept !== undefined) alsoKnown(x, badge, kept[1].cap.slot);
  }
}

/** Gives the proxies their restored server's sessions. Their clients are still waiting: nothing runs yet. */
export function bindSessions(x: Execution): void {
  const { target } = restoration.get(x);
  for (const { session, proxy, badge } of snapshotOf(x).proxied) {
    const inner = nowAt(x, badge);
    if (inner === null || proxies(x).get(proxy)?.target !== target) continue;
    inc(x, inner);
    const row = proxySessions(x).get(session);
    if (row === undefined || row.inner !== 0) leftovers(x).insert({ proxy, inner });
    else proxySessions(x).update(session, { inner });
  }
}

/** When targets run, again or restored: sessions that were closed meanwhile are closed, and whoever waits for a server goes on. */
export const resumeProxies = procedure<{ [key: string]: Plain; targets: readonly number[] }>('rtcr.resume_proxies', {
  start: (x, l) => {
    for (const [key, { target }] of proxies(x).entries()) if (l.targets.includes(target)) proxies(x).update(key, { held: false });
    const closed = l.targets.flatMap((target) => sessionsThrough(x, target)).filter(([, row]) => row.closed);
    return each(endProxySession, closed.map(([session]) => session), {}, 'leftovers');
  },
  leftovers: (x) => each(closeLeftover, leftovers(x).entries().map(([key]) => key), {}, 'wake'),
  wake: (x, l) => {
    const served = (lane: number): boolean => proxyAt(x, lane).root !== 0 && l.targets.includes(proxyAt(x, lane).target);
    const found = lanes(x).entries().find(([lane, row]) => row.waiting && served(lane));
    if (found === undefined) return done();
    lanes(x).update(found[0], { waiting: false });
    return call(lockRelease, { lock: found[1].lock }, 'wake');
  },
});

const closeLeftover = procedure<ItemLocals>('rtcr.close_leftover_session', {
  start: (x, l) => {
    const { proxy, inner } = leftovers(x).require(l.item);
    return rpc(Root.close, proxies(x).get(proxy)?.root || null, { session: inner }, 'closed', 'closed');
  },
  closed: (x, l) => {
    dec(x, leftovers(x).require(l.item).inner);
    leftovers(x).delete(l.item);
    return done();
  },
});

type ItemLocals = { [key: string]: Plain; item: number };
