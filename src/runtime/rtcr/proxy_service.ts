// The services that the checkpointer offers outside in the name of its targets: their root, and sessions that pass every message on.
// Changes the rows of proxies. Source modelled: genode-16.08-abi.md 2 (Root, Parent.announce), 5.3 (donations); checkpoint-restore.md 1.1.

import type { Plain } from '../../emu/plain.ts';
import { numberArgument } from '../arg_string.ts';
import { transfer } from '../child/donation.ts';
import { dec, inc } from '../native/cap_space.ts';
import { dissolve, manage, type Managed } from '../native/entrypoint.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { lockAcquire, newLock } from '../native/lock.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { RAW_INTERFACE, rawCall, type RawMessage, rawRequest } from '../native/raw_rpc.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { cap, type RpcAnswer, type RpcRequest, text, words } from '../native/service.ts';
import { Parent, Root } from '../rpc/interfaces.ts';
import { createEntrypoint, type CreatedEntrypoint } from './crew.ts';
import { ramSessions, targets } from './online_storage.ts';
import { carried, carry, lanes, OF_ROOT, proxies, proxyAt, proxyOf, proxySessions, setCalling } from './proxy_table.ts';

const EP_NAME = 'proxy ep';

type AnnounceLocals = { [key: string]: Plain; target: number; service: string; root: number; held: boolean; proxy?: number };

/**
 * A target announces a service that is offered outside: the parent learns of it once, whatever becomes of the target. `held`: it is being
 * restored, and nobody may use it before it has the sessions that it had.
 */
