// A target's protection domain by way of core's native PD session: its task, its slots, the address of its capability map.
// Owns no state; native sessions are fetched when needed. Source modelled: checkpoint-restore.md 3.5, 4.4; genode-base-foc.md 9.6.

import type { Plain } from '../../emu/plain.ts';
import { Native_pd, Pd_session } from '../rpc/interfaces.ts';
import { dec } from '../native/cap_space.ts';
import { capValid } from '../native/kernel_calls.ts';
import { done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { gateSlot } from '../native/thread_table.ts';
import { pdSessions } from './online_storage.ts';
import { absent, EXTENSION_ABSENT } from './extensions.ts';

type PdLocals = { [key: string]: Plain; pd: number; native?: number };

/** Native sessions of a PD: {native, task}; both slots carry a reference for the caller. */
export type NativePd = { readonly native: number; readonly task: number };

export const openNativePd = procedure<PdLocals>('rtcr.open_native_pd', {
  start: (x, l) => rpc(Pd_session.native_pd, pdSessions(x).require(l.pd).real, {}, 'native'),
  native: (_x, l, { cap }: RpcReply) => {
    if (cap === null) return raise('Unavailable', 'native PD session');
    l.native = cap;
    return rpc(Native_pd.task_cap, cap, {}, 'task', 'failed');
  },
  task: (_x, l, { cap }: RpcReply) => (cap === null ? goto('failed', { name: 'Unavailable', text: 'task capability' } satisfies Failure) : done({ native: l.native ?? 0, task: cap } satisfies NativePd)),
  failed: (x, l, { name, text }: Failure) => {
    dec(x, l.native ?? null);
    return raise(name, text);
  },
});

type RequestLocals = { [key: string]: Plain; native: number; slot: number };

/** The capability in a slot of a PD: its slot here (one reference), or 0 if there is none or core has no `request`. */
export const requestSlot = procedure<RequestLocals>('rtcr.request_slot', {
  start: (_x, l) => rpc(Native_pd.request, l.native, { selector: (l.slot << 12) >>> 0 }, 'requested', 'refused'),
  requested: (_x, _l, { cap }: RpcReply) => done(cap ?? 0),
  refused: (_x, _l, failure: Failure) => (isAbsent(failure) ? done(0) : raise(failure.name, failure.text)),
});

/** Whether core does not know a function, rather than that it could not carry it out. */
export const isAbsent = ({ name }: Failure): boolean => name === 'Invalid_opcode';

type ProbeLocals = { [key: string]: Plain; native: number; task: number; purpose: string; slot?: number };

/** Fails unless `request` works: the first thread's gate is in every PD that has a thread. */
export const demandRequest = procedure<ProbeLocals>('rtcr.demand_request', {
  start: (x, l) => {
    l.slot = gateSlot(0);
    return capValid(x, l.slot, l.task) ? rpc(Native_pd.request, l.native, { selector: l.slot << 12 }, 'requested', 'refused') : done();
  },
  requested: (x, l, { cap }: RpcReply) => {
    if (cap === null) return raise(EXTENSION_ABSENT, absent('request', l.purpose));
    dec(x, cap);
    return done(l.slot);
  },
  refused: (_x, l, failure: Failure) => (isAbsent(failure) ? raise(EXTENSION_ABSENT, absent('request', l.purpose)) : raise(failure.name, failure.text)),
});
