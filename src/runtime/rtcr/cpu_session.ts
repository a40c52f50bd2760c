// Interposed CPU session: records the threads that the target creates.
// Owner of the rows of CPU sessions; threads are in cpu_thread.ts. Source modelled: checkpoint-restore.md 1.4, 1.5.

import type { Plain } from '../../emu/plain.ts';
import { exceptionCode } from '../rpc/interface.ts';
import { Cpu_session } from '../rpc/interfaces.ts';
import { capId, dec } from '../native/cap_space.ts';
import type { Managed } from '../native/entrypoint.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { cap, num, type RpcAnswer, type RpcRequest, text, words } from '../native/service.ts';
import { openSession, type Opened } from '../native/session.ts';
import { type CreatedSession, type CreateSession, isBootstrap, newSession } from './created_session.ts';
import { cpuCallBegins, cpuCallEnds, forwarded, interpose, release, replaceHeld, withdraw } from './interposer.ts';
import { endingBegins, endingEnds } from './endings.ts';
import { takeListLock } from './list_lock.ts';
import { cpuSessions, cpuThreads, pdSessions } from './online_storage.ts';

export const createCpuSession = procedure<CreateSession>('rtcr.create_cpu_session', {
  start: (_x, l) => call(openSession, { service: 'CPU', args: l.args, affinity: l.affinity }, 'opened'),
  opened: (x, l, { cap: real }: Opened) => {
    l.ref = cpuSessions(x).insert({ ...newSession(x, l, real), sigh: null, trace_control_id: 0, native_cpu: 0 });
    return call(interpose, { target: l.target, interface: 'Cpu_session', ref: l.ref }, 'interposed');
  },
  interposed: (x, l, { id, cap: object }: Managed) => {
    cpuSessions(x).update(l.ref ?? 0, { id, cap: object });
    return done({ key: l.ref ?? 0, id, cap: object } satisfies CreatedSession);
  },
});

const to = (x: Execution, ref: number): number | null => cpuSessions(x).get(ref)?.real ?? null;

/** Key of the interposed PD session behind a capability that the target passed. */
const pdOf = (x: Execution, slot: number | null): number | undefined => pdSessions(x).find((row) => row.cap === slot)?.[0];

type CreateLocals = { [key: string]: Plain; request: RpcRequest; pd?: number; thread?: number };

const createThread = procedure<CreateLocals>('rtcr.cpu_session.create_thread', {
  start: (x, l) => {
    const { request } = l;
    const pd = pdOf(x, cap(request, 'pd'));
    if (pd === undefined) return raise('Thread_creation_failed', 'the PD session is not one of the target');
    l.pd = pd;
    const args = {
      pd: pdSessions(x).require(pd).real, name: text(request, 'name'), location: words(request, 'location'),
      weight: num(request, 'weight'), utcb: num(request, 'utcb'),
    };
    cpuCallBegins(x, request.ref);
    return rpc(Cpu_session.create_thread, to(x, request.ref), args, 'created', 'failed');
  },
  created: (x, l, { cap: real }: RpcReply) => {
    cpuCallEnds(x);
    const { request } = l;
    const session = cpuSessions(x).get(request.ref);
    if (real === null || session === undefined) return done({ cap: null } satisfies RpcAnswer);
    if (pdSessions(x).get(l.pd ?? 0) !== undefined) pdSessions(x).update(l.pd ?? 0, { peopled: true });
    l.thread = cpuThreads(x).insert({
      target: session.target, real, cap: 0, id: 0, bootstrapped: isBootstrap(x, session.target), cpu: request.ref, pd: l.pd ?? 0,
      name: text(request, 'name'), weight: num(request, 'weight'), utcb: num(request, 'utcb'), affinity: words(request, 'location'),
      started: false, start_ip: 0, start_sp: 0, paused: false, single_step: false, sigh: null, kernel: 0,
    });
    return call(interpose, { target: session.target, interface: 'Cpu_thread', ref: l.thread }, 'interposed');
  },
  interposed: (x, l, { id, cap: object }: Managed) => {
    cpuThreads(x).update(l.thread ?? 0, { id, cap: object });
    return done({ cap: object } satisfies RpcAnswer);
  },
  failed: (x, _l, failure: Failure) => {
    cpuCallEnds(x);
    return exceptionCode(Cpu_session.create_thread, failure.name) === undefined ? done({ cap: null, failure } satisfies RpcAnswer) : raise(failure.name, failure.text);
  },
});

