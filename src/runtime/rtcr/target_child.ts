// A target: a child whose sessions are all interposed. Its construction (with its program, or empty) and its end.
// Owner of the rows of targets. Source modelled: checkpoint-restore.md 1.2; object order of the historic program (its captures).

import type { Plain } from '../../emu/plain.ts';
import { destroyChild, newChild, startChild } from '../child/child.ts';
import { children, sessions } from '../child/child_table.ts';
import { forgetChildSession, revokeServer } from '../child/session_close.ts';
import { Cpu_session, Pd_session, Rom_session } from '../rpc/interfaces.ts';
import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { log } from '../native/log.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { localCall } from '../native/local_call.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { closeSession, openSession, type Opened } from '../native/session.ts';
import type { HasStore } from '../native/store.ts';
import { createCpuSession } from './cpu_session.ts';
import { type CreatedSession, type CreateSession, NO_AFFINITY } from './created_session.ts';
import { assembleCrew, type AssembledCrew, settleCrew } from './crew.ts';
import { releaseCallers } from './dead_callers.ts';
import { each } from './each.ts';
import { forgetForeignSessions } from './foreign_session.ts';
import { metadataAlloc, metadataFree, TARGET_BYTES } from './metadata_heap.ts';
import { freePrivateCopies } from './private_copies.ts';
import { cpuSessions, cpuThreads, crews, pdSessions, ramSessions, regionMaps, type TargetRow, targets } from './online_storage.ts';
import { createPdSession } from './pd_session.ts';
import { createRamSession, fundRamSession } from './ram_session.ts';
import { sever } from './proxy_table.ts';
import { endSession, type Service, SERVICES, sessionsOfService } from './session_end.ts';
import { declareProvided, runs } from './siblings.ts';
import type { Tracking } from './tracking.ts';
import { declareServices, removeServices, TARGET_POLICY } from './target_policy.ts';

const DEFAULT_WEIGHT = 10;
const ARGS = {
  pd: (name: string): string => `ram_quota=81920, label="${name}"`,
  cpu: (name: string): string => `priority=0x0, ram_quota=128K, label="${name}"`,
  ram: (name: string): string => `ram_quota=16384, phys_start=0x0, phys_size=0x0, label="${name}"`,
  rom: (name: string): string => `ram_quota=4K, label="${name}"`,
} as const;

/** The newest target of a name: an older one of it can only be a stopped original. */
export const targetNamed = (x: HasStore, name: string): number | undefined => targets(x).entries().filter(([, row]) => row.name === name).at(-1)?.[0];

const patch = (x: Execution, target: number, row: Partial<TargetRow>): void => targets(x).update(target, row);
const sessionLocals = (l: CreateLocals, args: string): CreateSession => ({ target: l.target ?? 0, args, affinity: NO_AFFINITY });

type CreateLocals = {
  [key: string]: Plain;
  name: string;
  binary: string;
  config: string;
  /** Pages per part of its RAM, 0 for whole dataspaces; what makes a part changed. */
  granularity: number;
  tracking: Tracking;
  defects: string;
  /** Services that it is going to announce. */
  provides: readonly string[];
  /** Those that are offered outside. */
  proxied: readonly string[];
  /** RAM that its session gets; 0 is the usual donation. */
  ram_bytes: number;
  target?: number;
  crew?: number;
};

export type CreatedTarget = { readonly target: number };

