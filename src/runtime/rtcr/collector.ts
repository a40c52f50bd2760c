// Turns the online storage of a target and the capture into a snapshot: the stored records, linked by ids.
// Owns no state; reads only tables. Source modelled: checkpoint-restore.md 1.6, 2.2 step 4.

import { children, sessions } from '../child/child_table.ts';
import { services } from '../child/services.ts';
import { capId } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { capture, type CapturedSpace, slotOfBadge, spaceOf, stillSince } from './capture.ts';
import { visibleDataspaces } from './capture_memory.ts';
import { hasDefect } from './defects.ts';
import { remainingTime } from './drain.ts';
import {
  type AttachedRegionRow, cpuSessions, cpuThreads, foreignSessions, type InterposedSession, logSessions, nativeCaps, pdSessions, ramSessions, type RegionMapRow, regionMaps,
  rmSessions, romSessions, signalContexts, signalSources, targets, timerSessions,
} from './online_storage.ts';
import { carriedTo, proxiedBy } from './proxy_restore.ts';
import type { DecidedStrategy } from './strategies.ts';
import { mapsOfPd, mapsOfRm, ofTarget, regionsOfMap, threadsOfTarget } from './target_rows.ts';
import type {
  Snapshot, StoredAnnouncement, StoredCpuSession, StoredForeignSession, StoredObject, StoredPdSession, StoredRamSession, StoredRegionMap, StoredSession, StoredSiblingSession, StoredSignalSource,
  StoredSpace, StoredThread, StoredTimerSession,
} from './target_state.ts';

/** The id under which the main thread knows its own gate (genode-16.08-abi.md 3.2). */
const MAIN_THREAD_ID = 1;

export function collectSnapshot(x: Execution, name: string, strategy: DecidedStrategy, phases: boolean): Snapshot {
  const { target, spaces, references } = capture.get(x);
  const pds = ofTarget(pdSessions, x, target).map(([key]) => key);
  const row = targets(x).require(target);
  const stored = {
    name, target_name: row.name, binary: row.binary, config: row.config, granularity: row.granularity, tracking: row.tracking, provides: row.provides, proxied_services: row.proxied, parent_badge: children(x).get(row.child)?.parent_id ?? 0,
    ...storedSpace(spaceOf(x)), spaces: spaces.slice(1).map((space) => ({ pd: pds.indexOf(space.pd), ...storedSpace(space) })).sort((a, b) => a.pd - b.pd),
    pd_sessions: pds.map((key) => pdSession(x, key)),
    cpu_sessions: ofTarget(cpuSessions, x, target).map(([key]) => cpuSession(x, key)),
    ram_sessions: ofTarget(ramSessions, x, target).map(([key]) => ramSession(x, key)),
    rom_sessions: ofTarget(romSessions, x, target).map(([, session]) => ({
      ...storedSession(x, session), ds_badge: session.ds?.id ?? 0, ...romContent(x, session.ds?.id ?? 0), sigh_badge: session.sigh?.id ?? 0,
    })),
    rm_sessions: ofTarget(rmSessions, x, target).map(([key, session]) => ({
      ...storedSession(x, session), region_maps: mapsOfRm(x, key).map(([map]) => regionMap(x, map)),
    })),
    log_sessions: ofTarget(logSessions, x, target).map(([, session]) => storedSession(x, session)),
    timer_sessions: ofTarget(timerSessions, x, target).map(([key]) => timerSession(x, key)),
    foreign_sessions: foreignSessionsOf(x, target), sibling_sessions: siblingSessionsOf(x, row.child), announced: announcedBy(x, row.child), proxied: proxiedBy(x, target), carried: carriedTo(x, target), ...parentKeeps(x, row.child), references, registers: strategy.registers, phases, utcbs: strategy.utcb === 'save',
  };
  return { ...stored, known_badges: knownBadges(stored) };
}

/** Every id that the records of a snapshot explain, ascending. */
function knownBadges(snapshot: Omit<Snapshot, 'known_badges'>): number[] {
  const maps = [...snapshot.pd_sessions, ...snapshot.rm_sessions].flatMap((session) => session.region_maps);
  const ids = [
    MAIN_THREAD_ID, snapshot.parent_badge,
    ...snapshot.pd_sessions.flatMap(({ badge, contexts, sources, native_caps, native_pd_badge }) => [
      badge, native_pd_badge, ...contexts.map((row) => row.badge), ...native_caps.map((row) => row.badge), ...sources.flatMap((row) => [row.badge, row.semaphore_badge]),
    ]),
    ...maps.flatMap((row) => [row.badge, row.ds_badge]),
    ...snapshot.cpu_sessions.flatMap(({ badge, trace_control_badge, threads }) => [badge, trace_control_badge, ...threads.flatMap((row) => [row.badge, row.gate_badge])]),
    ...snapshot.ram_sessions.flatMap(({ badge, dataspaces }) => [badge, ...dataspaces.map((row) => row.badge)]),
    ...snapshot.rom_sessions.flatMap(({ badge, ds_badge }) => [badge, ds_badge]),
    ...[...snapshot.rm_sessions, ...snapshot.log_sessions, ...snapshot.timer_sessions].map((row) => row.badge),
    ...snapshot.references.map((row) => row.badge), ...snapshot.carried,
    ...[...snapshot.foreign_sessions, ...snapshot.sibling_sessions].filter(({ reopen }) => reopen).map((row) => row.badge),
  ];
  return [...new Set(ids)].filter((id) => id !== 0).sort((a, b) => a - b);
}

