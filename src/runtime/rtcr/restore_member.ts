// One component of a restore: its objects are made, then filled and attached, then its threads get their state. In three parts,
// because components that are restored together name each other's objects. Source modelled: checkpoint-restore.md 3.2, 8.

import type { Plain } from '../../emu/plain.ts';
import { localCall } from '../native/local_call.ts';
import { call, done, goto, procedure, raise } from '../native/procedure.ts';
import type { Execution } from '../native/execution.ts';
import type { RpcReply } from '../native/rpc_client.ts';
import { Pd_session } from '../rpc/interfaces.ts';
import { comesAsCopy, enterMember, lost, nowAt, restoration, snapshotOf, translated, usedForRestore } from './restoration.ts';
import { hasDefect } from './defects.ts';
import { each } from './each.ts';
import { fetchKernelThreads, forgetKernelThreads, freezeTargets } from './kernel_threads.ts';
import { recreateNativeCaps } from './native_caps.ts';
import { pdSessions, targets } from './online_storage.ts';
import { type NativePd, openNativePd } from './pd_access.ts';
import { installCapSpace, publishCapMap, rewriteCapMap } from './restore_caps.ts';
import { launchThreads, restoreTimers, writeThreads } from './restore_launch.ts';
import { repeatFaults } from './restore_faults.ts';
import { allocMemory, attachMemory, fillMemory } from './restore_memory.ts';
import './restore_in_bootstrap.ts';
import { rewriteParentIds } from './restore_parent_ids.ts';
import { signalRomChanges } from './restore_roms.ts';
import { restoreSiblingSessions } from './restore_services.ts';
import { identifyOwn, reopenSessions, restoreParents } from './restore_sessions.ts';
import { attachSemaphores, installHandlers, recreateSignals, submitSignals } from './restore_signals.ts';
import { recreateThreads, restoreLockIrqs, startThreads } from './restore_threads.ts';
import { EARLY_RUN_US, HOOK_PAUSE_US, HOOK_ROUNDS } from './limits.ts';
import { sleep } from './sleep.ts';
import type { DecidedStrategy } from './strategies.ts';
import { createTarget, type CreatedTarget, startTarget } from './target_child.ts';
import { type Snapshot, threadsOf } from './target_state.ts';

type MemberLocals = { [key: string]: Plain; item: number; strategy: DecidedStrategy; rounds?: number };

/** Key of the restored PD session with a number. */
const pdKey = (x: Execution, pd: number): number => pdSessions(x).find((row) => row.cap === nowAt(x, snapshotOf(x).pd_sessions[pd]?.badge ?? 0))?.[0] ?? 0;

/** Whether threads run in a stored domain and none of them has told where it keeps its capabilities. */
function isBare(snapshot: Snapshot, pd: number): boolean {
  const told = snapshot.spaces.some((space) => space.pd === pd && space.cap_map_address !== 0);
  return !told && threadsOf(snapshot).some((thread) => thread.pd === snapshot.pd_sessions[pd]?.key && thread.started);
}

const openDomain = procedure<{ [key: string]: Plain; item: number }>('rtcr.restore_open_domain', {
  start: (x, l) => call(openNativePd, { pd: pdKey(x, l.item) }, 'opened'),
  opened: (x, l, { native, task }: NativePd) => {
    restoration.update(x, { further: [...restoration.get(x).further, { pd: l.item, native, task }] });
    if (isBare(snapshotOf(x), l.item)) pdSessions(x).update(pdKey(x, l.item), { bare: true });
    return done();
  },
});

/** Recorded as the target's own knowledge again, and known here under the new id. */
const refetchNativePd = procedure<{ [key: string]: Plain; item: number }>('rtcr.restore_native_pd', {
  start: (x, l) => localCall(x, Pd_session.native_pd, pdSessions(x).require(pdKey(x, l.item)).cap, {}, 'fetched'),
  fetched: (x, l, { cap }: RpcReply) => {
    if (cap !== null) translated(x, snapshotOf(x).pd_sessions[l.item]?.native_pd_badge ?? 0, cap);
    return done();
  },
});