/** Sessions, binary and main thread of a new target: {target}. Nothing runs yet and there is no Child yet. */
export const createTarget = procedure<CreateLocals>('rtcr.create_target', {
  start: () => call(assembleCrew, {}, 'crew'),
  crew: (_x, l, { crew }: AssembledCrew) => {
    l.crew = crew;
    return call(metadataAlloc, { bytes: TARGET_BYTES }, 'pd');
  },
  pd: (x, l) => {
    l.target = targets(x).insert({
      name: l.name, binary: l.binary, config: l.config, defects: l.defects, granularity: l.granularity, tracking: l.tracking, provides: l.provides, proxied: l.proxied, checkpoint: '', part_faults: 0, crew: l.crew ?? 0, phase: 'building', bootstrap: true,
      pd: 0, cpu: 0, ram: 0, main_thread: 0, rom: 0, binary_ds: 0, child: 0,
    });
    crews(x).update(l.crew ?? 0, { target: l.target });
    return call(createPdSession, sessionLocals(l, ARGS.pd(l.name)), 'cpu');
  },
  cpu: (x, l, { key }: CreatedSession) => {
    patch(x, l.target ?? 0, { pd: key });
    return call(createCpuSession, sessionLocals(l, ARGS.cpu(l.name)), 'ram');
  },
  ram: (x, l, { key }: CreatedSession) => {
    patch(x, l.target ?? 0, { cpu: key });
    return call(createRamSession, sessionLocals(l, ARGS.ram(l.name)), 'rom');
  },
  rom: (x, l, { key }: CreatedSession) => {
    patch(x, l.target ?? 0, { ram: key });
    return call(openSession, { service: 'ROM', args: ARGS.rom(l.binary) }, 'fund', 'no_program');
  },
  no_program: (_x, l, failure: Failure) => raise('Program_missing', `no ROM session for the program "${l.binary}" of child "${l.name}" (${failure.name})`),
  fund: (x, l, { cap }: Opened) => {
    patch(x, l.target ?? 0, { rom: cap });
    return call(fundRamSession, { ref: targets(x).require(l.target ?? 0).ram, name: l.name, bytes: l.ram_bytes }, 'main_thread');
  },
  main_thread: (x, l) => {
    const { pd, cpu } = targets(x).require(l.target ?? 0);
    const args = { pd: pdSessions(x).require(pd).cap, name: l.name, location: [0, 0, 0, 0], weight: DEFAULT_WEIGHT, utcb: 0 };
    return localCall(x, Cpu_session.create_thread, cpuSessions(x).require(cpu).cap, args, 'address_space');
  },
  address_space: (x, l, { cap }: RpcReply) => {
    const found = cpuThreads(x).find((row) => row.cap === cap);
    if (found === undefined) return raise('Thread_creation_failed', l.name);
    dec(x, cap);
    patch(x, l.target ?? 0, { main_thread: found[0] });
    return localCall(x, Pd_session.address_space, pdSessions(x).require(targets(x).require(l.target ?? 0).pd).cap, {}, 'announce');
  },
  announce: (x, l, { cap }: RpcReply) => {
    // The row of the region map keeps its own reference.
    dec(x, cap);
    return call(log, { text: `Target_child(child=${l.name})` }, 'complete');
  },
  complete: (_x, l) => done({ target: l.target ?? 0 } satisfies CreatedTarget),
});

/** An empty target can do without the dataspace of its program. */
type StartLocals = { [key: string]: Plain; target: number; empty: boolean; binary: boolean };

/** Makes the target a child: with its program and a running main thread, or empty and still. */
export const startTarget = procedure<StartLocals>('rtcr.start_target', {
  start: () => call(log, { text: 'Target_child::start()' }, 'binary'),
  binary: (x, l) => (l.binary ? rpc(Rom_session.dataspace, targets(x).require(l.target).rom, {}, 'child') : goto('child', { value: 0, cap: null } satisfies RpcReply)),
  child: (x, l, { cap }: RpcReply) => {
    patch(x, l.target, { binary_ds: cap ?? 0 });
    const row = targets(x).require(l.target);
    const keys = declareServices(x, l.target);
    const child = newChild(x, {
      name: row.name, ep: crews(x).require(row.crew).child, pd: pdSessions(x).require(row.pd).cap, ram: ramSessions(x).require(row.ram).cap,
      account: ramSessions(x).require(row.ram).real, cpu: cpuSessions(x).require(row.cpu).cap, main_thread: cpuThreads(x).require(row.main_thread).cap, policy: TARGET_POLICY,
      pd_service: keys.PD, ram_service: keys.RAM, cpu_service: keys.CPU,
    });
    patch(x, l.target, { child });
    declareProvided(x, child, row.provides);
    const region_map = regionMaps(x).require(pdSessions(x).require(row.pd).address_space).cap;
    const elf = l.empty || row.binary_ds === 0 ? null : row.binary_ds;
    return call(startChild, { child, elf, ldso: null, region_map, managed: row.granularity !== 0 }, 'started');
  },
  started: (x, l) => {
    patch(x, l.target, l.empty ? { bootstrap: false } : { phase: 'running' });
    return done();
  },
});

