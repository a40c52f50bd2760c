// Parent.session for a child: filter, donate, route, open, register; each step undone where a later one fails.
// Source modelled: genode-16.08-abi.md 4.2 (meta data), 5.3 (donations), 6 (what the child sees).

import type { Plain } from '../../emu/plain.ts';
import { numberArgument } from '../arg_string.ts';
import { env } from '../native/env.ts';
import { call, callNamed, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { type RpcRequest, text, words } from '../native/service.ts';
import type { Opened } from '../native/session.ts';
import { type ChildHeapBlock, childHeapAlloc, SESSION_BYTES } from './child_heap.ts';
import { isEnding } from './child_request.ts';
import { children, sessions } from './child_table.ts';
import { donate, transfer } from './donation.ts';
import type { FilteredRequest, Resolved } from './policy.ts';
import { openAtService, serviceRam, services } from './services.ts';

type SessionLocals = {
  [key: string]: Plain;
  request: RpcRequest;
  args?: string;
  /** Before the route rewrote them. */
  filtered_args?: string;
  affinity?: readonly number[];
  bytes?: number;
  service?: number;
  cap?: number;
  /** Donations that happened and must be undone on failure. */
  donated_by_child?: boolean;
  donated_to_service?: boolean;
  failure?: string;
};

const ENV_SESSIONS = { 'Env::ram_session': 'ram', 'Env::cpu_session': 'cpu', 'Env::pd_session': 'pd' } as const;
const IDENT_CHARS_MAX = 15;

/** What the child sees of a service's failure. */
const SEEN_AS: Readonly<Record<string, string>> = {
  Invalid_args: 'Service_denied', Unavailable: 'Service_denied', Service_denied: 'Service_denied',
  Quota_exceeded: 'Quota_exceeded', Out_of_memory: 'Quota_exceeded',
};

export const sessionRequest = procedure<SessionLocals>('child.session_request', {
  start: (x, l) => {
    const name = text(l.request, 'name');
    const row = children(x).require(l.request.ref);
    if (name === '') return raise('Unavailable', 'session request without service name');
    if (name in ENV_SESSIONS) return done({ cap: row[ENV_SESSIONS[name as keyof typeof ENV_SESSIONS]] });
    const request = { service: name, args: text(l.request, 'args'), affinity: words(l.request, 'affinity') };
    return callNamed(row.policy.filter, { child: l.request.ref, ...request }, 'filtered');
  },
  filtered: (x, l, { args, affinity }: FilteredRequest) => {
    l.args = args;
    l.filtered_args = args;
    l.affinity = affinity;
    l.bytes = numberArgument(args, 'ram_quota', 0);
    return call(donate, { from: children(x).require(l.request.ref).ram, to: env.get(x).ram, bytes: l.bytes }, 'donated', 'failed');
  },
  donated: (x, l) => {
    l.donated_by_child = true;
    const { policy } = children(x).require(l.request.ref);
    return callNamed(policy.resolve, { child: l.request.ref, service: text(l.request, 'name'), args: l.args ?? '' }, 'resolved');
  },
  resolved: (x, l, { service, args }: Resolved) => {
    if (args !== undefined) l.args = args;
    if (service === 0) return goto('failed', { name: 'Service_denied', text: '' } satisfies Failure);
    if (isEnding(x, l.request.ref)) return goto('failed', { name: 'Service_denied', text: '' } satisfies Failure);
    l.service = service;
    return call(donate, { from: env.get(x).ram, to: serviceRam(x, service), bytes: l.bytes ?? 0 }, 'open', 'failed');
  },
  open: (_x, l) => {
    l.donated_to_service = true;
    return call(openAtService, { service: l.service ?? 0, args: l.args ?? '', affinity: l.affinity ?? [] }, 'opened', 'failed');
  },
  opened: (_x, l, { cap }: Opened) => {
    l.cap = cap;
    return call(childHeapAlloc, { child: l.request.ref, bytes: SESSION_BYTES }, 'register', 'failed');
  },
  register: (x, l, { block }: ChildHeapBlock) => {
    const service = l.service ?? 0;
    const row = services(x).get(service);
    const cap = l.cap ?? 0;
    sessions(x).insert({
      child: l.request.ref, service, cap, block, donated_bytes: l.bytes ?? 0,
      server: row?.kind === 'routed' ? row.server : 0, ident: text(l.request, 'name').slice(0, IDENT_CHARS_MAX),
      request: { service: text(l.request, 'name'), args: l.filtered_args ?? '', server_args: l.args ?? '' },
    });
    return done({ cap });
  },
  failed: (_x, l, failure: Failure) => {
    l.failure = failure.name;
    return goto('take_back');
  },
  take_back: (x, l) => {
    if (l.donated_to_service !== true) return goto('give_back');
    return call(transfer, { from: serviceRam(x, l.service ?? 0), to: env.get(x).ram, bytes: l.bytes ?? 0 }, 'give_back', 'give_back');
  },
  give_back: (x, l) => {
    if (l.donated_by_child !== true) return goto('report');
    return call(transfer, { from: env.get(x).ram, to: children(x).require(l.request.ref).account, bytes: l.bytes ?? 0 }, 'report', 'report');
  },
  report: (_x, l) => raise(SEEN_AS[l.failure ?? ''] ?? l.failure ?? 'Service_denied', text(l.request, 'name')),
});