/** Creates a component with all its objects: sessions, memory, threads, signals, RPC objects. None of them is attached or runs yet. */
export const buildMember = procedure<MemberLocals>('rtcr.restore_build', {
  start: (x, l) => {
    enterMember(x, l.item);
    const snapshot = snapshotOf(x);
    return call(createTarget, { name: restoration.get(x).name, binary: snapshot.binary, config: snapshot.config, defects: '', granularity: snapshot.granularity, tracking: snapshot.tracking, provides: snapshot.provides, proxied: snapshot.proxied_services, ram_bytes: snapshot.ram_sessions[0]?.quota ?? 0 }, 'created');
  },
  created: (x, l, { target }: CreatedTarget) => {
    restoration.update(x, { target });
    const empty = l.strategy.bootstrap === 'empty';
    return call(startTarget, { target, empty, binary: !asHistoric(l.strategy) || snapshotOf(x).references.some(({ badge, kind }) => kind === 'binary' && !comesAsCopy(x, badge)) }, empty ? 'identify' : l.strategy.bootstrap === 'elf' ? 'booted' : 'wait_for_hook');
  },
  booted: (x) => {
    lost(x, { purpose: 'everything: the child begins anew from its program (bootstrap="elf")' });
    return done();
  },
  wait_for_hook: (x, l) => {
    if (restoration.get(x).hooked) return goto('restored_in_bootstrap');
    l.rounds = (l.rounds ?? 0) + 1;
    if (l.rounds > HOOK_ROUNDS) return raise('Restore_refused', 'the child did not ask for a LOG session');
    return call(sleep, { us: HOOK_PAUSE_US }, 'wait_for_hook');
  },
  restored_in_bootstrap: (x) => {
    lost(x, { purpose: 'kernel state and registers: the threads go on with their start-up (bootstrap="log-hook")' });
    return done();
  },
  identify: (_x, l) => call(identifyOwn, {}, asHistoric(l.strategy) ? 'memory' : 'native'),
  native: (x) => call(openNativePd, { pd: targets(x).require(restoration.get(x).target).pd }, 'sessions'),
  sessions: (x, _l, { native, task }: NativePd) => {
    restoration.update(x, { native, task });
    return call(reopenSessions, {}, 'domains');
  },
  domains: (x) => each(openDomain, snapshotOf(x).spaces.map(({ pd }) => pd), {}, 'native_pds'),
  native_pds: (x) => each(refetchNativePd, snapshotOf(x).pd_sessions.flatMap(({ native_pd_badge }, pd) => (native_pd_badge === 0 ? [] : [pd])), {}, 'memory'),
  memory: (_x, l) => call(allocMemory, {}, asHistoric(l.strategy) ? 'early_signals' : 'threads'),
  early_signals: () => call(recreateSignals, {}, 'early_threads'),
  early_threads: () => call(recreateThreads, {}, 'late_sessions'),
  late_sessions: () => call(reopenSessions, {}, 'built'),
  threads: () => call(recreateThreads, {}, 'kernel_threads'),
  kernel_threads: (x, l) => call(fetchKernelThreads, { target: restoration.get(x).target }, holds(l.strategy) ? 'freeze' : 'signals'),
  freeze: (x) => {
    usedForRestore(x, 'freeze');
    return call(freezeTargets, { targets: [restoration.get(x).target] }, 'signals');
  },
  signals: () => call(recreateSignals, {}, 'native_caps'),
  native_caps: (_x, l) => (l.strategy['native-caps'] === 'skip' ? done() : call(recreateNativeCaps, {}, 'built')),
  built: () => done(),
});

/** Numbers of the domains that can be reached. */
const domains = (x: Execution): number[] => [0, ...restoration.get(x).further.map(({ pd }) => pd)];