const killThread = procedure<{ [key: string]: Plain; request: RpcRequest; thread?: number; ending?: number }>('rtcr.cpu_session.kill_thread', {
  start: (x, l) => {
    const found = cpuThreads(x).find((row) => row.cap === cap(l.request, 'thread') && row.cpu === l.request.ref);
    if (found === undefined) return done({} satisfies RpcAnswer);
    l.thread = found[0];
    return call(takeListLock, { target: found[1].target, list: 'threads' }, 'kill');
  },
  kill: (x, l) => {
    const { target, real } = cpuThreads(x).require(l.thread ?? 0);
    l.ending = endingBegins(x, target);
    cpuCallBegins(x, l.request.ref);
    return rpc(Cpu_session.kill_thread, to(x, l.request.ref), { thread: real }, 'killed', 'killed');
  },
  killed: (x, l) => {
    cpuCallEnds(x);
    const row = cpuThreads(x).get(l.thread ?? 0);
    return row === undefined ? goto('ended') : call(withdraw, { id: row.id, cap: row.cap }, 'withdrawn');
  },
  withdrawn: (x, l) => {
    dropThread(x, l.thread ?? 0);
    return goto('ended');
  },
  ended: (x, l) => {
    endingEnds(x, l.ending ?? 0);
    return done({} satisfies RpcAnswer);
  },
});

/** Drops a thread's row and what it keeps; its own object is withdrawn before. */
export function dropThread(x: Execution, thread: number): void {
  const row = cpuThreads(x).get(thread);
  if (row === undefined) return;
  release(x, row.sigh);
  dec(x, row.real);
  if (row.kernel !== 0) dec(x, row.kernel);
  cpuThreads(x).delete(thread);
}

function recordHandler(x: Execution, request: RpcRequest): void {
  const row = cpuSessions(x).get(request.ref);
  if (row !== undefined) cpuSessions(x).update(request.ref, { sigh: replaceHeld(x, row.sigh, cap(request, 'sigh')) });
}

function recordTraceControl(x: Execution, request: RpcRequest, { cap: ds }: RpcReply): void {
  if (ds !== null && cpuSessions(x).get(request.ref) !== undefined) cpuSessions(x).update(request.ref, { trace_control_id: capId(x, ds) });
}

/** A CPU session passed as argument: the wrapped one if it is interposed. */
const other = (x: Execution, request: RpcRequest): number | null => {
  const slot = cap(request, 'cpu');
  return cpuSessions(x).find((row) => row.cap === slot)?.[1].real ?? slot;
};

export const cpuSessionService = {
  create_thread: createThread,
  kill_thread: killThread,
  exception_sigh: forwarded(Cpu_session.exception_sigh, { to, record: recordHandler }),
  affinity_space: forwarded(Cpu_session.affinity_space, { to }),
  trace_control: forwarded(Cpu_session.trace_control, { to, record: recordTraceControl }),
  ref_account: forwarded(Cpu_session.ref_account, { to, arguments: (x, request) => ({ cpu: other(x, request) }) }),
  transfer_quota: forwarded(Cpu_session.transfer_quota, {
    to,
    arguments: (x, request) => ({ cpu: other(x, request), amount: num(request, 'amount') }),
  }),
  quota: forwarded(Cpu_session.quota, { to }),
  native_cpu: forwarded(Cpu_session.native_cpu, { to }),
} as const;
