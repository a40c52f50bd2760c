// The services that the checkpointer offers outside in the name of its targets: their root, and sessions that pass every message on.
// Changes the rows of proxies. Source modelled: genode-16.08-abi.md 2 (Root, Parent.announce), 5.3 (donations); checkpoint-restore.md 1.1.

import type { Plain } from '../../emu/plain.ts';
import { numberArgument } from '../arg_string.ts';
import { dec, inc } from '../native/cap_space.ts';
import { dissolve, manage, type Managed } from '../native/entrypoint.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { RAW_INTERFACE, rawCall, type RawMessage, rawRequest } from '../native/raw_rpc.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { cap, type RpcAnswer, type RpcRequest, text, words } from '../native/service.ts';
import { Parent, Root } from '../rpc/interfaces.ts';
import { NO_AFFINITY } from './created_session.ts';
import { createEntrypoint, type CreatedEntrypoint } from './crew.ts';
import { targets } from './online_storage.ts';
import { awaitServer, findLane, type Lane, newLane, PROXY_EP_NAME } from './proxy_lane.ts';
import { giveQuota, takeBackQuota } from './proxy_quota.ts';
import { endProxySession } from './proxy_session_end.ts';
import { carry, lanes, OF_ROOT, proxies, proxyOf, type ProxySessionRow, proxySessions, setCalling } from './proxy_table.ts';

type AnnounceLocals = { [key: string]: Plain; target: number; service: string; root: number; held: boolean; proxy?: number };

/**
 * A target announces a service that is offered outside: the parent learns of it once, whatever becomes of the target. `held`: it is being
 * restored, and nobody may use it before it has the sessions that it had.
 */
export const announceProxy = procedure<AnnounceLocals>('rtcr.announce_proxy', {
  start: (x, l) => {
    const known = proxyOf(x, l.service, targets(x).require(l.target).name);
    if (known === undefined) return call(createEntrypoint, { name: PROXY_EP_NAME }, 'ep');
    const { target, root } = proxies(x).require(known);
    // A copy under the same name of an original that still lives takes nothing away from it.
    if (target !== 0 && target !== l.target) return done();
    inc(x, l.root);
    if (root !== 0) dec(x, root);
    proxies(x).update(known, { target: l.target, root: l.root, held: l.held });
    return done();
  },
  ep: (x, l, { index }: CreatedEntrypoint) => {
    inc(x, l.root);
    const row = { service: l.service, server: targets(x).require(l.target).name, target: l.target, root: l.root, lane: 0, held: l.held };
    l.proxy = proxies(x).insert(row);
    proxies(x).update(l.proxy, { lane: newLane(x, l.proxy, OF_ROOT, index) });
    return call(manage, { interface: 'Root', ref: l.proxy, ep: index }, 'managed');
  },
  managed: (_x, l, { cap: root }: Managed) => rpc(Parent.announce, env.get(_x).parent, { name: l.service, root }, 'announced'),
  announced: () => done(),
});

type OpenLocals = { [key: string]: Plain; session: number; proxy: number; lane: number; affinity: readonly number[]; server?: number; failure?: string };

/** What a client donates with its request for a session. */
const openingBytes = ({ args }: Pick<ProxySessionRow, 'args'>): number => numberArgument(args, 'ram_quota', 0);

/** Opens a session at the server of a proxy; its row has it then. Fails as Root.session does, and where the session was closed meanwhile. */
const openInner = procedure<OpenLocals>('rtcr.open_inner_session', {
  start: (_x, l) => call(awaitServer, { lane: l.lane }, 'donate'),
  donate: (x, l) => {
    const row = proxySessions(x).get(l.session);
    return row === undefined || row.closed ? goto('refused') : call(giveQuota, { session: l.session, upto: openingBytes(row) }, 'ask');
  },
  ask: (x, l, given: boolean) => {
    const row = proxySessions(x).get(l.session);
    const { target, root, held } = proxies(x).require(l.proxy);
    // A checkpoint of the server has begun, or it has ended: what it was given it has, or has no more.
    if (row === undefined || !given || root === 0 || held) return goto('start');
    setCalling(x, l.lane, 'root');
    l.server = target;
    return rpc(Root.session, root, { args: row.args, affinity: l.affinity }, 'opened', 'failed');
  },
  opened: (x, l, { cap: inner }: RpcReply) => {
    setCalling(x, l.lane, 'no');
    if (inner === null) return raise('Unavailable', 'no session');
    // The server has ended since it answered.
    if (proxies(x).require(l.proxy).target !== l.server) {
      dec(x, inner);
      return goto('start');
    }
    // In the same step as the end of the wait: a checkpoint that comes right behind must find the session.
    proxySessions(x).update(l.session, { inner, told_bytes: openingBytes(proxySessions(x).require(l.session)) });
    return done();
  },
  failed: (x, l, { name }: Failure) => {
    setCalling(x, l.lane, 'no');
    // The server has ended meanwhile; what was donated to it has come back with its RAM session.
    if (proxies(x).require(l.proxy).target !== l.server) return goto('start');
    l.failure = name === 'Ipc_error' ? 'Unavailable' : name;
    return call(takeBackQuota, { session: l.session, lane: l.lane }, 'refused', 'refused');
  },
  refused: (_x, l) => raise(l.failure ?? 'Unavailable', 'session at a target'),
});

