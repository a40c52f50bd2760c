// Threads of a restored target: created again in the order of their slots, frozen, and started only when everything is in place.
// Fills translations and the list of restored threads. Source modelled: checkpoint-restore.md 3.2, N7; architecture.md law 7.

import type { Plain } from '../../emu/plain.ts';
import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { localCall } from '../native/local_call.ts';
import { type Action, call, done, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { irqSlot } from '../native/thread_table.ts';
import { Cpu_session, Cpu_thread } from '../rpc/interfaces.ts';
import { each } from './each.ts';
import { absent, EXTENSION_ABSENT } from './extensions.ts';
import { cpuSessions, cpuThreads } from './online_storage.ts';
import { hasDefect } from './defects.ts';
import { requestSlot } from './pd_access.ts';
import { callPersistently } from './persistent_call.ts';
import { domainAccess, domainOfThread, lost, nowAt, renamed, restoration, restoredThread, snapshotOf, translated, usedForRestore } from './restoration.ts';
import type { DecidedStrategy } from './strategies.ts';
import { type Snapshot, snapshots, type StoredCpuSession, type StoredPdSession, type StoredThread, threadsOf } from './target_state.ts';
import { isDenied, writeIrqCount } from './thread_access.ts';
import { threadPlan, type ThreadPlace, type ThreadStep } from './thread_plan.ts';

/** Words of a Thread_state: gate selector and gate id (genode-16.08-abi.md 2). */
const STATE = { kcap: 0x4c >>> 2, id: 0x50 >>> 2 } as const;
const FILLER_NAME = 'filler';
const FILLER_WEIGHT = 10;

/** Orders in which threads get whatever slot comes next. */
const SLOTLESS: ReadonlySet<string> = new Set(['stored', 'reverse', 'start-late']);
export const keepsSlots = (strategy: DecidedStrategy): boolean => !SLOTLESS.has(strategy['thread-order']);

/** Stored threads in the order of a strategy that knows no slots, without the main thread that is there already. */
function inStoredOrder(x: Execution): number[] {
  const snapshot = snapshotOf(x);
  const { strategy } = restoration.get(x);
  const items = threadsOf(snapshot).flatMap((row, thread) => (isMain(snapshot, row) ? [] : [thread]));
  if (hasDefect(strategy.defects, 'D-22')) {
    const known = new Set(earlierThreads(x));
    items.sort((a, b) => Number(known.has(badgeOf(x, a))) - Number(known.has(badgeOf(x, b))));
  }
  return strategy['thread-order'] === 'reverse' ? items.reverse() : items;
}

const isMain = (snapshot: Snapshot, { pd, index }: StoredThread): boolean => pd === snapshot.pd_sessions[0]?.key && index === 0;

const badgeOf = (x: Execution, thread: number): number => threadsOf(snapshotOf(x))[thread]?.badge ?? 0;

/** Threads that an earlier checkpoint of this target has stored. */
function earlierThreads(x: Execution): number[] {
  const { snapshot } = restoration.get(x);
  const earlier = snapshots(x).entries().filter(([key, row]) => key < snapshot && row.target_name === snapshotOf(x).target_name);
  return earlier.flatMap(([, row]) => threadsOf(row).map(({ badge }) => badge));
}

/** How the threads are created, PD by PD and in the order of their slots, without the main thread that is there already. */
function threadSteps(x: Execution): readonly ThreadStep[] {
  if (!keepsSlots(restoration.get(x).strategy)) return inStoredOrder(x).map((thread) => ({ kind: 'create', thread }));
  const snapshot = snapshotOf(x);
  const { pd_sessions, cpu_sessions } = snapshot;
  const all = threadsOf(snapshot);
  const place = ({ key, pd, index, trace_index: trace }: StoredThread): ThreadPlace => ({
    pd: pd_sessions.findIndex((row) => row.key === pd), cpu: cpu_sessions.findIndex(({ threads }) => threads.some((row) => row.key === key)), index, trace,
  });
  const ordered = all.filter((row) => !isMain(snapshot, row)).map((row) => ({ row, place: place(row) })).sort((a, b) => a.place.pd - b.place.pd || a.place.index - b.place.index);
  const steps = threadPlan(ordered.map((item) => item.place), all.filter((row) => isMain(snapshot, row)).map(place), pd_sessions.length, cpu_sessions.length, pd_sessions.flatMap(({ peopled }, pd) => (peopled ? [pd] : [])));
  const at = (thread: number): number => all.findIndex(({ key }) => key === ordered[thread]?.row.key);
  return steps.map((step) => (step.kind === 'create' ? { ...step, thread: at(step.thread) } : step));
}

type StepLocals = { [key: string]: Plain; item: ThreadStep };

const takeStep = procedure<StepLocals>('rtcr.restore_thread', {
  start: (x, { item }) => {
    switch (item.kind) {
      case 'create': {
        const stored = threadsOf(snapshotOf(x))[item.thread];
        if (stored === undefined) throw new Error(`no stored thread ${item.thread}`);
        const { pd_sessions, cpu_sessions } = snapshotOf(x);
        const pd = pd_sessions.find(({ key }) => key === stored.pd);
        const cpu = cpu_sessions.find(({ threads }) => threads.some(({ key }) => key === stored.key));
        return createThread(x, pd, cpu, { name: stored.name, location: stored.affinity, weight: stored.weight, utcb: stored.utcb });
      }
      case 'fill': {
        const { pd_sessions, cpu_sessions } = snapshotOf(x);
        return createThread(x, pd_sessions[item.pd], cpu_sessions[item.cpu], { name: FILLER_NAME, location: [0, 0, 0, 0], weight: FILLER_WEIGHT, utcb: 0 });
      }
      case 'remove': {
        const found = restoration.get(x).fillers.find(({ filler }) => filler === item.filler);
        const { cap, cpu } = cpuThreads(x).require(found?.key ?? 0);
        return localCall(x, Cpu_session.kill_thread, cpuSessions(x).require(cpu).cap, { thread: cap }, 'removed');
      }
    }
  },
  created: (x, { item }, { cap }: RpcReply) => {
    const found = cpuThreads(x).find((row) => row.cap === cap);
    if (cap === null || found === undefined) return raise('Restore_refused', 'a thread could not be created');
    const [key] = found;
    const { threads, fillers } = restoration.get(x);
    if (item.kind === 'fill') {
      dec(x, cap);
      restoration.update(x, { fillers: [...fillers, { filler: item.filler, key }] });
    }
    if (item.kind === 'create') {
      const stored = threadsOf(snapshotOf(x))[item.thread];
      translated(x, stored?.badge ?? 0, cap);
      restoration.update(x, { threads: [...threads, { stored: stored?.key ?? 0, key }] });
    }
    return done();
  },
  removed: () => done(),
});

function createThread(x: Execution, pd: StoredPdSession | undefined, session: StoredCpuSession | undefined, args: { name: string; location: readonly number[]; weight: number; utcb: number }): Action {
  const cpu = nowAt(x, session?.badge ?? 0);
  const real = cpuSessions(x).find((row) => row.cap === cpu)?.[1].real ?? 0;
  return callPersistently(Cpu_session.create_thread, cpu, { pd: nowAt(x, pd?.badge ?? 0), ...args }, real, 'created');
}

type IdentifyLocals = { [key: string]: Plain; item: number };

/** The new gate of a thread, and whether it is where the old one was: components know their threads by slots. */
const identifyThread = procedure<IdentifyLocals>('rtcr.identify_restored_thread', {
  start: (x, l) => {
    const stored = threadsOf(snapshotOf(x))[l.item];
    const key = restoredThread(x, stored?.key ?? 0);
    return key === undefined ? done() : rpc(Cpu_thread.state, cpuThreads(x).require(key).real, {}, 'identified');
  },
  identified: (x, l, { value }: RpcReply) => {
    const state = value as readonly number[];
    const stored = threadsOf(snapshotOf(x))[l.item];
    if (stored === undefined) return done();
    const key = restoredThread(x, stored.key);
    const index = ((state[STATE.kcap] ?? 0) >>> 12) / 3 - 3;
    const misplaced = `thread "${stored.name}" got thread slot ${index} instead of ${stored.index}`;
    if (index !== stored.index && keepsSlots(restoration.get(x).strategy)) return raise('Restore_refused', misplaced);
    if (index !== stored.index) lost(x, { thread: stored.name, purpose: `its gate, lock IRQ and UTCB: ${misplaced}` });
    renamed(x, stored.gate_badge, (state[STATE.id] ?? 0) & 0xffff);
    return key === undefined || !keepsSlots(restoration.get(x).strategy) ? done() : rpc(Cpu_thread.trace_control_index, cpuThreads(x).require(key).real, {}, 'placed');
  },
  placed: (x, l, { value }: RpcReply) => {
    const stored = threadsOf(snapshotOf(x))[l.item];
    if (stored !== undefined && stored.trace_index !== value) lost(x, { thread: stored.name, purpose: `its place in the trace control area: ${value as number} instead of ${stored.trace_index}` });
    return done();
  },
});

export const recreateThreads = procedure<Record<string, Plain>>('rtcr.recreate_threads', {
  start: (x) => each(takeStep, threadSteps(x), {}, 'identify'),
  identify: (x) => each(identifyThread, threadsOf(snapshotOf(x)).map((_thread, at) => at), {}, 'finished'),
  finished: () => done(),
});

/** Instruction and stack pointer with which a frozen thread is started; all its registers are written afterwards. */
const startRegisters = ({ registers }: StoredThread): { ip: number; sp: number } => ({ ip: registers[15] ?? 0, sp: registers[13] ?? 0 });

/** Makes the kernel threads runnable. They are frozen, so that none of them runs yet. */
export const startThreads = procedure<Record<string, Plain>>('rtcr.start_threads', {
  start: (x) => each(startThread, threadsOf(snapshotOf(x)).flatMap(({ started }, at) => (started ? [at] : [])), {}, 'started'),
  started: () => done(),
});

const startThread = procedure<{ [key: string]: Plain; item: number }>('rtcr.start_restored_thread', {
  start: (x, l) => {
    const stored = threadsOf(snapshotOf(x))[l.item];
    const key = restoredThread(x, stored?.key ?? 0);
    if (stored === undefined || key === undefined) return done();
    // A pause before the start leaves its mark in core, and in the kernel an exception that comes before the first instruction.
    return stored.paused ? localCall(x, Cpu_thread.pause, cpuThreads(x).require(key).cap, {}, 'launch') : goto('launch');
  },
  launch: (x, l) => {
    const stored = threadsOf(snapshotOf(x))[l.item];
    const key = restoredThread(x, stored?.key ?? 0);
    if (stored === undefined || key === undefined) return done();
    return localCall(x, Cpu_thread.start, cpuThreads(x).require(key).cap, startRegisters(stored), 'single_step');
  },
  single_step: (x, l) => {
    const stored = threadsOf(snapshotOf(x))[l.item];
    const key = restoredThread(x, stored?.key ?? 0);
    if (stored?.single_step !== true || key === undefined) return done();
    return localCall(x, Cpu_thread.single_step, cpuThreads(x).require(key).cap, { enable: true }, 'finished');
  },
  finished: () => done(),
});

/** Pending counts of the threads' lock IRQs, which are attached since the threads exist. */
export const restoreLockIrqs = procedure<Record<string, Plain>>('rtcr.restore_lock_irqs', {
  start: (x) => each(restoreLockIrq, threadsOf(snapshotOf(x)).flatMap((thread, at) => (thread.lock_irq_count > 0 ? [at] : [])), {}, 'restored'),
  restored: () => done(),
});

const restoreLockIrq = procedure<{ [key: string]: Plain; item: number }>('rtcr.restore_lock_irq', {
  start: (x, l) => {
    const stored = threadsOf(snapshotOf(x))[l.item];
    if (stored === undefined) return done();
    return call(requestSlot, { native: domainAccess(x, domainOfThread(x, stored)).native, slot: irqSlot(stored.index) }, 'requested');
  },
  requested: (x, l, irq: number) => {
    const stored = threadsOf(snapshotOf(x))[l.item];
    if (irq === 0) return raise(EXTENSION_ABSENT, absent('request', 'pending wake-ups of a thread'));
    const outcome = writeIrqCount(x, irq, stored?.lock_irq_count ?? 0);
    dec(x, irq);
    if (isDenied(outcome)) return raise(EXTENSION_ABSENT, absent('ipc_state', 'pending wake-ups of a thread'));
    usedForRestore(x, 'request');
    usedForRestore(x, 'ipc_state');
    return done();
  },
});
