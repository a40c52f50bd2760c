// Threads of a restored target: created again in the order of their slots, frozen, and started only when everything is in place.
// Fills translations and the list of restored threads. Source modelled: checkpoint-restore.md 3.2, N7; architecture.md law 7.

import type { Plain } from '../../emu/plain.ts';
import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { localCall } from '../native/local_call.ts';
import { call, done, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { irqSlot } from '../native/thread_table.ts';
import { Cpu_session, Cpu_thread } from '../rpc/interfaces.ts';
import { each } from './each.ts';
import { absent, EXTENSION_ABSENT } from './extensions.ts';
import { cpuSessions, cpuThreads } from './online_storage.ts';
import { hasDefect } from './defects.ts';
import { requestSlot } from './pd_access.ts';
import { callPersistently } from './persistent_call.ts';
import { lost, nowAt, renamed, restoration, restoredThread, snapshotOf, translated, usedForRestore } from './restoration.ts';
import type { DecidedStrategy } from './strategies.ts';
import { snapshots, type StoredThread, threadsOf } from './target_state.ts';
import { isDenied, writeIrqCount } from './thread_access.ts';

/** Words of a Thread_state: gate selector and gate id (genode-16.08-abi.md 2). */
const STATE = { kcap: 0x4c >>> 2, id: 0x50 >>> 2 } as const;
const FILLER_NAME = 'filler';
const FILLER_WEIGHT = 10;

/** What occupies a thread slot: a stored thread by its place in the list, or nothing but a filler. */
type SlotItem = { readonly pd: number; readonly index: number; readonly thread: number };

/** Orders in which threads get whatever slot comes next. */
const SLOTLESS: ReadonlySet<string> = new Set(['stored', 'reverse', 'start-late']);
export const keepsSlots = (strategy: DecidedStrategy): boolean => !SLOTLESS.has(strategy['thread-order']);

/** Stored threads in the order of a strategy that knows no slots, without the main thread that is there already. */
function inStoredOrder(x: Execution): SlotItem[] {
  const snapshot = snapshotOf(x);
  const { strategy } = restoration.get(x);
  const items = threadsOf(snapshot).flatMap(({ index, pd }, thread) => {
    const at = snapshot.pd_sessions.findIndex(({ key }) => key === pd);
    return at === 0 && index === 0 ? [] : [{ pd: at, index, thread }];
  });
  if (hasDefect(strategy.defects, 'D-22')) {
    const known = new Set(earlierThreads(x));
    items.sort((a, b) => Number(known.has(badgeOf(x, a.thread))) - Number(known.has(badgeOf(x, b.thread))));
  }
  return strategy['thread-order'] === 'reverse' ? items.reverse() : items;
}

const badgeOf = (x: Execution, thread: number): number => threadsOf(snapshotOf(x))[thread]?.badge ?? 0;

/** Threads that an earlier checkpoint of this target has stored. */
function earlierThreads(x: Execution): number[] {
  const { snapshot } = restoration.get(x);
  const earlier = snapshots(x).entries().filter(([key, row]) => key < snapshot && row.target_name === snapshotOf(x).target_name);
  return earlier.flatMap(([, row]) => threadsOf(row).map(({ badge }) => badge));
}

/** Thread slots to fill, PD by PD, without the main thread that is there already. */
function slotsToFill(x: Execution): SlotItem[] {
  if (!keepsSlots(restoration.get(x).strategy)) return inStoredOrder(x);
  const snapshot = snapshotOf(x);
  const threads = threadsOf(snapshot);
  return snapshot.pd_sessions.flatMap((session, pd) => {
    const mine = threads.flatMap((thread, at) => (thread.pd === session.key ? [{ index: thread.index, at }] : []));
    const last = Math.max(-1, ...mine.map(({ index }) => index));
    const items = Array.from({ length: last + 1 }, (_, index) => ({ pd, index, thread: mine.find((row) => row.index === index)?.at ?? -1 }));
    return pd === 0 ? items.slice(1) : items;
  });
}

type CreateLocals = { [key: string]: Plain; item: SlotItem; key?: number };

const createSlot = procedure<CreateLocals>('rtcr.restore_thread', {
  start: (x, { item }) => {
    const snapshot = snapshotOf(x);
    const stored = threadsOf(snapshot)[item.thread];
    const session = snapshot.cpu_sessions.find(({ threads }) => stored === undefined || threads.some(({ key }) => key === stored.key));
    const cpu = nowAt(x, session?.badge ?? 0);
    const real = cpuSessions(x).find((row) => row.cap === cpu)?.[1].real ?? 0;
    const args = {
      pd: nowAt(x, snapshot.pd_sessions[item.pd]?.badge ?? 0), name: stored?.name ?? FILLER_NAME, location: stored?.affinity ?? [0, 0, 0, 0],
      weight: stored?.weight ?? FILLER_WEIGHT, utcb: stored?.utcb ?? 0,
    };
    return callPersistently(Cpu_session.create_thread, cpu, args, real, 'created');
  },
  created: (x, l, { cap }: RpcReply) => {
    const found = cpuThreads(x).find((row) => row.cap === cap);
    if (cap === null || found === undefined) return raise('Restore_refused', 'a thread could not be created');
    const stored = threadsOf(snapshotOf(x))[l.item.thread];
    const { threads, fillers } = restoration.get(x);
    if (stored === undefined) {
      dec(x, cap);
      restoration.update(x, { fillers: [...fillers, found[0]] });
      return done();
    }
    translated(x, stored.badge, cap);
    restoration.update(x, { threads: [...threads, { stored: stored.key, key: found[0] }] });
    return done();
  },
});

const removeFiller = procedure<{ [key: string]: Plain; item: number }>('rtcr.remove_filler', {
  start: (x, l) => {
    const { cap, cpu } = cpuThreads(x).require(l.item);
    return localCall(x, Cpu_session.kill_thread, cpuSessions(x).require(cpu).cap, { thread: cap }, 'removed');
  },
  removed: () => done(),
});

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
    const index = ((state[STATE.kcap] ?? 0) >>> 12) / 3 - 3;
    const misplaced = `thread "${stored.name}" got thread slot ${index} instead of ${stored.index}`;
    if (index !== stored.index && keepsSlots(restoration.get(x).strategy)) return raise('Restore_refused', misplaced);
    if (index !== stored.index) lost(x, { thread: stored.name, purpose: `its gate, lock IRQ and UTCB: ${misplaced}` });
    renamed(x, stored.gate_badge, (state[STATE.id] ?? 0) & 0xffff);
    return done();
  },
});

export const recreateThreads = procedure<Record<string, Plain>>('rtcr.recreate_threads', {
  start: (x) => each(createSlot, slotsToFill(x), {}, 'fillers'),
  fillers: (x) => each(removeFiller, restoration.get(x).fillers, {}, 'identify'),
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
    const index = threadsOf(snapshotOf(x))[l.item]?.index ?? 0;
    return call(requestSlot, { native: restoration.get(x).native, slot: irqSlot(index) }, 'requested');
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