export const announceProxy = procedure<AnnounceLocals>('rtcr.announce_proxy', {
  start: (x, l) => {
    const known = proxyOf(x, l.service, targets(x).require(l.target).name);
    if (known === undefined) return call(createEntrypoint, { name: EP_NAME }, 'ep');
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

const newLane = (x: Execution, proxy: number, session: number, ep: number): number => lanes(x).insert({ proxy, session, ep, lock: newLock(x, true), waiting: false, calling: false });

type LaneLocals = { [key: string]: Plain; proxy: number };
type Lane = { readonly lane: number };

/** A lane for a session to be: Lane. Threads of entrypoints never end, so that those of closed sessions are used again. */
const findLane = procedure<LaneLocals>('rtcr.find_proxy_lane', {
  start: (x, l) => {
    const idle = lanes(x).find((row) => row.proxy === l.proxy && row.session === 0 && !row.calling && !row.waiting);
    return idle === undefined ? call(createEntrypoint, { name: EP_NAME }, 'ep') : done({ lane: idle[0] } satisfies Lane);
  },
  ep: (x, l, { index }: CreatedEntrypoint) => done({ lane: newLane(x, l.proxy, 0, index) } satisfies Lane),
});

/** RAM session of the target behind a proxy, null while there is none. */
function ramOf(x: Execution, proxy: number): number | null {
  const { ram = 0 } = targets(x).get(proxies(x).get(proxy)?.target ?? 0) ?? {};
  return ramSessions(x).get(ram)?.real ?? null;
}

/** Waits until a proxy has a server that it may use. On the thread of the lane only. */
const awaitServer = procedure<{ [key: string]: Plain; lane: number }>('rtcr.await_server', {
  start: (x, l) => {
    const { root, held } = proxyAt(x, l.lane);
    if (root !== 0 && !held) return done();
    lanes(x).update(l.lane, { waiting: true });
    return call(lockAcquire, { lock: lanes(x).require(l.lane).lock }, 'start');
  },
});

type OpenLocals = { [key: string]: Plain; proxy: number; lane: number; args: string; affinity: readonly number[]; failure?: string };
type InnerSession = { readonly inner: number };

/** Opens a session at the server of a proxy: InnerSession. Fails as Root.session does. */
const openInner = procedure<OpenLocals>('rtcr.open_inner_session', {
  start: (_x, l) => call(awaitServer, { lane: l.lane }, 'donate'),
  donate: (x, l) => call(transfer, { from: env.get(x).ram, to: ramOf(x, l.proxy), bytes: numberArgument(l.args, 'ram_quota', 0) }, 'ask'),
  ask: (x, l) => {
    setCalling(x, l.lane, true);
    return rpc(Root.session, proxies(x).require(l.proxy).root || null, { args: l.args, affinity: l.affinity }, 'opened', 'failed');
  },
  opened: (x, l, { cap: inner }: RpcReply) => {
    setCalling(x, l.lane, false);
    if (inner === null) return raise('Unavailable', 'no session');
    if (proxies(x).require(l.proxy).root !== 0) return done({ inner } satisfies InnerSession);
    // The server has ended since it answered.
    dec(x, inner);
    return goto('start');
  },
  failed: (x, l, { name }: Failure) => {
    setCalling(x, l.lane, false);
    // The server has ended meanwhile; what was donated to it has come back with its RAM session.
    if (proxies(x).require(l.proxy).root === 0) return goto('start');
    l.failure = name === 'Ipc_error' ? 'Unavailable' : name;
    return call(transfer, { from: ramOf(x, l.proxy), to: env.get(x).ram, bytes: numberArgument(l.args, 'ram_quota', 0) }, 'refused', 'refused');
  },
  refused: (_x, l) => raise(l.failure ?? 'Unavailable', 'session at a target'),
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
    l.session = proxySessions(x).insert({ proxy: request.ref, lane, inner: 0, id: 0, cap: 0, args, donated_bytes: numberArgument(args, 'ram_quota', 0), handed_out: false, closed: false, ending: false });
    lanes(x).update(lane, { session: l.session });
    return call(openInner, { proxy: request.ref, lane: rootLane(x, request), args, affinity: words(request, 'affinity') }, 'opened', 'refused');
  },
  opened: (x, l, { inner }: InnerSession) => {
    const session = l.session ?? 0;
    proxySessions(x).update(session, { inner });
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

const upgradeSession = procedure<RootLocals & { bytes?: number }>('rtcr.proxy.upgrade', {
  start: (x, l) => {
    l.session = sessionAt(x, l.request) ?? 0;
    return l.session === 0 ? done({} satisfies RpcAnswer) : call(awaitServer, { lane: rootLane(x, l.request) }, 'donate');
  },
  donate: (x, l) => {
    l.bytes = numberArgument(text(l.request, 'args'), 'ram_quota', 0);
    return call(transfer, { from: env.get(x).ram, to: ramOf(x, l.request.ref), bytes: l.bytes }, 'upgrade');
  },
  upgrade: (x, l) => {
    const { inner, donated_bytes } = proxySessions(x).require(l.session ?? 0);
    proxySessions(x).update(l.session ?? 0, { donated_bytes: donated_bytes + (l.bytes ?? 0) });
    setCalling(x, rootLane(x, l.request), true);
    return rpc(Root.upgrade, proxies(x).require(l.request.ref).root || null, { session: inner || null, args: text(l.request, 'args') }, 'upgraded', 'upgraded');
  },
  upgraded: (x, l) => {
    setCalling(x, rootLane(x, l.request), false);
    return done({} satisfies RpcAnswer);
  },
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

/** `server`: the target that was asked, `lane`: that of the thread that asks, 0 if it has none. */
type EndSession = { [key: string]: Plain; item: number; server?: number; lane?: number };

/**
 * Tells the server of a closed session of its end, if it has it, takes back what was donated, and forgets it. Who closes it and who lets the
 * server go on may both come here: the second finds nothing left to do.
 */
export const endProxySession = procedure<EndSession>('rtcr.end_proxy_session', {
  start: (x, l) => {
    const row = proxySessions(x).get(l.item);
    if (row === undefined || row.ending) return done();
    const { proxy, inner } = row;
    proxySessions(x).update(l.item, { ending: true });
    // The server has never heard of it, and what was donated went with the server that had.
    if (inner === 0) return goto('forget');
    const { target, root } = proxies(x).require(proxy);
    l.server = target;
    l.lane = lanes(x).find(({ ep }) => ep === x.index)?.[0] ?? 0;
    if (l.lane !== 0) setCalling(x, l.lane, true);
    return rpc(Root.close, root || null, { session: inner || null }, 'closed', 'failed');
  },
  // A server that ended before it answered is restored with the session: then it is told again, by whoever lets it go on if it is not there yet.
  failed: (x, l) => {
    const { proxy, inner } = proxySessions(x).require(l.item);
    if (proxies(x).require(proxy).target === l.server) return goto('closed');
    if (l.lane !== undefined && l.lane !== 0) setCalling(x, l.lane, false);
    proxySessions(x).update(l.item, { ending: false });
    return inner === 0 ? done() : goto('start');
  },
  closed: (x, l) => {
    if (l.lane !== undefined && l.lane !== 0) setCalling(x, l.lane, false);
    const { proxy, donated_bytes } = proxySessions(x).require(l.item);
    return call(transfer, { from: ramOf(x, proxy), to: env.get(x).ram, bytes: donated_bytes }, 'forget', 'forget');
  },
  forget: (x, l) => {
    const { inner, lane } = proxySessions(x).require(l.item);
    lanes(x).update(lane, { session: 0 });
    if (inner !== 0) dec(x, inner);
    for (const [key, row] of carried(x).entries()) {
      if (row.session !== l.item) continue;
      dec(x, row.cap.slot);
      carried(x).delete(key);
    }
    proxySessions(x).delete(l.item);
    return done();
  },
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
    if (row.inner !== 0) return goto('send');
    // The server has ended since it was waited for: the next one may have the session.
    if (proxies(x).require(row.proxy).root === 0) return goto('start');
    // The server was restored from before the session was opened.
    return call(openInner, { proxy: row.proxy, lane: row.lane, args: row.args, affinity: [0, 0, 0, 0, 0, 0] }, 'reopened', 'unserved');
  },
  reopened: (x, { request }, { inner }: InnerSession) => {
    const row = proxySessions(x).get(request.ref);
    if (row === undefined) return goto('unserved');
    proxySessions(x).update(request.ref, { inner });
    return row.closed ? call(endProxySession, { item: request.ref }, 'unserved') : goto('send');
  },
  send: (x, l) => {
    const { payload, caps } = rawRequest(l.request);
    const { inner, lane } = proxySessions(x).require(l.request.ref);
    for (const slot of caps) if (slot !== null) carry(x, l.request.ref, slot);
    l.lane = lane;
    setCalling(x, lane, true);
    return call(rawCall, { to: inner, payload, caps }, 'answered', 'failed');
  },
  answered: (x, { request, lane = 0 }, message: RawMessage) => {
    setCalling(x, lane, false);
    if (message.caps.some((slot) => slot !== null) && proxySessions(x).get(request.ref) !== undefined) proxySessions(x).update(request.ref, { handed_out: true });
    return done(message);
  },
  failed: (x, { request, lane = 0 }) => {
    setCalling(x, lane, false);
    return goto(proxySessions(x).get(request.ref)?.inner === 0 ? 'start' : 'unserved');
  },
  // The client gets what it would get from a server that knows nothing of its session any more.
  unserved: () => done({ code: INVALID_OBJECT, payload: [], caps: [] } satisfies RawMessage),
});

const INVALID_OBJECT = -1;

export const proxyMessageService = { message: passOn } as const;
