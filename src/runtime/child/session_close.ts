// Closing and upgrading of sessions that a child opened through this component, with the quota that belongs to them.
// Source modelled: genode-16.08-abi.md 5.3, 6 (texts); Genode's Child::close and Child::upgrade.

import type { Plain } from '../../emu/plain.ts';
import { numberArgument } from '../arg_string.ts';
import { dec } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { logError, logWarning } from '../native/log.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { cap, type RpcRequest, text } from '../native/service.ts';
import { childHeapFree } from './child_heap.ts';
import { children, envSessionOf, sessionOf, sessions, sessionsOf } from './child_table.ts';
import { donate, transfer } from './donation.ts';
import { closeAtService, serviceRam, services, upgradeAtService } from './services.ts';

type CloseLocals = { [key: string]: Plain; session: number };

/**
 * Closes a session at its service and returns the quota to the child. Meanwhile the session may be forgotten because its server is
 * destroyed; then nothing is left to do.
 */
export const closeChildSession = procedure<CloseLocals>('child.close_session', {
  start: (x, l) => {
    const row = sessions(x).get(l.session);
    return row === undefined ? done() : call(closeAtService, { service: row.service, cap: row.cap }, 'collect', 'cancelled');
  },
  cancelled: (x, l) => call(logWarning, { text: `Got Blocking_canceled exception during ${sessions(x).get(l.session)?.ident ?? ''}->close call` }, 'collect'),
  collect: (x, l) => {
    const row = sessions(x).get(l.session);
    if (row === undefined) return goto('forgotten');
    return call(transfer, { from: serviceRam(x, row.service), to: env.get(x).ram, bytes: row.donated_bytes }, 'collected', 'forget');
  },
  collected: (x, l, answer: number) => {
    if (answer === 0) return goto('forget');
    const name = services(x).get(sessions(x).get(l.session)?.service ?? 0)?.name ?? '';
    return call(logError, { text: `Misbehaving server '${name}'!` }, 'forget');
  },
  forget: (_x, l) => call(forgetChildSession, { session: l.session }, 'forgotten'),
  forgotten: () => done(),
});

/** Drops a session without talking to its server; the child gets its quota back at our expense. */
export const forgetChildSession = procedure<CloseLocals>('child.forget_session', {
  start: (x, l) => {
    const row = sessions(x).get(l.session);
    const account = children(x).get(row?.child ?? 0)?.account;
    if (row === undefined || account === undefined) return goto('remove');
    sessions(x).update(l.session, { donated_bytes: 0 });
    return call(transfer, { from: env.get(x).ram, to: account, bytes: row.donated_bytes }, 'returned', 'remove');
  },
  returned: (_x, _l, answer: number) => (answer === 0 ? goto('remove') : call(logError, { text: 'We ran out of our own quota' }, 'remove')),
  remove: (x, l) => {
    const row = sessions(x).get(l.session);
    if (row === undefined) return done();
    childHeapFree(x, row.block);
    dec(x, row.cap);
    sessions(x).delete(l.session);
    return done();
  },
});

/** Parent.close. Environment sessions stay open as long as the child lives. */
export const closeRequest = procedure<{ [key: string]: Plain; request: RpcRequest }>('child.close_request', {
  start: (x, l) => {
    const session = cap(l.request, 'session');
    if (envSessionOf(x, l.request.ref, session) !== undefined) return done({});
    const found = sessionOf(x, l.request.ref, session);
    if (found === undefined) return call(logWarning, { text: 'no session structure found' }, 'closed');
    return call(closeChildSession, { session: found[0] }, 'closed');
  },
  closed: () => done({}),
});

type UpgradeLocals = { [key: string]: Plain; request: RpcRequest; session?: number; service?: number; bytes?: number; donated_to_service?: boolean; failure?: string };

/** Service that an upgrade goes to: 0 is the own parent; undefined where the capability names no session of the child. */
function upgradeTarget(x: Execution, child: number, session: number | null): number | undefined {
  const which = envSessionOf(x, child, session);
  if (which !== undefined) return children(x).require(child)[`${which}_service`];
  return sessionOf(x, child, session)?.[1].service;
}

/** Parent.upgrade. Only Quota_exceeded is an answer that the child can take. */
export const upgradeRequest = procedure<UpgradeLocals>('child.upgrade_request', {
  start: (x, l) => {
    const child = l.request.ref;
    const session = cap(l.request, 'session');
    const service = upgradeTarget(x, child, session);
    if (service === undefined) return call(logWarning, { text: 'could not lookup service for session upgrade' }, 'ignored');
    l.service = service;
    l.session = sessionOf(x, child, session)?.[0] ?? 0;
    l.bytes = numberArgument(text(l.request, 'args'), 'ram_quota', 0);
    return call(donate, { from: children(x).require(child).ram, to: env.get(x).ram, bytes: l.bytes }, 'donated');
  },
  donated: (x, l) => call(donate, { from: env.get(x).ram, to: serviceRam(x, l.service ?? 0), bytes: l.bytes ?? 0 }, 'upgrade', 'failed'),
  upgrade: (_x, l) => {
    l.donated_to_service = true;
    return call(upgradeAtService, { service: l.service ?? 0, cap: cap(l.request, 'session') ?? 0, args: text(l.request, 'args') }, 'upgraded', 'failed');
  },
  upgraded: (x, l) => {
    const row = sessions(x).get(l.session ?? 0);
    if (row !== undefined) sessions(x).update(l.session ?? 0, { donated_bytes: row.donated_bytes + (l.bytes ?? 0) });
    return done({});
  },
  failed: (x, l, failure: Failure) => {
    l.failure = failure.name;
    if (l.donated_to_service !== true) return goto('give_back');
    return call(transfer, { from: serviceRam(x, l.service ?? 0), to: env.get(x).ram, bytes: l.bytes ?? 0 }, 'give_back', 'give_back');
  },
  give_back: (x, l) => call(transfer, { from: env.get(x).ram, to: children(x).require(l.request.ref).account, bytes: l.bytes ?? 0 }, 'report', 'report'),
  report: (_x, l) => raise(l.failure ?? 'Quota_exceeded', 'session upgrade'),
  ignored: () => done({}),
});

type CloseAllLocals = { [key: string]: Plain; child: number };

/** Closes every session of a child, the newest first. */
export const closeAllSessions = procedure<CloseAllLocals>('child.close_all_sessions', {
  start: (x, l) => {
    const [session] = sessionsOf(x, l.child);
    return session === undefined ? done() : call(closeChildSession, { session }, 'start');
  },
});

type RevokeLocals = { [key: string]: Plain; server: number };

/** Drops the sessions of all children at a server that no longer exists. */
export const revokeServer = procedure<RevokeLocals>('child.revoke_server', {
  start: (x, l) => {
    const found = sessions(x).find((row) => row.server === l.server);
    return found === undefined ? done() : call(forgetChildSession, { session: found[0] }, 'start');
  },
});