type CatchUpLocals = { [key: string]: Plain; session: number; lane: number; server?: number; upto?: number };

/** Gives the server that has a session what its client has donated since, and tells it: when that comes, or when a server is restored from before. */
const catchUp = procedure<CatchUpLocals>('rtcr.catch_up_proxy_session', {
  start: (_x, l) => call(awaitServer, { lane: l.lane }, 'give'),
  give: (x, l) => {
    const row = proxySessions(x).get(l.session);
    if (row === undefined || row.inner === 0 || row.told_bytes >= row.donated_bytes) return done();
    l.upto = row.donated_bytes;
    return call(giveQuota, { session: l.session, upto: l.upto }, 'tell');
  },
  tell: (x, l, given: boolean) => {
    const row = proxySessions(x).get(l.session);
    if (row === undefined || row.inner === 0) return done();
    const { target, root, held } = proxies(x).require(row.proxy);
    if (!given || root === 0 || held) return goto('start');
    setCalling(x, l.lane, 'root');
    l.server = target;
    return rpc(Root.upgrade, root, { session: row.inner, args: `ram_quota=${(l.upto ?? 0) - row.told_bytes}` }, 'told', 'told');
  },
  told: (x, l) => {
    setCalling(x, l.lane, 'no');
    const row = proxySessions(x).get(l.session);
    if (row === undefined) return done();
    if (proxies(x).require(row.proxy).target !== l.server) return goto('start');
    proxySessions(x).update(l.session, { told_bytes: l.upto ?? 0 });
    return done();
  },
});

type RootLocals = { [key: string]: Plain; request: RpcRequest; session?: number };

const rootLane = (x: Execution, request: RpcRequest): number => proxies(x).require(request.ref).lane;

// The session has its row before the server is asked: a checkpoint that comes right after the server's answer must find it, and
// making a thread for the session takes many steps.
const openSession = procedure<RootLocals>('rtcr.proxy.session', {
  start: (_x, { request }) => call(findLane, { proxy: request.ref }, 'lane'),
  lane: (x, l, { lane }: Lane) => {
    const { request } = l;
    const args = text(request, 'args');
    l.session = proxySessions(x).insert({ proxy: request.ref, lane, inner: 0, id: 0, cap: 0, args, donated_bytes: numberArgument(args, 'ram_quota', 0), given_bytes: 0, told_bytes: 0, handed_out: false, closed: false, ending: false });
    lanes(x).update(lane, { session: l.session });
    return call(openInner, { session: l.session, proxy: request.ref, lane: rootLane(x, request), affinity: words(request, 'affinity') }, 'opened', 'refused');
  },
  opened: (x, l) => {
    const session = l.session ?? 0;
    return call(manage, { interface: RAW_INTERFACE, ref: session, ep: lanes(x).require(proxySessions(x).require(session).lane).ep }, 'managed');
  },
  managed: (x, l, { id, cap: object }: Managed) => {
    proxySessions(x).update(l.session ?? 0, { id, cap: object });
    return done({ cap: object } satisfies RpcAnswer);
  },
  refused: (x, l, { name, text: why }: Failure) => {
    const session = l.session ?? 0;
    lanes(x).update(proxySessions(x).require(session).lane, { session: 0 });
    proxySessions(x).delete(session);
    return raise(name, why);
  },
});

const sessionAt = (x: Execution, request: RpcRequest): number | undefined => proxySessions(x).find((row) => row.cap === cap(request, 'session'))?.[0];

