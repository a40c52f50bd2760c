// The Parent interface as this component serves it to its children: one RPC object per child, `ref` = key of the child.
// Usable on any entrypoint thread. Source modelled: genode-16.08-abi.md 2 (Parent), 6; Genode's Child.

import type { Plain } from '../../emu/plain.ts';
import { Pd_session } from '../rpc/interfaces.ts';
import { dec, inc } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { callNamed, done, procedure } from '../native/procedure.ts';
import { rpc } from '../native/rpc_client.ts';
import { cap, type Handler, num, type RpcRequest, type SyncHandler, text } from '../native/service.ts';
import { childRequest, isEnding } from './child_request.ts';
import { children } from './child_table.ts';
import { closeRequest, upgradeRequest } from './session_close.ts';
import { sessionRequest } from './session_request.ts';

type RequestLocals = { [key: string]: Plain; request: RpcRequest };

const exitRequest = procedure<RequestLocals>('child.exit_request', {
  start: (x, l) => callNamed(children(x).require(l.request.ref).policy.exit, { child: l.request.ref, value: num(l.request, 'value') }, 'answer'),
  answer: () => done({}),
});

const announceRequest = procedure<RequestLocals>('child.announce_request', {
  start: (x, l) => {
    const service = text(l.request, 'name');
    if (service === '') return done({});
    const { policy } = children(x).require(l.request.ref);
    return callNamed(policy.announce, { child: l.request.ref, service, root: cap(l.request, 'root') }, 'answer');
  },
  answer: () => done({}),
});

const resourceRequest = procedure<RequestLocals>('child.resource_request', {
  start: (x, l) => {
    const { policy } = children(x).require(l.request.ref);
    return callNamed(policy.resource_request, { child: l.request.ref, args: text(l.request, 'args') }, 'answer');
  },
  answer: () => done({}),
});

/** Remembers a signal context of the child in one of its row's fields. */
function keepSigh(field: 'resource_avail_sigh' | 'yield_sigh'): SyncHandler {
  return (x, request) => {
    const sigh = cap(request, 'sigh');
    if (isEnding(x, request.ref)) return {};
    const old = children(x).require(request.ref)[field];
    inc(x, sigh);
    children(x).update(request.ref, { [field]: sigh ?? 0 });
    dec(x, old);
    return {};
  };
}

/** Handlers of the Parent interface, for the services of a program that has children. */
export const parentService: Readonly<Record<string, Handler>> = {
  exit: childRequest('child.parent.exit', exitRequest),
  announce: childRequest('child.parent.announce', announceRequest),
  session: childRequest('child.parent.session', sessionRequest),
  upgrade: childRequest('child.parent.upgrade', upgradeRequest),
  close: childRequest('child.parent.close', closeRequest),
  main_thread_cap: (x, request) => ({ cap: children(x).get(request.ref)?.main_thread ?? null }),
  resource_avail_sigh: keepSigh('resource_avail_sigh'),
  resource_request: childRequest('child.parent.resource_request', resourceRequest),
  yield_sigh: keepSigh('yield_sigh'),
  yield_request: (x, request) => ({ value: children(x).get(request.ref)?.yield_args ?? '' }),
  yield_response: () => ({}),
};

type NotifyLocals = { [key: string]: Plain; child: number };

/** Signals a child that it got more resources; nothing where it does not want to know. */
export const notifyResourceAvail = procedure<NotifyLocals>('child.notify_resource_avail', {
  start: (x, l) => submitTo(x, children(x).require(l.child).resource_avail_sigh),
  submitted: () => done(),
});

type YieldLocals = { [key: string]: Plain; child: number; args: string };

/** Asks a child to give resources back. */
export const requestYield = procedure<YieldLocals>('child.request_yield', {
  start: (x, l) => {
    children(x).update(l.child, { yield_args: l.args });
    return submitTo(x, children(x).require(l.child).yield_sigh);
  },
  submitted: () => done(),
});

const submitTo = (x: Execution, context: number) =>
  context === 0 ? done() : rpc(Pd_session.submit, env.get(x).pd, { context, count: 1 }, 'submitted', 'submitted');
