// RAM quota that clients outside donate for their sessions, on its way to the server behind a proxy and back. What the server has of it is kept
// with each session: one that is restored has what it had then. Owner of the table of transfers. Source modelled: genode-16.08-abi.md 5.3.

import type { Plain } from '../../emu/plain.ts';
import { transfer } from '../child/donation.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { table } from '../native/store.ts';
import { ramSessions, targets } from './online_storage.ts';
import { awaitServer } from './proxy_lane.ts';
import { proxies, proxySessions } from './proxy_table.ts';

const transfers = table<{ readonly target: number }>('rtcr_proxy_transfers');

/** Whether quota is on its way to or from one of these targets: core may have moved it, and the session's row says nothing of it yet. */
export const isDonating = (x: Execution, group: readonly number[]): boolean => transfers(x).entries().some(([, { target }]) => group.includes(target));

/** RAM session of the target behind a proxy, null while there is none. */
export function ramOf(x: Execution, proxy: number): number | null {
  const { ram = 0 } = targets(x).get(proxies(x).get(proxy)?.target ?? 0) ?? {};
  return ramSessions(x).get(ram)?.real ?? null;
}

type MoveLocals = { [key: string]: Plain; session: number; target?: number; move?: number; bytes?: number };

/** The transfer is over: what moved is the server's if it is the one that was meant. */
function moved(x: Execution, l: MoveLocals, bytes: number): void {
  transfers(x).delete(l.move ?? 0);
  const row = proxySessions(x).get(l.session);
  if (row !== undefined && proxies(x).require(row.proxy).target === l.target) proxySessions(x).update(l.session, { given_bytes: row.given_bytes + bytes });
}

/** Begins a transfer in the same step as the look at who may be used. */
function begin(x: Execution, l: MoveLocals, target: number, bytes: number): void {
  l.target = target;
  l.bytes = bytes;
  l.move = transfers(x).insert({ target });
}

/** Gives the server behind a session what it lacks of so many bytes. Result: false if there is none that may be used, so that it is to be waited for. */
export const giveQuota = procedure<MoveLocals & { upto: number }>('rtcr.give_proxy_quota', {
  start: (x, l) => {
    const { proxy, given_bytes } = proxySessions(x).require(l.session);
    const { target, root, held } = proxies(x).require(proxy);
    if (root === 0 || held) return done(false);
    if (l.upto <= given_bytes) return done(true);
    begin(x, l, target, l.upto - given_bytes);
    return call(transfer, { from: env.get(x).ram, to: ramOf(x, proxy), bytes: l.bytes ?? 0 }, 'moved', 'failed');
  },
  moved: (x, l, value: number) => {
    moved(x, l, value === 0 ? (l.bytes ?? 0) : 0);
    return done(true);
  },
  failed: (x, l) => {
    moved(x, l, 0);
    return done(true);
  },
});

/** Takes back what the server was given for a session. `lane`: that of the thread that asks, 0 if it has none. */
export const takeBackQuota = procedure<MoveLocals & { lane: number }>('rtcr.take_back_proxy_quota', {
  start: (x, l) => {
    const row = proxySessions(x).get(l.session);
    if (row === undefined || row.given_bytes === 0) return done();
    const { target, held } = proxies(x).require(row.proxy);
    // While the server is being checkpointed it keeps what it has; afterwards it may be another one, which has what it had then.
    if (held && l.lane !== 0) return call(awaitServer, { lane: l.lane }, 'start');
    begin(x, l, target, -row.given_bytes);
    return call(transfer, { from: ramOf(x, row.proxy), to: env.get(x).ram, bytes: row.given_bytes }, 'moved', 'moved');
  },
  // What the server has used up cannot be had back, as from any server.
  moved: (x, l) => {
    moved(x, l, l.bytes ?? 0);
    return done();
  },
});
