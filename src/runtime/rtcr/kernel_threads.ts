// Fetching the kernel Thread capabilities of a target's threads by stock RPCs, and freezing and thawing all of them.
// Changes `kernel` and `native_cpu` of the online rows. Source modelled: genode-16.08-abi.md 2 (Native_cpu.native_cap).

import type { Plain } from '../../emu/plain.ts';
import { Cpu_session, Cpu_thread, Native_cpu } from '../rpc/interfaces.ts';
import type { Execution } from '../native/execution.ts';
import { type Action, call, done, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { each } from './each.ts';
import { absent, EXTENSION_ABSENT } from './extensions.ts';
import { dirtyWritable } from './managed_dataspaces.ts';
import { NOTE_FROZEN, NOTE_THAWED } from '../system.ts';
import { cpuSessions, cpuThreads, targets } from './online_storage.ts';
import { ofTarget, threadsOfTarget } from './target_rows.ts';
import { PAUSE_SETTLE_US } from './limits.ts';
import { sleep } from './sleep.ts';
import { cancelWait, freezeThread, thawThread } from './thread_access.ts';

type TargetLocals = { [key: string]: Plain; target: number };
type ItemLocals = { [key: string]: Plain; item: number };

const fetchNativeCpu = procedure<ItemLocals>('rtcr.fetch_native_cpu', {
  start: (x, l) => {
    const row = cpuSessions(x).require(l.item);
    return row.native_cpu !== 0 ? done() : rpc(Cpu_session.native_cpu, row.real, {}, 'fetched');
  },
  fetched: (x, l, { cap }: RpcReply) => {
    if (cap === null) return raise('Unavailable', 'native CPU session');
    cpuSessions(x).update(l.item, { native_cpu: cap });
    return done();
  },
});

const fetchNativeCap = procedure<ItemLocals>('rtcr.fetch_native_cap', {
  start: (x, l) => {
    const { kernel, real, cpu } = cpuThreads(x).require(l.item);
    return kernel !== 0 ? done() : rpc(Native_cpu.native_cap, cpuSessions(x).require(cpu).native_cpu, { thread: real }, 'fetched');
  },
  fetched: (x, l, { cap }: RpcReply) => {
    if (cap === null) return raise('Unavailable', `kernel thread of ${cpuThreads(x).require(l.item).name}`);
    cpuThreads(x).update(l.item, { kernel: cap });
    return done();
  },
});

/** Makes sure that every thread of a target has its kernel Thread capability in its row. */
export const fetchKernelThreads = procedure<TargetLocals>('rtcr.fetch_kernel_threads', {
  start: (x, l) => each(fetchNativeCpu, ofTarget(cpuSessions, x, l.target).map(([key]) => key), {}, 'threads'),
  threads: (x, l) => each(fetchNativeCap, threadsOfTarget(x, l.target).map(([key]) => key), {}, 'fetched'),
  fetched: () => done(),
});

/** Stops all threads of a target at once; none runs a user instruction until it is thawed. */
export const freezeTarget = procedure<TargetLocals>('rtcr.freeze_target', {
  start: (x, l) => {
    for (const [, row] of threadsOfTarget(x, l.target)) {
      const outcome = freezeThread(x, row.kernel);
      if (outcome === 'absent') return raise(EXTENSION_ABSENT, absent('freeze', 'stopping the target'));
      if (outcome === 'failed') return refuse(x, l.target, row.name);
    }
    targets(x).update(l.target, { phase: 'frozen' });
    x.note(NOTE_FROZEN);
    return done();
  },
});

type StopLocals = { [key: string]: Plain; target: number; how: 'freeze' | 'pause' | 'cancel' };

const pauseThread = procedure<ItemLocals>('rtcr.pause_thread_of_target', {
  start: (x, l) => rpc(Cpu_thread.pause, cpuThreads(x).require(l.item).real, {}, 'paused'),
  paused: () => done(),
});

const cancelThread = procedure<ItemLocals>('rtcr.cancel_ipc_of_target', {
  // The wait ends with an error, and the exception that the pause has set carries all registers to core.
  start: (x, l) => {
    const { kernel, started } = cpuThreads(x).require(l.item);
    if (started && cancelWait(x, kernel) !== 'ok') return raise('Checkpoint_refused', `the wait of thread "${cpuThreads(x).require(l.item).name}" cannot be cancelled`);
    return done();
  },
});

/** Stops a target as a strategy says: where it is, as core pauses threads, or with all waits cancelled. */
export const stopTarget = procedure<StopLocals>('rtcr.stop_target', {
  start: (x, l) => {
    if (l.how === 'freeze') return call(freezeTarget, { target: l.target }, 'stopped');
    return each(pauseThread, threadsOfTarget(x, l.target).map(([key]) => key), {}, l.how === 'cancel' ? 'cancel' : 'paused');
  },
  cancel: (x, l) => each(cancelThread, threadsOfTarget(x, l.target).map(([key]) => key), {}, 'settle'),
  // The exceptions have to reach core's pager.
  settle: () => call(sleep, { us: PAUSE_SETTLE_US }, 'paused'),
  paused: (x, l) => {
    targets(x).update(l.target, { phase: 'paused' });
    return done();
  },
  stopped: () => done(),
});

const resumeThread = procedure<ItemLocals>('rtcr.resume_thread_of_target', {
  start: (x, l) => {
    const { real, paused } = cpuThreads(x).require(l.item);
    return paused ? done() : rpc(Cpu_thread.resume, real, {}, 'resumed');
  },
  resumed: () => done(),
});

/** Sets a target off again that was stopped in whatever way. */
export const setOffTarget = procedure<TargetLocals>('rtcr.set_off_target', {
  start: (x, l) => {
    if (targets(x).get(l.target)?.phase !== 'paused') return call(thawTarget, { target: l.target }, 'set_off');
    targets(x).update(l.target, { phase: 'running' });
    return each(resumeThread, threadsOfTarget(x, l.target).map(([key]) => key), {}, 'set_off');
  },
  set_off: () => done(),
});

function refuse(x: Execution, target: number, name: string): Action {
  thawAll(x, target);
  return raise('Checkpoint_refused', `thread "${name}" cannot be frozen`);
}

function thawAll(x: Execution, target: number): void {
  for (const [, row] of threadsOfTarget(x, target)) if (row.kernel !== 0) thawThread(x, row.kernel);
}

/** Lets a target run again. In a step of its own, because a thawed thread may be of higher priority in the ready queue. */
export const thawTarget = procedure<TargetLocals>('rtcr.thaw_target', {
  start: (x, l) => {
    dirtyWritable(x, l.target);
    x.note(NOTE_THAWED);
    thawAll(x, l.target);
    const phase = targets(x).get(l.target)?.phase;
    if (phase === 'frozen' || phase === 'building') targets(x).update(l.target, { phase: 'running' });
    return goto('thawed');
  },
  thawed: () => done(),
});
