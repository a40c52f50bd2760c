// Services that sessions of children can be opened at: the own parent's, another child's, or one implemented by this component.
// Owner of the table `services`. Source modelled: genode-16.08-abi.md 6 (blocking until the announcement), Genode's Service.

import type { Plain } from '../../emu/plain.ts';
import { Parent, Root } from '../rpc/interfaces.ts';
import { dec, inc } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { lockAcquire, lockRelease, newLock } from '../native/lock.ts';
import { logWarning } from '../native/log.ts';
import { call, callNamed, done, type Failure, goto, type Procedure, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { openSession, type Opened, upgradeSession } from '../native/session.ts';
import { type HasStore, table } from '../native/store.ts';
import { children } from './child_table.ts';

export type ParentService = { readonly kind: 'parent'; readonly name: string };

export type RoutedService = {
  readonly kind: 'routed';
  readonly name: string;
  /** The child that declared it. */
  readonly server: number;
  readonly announced: boolean;
  /** Root capability, 0 while not announced or invalid; holds one reference. */
  readonly root: number;
  /** Locks on which requests wait for the announcement, the newest first. */
  readonly applicants: readonly number[];
};

export type LocalService = {
  readonly kind: 'local';
  readonly name: string;
  /** Key of whatever implements it, for its procedures. */
  readonly ref: number;
  /** Names of the procedures behind it. */
  readonly open: string;
  readonly upgrade: string;
  readonly close: string;
};

export type ServiceRow = ParentService | RoutedService | LocalService;

/**
 * Threads that wait for the answer of a child's root, by index, with that child. The kernel leaves them waiting when the child dies, so
 * whoever ends it has to end their calls.
 */
export const rootCalls = table<{ readonly server: number }>('root_calls');

/** Threads that wait until a child announces a service, by index. */
const announcementWaits = table<{ readonly lock: number }>('announcement_waits');

/** Whether a thread waits for a child that may never answer. */
export const waitsForSibling = (x: HasStore, thread: number): boolean => rootCalls(x).get(thread) !== undefined || announcementWaits(x).get(thread) !== undefined;

/** For a thread that is killed where it waits. */
export function forgetWaits(x: HasStore, thread: number): void {
  rootCalls(x).delete(thread);
  announcementWaits(x).delete(thread);
}

/** Later rows stand before earlier ones wherever Genode walks its list of services. */
export const services = table<ServiceRow>('services');

/**
 * Procedures of a local service. `open` returns an Opened whose capability carries one reference for the session; it may fail
 * with Invalid_args, Unavailable or Quota_exceeded.
 */
export interface LocalServiceProcedures {
  readonly open: Procedure<OpenLocals>;
  readonly upgrade?: Procedure<UpgradeLocals>;
  readonly close?: Procedure<CloseLocals>;
}

export type OpenLocals = { [key: string]: Plain; service: number; args: string; affinity: readonly number[] };
export type UpgradeLocals = { [key: string]: Plain; service: number; cap: number; args: string };
export type CloseLocals = { [key: string]: Plain; service: number; cap: number };

const ignoreUpgrade = procedure<UpgradeLocals>('child.ignore_upgrade', { start: () => done() });
const ignoreClose = procedure<CloseLocals>('child.ignore_close', { start: () => done() });

export function localService(name: string, ref: number, procedures: LocalServiceProcedures): LocalService {
  return {
    kind: 'local', name, ref, open: procedures.open.name,
    upgrade: (procedures.upgrade ?? ignoreUpgrade).name, close: (procedures.close ?? ignoreClose).name,
  };
}

export const routedService = (name: string, server: number): RoutedService => ({ kind: 'routed', name, server, announced: false, root: 0, applicants: [] });

/** The last declared service of a name, of one server or of any. */
export function findRouted(x: HasStore, name: string, server?: number): number | undefined {
  const found = routedNamed(x, name).filter((key) => server === undefined || routedAt(x, key).server === server);
  return found.at(-1);
}

export function routedNamed(x: HasStore, name: string): number[] {
  return services(x)
    .entries()
    .filter(([, row]) => row.kind === 'routed' && row.name === name)
    .map(([key]) => key);
}

function routedAt(x: HasStore, key: number): RoutedService {
  const row = services(x).require(key);
  if (row.kind !== 'routed') throw new Error(`service ${key} is not routed to a child`);
  return row;
}

/** RAM session that receives quota donated to a service, null where donations end at this component. */
export function serviceRam(x: Execution, service: number): number | null {
  const row = services(x).get(service);
  return row?.kind === 'routed' ? (children(x).get(row.server)?.account ?? null) : null;
}

/** Opens a session at a service: {cap}. Fails with Invalid_args, Unavailable, Quota_exceeded or what the parent raised. */
export const openAtService = procedure<OpenLocals>('child.open_at_service', {
  start: (x, l) => {
    const row = services(x).require(l.service);
    switch (row.kind) {
      case 'parent':
        return call(openSession, { service: row.name, args: l.args, affinity: l.affinity }, 'opened', 'parent_failed');
      case 'local':
        return callNamed(row.open, { service: l.service, args: l.args, affinity: l.affinity }, 'opened');
      case 'routed':
        return row.announced ? goto('ask_root') : goto('wait');
    }
  },
  opened: (_x, _l, opened: Opened) => done(opened),
  parent_failed: (x, l, failure: Failure) => {
    if (failure.name === 'Ipc_error') return raise('Unavailable', failure.text);
    if (failure.name !== 'Unavailable') return raise(failure.name, failure.text);
    return call(logWarning, { text: `parent has no service "${services(x).require(l.service).name}"` }, 'unavailable');
  },
  unavailable: (x, l) => raise('Unavailable', services(x).require(l.service).name),
  wait: (x, l) => {
    const lock = newLock(x, true);
    services(x).set(l.service, { ...routedAt(x, l.service), applicants: [lock, ...routedAt(x, l.service).applicants] });
    announcementWaits(x).set(x.index, { lock });
    return call(lockAcquire, { lock }, 'ask_root', 'cancelled');
  },
  cancelled: (x, _l, { name, text }: Failure) => {
    announcementWaits(x).delete(x.index);
    return raise(name, text);
  },
  ask_root: (x, l) => {
    announcementWaits(x).delete(x.index);
    const { root, server } = routedAt(x, l.service);
    rootCalls(x).set(x.index, { server });
    return rpc(Root.session, root === 0 ? null : root, { args: l.args, affinity: l.affinity }, 'answered', 'root_failed');
  },
  answered: (x, _l, { cap }: RpcReply) => {
    rootCalls(x).delete(x.index);
    return cap === null ? goto('unavailable') : done({ cap } satisfies Opened);
  },
  root_failed: (x, _l, { name, text }: Failure) => {
    rootCalls(x).delete(x.index);
    return raise(name === 'Ipc_error' || name === 'Blocking_canceled' ? 'Unavailable' : name, text);
  },
});

/** Passes an upgrade on. Service 0 is the own parent; a service that vanished is not told any more. */
export const upgradeAtService = procedure<UpgradeLocals>('child.upgrade_at_service', {
  start: (x, l) => {
    const row = services(x).get(l.service);
    if (row === undefined && l.service !== 0) return done();
    if (row?.kind === 'local') return callNamed(row.upgrade, { service: l.service, cap: l.cap, args: l.args }, 'upgraded');
    const request = { session: l.cap, args: l.args };
    if (row?.kind === 'routed') {
      rootCalls(x).set(x.index, { server: row.server });
      return rpc(Root.upgrade, row.root === 0 ? null : row.root, request, 'upgraded', 'failed');
    }
    return call(upgradeSession, { cap: l.cap, args: l.args }, 'upgraded', 'failed');
  },
  upgraded: (x) => {
    rootCalls(x).delete(x.index);
    return done();
  },
  failed: (x, _l, { name, text }: Failure) => {
    rootCalls(x).delete(x.index);
    return raise(name === 'Ipc_error' || name === 'Blocking_canceled' ? 'Unavailable' : name, text);
  },
});

/** Closes a session at its service (0 = the own parent, as above). Fails with Blocking_canceled where the service does not answer. */
export const closeAtService = procedure<CloseLocals>('child.close_at_service', {
  start: (x, l) => {
    const row = services(x).get(l.service);
    if (row === undefined && l.service !== 0) return done();
    if (row?.kind === 'local') return callNamed(row.close, { service: l.service, cap: l.cap }, 'closed');
    if (row?.kind === 'routed') {
      rootCalls(x).set(x.index, { server: row.server });
      return rpc(Root.close, row.root === 0 ? null : row.root, { session: l.cap }, 'closed', 'failed');
    }
    return rpc(Parent.close, env.get(x).parent, { session: l.cap }, 'closed', 'failed');
  },
  closed: (x) => {
    rootCalls(x).delete(x.index);
    return done();
  },
  failed: (x, _l, failure: Failure) => {
    rootCalls(x).delete(x.index);
    return raise('Blocking_canceled', failure.text);
  },
});

type AnnounceLocals = { [key: string]: Plain; service: number; root: number | null; woken?: readonly number[] };

/** Takes the root capability of a routed service in and wakes whoever waits for it, the newest first. */
export const announceService = procedure<AnnounceLocals>('child.announce_service', {
  start: (x, l) => {
    const row = routedAt(x, l.service);
    inc(x, l.root);
    dec(x, row.root === 0 ? null : row.root);
    services(x).set(l.service, { ...row, announced: true, root: l.root ?? 0, applicants: [] });
    l.woken = row.applicants;
    return goto('wake');
  },
  wake: (_x, l) => {
    const [lock, ...rest] = l.woken ?? [];
    if (lock === undefined) return done();
    l.woken = rest;
    return call(lockRelease, { lock }, 'wake');
  },
});

/** Forgets the services of a child that is being destroyed. */
export function removeServicesOf(x: Execution, child: number): void {
  for (const [key, row] of services(x).entries()) {
    if (row.kind !== 'routed' || row.server !== child) continue;
    dec(x, row.root === 0 ? null : row.root);
    services(x).delete(key);
  }
}
