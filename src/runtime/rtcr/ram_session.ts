// Interposed RAM session: records every dataspace that the target allocates.
// Owner of the rows of RAM sessions and RAM dataspaces. Source modelled: checkpoint-restore.md 1.2, 1.4, 1.10.

import type { Plain } from '../../emu/plain.ts';
import { PAGE_BYTES } from '../../emu/numbers.ts';
import { Ram_session } from '../rpc/interfaces.ts';
import type { Managed } from '../native/entrypoint.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { cap, num, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import { openSession, type Opened } from '../native/session.ts';
import { type CreatedSession, type CreateSession, isBootstrap, newSession } from './created_session.ts';
import { startPager } from './crew.ts';
import { allocManaged, freeManaged, managedAt } from './managed_dataspaces.ts';
import { forwarded, hold, interpose, release } from './interposer.ts';
import { ramDataspaces, ramSessions, targets } from './online_storage.ts';
import { forgetAttachmentsOf } from './region_map.ts';
import { forgetView } from './view_rows.ts';

/** RAM that the checkpointer gives a target to start with; it comes from its own session. */
const DONATION_BYTES = 1024 * 1024;
const RM_ARGS = 'ram_quota=65536';

/** Opens a real RAM session, and an RM session and the pager for managed dataspaces beside it: CreatedSession. */
export const createRamSession = procedure<CreateSession>('rtcr.create_ram_session', {
  start: (_x, l) => call(openSession, { service: 'RAM', args: l.args, affinity: l.affinity }, 'opened'),
  opened: (x, l, { cap: real }: Opened) => {
    l.ref = ramSessions(x).insert({ ...newSession(x, l, real), rm: 0, ref_id: 0 });
    return call(openSession, { service: 'RM', args: RM_ARGS }, 'rm_opened');
  },
  rm_opened: (x, l, { cap: rm }: Opened) => {
    ramSessions(x).update(l.ref ?? 0, { rm });
    return call(startPager, { crew: targets(x).require(l.target).crew }, 'pager_started');
  },
  pager_started: (_x, l) => call(interpose, { target: l.target, interface: 'Ram_session', ref: l.ref ?? 0 }, 'interposed'),
  interposed: (x, l, { id, cap: object }: Managed) => {
    ramSessions(x).update(l.ref ?? 0, { id, cap: object });
    return done({ key: l.ref ?? 0, id, cap: object } satisfies CreatedSession);
  },
});

type FundLocals = { [key: string]: Plain; ref: number; name: string; bytes: number };

const donation = (l: FundLocals): number => (l.bytes === 0 ? DONATION_BYTES : l.bytes);

/**
 * Makes the checkpointer's RAM session the reference account of a target's session and gives it RAM; 0 bytes are the usual donation.
 * Fails with Quota_exceeded where the checkpointer cannot afford it.
 */
export const fundRamSession = procedure<FundLocals>('rtcr.fund_ram_session', {
  start: (x, l) => rpc(Ram_session.ref_account, ramSessions(x).require(l.ref).real, { ram: env.get(x).ram }, 'transfer'),
  transfer: (x, l) => rpc(Ram_session.transfer_quota, env.get(x).ram, { ram: ramSessions(x).require(l.ref).real, amount: donation(l) }, 'funded'),
  funded: (_x, l, { value }: RpcReply) =>
    value === 0 ? done() : raise('Quota_exceeded', `the RAM session "${l.name}" cannot be given ${donation(l)} bytes: the checkpointer has not so much left (transfer_quota returns ${value})`),
});

const to = (x: Execution, ref: number): number | null => ramSessions(x).get(ref)?.real ?? null;

function recordAllocation(x: Execution, request: RpcRequest, { cap: ds }: RpcReply): void {
  const session = ramSessions(x).get(request.ref);
  if (ds === null || session === undefined) return;
  ramDataspaces(x).insert({ ram: request.ref, bootstrapped: isBootstrap(x, session.target), cap: hold(x, ds), size: num(request, 'size'), cached: num(request, 'cached') });
}

function recordFree(x: Execution, request: RpcRequest): void {
  const found = ramDataspaces(x).find((row) => row.ram === request.ref && row.cap.slot === cap(request, 'ds'));
  if (found === undefined) return;
  forgetAttachmentsOf(x, found[1].cap.id);
  forgetView(x, found[1].cap.slot);
  release(x, found[1].cap);
  ramDataspaces(x).delete(found[0]);
}

/** A RAM session passed as argument: the wrapped one if it is interposed. */
const other = (x: Execution, request: RpcRequest): number | null => {
  const slot = cap(request, 'ram');
  return ramSessions(x).find((row) => row.cap === slot)?.[1].real ?? slot;
};

function recordRefAccount(x: Execution, request: RpcRequest, { value }: RpcReply): void {
  const ref = ramSessions(x).find((row) => row.cap === cap(request, 'ram'))?.[1];
  if (value === 0 && ref !== undefined) ramSessions(x).update(request.ref, { ref_id: ref.id });
}

/** Drops the rows of all dataspaces of a session that is closed. */
export function forgetDataspaces(x: Execution, ram: number): void {
  for (const [key, row] of ramDataspaces(x).entries()) {
    if (row.ram !== ram) continue;
    forgetAttachmentsOf(x, row.cap.id);
    forgetView(x, row.cap.slot);
    release(x, row.cap);
    ramDataspaces(x).delete(key);
  }
}

type RequestLocals = { [key: string]: Plain; request: RpcRequest };

const allocWhole = forwarded(Ram_session.alloc, { to, record: recordAllocation });
const freeWhole = forwarded(Ram_session.free, { to, record: recordFree });

/** RAM of a target with a granularity comes in parts. */
const alloc = procedure<RequestLocals>('rtcr.ram_session.alloc', {
  start: (x, { request }) => {
    const { granularity = 0, tracking = 'accesses' } = targets(x).get(ramSessions(x).get(request.ref)?.target ?? 0) ?? {};
    if (granularity === 0) return call(allocWhole, { request }, 'answered');
    const part = { part_bytes: granularity * PAGE_BYTES, tracking };
    return call(allocManaged, { ram: request.ref, size: num(request, 'size'), cached: num(request, 'cached'), ...part }, 'allocated');
  },
  answered: (_x, _l, answer: RpcAnswer) => done(answer),
  allocated: (x, { request }, reply: RpcReply) => {
    recordAllocation(x, request, reply);
    return done({ cap: reply.cap } satisfies RpcAnswer);
  },
});

const free = procedure<RequestLocals>('rtcr.ram_session.free', {
  start: (x, { request }) => {
    const managed = managedAt(x, cap(request, 'ds') ?? 0);
    return managed === undefined ? call(freeWhole, { request }, 'answered') : call(freeManaged, { managed, session_lives: true }, 'freed');
  },
  answered: (_x, _l, answer: RpcAnswer) => done(answer),
  freed: (x, { request }) => {
    recordFree(x, request);
    return done({} satisfies RpcAnswer);
  },
});

export const ramSessionService = {
  alloc,
  free,
  ref_account: forwarded(Ram_session.ref_account, { to, arguments: (x, request) => ({ ram: other(x, request) }), record: recordRefAccount }),
  transfer_quota: forwarded(Ram_session.transfer_quota, {
    to,
    arguments: (x, request) => ({ ram: other(x, request), amount: num(request, 'amount') }),
  }),
  quota: forwarded(Ram_session.quota, { to }),
  used: forwarded(Ram_session.used, { to }),
} as const;