const storedSpace = ({ cap_map_address, cap_map_ds_badge, cap_map_offset, cap_map, stale, occupied }: CapturedSpace): StoredSpace => ({ cap_map_address, cap_map_ds_badge, cap_map_offset, cap_map, stale, occupied });

const storedObject = (x: Execution, badge: number, bootstrapped: boolean): StoredObject => ({ slot: slotOfBadge(x, badge), badge, bootstrapped });

function storedSession(x: Execution, row: InterposedSession): StoredSession {
  const { creation_args, upgrade_bytes } = row;
  return { ...storedObject(x, row.id, row.bootstrapped), creation_args, upgrade_bytes, donated_bytes: donatedFor(x, row.target, row.id) };
}

/** What the parent holds of the target's quota for a session. */
function donatedFor(x: Execution, target: number, id: number): number {
  const { child } = targets(x).require(target);
  return sessions(x).find((row) => row.child === child && capId(x, row.cap) === id)?.[1].donated_bytes ?? 0;
}

function foreignSessionsOf(x: Execution, target: number): StoredForeignSession[] {
  const { reopen_foreign } = capture.get(x);
  return foreignSessions(x).entries().filter(([, row]) => row.target === target).map(([, { service, args, affinity, upgrade_bytes, cap }]) => ({
    ...storedObject(x, cap.id, false), creation_args: args, upgrade_bytes, donated_bytes: donatedFor(x, target, cap.id), service, affinity, reopen: reopen_foreign,
  }));
}

function siblingSessionsOf(x: Execution, child: number): StoredSiblingSession[] {
  const { reopen_foreign } = capture.get(x);
  const mine = sessions(x).entries().filter(([, row]) => row.child === child && row.server !== 0);
  return mine.map(([, { cap, donated_bytes, service, request, ident }]) => ({
    ...storedObject(x, capId(x, cap), false), creation_args: request?.server_args ?? '', upgrade_bytes: 0, donated_bytes, service: services(x).get(service)?.name ?? ident, reopen: reopen_foreign,
  }));
}

const announcedBy = (x: Execution, child: number): StoredAnnouncement[] =>
  services(x).entries().flatMap(([, row]) => (row.kind === 'routed' && row.server === child && row.root !== 0 ? [{ service: row.name, root_badge: capId(x, row.root) }] : []));

/** What the target has told its parent beside its sessions. */
function parentKeeps(x: Execution, child: number): Pick<Snapshot, 'resource_sigh_badge' | 'yield_sigh_badge' | 'yield_args'> {
  const { resource_avail_sigh = 0, yield_sigh = 0, yield_args = '' } = children(x).get(child) ?? {};
  const badge = (slot: number): number => (slot === 0 ? 0 : capId(x, slot));
  return { resource_sigh_badge: badge(resource_avail_sigh), yield_sigh_badge: badge(yield_sigh), yield_args };
}

function pdSession(x: Execution, key: number): StoredPdSession {
  const session = pdSessions(x).require(key);
  const mine = <Row extends { readonly pd: number }>(rows: readonly (readonly [number, Readonly<Row>])[]): Readonly<Row>[] =>
    rows.filter(([, row]) => row.pd === key).map(([, row]) => row);
  return {
    ...storedSession(x, session), key,
    contexts: mine(signalContexts(x).entries()).map((row) => ({ ...storedObject(x, row.cap.id, false), imprint: row.imprint })),
    sources: mine(signalSources(x).entries()).map((row) => signalSource(x, key, row.cap.id)),
    native_caps: mine(nativeCaps(x).entries()).map((row) => ({ ...storedObject(x, row.cap.id, false), ep_badge: row.ep?.id ?? 0 })),
    region_maps: mapsOfPd(x, key).map(([map]) => regionMap(x, map)),
    native_pd_badge: session.native_pd_id,
    assigned_badge: session.parent?.id ?? 0,
    peopled: session.peopled === true,
  };
}

function signalSource(x: Execution, pd: number, id: number): StoredSignalSource {
  const captured = capture.get(x).sources.find((source) => source.pd === pd);
  return {
    ...storedObject(x, id, false), semaphore_badge: captured?.semaphore_badge ?? 0, semaphore_count: captured?.semaphore_count ?? 0,
    handler: captured?.handler ?? 0, pending: captured?.pending ?? [],
  };
}

