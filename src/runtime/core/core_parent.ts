// Core as the parent of init: the Parent interface on the thread "init_child", with donations of quota and session records.
// Owner of the record 'core_child' and the table 'core_child_sessions'. Source modelled: genode-16.08-abi.md 4.2, 5.3, 5.4.

import type { Plain } from '../../emu/plain.ts';
import { numberArgument, withLabelPrefix } from '../arg_string.ts';
import { SESSION_BYTES } from '../child/child_heap.ts';
import { capId, dec, inc } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { cap, type Handler, num, type RpcAnswer, type RpcRequest, type SyncHandler, text } from '../native/service.ts';
import { record, table } from '../native/store.ts';
import { Ram_session } from '../rpc/interfaces.ts';
import { coreLog, coreWarning } from './console.ts';
import { closeCoreSession, isCoreService, openCoreSession, sessionOfId, sessionService, sessionSlot, upgradeCoreSession } from './roots.ts';

type Chunk = { readonly bytes: number; readonly used_bytes: number };

/** Init, as core knows it: slots of its environment, and the heap (in init's own RAM) that holds its session records. */
interface CoreChildRow {
  readonly name: string;
  readonly pd: number;
  readonly ram: number;
  readonly cpu: number;
  readonly main_thread: number;
  readonly resource_avail_sigh: number;
  readonly yield_sigh: number;
  readonly chunks: readonly Chunk[];
}

interface ChildSessionRow {
  /** Key in the table of sessions, slot of the capability (one reference), and the record's place in the heap. */
  readonly session: number;
  readonly cap: number;
  readonly donated_bytes: number;
  readonly chunk: number;
}

export const coreChild = record<CoreChildRow>('core_child', {
  name: 'init', pd: 0, ram: 0, cpu: 0, main_thread: 0, resource_avail_sigh: 0, yield_sigh: 0, chunks: [],
});
const childSessions = table<ChildSessionRow>('core_child_sessions');

const ENV_SESSIONS: Readonly<Record<string, 'ram' | 'cpu' | 'pd'>> = { 'Env::ram_session': 'ram', 'Env::cpu_session': 'cpu', 'Env::pd_session': 'pd' };
const CHUNK_BYTES_MIN = 16 * 1024;
const CHUNK_BYTES_MAX = 1024 * 1024;
const CHUNK_RECORD_BYTES = 16;
const CACHED = 2;

type TransferLocals = { [key: string]: Plain; bytes: number; back: boolean };

/** Moves quota from init to core, or back. Fails with Quota_exceeded after a warning. */
const transfer = procedure<TransferLocals>('core.child.transfer', {
  start: (x, l) => {
    const { ram } = coreChild.get(x);
    const own = env.get(x).ram;
    return rpc(Ram_session.transfer_quota, l.back ? own : ram, { ram: l.back ? ram : own, amount: l.bytes }, 'answered');
  },
  answered: (x, l, { value }: RpcReply) => {
    if (value === 0 || l.back) return done();
    coreWarning(x, `not enough quota for a donation of ${l.bytes} bytes`);
    return raise('Quota_exceeded', 'donation');
  },
});

/** Takes room for a session record: the value is the chunk's position. The heap grows by dataspaces of init's RAM session. */
const allocRecord = procedure<Record<string, Plain>>('core.child.alloc_record', {
  start: (x, l) => {
    const { chunks, ram } = coreChild.get(x);
    const at = chunks.findIndex(({ bytes, used_bytes }) => bytes - used_bytes >= SESSION_BYTES);
    if (at >= 0) {
      addUsed(x, at, SESSION_BYTES);
      return done(at);
    }
    const bytes = Math.min(CHUNK_BYTES_MIN * 2 ** chunks.length, CHUNK_BYTES_MAX);
    l['bytes'] = bytes;
    return rpc(Ram_session.alloc, ram, { size: bytes, cached: CACHED }, 'grown');
  },
  grown: (x, l, { cap: ds }: RpcReply) => {
    if (ds === null) return raise('Quota_exceeded', 'session record');
    const { chunks } = coreChild.get(x);
    coreChild.update(x, { chunks: [...chunks, { bytes: l['bytes'] as number, used_bytes: CHUNK_RECORD_BYTES }] });
    return goto('start');
  },
});

function addUsed(x: Execution, at: number, bytes: number): void {
  const { chunks } = coreChild.get(x);
  coreChild.update(x, { chunks: chunks.map((chunk, i) => (i === at ? { ...chunk, used_bytes: chunk.used_bytes + bytes } : chunk)) });
}

type SessionLocals = { [key: string]: Plain; request: RpcRequest; args?: string; bytes?: number; session?: number; failure?: string };