/** The end of targets: the threads of all of them first, so that none sees the end of another; then everything that they had. Also ends targets that were never completed. */
export const destroyTargets = procedure<{ [key: string]: Plain; targets: readonly number[] }>('rtcr.destroy_targets', {
  start: (x, l) => {
    sever(x, l.targets);
    return each(endThreads, l.targets, {}, 'callers');
  },
  callers: () => call(releaseCallers, {}, 'sessions'),
  // What siblings outside have with them is worth nothing any more.
  sessions: (_x, l) => each(revokeSessions, l.targets, {}, 'dissolve'),
  dissolve: (_x, l) => each(dissolveTarget, l.targets, {}, 'destroyed'),
  destroyed: () => done(),
});

type ItemLocals = { [key: string]: Plain; item: number };

const endThreads = procedure<ItemLocals>('rtcr.end_threads_of_target', {
  start: (x, l) => {
    const { cpu } = targets(x).require(l.item);
    patch(x, l.item, { phase: 'dissolving' });
    return cpu === 0 ? done() : call(closeSession, { cap: cpuSessions(x).require(cpu).real }, 'gone');
  },
  gone: (x, l) => {
    cpuSessions(x).update(targets(x).require(l.item).cpu, { real: 0 });
    return done();
  },
});

const revokeSessions = procedure<ItemLocals>('rtcr.revoke_sessions_of_target', {
  // What the entrypoints had begun for the dead threads comes to its end; nobody asks for more.
  start: (x, l) => call(settleCrew, { crew: targets(x).require(l.item).crew }, 'settled'),
  settled: (x, l) => {
    const { child } = targets(x).require(l.item);
    return child === 0 ? done() : call(revokeServer, { server: child }, 'revoked');
  },
  revoked: () => done(),
});

const dissolveTarget = procedure<ItemLocals>('rtcr.dissolve_target', {
  start: (x, l) => {
    const { child } = targets(x).require(l.item);
    const unanswered = child === 0 ? undefined : sessions(x).find((row) => row.child === child && row.server !== 0 && !runs(x, row.server));
    // A server that stands still would never close it.
    return unanswered === undefined ? goto('child') : call(forgetChildSession, { session: unanswered[0] }, 'start');
  },
  child: (x, l) => {
    const { child, ram } = targets(x).require(l.item);
    if (child === 0) return goto('sessions');
    // Refunds go straight to core, which does not know interposed RAM sessions.
    children(x).update(child, { ram: ramSessions(x).require(ram).real });
    return call(destroyChild, { child }, 'child_gone');
  },
  child_gone: (x, l) => {
    patch(x, l.item, { child: 0 });
    return goto('sessions');
  },
  sessions: (x, l) => each(endSessionOf, endOrder(x, l.item), {}, 'binary'),
  binary: (x, l) => {
    const { rom, binary_ds } = targets(x).require(l.item);
    if (binary_ds !== 0) dec(x, binary_ds);
    return rom === 0 ? goto('remove') : call(closeSession, { cap: rom }, 'remove');
  },
  remove: (x, l) => {
    removeServices(x, l.item);
    forgetForeignSessions(x, l.item);
    crews(x).update(targets(x).require(l.item).crew, { target: 0 });
    targets(x).delete(l.item);
    return call(metadataFree, { bytes: TARGET_BYTES }, 'copies');
  },
  copies: (_x, l) => call(freePrivateCopies, { target: l.item }, 'removed'),
  removed: () => done(),
});

type SessionItem = { readonly service: Service; readonly key: number };

/** All sessions of a target, those first that use others. */
function endOrder(x: Execution, target: number): SessionItem[] {
  return [...SERVICES].reverse().flatMap((service) =>
    sessionsOfService(x, service)
      .entries()
      .filter(([, row]) => row.target === target)
      .map(([key]) => ({ service, key })),
  );
}

const endSessionOf = procedure<{ [key: string]: Plain; item: SessionItem }>('rtcr.end_session_of', {
  start: (_x, l) => call(endSession, { service: l.item.service, key: l.item.key }, 'ended', 'ended'),
  ended: () => done(),
});

type DestroyLocals = { [key: string]: Plain; target: number };

/** For callers that must go on whatever happened. */
export const destroyTargetQuietly = procedure<DestroyLocals>('rtcr.destroy_target_quietly', {
  start: (x, l) => (targets(x).get(l.target) === undefined ? done() : call(destroyTargets, { targets: [l.target] }, 'destroyed', 'failed')),
  destroyed: () => done(),
  failed: (x, l, failure: Failure) => {
    x.note('rtcr_destroy_failed', { target: l.target, failure: failure.text });
    return done();
  },
});