/** Gives a component its memory and its capabilities. All objects that other components of the restore hand it exist. */
export const furnishMember = procedure<MemberLocals>('rtcr.restore_furnish', {
  start: (x, l) => {
    enterMember(x, l.item);
    return call(restoreSiblingSessions, {}, 'parents');
  },
  parents: () => call(restoreParents, {}, 'attach'),
  attach: () => call(attachMemory, {}, 'handlers'),
  handlers: (_x, l) => call(installHandlers, {}, l.strategy['thread-order'] === 'start-early' ? 'early' : 'early_timers'),
  early: () => call(launchThreads, {}, 'run_early'),
  // They run while the memory is being copied; on a machine with one processor this is when.
  run_early: () => call(sleep, { us: EARLY_RUN_US }, 'fill'),
  early_timers: (_x, l) => (timersFirst(l.strategy) ? call(restoreTimers, {}, 'late_native') : goto('late_native')),
  late_native: (x) => (restoration.get(x).native === 0 ? call(openNativePd, { pd: targets(x).require(restoration.get(x).target).pd }, 'opened') : goto('fill')),
  opened: (x, _l, { native, task }: NativePd) => {
    restoration.update(x, { native, task });
    return goto('fill');
  },
  fill: (_x, l) => call(fillMemory, {}, l.strategy['cap-map'] === 'skip' ? 'capabilities' : 'parent_ids'),
  parent_ids: () => call(rewriteParentIds, {}, 'capabilities'),
  capabilities: (x, l) => (l.strategy['cap-map'] === 'skip' && l.strategy['cap-space'] === 'skip' ? goto('in_order') : each(publishCapMap, domains(x), {}, 'in_order')),
  in_order: (_x, l) => goto(l.strategy['cap-order'] === 'map-first' ? 'map' : 'space'),
  map: (x, l) => {
    const then = l.strategy['cap-order'] === 'map-first' ? 'space' : 'semaphore';
    return l.strategy['cap-map'] === 'skip' ? goto(then) : each(rewriteCapMap, domains(x), {}, then);
  },
  space: (x, l) => {
    const then = l.strategy['cap-order'] === 'map-first' ? 'semaphore' : 'map';
    return l.strategy['cap-space'] === 'skip' ? goto(then) : each(installCapSpace, domains(x), {}, then);
  },
  semaphore: (_x, l) => (l.strategy.semaphore === 'attach' ? call(attachSemaphores, {}, 'launch') : goto('launch')),
  launch: (x, l) => {
    switch (l.strategy['thread-order']) {
      case 'start-late':
        return asHistoric(l.strategy) ? call(fetchKernelThreads, { target: restoration.get(x).target }, 'launch_late') : call(launchThreads, {}, 'furnished');
      case 'start-early':
      case 'no-start':
        return done();
      default:
        return call(startThreads, {}, 'lock_irqs');
    }
  },
  launch_late: () => call(launchThreads, {}, 'launched'),
  launched: (x) => {
    forgetKernelThreads(x, restoration.get(x).target);
    return done();
  },
  lock_irqs: () => call(restoreLockIrqs, {}, 'furnished'),
  furnished: () => done(),
});

/** Gives the threads of a component their state; they run when the restore has done so for all components. */
export const awakenMember = procedure<MemberLocals>('rtcr.restore_awaken', {
  start: (x, l) => {
    enterMember(x, l.item);
    return holds(l.strategy) && l.strategy['thread-order'] !== 'no-start' ? call(writeThreads, {}, 'faults') : goto('timers');
  },
  faults: () => call(repeatFaults, {}, 'timers'),
  timers: (_x, l) => (timersFirst(l.strategy) ? goto('pending') : call(restoreTimers, {}, 'pending')),
  pending: () => call(submitSignals, {}, 'roms'),
  roms: () => call(signalRomChanges, {}, 'awake'),
  awake: () => done(),
});

/** Whether threads exist without running until everything is in place. */
const holds = (strategy: DecidedStrategy): boolean => strategy['thread-order'] !== 'start-late' && strategy['thread-order'] !== 'start-early';

/** Whether objects are made in the order of the historic program: memory, signals, threads, and only then sessions. */
const asHistoric = (strategy: DecidedStrategy): boolean => strategy.attached === 'copy' && strategy['thread-order'] === 'start-late' && strategy['native-caps'] === 'skip';

const timersFirst = (strategy: DecidedStrategy): boolean => hasDefect(strategy.defects, 'D-21');