const sessionRequest = procedure<SessionLocals>('core.child.session', {
  start: (x, l) => {
    const name = text(l.request, 'name');
    const child = coreChild.get(x);
    const own = ENV_SESSIONS[name];
    if (name === '') return raise('Unavailable', 'session request without service name');
    if (own !== undefined) return done({ cap: child[own] } satisfies RpcAnswer);
    l.args = withLabelPrefix(text(l.request, 'args'), child.name);
    l.bytes = numberArgument(l.args, 'ram_quota', 0);
    return call(transfer, { bytes: l.bytes, back: false }, 'open');
  },
  open: (x, l) => {
    const name = text(l.request, 'name');
    const opened = isCoreService(name) ? openCoreSession(x, name, l.args ?? '') : 'Invalid_args';
    if (typeof opened === 'string') return goto('failed', { name: opened === 'Quota_exceeded' ? opened : 'Service_denied', text: name });
    l.session = opened;
    return call(allocRecord, {}, 'register', 'no_record');
  },
  no_record: (x, l, failure: Failure) => {
    closeCoreSession(x, l.session ?? 0);
    return goto('failed', { name: 'Quota_exceeded', text: failure.text });
  },
  register: (x, l, chunk: number) => {
    const session = l.session ?? 0;
    const slot = sessionSlot(x, session);
    inc(x, slot);
    childSessions(x).insert({ session, cap: slot, donated_bytes: l.bytes ?? 0, chunk });
    return done({ cap: slot } satisfies RpcAnswer);
  },
  failed: (_x, l, failure: Failure) => {
    l.failure = failure.name;
    return call(transfer, { bytes: l.bytes ?? 0, back: true }, 'report');
  },
  report: (_x, l) => raise(l.failure ?? 'Service_denied', text(l.request, 'name')),
});

/** The session of init that a capability argument names. */
function findSession(x: Execution, slot: number | null): readonly [number, Readonly<ChildSessionRow>] | undefined {
  return slot === null ? undefined : childSessions(x).find((row) => capId(x, row.cap) === capId(x, slot));
}

function isEnvSession(x: Execution, slot: number | null): boolean {
  const { pd, ram, cpu } = coreChild.get(x);
  return slot !== null && [pd, ram, cpu].includes(slot);
}

const closeRequest = procedure<{ [key: string]: Plain; request: RpcRequest }>('core.child.close', {
  start: (x, l) => {
    const slot = cap(l.request, 'session');
    if (isEnvSession(x, slot)) return done({} satisfies RpcAnswer);
    const found = findSession(x, slot);
    if (found === undefined) {
      coreWarning(x, 'no session structure found');
      return done({} satisfies RpcAnswer);
    }
    const [key, { session, cap: own, donated_bytes, chunk }] = found;
    childSessions(x).delete(key);
    closeCoreSession(x, session);
    dec(x, own);
    addUsed(x, chunk, -SESSION_BYTES);
    return call(transfer, { bytes: donated_bytes, back: true }, 'closed');
  },
  closed: () => done({} satisfies RpcAnswer),
});

type UpgradeLocals = { [key: string]: Plain; request: RpcRequest; session?: number; bytes?: number };

const upgradeRequest = procedure<UpgradeLocals>('core.child.upgrade', {
  start: (x, l) => {
    const slot = cap(l.request, 'session');
    const session = isEnvSession(x, slot) ? sessionOfId(x, capId(x, slot ?? 0)) : findSession(x, slot)?.[1].session;
    if (session === undefined) {
      coreWarning(x, 'could not lookup service for session upgrade');
      return done({} satisfies RpcAnswer);
    }
    l.session = session;
    l.bytes = numberArgument(text(l.request, 'args'), 'ram_quota', 0);
    return call(transfer, { bytes: l.bytes, back: false }, 'upgrade', 'refused');
  },
  refused: (x, l) => {
    coreWarning(x, `${coreChild.get(x).name}: upgrade of ${sessionService(x, l.session ?? 0)} failed`);
    return raise('Quota_exceeded', 'upgrade');
  },
  upgrade: (x, l) => {
    upgradeCoreSession(x, l.session ?? 0, text(l.request, 'args'));
    const found = findSession(x, cap(l.request, 'session'));
    if (found !== undefined) childSessions(x).update(found[0], { donated_bytes: found[1].donated_bytes + (l.bytes ?? 0) });
    return done({} satisfies RpcAnswer);
  },
});

function keepSigh(field: 'resource_avail_sigh' | 'yield_sigh'): SyncHandler {
  return (x, request) => {
    const sigh = cap(request, 'sigh');
    const old = coreChild.get(x)[field];
    inc(x, sigh);
    coreChild.update(x, { [field]: sigh ?? 0 });
    dec(x, old);
    return {};
  };
}

const exit: SyncHandler = (x, request) => {
  coreLog(x, `child "${coreChild.get(x).name}" exited with exit value ${num(request, 'value')}`);
  return {};
};

/** Init is the only component above which nobody asks for resources back, and it has no servers. */
export const coreParentService: Readonly<Record<string, Handler>> = {
  exit,
  announce: () => ({}),
  session: sessionRequest,
  upgrade: upgradeRequest,
  close: closeRequest,
  main_thread_cap: (x) => ({ cap: coreChild.get(x).main_thread }),
  resource_avail_sigh: keepSigh('resource_avail_sigh'),
  resource_request: () => ({}),
  yield_sigh: keepSigh('yield_sigh'),
  yield_request: () => ({ value: '' }),
  yield_response: () => ({}),
};
