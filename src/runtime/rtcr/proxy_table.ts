// Services of targets that the checkpointer offers to components outside: it stands between, so that the sessions outlive their server.
// Owner of the rows of proxies, their sessions, and the capabilities that went through them.

import { capId, dec, inc } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { table } from '../native/store.ts';
import type { Held } from './online_storage.ts';

export interface ProxyRow {
  readonly service: string;
  /** Name of the child that serves it; a restored child of this name takes over. */
  readonly server: string;
  /** The target that serves it now, and the slot of its root; both 0 while there is none. */
  readonly target: number;
  readonly root: number;
  /** The lane that serves its root. */
  readonly lane: number;
  /** A checkpoint is being taken: what is in service is finished, and nothing new is sent to the server. */
  readonly held: boolean;
}

/** A thread of a proxy: one serves its root, and each session has one of its own, so that no client waits for the call of another. */
export interface LaneRow {
  readonly proxy: number;
  /** Key of the session that it serves; 0: none now, the next one gets it. Of the root's own it is OF_ROOT. */
  readonly session: number;
  /** Index of the thread, and the lock on which it waits for a server. */
  readonly ep: number;
  readonly lock: number;
  readonly waiting: boolean;
  /** The thread has called the server and waits for the answer: to a message, or to a question about a session. */
  readonly calling: 'no' | 'message' | 'root';
}

export const OF_ROOT = -1;

export interface ProxySessionRow {
  readonly proxy: number;
  readonly lane: number;
  /** Slot of the target's session; 0 while no server has it. */
  readonly inner: number;
  /** The object that the client outside has. */
  readonly id: number;
  readonly cap: number;
  readonly args: string;
  /** What its client has donated for it; what the server that is there now has got of that, and has been told of. */
  readonly donated_bytes: number;
  readonly given_bytes: number;
  readonly told_bytes: number;
  /** A capability of the target's went to the client: after a restore it would name nothing. */
  readonly handed_out: boolean;
  /** Closed by its client while no server had it. */
  readonly closed: boolean;
  /** Somebody is telling the server of its end already. */
  readonly ending: boolean;
}

export const proxies = table<ProxyRow>('rtcr_proxies');
export const lanes = table<LaneRow>('rtcr_proxy_lanes');
export const proxySessions = table<ProxySessionRow>('rtcr_proxy_sessions');
/** Capabilities that clients outside gave to a server: they stay what they are when the server is restored. */
export const carried = table<{ readonly session: number; readonly cap: Held }>('rtcr_carried');

export const proxyOf = (x: Execution, service: string, server: string): number | undefined => proxies(x).find((row) => row.service === service && row.server === server)?.[0];

/** Sessions of a target's proxies. */
export function sessionsThrough(x: Execution, target: number): (readonly [number, Readonly<ProxySessionRow>])[] {
  return proxySessions(x).entries().filter(([, row]) => proxies(x).get(row.proxy)?.target === target);
}

/** Keeps a capability that goes to a server, once for each session. */
export function carry(x: Execution, session: number, slot: number): void {
  const id = capId(x, slot);
  if (carried(x).find((row) => row.session === session && row.cap.id === id) !== undefined) return;
  inc(x, slot);
  carried(x).insert({ session, cap: { slot, id } });
}

/** Sessions that a restored server has and that no client outside has any more: slots of the server's objects, 0 where it has only what was donated. */
export const leftovers = table<{ readonly proxy: number; readonly inner: number; readonly given_bytes: number }>('rtcr_proxy_leftovers');

/** Says whether a lane's thread waits for the server: the kernel leaves it waiting when the server dies. */
export const setCalling = (x: Execution, lane: number, calling: LaneRow['calling']): void => lanes(x).update(lane, { calling });

/** The lanes that have asked one of these targets about a session: the answer may be there and not taken in yet. */
export const asking = (x: Execution, targets: readonly number[]): Readonly<LaneRow>[] =>
  lanes(x).entries().map(([, row]) => row).filter(({ calling, proxy }) => calling === 'root' && targets.includes(proxies(x).require(proxy).target));

/** The proxy of a lane. */
export const proxyAt = (x: Execution, lane: number): Readonly<ProxyRow> => proxies(x).require(lanes(x).require(lane).proxy);

/** Keeps new messages from the servers of some targets, so that they come to rest. */
export function holdProxies(x: Execution, targets: readonly number[]): void {
  for (const [key, { target }] of proxies(x).entries()) if (targets.includes(target)) proxies(x).update(key, { held: true });
}

/** Takes the servers from the proxies of targets that are about to end: who calls them waits from now on. */
export function sever(x: Execution, targets: readonly number[]): void {
  for (const [key, row] of proxies(x).entries()) {
    if (row.target === 0 || !targets.includes(row.target)) continue;
    for (const [session, { inner }] of sessionsThrough(x, row.target)) {
      if (inner !== 0) dec(x, inner);
      proxySessions(x).update(session, { inner: 0, given_bytes: 0, told_bytes: 0 });
    }
    if (row.root !== 0) dec(x, row.root);
    proxies(x).update(key, { target: 0, root: 0, held: false });
  }
}
