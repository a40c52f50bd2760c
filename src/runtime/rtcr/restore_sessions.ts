// Sessions of a restored target: its own three are identified, all others opened again with their stored arguments.
// Fills translations. Source modelled: checkpoint-restore.md 3.2 phase 1; architecture.md (child's sessions are the parent's too).

import type { Plain } from '../../emu/plain.ts';
import { labelOf, LABEL_SEPARATOR, setStringArgument } from '../arg_string.ts';
import { type ChildHeapBlock, childHeapAlloc, SESSION_BYTES } from '../child/child_heap.ts';
import { children, sessions } from '../child/child_table.ts';
import { inc } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { localCall } from '../native/local_call.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import { upgradeSession } from '../native/session.ts';
import { Cpu_session, Pd_session, Rm_session } from '../rpc/interfaces.ts';
import { type CreatedSession, NO_AFFINITY } from './created_session.ts';
import { each } from './each.ts';
import { cpuSessions, cpuThreads, pdSessions, ramSessions, regionMaps, rmSessions, targets } from './online_storage.ts';
import { callPersistently } from './persistent_call.ts';
import type { RpcReply } from '../native/rpc_client.ts';
import type { Opened } from '../native/session.ts';
import { reopenForeign } from './foreign_session.ts';
import { restoreRoms } from './restore_roms.ts';
import { restoreQuotas } from './restore_quota.ts';
import { alsoKnown, comesAsCopy, lost, nowAt, renamed, restoration, snapshotOf, translated } from './restoration.ts';
import { type Service, sessionsOfService } from './session_end.ts';
import { CREATORS, foreignServiceOf, serviceOf } from './target_policy.ts';
import { mapsOfPd } from './target_rows.ts';
import { type StoredPdSession, type StoredSession, threadsOf } from './target_state.ts';

/** Longest service name that the shared Parent code keeps for a session. */
const IDENT_CHARS_MAX = 15;

/** Stored sessions of a service; the first PD, CPU and RAM session is the target's own. */
function storedSessions(x: Execution, service: Service): readonly StoredSession[] {
  const { pd_sessions, cpu_sessions, ram_sessions, rom_sessions, rm_sessions, log_sessions, timer_sessions } = snapshotOf(x);
  return { PD: pd_sessions, CPU: cpu_sessions, RAM: ram_sessions, ROM: rom_sessions, RM: rm_sessions, LOG: log_sessions, Timer: timer_sessions }[service];
}

/** Wrapped session behind the restored session of a badge: what pays for its meta data. */
function realOf(x: Execution, service: Service, key: number): number {
  return sessionsOfService(x, service).require(key).real;
}

/** The sessions, maps, main thread and parent that every new target has. */
export const identifyOwn = procedure<Record<string, Plain>>('rtcr.identify_own', {
  start: (x) => {
    const { target } = restoration.get(x);
    const row = targets(x).require(target);
    const snapshot = snapshotOf(x);
    const [pd] = snapshot.pd_sessions;
    const [cpu] = snapshot.cpu_sessions;
    const [ram] = snapshot.ram_sessions;
    alsoKnown(x, pd?.badge ?? 0, pdSessions(x).require(row.pd).cap);
    alsoKnown(x, cpu?.badge ?? 0, cpuSessions(x).require(row.cpu).cap);
    alsoKnown(x, ram?.badge ?? 0, ramSessions(x).require(row.ram).cap);
    if (pd !== undefined) identifyMaps(x, pd, row.pd);
    renamed(x, snapshot.parent_badge, children(x).require(row.child).parent_id);
    const main = threadsOf(snapshot).find((thread) => thread.index === 0 && thread.pd === pd?.key);
    if (main !== undefined) {
      alsoKnown(x, main.badge, cpuThreads(x).require(row.main_thread).cap);
      restoration.update(x, { threads: [{ stored: main.key, key: row.main_thread }] });
    }
    return each(upgradeOwn, (['PD', 'CPU', 'RAM'] as const).map((service) => ({ service })), {}, 'upgraded');
  },
  upgraded: () => done(),
});

/** The three region maps of a PD session, and the dataspaces that represent them. */
function identifyMaps(x: Execution, stored: StoredPdSession, pd: number): void {
  for (const [, row] of mapsOfPd(x, pd)) {
    const map = stored.region_maps.find(({ role }) => role === row.role);
    if (map === undefined) continue;
    alsoKnown(x, map.badge, row.cap);
    alsoKnown(x, map.ds_badge, row.ds.slot);
  }
}

const OWN = { PD: 'pd', CPU: 'cpu', RAM: 'ram' } as const;

