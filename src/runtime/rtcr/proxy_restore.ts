// Sessions of clients outside, when the server behind their proxies is restored: those that it had at the checkpoint are its sessions
// again, those that were closed since are closed, and those that came later open themselves with their next message.
// Changes the rows of proxies. Source modelled: architecture.md "Restore per phase of a thread" (partner outside the checkpoint).

import type { Plain } from '../../emu/plain.ts';
import { transfer } from '../child/donation.ts';
import { capId, dec, inc } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { lockRelease } from '../native/lock.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import { rpc } from '../native/rpc_client.ts';
import { Root } from '../rpc/interfaces.ts';
import { each } from './each.ts';
import { carried, lanes, leftovers, proxies, proxyAt, proxySessions, sessionsThrough } from './proxy_table.ts';
import { ramOf } from './proxy_quota.ts';
import { endProxySession } from './proxy_session_end.ts';
import { alsoKnown, nowAt, restoration, snapshotOf } from './restoration.ts';
import type { StoredProxySession } from './target_state.ts';

/** The sessions of clients outside that a target serves, as a checkpoint stores them. */
export const proxiedBy = (x: Execution, target: number): StoredProxySession[] =>
  sessionsThrough(x, target).flatMap(([session, { inner, proxy, given_bytes, told_bytes }]) =>
    inner === 0 && given_bytes === 0 ? [] : [{ session, proxy, badge: inner === 0 ? 0 : capId(x, inner), given_bytes, told_bytes }]);

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
  for (const { session, proxy, badge, given_bytes, told_bytes } of snapshotOf(x).proxied) {
    if (proxies(x).get(proxy)?.target !== target) continue;
    // None where the server had ended it already, or was not asked for it yet.
    const inner = (badge === 0 ? null : nowAt(x, badge)) ?? 0;
    if (inner !== 0) inc(x, inner);
    const row = proxySessions(x).get(session);
    if (row === undefined || row.inner !== 0) leftovers(x).insert({ proxy, inner, given_bytes });
    else proxySessions(x).update(session, { inner, given_bytes, told_bytes });
  }
}

/** When targets run, again or restored: sessions that were closed meanwhile are closed, and whoever waits for a server goes on. */
export const resumeProxies = procedure<{ [key: string]: Plain; targets: readonly number[] }>('rtcr.resume_proxies', {
  start: (x, l) => {
    for (const [key, { target }] of proxies(x).entries()) if (l.targets.includes(target)) proxies(x).update(key, { held: false });
    // One that its own thread is asking the server for it ends itself when it has the answer.
    const closed = l.targets.flatMap((target) => sessionsThrough(x, target)).filter(([, row]) => row.closed && lanes(x).require(row.lane).calling !== 'root');
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
    return inner === 0 ? goto('closed') : rpc(Root.close, proxies(x).get(proxy)?.root || null, { session: inner }, 'closed', 'closed');
  },
  closed: (x, l) => {
    const { proxy, given_bytes } = leftovers(x).require(l.item);
    return given_bytes === 0 ? goto('forget') : call(transfer, { from: ramOf(x, proxy), to: env.get(x).ram, bytes: given_bytes }, 'forget', 'forget');
  },
  forget: (x, l) => {
    const { inner } = leftovers(x).require(l.item);
    if (inner !== 0) dec(x, inner);
    leftovers(x).delete(l.item);
    return done();
  },
});

type ItemLocals = { [key: string]: Plain; item: number };