/** The regions of a map. With defect D-08 a look-up takes the end of a region for a part of it, so that its neighbour is never stored. */
function storedRegions(x: Execution, map: number): Readonly<AttachedRegionRow>[] {
  const regions = regionsOfMap(x, map).map(([, row]) => row);
  if (!hasDefect(capture.get(x).defects, 'D-08')) return regions;
  const stored: Readonly<AttachedRegionRow>[] = [];
  for (const region of [...regions].reverse()) {
    if (!stored.some(({ address, size }) => region.address >= address && region.address <= address + size)) stored.unshift(region);
  }
  return stored;
}

function regionMap(x: Execution, key: number): StoredRegionMap {
  const map: Readonly<RegionMapRow> = regionMaps(x).require(key);
  return {
    ...storedObject(x, map.id, map.bootstrapped), role: map.role, size: map.size, ds_badge: map.ds.id, sigh_badge: map.sigh?.id ?? 0,
    regions: storedRegions(x, key).map(({ ds, size, offset, address, executable }) => ({ ds_badge: ds.id, size, offset, address, executable })),
  };
}

function cpuSession(x: Execution, key: number): StoredCpuSession {
  const session = cpuSessions(x).require(key);
  return {
    ...storedSession(x, session), key, sigh_badge: session.sigh?.id ?? 0, trace_control_badge: session.trace_control_id,
    threads: threadsOfTarget(x, session.target).filter(([, row]) => row.cpu === key).map(([thread]) => storedThread(x, thread)),
  };
}

function storedThread(x: Execution, key: number): StoredThread {
  const row = cpuThreads(x).require(key);
  const captured = capture.get(x).threads.find((thread) => thread.key === key);
  return {
    ...storedObject(x, row.id, row.bootstrapped), key, pd: row.pd, index: captured?.index ?? 0, trace_index: captured?.trace_index ?? 0, gate_badge: captured?.gate_badge ?? 0, utcb_address: captured?.utcb_address ?? 0,
    name: row.name, weight: row.weight, utcb: row.utcb, affinity: row.affinity, started: row.started, start_ip: row.start_ip, start_sp: row.start_sp, paused: row.paused || hasDefect(capture.get(x).defects, 'D-11'),
    single_step: row.single_step, sigh_badge: row.sigh?.id ?? 0, debug_id: captured?.debug_id ?? 0, phase: captured?.phase ?? null,
    registers: captured?.registers ?? [], utcb_words: captured?.utcb_words ?? [], lock_irq_count: captured?.lock_irq_count ?? 0, unresolved: captured?.unresolved ?? false,
  };
}

function ramSession(x: Execution, key: number): StoredRamSession {
  const { target, ...session } = ramSessions(x).require(key);
  const { contents, quotas } = capture.get(x);
  const dataspaces = visibleDataspaces(x, target).filter(([, row]) => row.ram === key);
  return {
    ...storedSession(x, { ...session, target }), quota: quotas.find((row) => row.key === key)?.quota ?? 0, ref_badge: session.ref_id,
    dataspaces: dataspaces.map(([, { cap, size, cached, bootstrapped }]) => ({
      ...storedObject(x, cap.id, bootstrapped), size, cached, contents: contents.filter((row) => row.badge === cap.id).map(({ offset, size: bytes, content }) => ({ offset, size: bytes, content })),
    })),
  };
}

function romContent(x: Execution, badge: number): { content: number; size: number } {
  const found = badge === 0 ? undefined : capture.get(x).contents.find((row) => row.badge === badge);
  return { content: found?.content ?? 0, size: found?.size ?? 0 };
}

/** Microseconds by which a timer comes behind those of the target that were set before it: the clock tells milliseconds only. */
const rankOf = (x: Execution, { target, armed_nr }: { readonly target: number; readonly armed_nr: number }): number => ofTarget(timerSessions, x, target).filter(([, other]) => other.armed_nr < armed_nr).length;

function timerSession(x: Execution, key: number): StoredTimerSession {
  const row = timerSessions(x).require(key);
  const { timeout_us, periodic } = row;
  const { now_ms, clocks } = capture.get(x);
  const clock = clocks.find((found) => found.key === key);
  // Clocks went on while the target stood still; what is stored is how it saw them when it was stopped.
  const left_us = remainingTime(row, now_ms);
  return {
    ...storedSession(x, row), sigh_badge: row.sigh?.id ?? 0, timeout_us, periodic, remaining_us: left_us === null ? null : left_us + stillSince(x, row.armed_ms) * 1000 + rankOf(x, row),
    elapsed_ms: clock === undefined ? 0 : Math.max(clock.elapsed_ms - stillSince(x, 0), 0),
  };
}