const upgradeOwn = procedure<{ [key: string]: Plain; item: { readonly service: 'PD' | 'CPU' | 'RAM' } }>('rtcr.upgrade_own_session', {
  start: (x, { item: { service } }) => {
    const [stored] = storedSessions(x, service);
    const key = targets(x).require(restoration.get(x).target)[OWN[service]];
    return call(repeatUpgrade, { service, key, bytes: stored?.upgrade_bytes ?? 0 }, 'upgraded');
  },
  upgraded: () => done(),
});

type UpgradeLocals = { [key: string]: Plain; service: Service; key: number; bytes: number };

/** Donates to a restored session what the target had donated to the original. */
const repeatUpgrade = procedure<UpgradeLocals>('rtcr.repeat_upgrade', {
  start: (x, l) => (l.bytes === 0 ? done() : call(upgradeSession, { cap: realOf(x, l.service, l.key), args: `ram_quota=${l.bytes}` }, 'upgraded')),
  upgraded: (x, l) => {
    sessionsOfService(x, l.service).update(l.key, { upgrade_bytes: l.bytes });
    return done();
  },
});

type SessionItem = { readonly service: Service; readonly at: number };
type ReopenLocals = { [key: string]: Plain; item: SessionItem; key?: number; cap?: number };

const storedAt = (x: Execution, { service, at }: SessionItem): StoredSession => {
  const stored = storedSessions(x, service)[at];
  if (stored === undefined) throw new Error(`no stored ${service} session ${at}`);
  return stored;
};

/** The arguments of a session with the new child's name as the first element of the label. */
export function relabelled(x: Execution, args: string): string {
  const { name } = targets(x).require(restoration.get(x).target);
  const { target_name } = snapshotOf(x);
  const label = labelOf(args);
  if (name === target_name || !(label === target_name || label.startsWith(`${target_name}${LABEL_SEPARATOR}`))) return args;
  return setStringArgument(args, 'label', `${name}${label.slice(target_name.length)}`);
}

const reopenSession = procedure<ReopenLocals>('rtcr.reopen_session', {
  start: (x, l) => {
    const args = relabelled(x, storedAt(x, l.item).creation_args);
    return call(CREATORS[l.item.service], { target: restoration.get(x).target, args, affinity: NO_AFFINITY }, 'created');
  },
  created: (x, l, { key, cap }: CreatedSession) => {
    l.key = key;
    l.cap = cap;
    const stored = storedAt(x, l.item);
    alsoKnown(x, stored.badge, cap);
    sessionsOfService(x, l.item.service).update(key, { bootstrapped: stored.bootstrapped });
    if (l.item.service === 'PD') identifyMaps(x, stored as StoredPdSession, key);
    return call(repeatUpgrade, { service: l.item.service, key, bytes: stored.upgrade_bytes }, 'register');
  },
  // The child's own list of sessions, so that it can close and upgrade what it got back. The historic program left it out.
  register: (x) => (restoration.get(x).strategy.attached === 'copy' ? done() : call(childHeapAlloc, { child: targets(x).require(restoration.get(x).target).child, bytes: SESSION_BYTES }, 'registered')),
  registered: (x, l, { block }: ChildHeapBlock) => {
    const { target } = restoration.get(x);
    inc(x, l.cap ?? null);
    sessions(x).insert({
      child: targets(x).require(target).child, service: serviceOf(x, target, l.item.service), server: 0, ident: l.item.service,
      cap: l.cap ?? 0, donated_bytes: storedAt(x, l.item).donated_bytes, block,
    });
    return done();
  },
});

/** Opens every session again that the target had besides its own three. */
export const reopenSessions = procedure<Record<string, Plain>>('rtcr.reopen_sessions', {
  start: (x) => {
    const items = (['RAM', 'PD', 'CPU', 'RM', 'ROM', 'LOG', 'Timer'] as const).flatMap((service) => {
      const first = service === 'RAM' || service === 'PD' || service === 'CPU' ? 1 : 0;
      return storedSessions(x, service).map((_session, at) => ({ service, at })).slice(first);
    });
    return each(reopenSession, items, {}, 'quotas');
  },
  quotas: () => call(restoreQuotas, {}, 'roms'),
  roms: () => call(restoreRoms, {}, 'maps'),
  maps: (x) => each(recreateMap, snapshotOf(x).rm_sessions.flatMap((rm, at) => rm.region_maps.map((_map, map) => ({ rm: at, map }))), {}, 'traces'),
  traces: (x) => each(reopenForeignAt, snapshotOf(x).foreign_sessions.flatMap(({ reopen }, at) => (reopen ? [at] : [])), {}, 'foreign'),
  foreign: (x) => each(refetchTraceControl, snapshotOf(x).cpu_sessions.map((_session, at) => at), {}, 'reopened'),
  reopened: () => goto('finish'),
  finish: () => done(),
});

