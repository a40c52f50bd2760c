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
import { carried, carry, proxies, proxyOf, proxySessions, setCalling } from './proxy_table.ts';

const EP_NAME = 'proxy ep';

type AnnounceLocals = { [key: string]: Plain; target: number; service: string; root: number; proxy?: number; ep?: number };

/** A target announces a service that is offered outside: the parent learns of it once, whatever becomes of the target. */
export const announceProxy = procedure<AnnounceLocals>('rtcr.announce_proxy', {
  start: (x, l) => {
    const known = proxyOf(x, l.service, targets(x).require(l.target).name);
    if (known === undefined) return call(createEntrypoint, { name: EP_NAME }, 'ep');
    const { target, root } = proxies(x).require(known);
    // A copy under the same name of an original that still lives takes nothing away from it.
    if (target !== 0 && target !== l.target) return done();
    inc(x, l.root);
    if (root !== 0) dec(x, root);
    proxies(x).update(known, { target: l.target, root: l.root });
    return done();
  },
  ep: (x, l, { index }: CreatedEntrypoint) => {
    inc(x, l.root);
    l.proxy = proxies(x).insert({ service: l.service, server: targets(x).require(l.target).name, target: l.target, root: l.root, ep: index, lock: newLock(x, true), waiting: false, calling: false, held: false });
    return call(manage, { interface: 'Root', ref: l.proxy, ep: index }, 'managed');
  },
  managed: (_x, l, { cap: root }: Managed) => rpc(Parent.announce, env.get(_x).parent, { name: l.service, root }, 'announced'),
  announced: () => done(),
});

/** RAM session of the target behind a proxy, null while there is none. */
function ramOf(x: Execution, proxy: number): number | null {
  const { ram = 0 } = targets(x).get(proxies(x).get(proxy)?.target ?? 0) ?? {};
  return ramSessions(x).get(ram)?.real ?? null;
}

/** Waits until a proxy has a server that it may use. On the proxy's own thread only. */
const awaitServer = procedure<{ [key: string]: Plain; proxy: number }>('rtcr.await_server', {
  start: (x, l) => {
    const { root, lock, held } = proxies(x).require(l.proxy);
    if (root !== 0 && !held) return done();
    proxies(x).update(l.proxy, { waiting: true });
    return call(lockAcquire, { lock }, 'start');
  },
});

type OpenLocals = { [key: string]: Plain; proxy: number; args: string; affinity: readonly number[]; failure?: string };
type InnerSession = { readonly inner: number };

/** Opens a session at the server of a proxy: InnerSession. Fails as Root.session does. */
const openInner = procedure<OpenLocals>('rtcr.open_inner_session', {
  start: (_x, l) => call(awaitServer, { proxy: l.proxy }, 'donate'),
  donate: (x, l) => call(transfer, { from: env.get(x).ram, to: ramOf(x, l.proxy), bytes: numberArgument(l.args, 'ram_quota', 0) }, 'ask'),
  ask: (x, l) => {
    setCalling(x, l.proxy, true);
    return rpc(Root.session, proxies(x).require(l.proxy).root || null, { args: l.args, affinity: l.affinity }, 'opened', 'failed');
  },
  opened: (x, l, { cap: inner }: RpcReply) => {
    setCalling(x, l.proxy, false);
    return inner === null ? raise('Unavailable', 'no session') : done({ inner } satisfies InnerSession);
  },
  failed: (x, l, { name }: Failure) => {
    setCalling(x, l.proxy, false);
    // The server has ended meanwhile; what was donated to it has come back with its RAM session.
    if (proxies(x).require(l.proxy).root === 0) return goto('start');
    l.failure = name === 'Ipc_error' ? 'Unavailable' : name;
    return call(transfer, { from: ramOf(x, l.proxy), to: env.get(x).ram, bytes: numberArgument(l.args, 'ram_quota', 0) }, 'refused', 'refused');
  },
  refused: (_x, l) => raise(l.failure ?? 'Unavailable', 'session at a target'),
});

type RootLocals = { [key: string]: Plain; request: RpcRequest; session?: number };

const openSession = procedure<RootLocals>('rtcr.proxy.session', {
  start: (_x, { request }) => call(openInner, { proxy: request.ref, args: text(request, 'args'), affinity: words(request, 'affinity') }, 'opened'),
  opened: (x, l, { inner }: InnerSession) => {
    const args = text(l.request, 'args');
    l.session = proxySessions(x).insert({ proxy: l.request.ref, inner, id: 0, cap: 0, args, donated_bytes: numberArgument(args, 'ram_quota', 0), handed_out: false, closed: false });
    return call(manage, { interface: RAW_INTERFACE, ref: l.session, ep: proxies(x).require(l.request.ref).ep }, 'managed');
  },
  managed: (x, l, { id, cap: object }: Managed) => {
    proxySessions(x).update(l.session ?? 0, { id, cap: object });
    return done({ cap: object } satisfies RpcAnswer);
  },
});

const sessionAt = (x: Execution, request: RpcRequest): number | undefined => proxySessions(x).find((row) => row.cap === cap(request, 'session'))?.[0];

