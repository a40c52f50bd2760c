// RPC capabilities of a restored target: gates that its own entrypoints serve, allocated anew for the restored threads.
// Fills translations. Source modelled: checkpoint-restore.md 4.5 N3 (never restored by the historic program), SC-17.

import type { Plain } from '../../emu/plain.ts';
import { capId, dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import type { RpcReply } from '../native/rpc_client.ts';
import { gateSlot } from '../native/thread_table.ts';
import { Pd_session } from '../rpc/interfaces.ts';
import { each } from './each.ts';
import { pdSessions } from './online_storage.ts';
import { demandRequest, type NativePd, openNativePd, requestSlot } from './pd_access.ts';
import { callPersistently } from './persistent_call.ts';
import { lost, nowAt, snapshotOf, translated, usedForRestore } from './restoration.ts';
import { type StoredNativeCap, threadsOf } from './target_state.ts';

/** The capabilities of one entrypoint of one PD. */
type Group = { readonly pd: number; readonly ep: number };

/** Stored capabilities of an entrypoint, by ascending id. */
const capsOf = (x: Execution, { pd, ep }: Group): StoredNativeCap[] =>
  (snapshotOf(x).pd_sessions[pd]?.native_caps ?? []).filter(({ ep_badge }) => ep_badge === ep).sort((a, b) => a.badge - b.badge);

/** Entrypoints in order of their first capability. */
function groups(x: Execution): Group[] {
  return snapshotOf(x).pd_sessions.flatMap(({ native_caps }, pd) => [...new Set(native_caps.map(({ ep_badge }) => ep_badge))].map((ep) => ({ pd, ep })));
}

type GroupLocals = { [key: string]: Plain; item: Group; native?: number; task?: number; gate?: number; made?: readonly number[] };

/**
 * An entrypoint keeps its objects ordered by id. The new capabilities are therefore handed out in ascending order of their ids
 * to the old ones in ascending order of theirs, whatever ids core gives out.
 */
const recreateGroup = procedure<GroupLocals>('rtcr.recreate_native_caps_of', {
  start: (x, l) => {
    l.made = [];
    const thread = threadsOf(snapshotOf(x)).find(({ gate_badge }) => gate_badge === l.item.ep);
    if (thread === undefined) return goto('unserved');
    const pd = nowAt(x, snapshotOf(x).pd_sessions[l.item.pd]?.badge ?? 0);
    return call(openNativePd, { pd: pdSessions(x).find((row) => row.cap === pd)?.[0] ?? 0 }, 'native');
  },
  unserved: (x, l) => {
    for (const { slot, badge } of capsOf(x, l.item)) lost(x, { slot, badge, type: 'Gate', purpose: 'an RPC object whose entrypoint is unknown' });
    return done();
  },
  native: (_x, l, { native, task }: NativePd) => {
    l.native = native;
    l.task = task;
    return call(demandRequest, { native, task, purpose: 'RPC capabilities of restored entrypoints; native-caps="skip" does without' }, 'request', 'failed');
  },
  request: (x, l) => {
    const index = threadsOf(snapshotOf(x)).find(({ gate_badge }) => gate_badge === l.item.ep)?.index ?? 0;
    return call(requestSlot, { native: l.native ?? 0, slot: gateSlot(index) }, 'requested', 'failed');
  },
  requested: (x, l, gate: number) => {
    usedForRestore(x, 'request');
    l.gate = gate;
    return goto(gate === 0 ? 'unserved_gate' : 'alloc');
  },
  unserved_gate: (x, l) => {
    forget(x, l);
    return goto('unserved');
  },
  alloc: (x, l) => {
    if ((l.made ?? []).length === capsOf(x, l.item).length) return goto('assign');
    const pd = nowAt(x, snapshotOf(x).pd_sessions[l.item.pd]?.badge ?? 0);
    const real = pdSessions(x).find((row) => row.cap === pd)?.[1].real ?? 0;
    return callPersistently(Pd_session.alloc_rpc_cap, pd, { ep: l.gate ?? null }, real, 'allocated', 'failed');
  },
  allocated: (_x, l, { cap }: RpcReply) => {
    l.made = [...(l.made ?? []), cap ?? 0];
    return goto('alloc');
  },
  failed: (x, l, { name, text }: Failure) => {
    for (const slot of l.made ?? []) dec(x, slot === 0 ? null : slot);
    forget(x, l);
    return raise(name, text);
  },
  assign: (x, l) => {
    const made = (l.made ?? []).filter((slot) => slot !== 0).sort((a, b) => capId(x, a) - capId(x, b));
    for (const [at, { badge }] of capsOf(x, l.item).entries()) {
      const slot = made[at];
      if (slot !== undefined) translated(x, badge, slot);
    }
    forget(x, l);
    return done();
  },
});

function forget(x: Execution, l: GroupLocals): void {
  for (const slot of [l.native, l.task, l.gate]) if (slot !== undefined && slot !== 0) dec(x, slot);
}

export const recreateNativeCaps = procedure<Record<string, Plain>>('rtcr.recreate_native_caps', {
  start: (x) => each(recreateGroup, groups(x), {}, 'recreated'),
  recreated: () => done(),
});