type ForeignLocals = { [key: string]: Plain; item: number; cap?: number };

const reopenForeignAt = procedure<ForeignLocals>('rtcr.restore_foreign_session', {
  start: (x, l) => {
    const stored = snapshotOf(x).foreign_sessions[l.item];
    if (stored === undefined) return done();
    const { service, affinity, upgrade_bytes } = stored;
    return call(reopenForeign, { target: restoration.get(x).target, service, args: relabelled(x, stored.creation_args), affinity, upgrade_bytes }, 'opened');
  },
  opened: (x, l, { cap }: Opened) => {
    l.cap = cap;
    alsoKnown(x, snapshotOf(x).foreign_sessions[l.item]?.badge ?? 0, cap);
    return call(childHeapAlloc, { child: targets(x).require(restoration.get(x).target).child, bytes: SESSION_BYTES }, 'registered');
  },
  registered: (x, l, { block }: ChildHeapBlock) => {
    const stored = snapshotOf(x).foreign_sessions[l.item];
    const { target } = restoration.get(x);
    sessions(x).insert({
      child: targets(x).require(target).child, service: foreignServiceOf(x, target, stored?.service ?? ''), server: 0, ident: (stored?.service ?? '').slice(0, IDENT_CHARS_MAX),
      cap: l.cap ?? 0, donated_bytes: stored?.donated_bytes ?? 0, block,
    });
    return done();
  },
});

type MapLocals = { [key: string]: Plain; item: { readonly rm: number; readonly map: number } };

const recreateMap = procedure<MapLocals>('rtcr.recreate_region_map', {
  start: (x, { item: { rm, map } }) => {
    const found = rmSessions(x).entries().filter(([, row]) => row.target === restoration.get(x).target)[rm];
    const size = snapshotOf(x).rm_sessions[rm]?.region_maps[map]?.size ?? 0;
    return callPersistently(Rm_session.create, found?.[1].cap ?? null, { size }, found?.[1].real ?? 0, 'created');
  },
  created: (x, { item: { rm, map } }, { cap }: RpcReply) => {
    const stored = snapshotOf(x).rm_sessions[rm]?.region_maps[map];
    const row = regionMaps(x).find((candidate) => candidate.cap === cap)?.[1];
    if (stored === undefined || cap === null || row === undefined) return done();
    translated(x, stored.badge, cap);
    alsoKnown(x, stored.ds_badge, row.ds.slot);
    return done();
  },
});

/** The trace-control area belongs to the CPU session; the new session has one of its own. */
const refetchTraceControl = procedure<{ [key: string]: Plain; item: number }>('rtcr.refetch_trace_control', {
  start: (x, l) => {
    const stored = snapshotOf(x).cpu_sessions[l.item];
    const found = cpuSessions(x).entries().filter(([, row]) => row.target === restoration.get(x).target)[l.item];
    if (stored === undefined || found === undefined || stored.trace_control_badge === 0 || comesAsCopy(x, stored.trace_control_badge)) return done();
    return callPersistently(Cpu_session.trace_control, found[1].cap, {}, found[1].real, 'fetched');
  },
  fetched: (x, l, { cap }: RpcReply) => {
    if (cap !== null) translated(x, snapshotOf(x).cpu_sessions[l.item]?.trace_control_badge ?? 0, cap);
    return done();
  },
});

/** The parents that a restored target had assigned to protection domains of its own making. */
export const restoreParents = procedure<Record<string, Plain>>('rtcr.restore_parents', {
  start: (x) => each(restoreParent, snapshotOf(x).pd_sessions.flatMap(({ assigned_badge }, at) => (at > 0 && assigned_badge !== 0 ? [at] : [])), {}, 'restored'),
  restored: () => done(),
});

const restoreParent = procedure<{ [key: string]: Plain; item: number }>('rtcr.restore_parent', {
  start: (x, l) => {
    const { badge = 0, assigned_badge = 0 } = snapshotOf(x).pd_sessions[l.item] ?? {};
    const parent = nowAt(x, assigned_badge);
    if (parent === null) lost(x, { badge: assigned_badge, purpose: 'the parent of a protection domain that the target made' });
    return parent === null ? done() : localCall(x, Pd_session.assign_parent, nowAt(x, badge), { parent }, 'assigned');
  },
  assigned: () => done(),
});