const upgradeSession = procedure<RootLocals & { bytes?: number }>('rtcr.proxy.upgrade', {
  start: (x, l) => {
    l.session = sessionAt(x, l.request) ?? 0;
    return l.session === 0 ? done({} satisfies RpcAnswer) : call(awaitServer, { proxy: l.request.ref }, 'donate');
  },
  donate: (x, l) => {
    l.bytes = numberArgument(text(l.request, 'args'), 'ram_quota', 0);
    return call(transfer, { from: env.get(x).ram, to: ramOf(x, l.request.ref), bytes: l.bytes }, 'upgrade');
  },
  upgrade: (x, l) => {
    const { inner, donated_bytes } = proxySessions(x).require(l.session ?? 0);
    proxySessions(x).update(l.session ?? 0, { donated_bytes: donated_bytes + (l.bytes ?? 0) });
    setCalling(x, l.request.ref, true);
    return rpc(Root.upgrade, proxies(x).require(l.request.ref).root || null, { session: inner || null, args: text(l.request, 'args') }, 'upgraded', 'upgraded');
  },
  upgraded: (x, l) => {
    setCalling(x, l.request.ref, false);
    return done({} satisfies RpcAnswer);
  },
});

const closeSession = procedure<RootLocals>('rtcr.proxy.close', {
  start: (x, l) => {
    l.session = sessionAt(x, l.request) ?? 0;
    if (l.session === 0) return done({} satisfies RpcAnswer);
    // A server that stands still answers when it goes on; one that is being checkpointed is not disturbed.
    return proxies(x).require(l.request.ref).held ? call(awaitServer, { proxy: l.request.ref }, 'withdraw') : goto('withdraw');
  },
  withdraw: (x, l) => {
    const session = l.session ?? 0;
    const { id, cap: object } = proxySessions(x).require(session);
    proxySessions(x).update(session, { id: 0, cap: 0, closed: true });
    dec(x, object);
    return call(dissolve, { id }, 'dissolved');
  },
  // Without a server the session ends when there is one again: the restored server knows of it.
  dissolved: (x, l) => (proxySessions(x).require(l.session ?? 0).inner === 0 ? done({} satisfies RpcAnswer) : call(endProxySession, { item: l.session ?? 0 }, 'ended')),
  ended: () => done({} satisfies RpcAnswer),
});

/** Tells the server of a closed session of its end, takes back what was donated, and forgets it. */
export const endProxySession = procedure<{ [key: string]: Plain; item: number }>('rtcr.end_proxy_session', {
  start: (x, l) => {
    const { proxy, inner } = proxySessions(x).require(l.item);
    return rpc(Root.close, proxies(x).require(proxy).root || null, { session: inner || null }, 'closed', 'closed');
  },
  closed: (x, l) => {
    const { proxy, donated_bytes } = proxySessions(x).require(l.item);
    return call(transfer, { from: ramOf(x, proxy), to: env.get(x).ram, bytes: donated_bytes }, 'forget', 'forget');
  },
  forget: (x, l) => {
    const { inner } = proxySessions(x).require(l.item);
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

type MessageLocals = { [key: string]: Plain; request: RpcRequest };

/** Passes a message of a client outside on to the server, whenever there is one. What the server did not answer before it ended is sent again. */
const passOn = procedure<MessageLocals>('rtcr.proxy.pass_on', {
  start: (x, { request }) => call(awaitServer, { proxy: proxySessions(x).require(request.ref).proxy }, 'session'),
  session: (x, { request }) => {
    const { inner, proxy, args } = proxySessions(x).require(request.ref);
    if (inner !== 0) return goto('send');
    // The server was restored from before the session was opened.
    return call(openInner, { proxy, args, affinity: [0, 0, 0, 0, 0, 0] }, 'reopened', 'unserved');
  },
  reopened: (x, { request }, { inner }: InnerSession) => {
    proxySessions(x).update(request.ref, { inner });
    return goto('send');
  },
  send: (x, { request }) => {
    const { payload, caps } = rawRequest(request);
    for (const slot of caps) if (slot !== null) carry(x, request.ref, slot);
    setCalling(x, proxySessions(x).require(request.ref).proxy, true);
    return call(rawCall, { to: proxySessions(x).require(request.ref).inner, payload, caps }, 'answered', 'failed');
  },
  answered: (x, { request }, message: RawMessage) => {
    setCalling(x, proxySessions(x).require(request.ref).proxy, false);
    if (message.caps.some((slot) => slot !== null)) proxySessions(x).update(request.ref, { handed_out: true });
    return done(message);
  },
  failed: (x, { request }) => {
    const { inner, proxy } = proxySessions(x).require(request.ref);
    setCalling(x, proxy, false);
    return goto(inner === 0 ? 'start' : 'unserved');
  },
  // The client gets what it would get from a server that knows nothing of its session any more.
  unserved: () => done({ code: INVALID_OBJECT, payload: [], caps: [] } satisfies RawMessage),
});

const INVALID_OBJECT = -1;

export const proxyMessageService = { message: passOn } as const;