const upgradeSession = procedure<RootLocals>('rtcr.proxy.upgrade', {
  start: (x, l) => {
    const session = sessionAt(x, l.request);
    if (session === undefined) return done({} satisfies RpcAnswer);
    const { donated_bytes } = proxySessions(x).require(session);
    proxySessions(x).update(session, { donated_bytes: donated_bytes + numberArgument(text(l.request, 'args'), 'ram_quota', 0) });
    return call(catchUp, { session, lane: rootLane(x, l.request) }, 'upgraded');
  },
  upgraded: () => done({} satisfies RpcAnswer),
});

const closeSession = procedure<RootLocals>('rtcr.proxy.close', {
  start: (x, l) => {
    l.session = sessionAt(x, l.request) ?? 0;
    if (l.session === 0) return done({} satisfies RpcAnswer);
    // A server that stands still answers when it goes on; one that is being checkpointed is not disturbed.
    return proxies(x).require(l.request.ref).held ? call(awaitServer, { lane: rootLane(x, l.request) }, 'withdraw') : goto('withdraw');
  },
  withdraw: (x, l) => {
    const session = l.session ?? 0;
    const { id, cap: object } = proxySessions(x).require(session);
    proxySessions(x).update(session, { id: 0, cap: 0, closed: true });
    dec(x, object);
    return call(dissolve, { id }, 'dissolved');
  },
  // Without a server the session ends when there is one again: the restored server knows of it.
  dissolved: (x, l) => ((proxySessions(x).get(l.session ?? 0)?.inner ?? 0) === 0 ? done({} satisfies RpcAnswer) : call(endProxySession, { item: l.session ?? 0 }, 'ended')),
  ended: () => done({} satisfies RpcAnswer),
});

export const proxyRootService = { session: openSession, upgrade: upgradeSession, close: closeSession } as const;

type MessageLocals = { [key: string]: Plain; request: RpcRequest; lane?: number };

/** Passes a message of a client outside on to the server, whenever there is one. What the server did not answer before it ended is sent again. */
const passOn = procedure<MessageLocals>('rtcr.proxy.pass_on', {
  start: (x, { request }) => {
    const row = proxySessions(x).get(request.ref);
    return row === undefined ? goto('unserved') : call(awaitServer, { lane: row.lane }, 'session');
  },
  session: (x, { request }) => {
    const row = proxySessions(x).get(request.ref);
    // Another thread of the client may have closed the session meanwhile.
    if (row === undefined || row.closed) return goto('unserved');
    if (row.inner !== 0) return row.told_bytes < row.donated_bytes ? call(catchUp, { session: request.ref, lane: row.lane }, 'caught_up') : goto('send');
    // The server has ended since it was waited for: the next one may have the session.
    if (proxies(x).require(row.proxy).root === 0) return goto('start');
    // The server was restored from before the session was opened.
    return call(openInner, { session: request.ref, proxy: row.proxy, lane: row.lane, affinity: NO_AFFINITY }, 'reopened', 'unserved');
  },
  reopened: (x, { request }) => {
    const row = proxySessions(x).get(request.ref);
    if (row === undefined) return goto('unserved');
    return row.closed ? call(endProxySession, { item: request.ref }, 'unserved') : goto('session');
  },
  caught_up: (x, { request }) => goto((proxySessions(x).get(request.ref)?.inner ?? 0) === 0 ? 'start' : 'send'),
  send: (x, l) => {
    const { payload, caps } = rawRequest(l.request);
    const { inner, lane } = proxySessions(x).require(l.request.ref);
    for (const slot of caps) if (slot !== null) carry(x, l.request.ref, slot);
    l.lane = lane;
    setCalling(x, lane, 'message');
    return call(rawCall, { to: inner, payload, caps }, 'answered', 'failed');
  },
  answered: (x, { request, lane = 0 }, message: RawMessage) => {
    setCalling(x, lane, 'no');
    if (message.caps.some((slot) => slot !== null) && proxySessions(x).get(request.ref) !== undefined) proxySessions(x).update(request.ref, { handed_out: true });
    return done(message);
  },
  failed: (x, { request, lane = 0 }) => {
    setCalling(x, lane, 'no');
    return goto(proxySessions(x).get(request.ref)?.inner === 0 ? 'start' : 'unserved');
  },
  // The client gets what it would get from a server that knows nothing of its session any more.
  unserved: () => done({ code: INVALID_OBJECT, payload: [], caps: [] } satisfies RawMessage),
});

const INVALID_OBJECT = -1;

export const proxyMessageService = { message: passOn } as const;
