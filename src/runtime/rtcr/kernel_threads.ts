// Fetching the kernel Thread capabilities of a target's threads by stock RPCs, and freezing and thawing all of them.
// Changes `kernel` and `native_cpu` of the online rows. Source modelled: genode-16.08-abi.md 2 (Native_cpu.native_cap).

import type { Plain } from '../../emu/plain.ts';
import { Cpu_session, Cpu_thread, Native_cpu } from '../rpc/interfaces.ts';
import type { Execution } from '../native/execution.ts';
import { type Action, call, done, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { each } from './each.ts';
import { absent, EXTENSION_ABSENT } from './extensions.ts';
import { discard } from './discard.ts';
import { awaitEndings, isEnding } from './endings.ts';
import { dirtyWritable } from './managed_dataspaces.ts';
import { NOTE_FROZEN, NOTE_THAWED } from '../system.ts';
import { cpuSessions, cpuThreads, pauses, targets } from './online_storage.ts';
import { ofTarget, threadsOfTarget } from './target_rows.ts';
import { RESUME_TRIES, PAUSE_HOLD_STEP_US, PAUSE_HOLD_US, PAUSE_HOLDS, PAUSE_SETTLE_US } from './limits.ts';
import { sleep } from './sleep.ts';
import { cancelWait, freezeThread, thawThread } from './thread_access.ts';

type TargetLocals = { [key: string]: Plain; target: number };
type TargetsLocals = { [key: string]: Plain; targets: readonly number[] };
type ItemLocals = { [key: string]: Plain; item: number };

/** Whose capability it is has been ended. */
function dropped(x: Execution, cap: number | null): Action {
  discard(x, cap ?? 0);
  return done();
}

const fetchNativeCpu = procedure<ItemLocals>('rtcr.fetch_native_cpu', {
  start: (x, l) => {
    const row = cpuSessions(x).get(l.item);
    if (row === undefined || row.native_cpu !== 0) return done();
    // In the same step as the question: behind it the target could have ended what is asked for.
    return isEnding(x, [row.target]) ? call(awaitEndings, { targets: [row.target] }, 'start') : rpc(Cpu_session.native_cpu, row.real, {}, 'fetched');
  },
  fetched: (x, l, { cap }: RpcReply) => {
    // The session may have been ended since core answered.
    if (cpuSessions(x).get(l.item) === undefined) return dropped(x, cap);
    if (cap === null) return raise('Unavailable', 'native CPU session');
    cpuSessions(x).update(l.item, { native_cpu: cap });
    return done();
  },
});

const fetchNativeCap = procedure<ItemLocals>('rtcr.fetch_native_cap', {
  start: (x, l) => {
    const row = cpuThreads(x).get(l.item);
    if (row === undefined || row.kernel !== 0) return done();
    if (isEnding(x, [row.target])) return call(awaitEndings, { targets: [row.target] }, 'start');
    return rpc(Native_cpu.native_cap, cpuSessions(x).require(row.cpu).native_cpu, { thread: row.real }, 'fetched');
  },
  fetched: (x, l, { cap }: RpcReply) => {
    const row = cpuThreads(x).get(l.item);
    if (row === undefined) return dropped(x, cap);
    if (cap === null) return isEnding(x, [row.target]) ? goto('start') : raise('Unavailable', `kernel thread of ${row.name}`);
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

/** Drops the kernel Thread capabilities of a target's threads again, and leaves no trace of them in the own space. */
export function forgetKernelThreads(x: Execution, target: number): void {
  for (const [key, { kernel }] of threadsOfTarget(x, target)) {
    discard(x, kernel);
    cpuThreads(x).update(key, { kernel: 0 });
  }
  for (const [key, { native_cpu }] of ofTarget(cpuSessions, x, target)) {
    discard(x, native_cpu);
    cpuSessions(x).update(key, { native_cpu: 0 });
  }
}

/** Whether core polls for one of the targets' threads, or will as soon as they go on. */
export const isPausing = (x: Execution, group: readonly number[]): boolean =>
  pauses(x).entries().some(([, { target }]) => group.includes(target) && targets(x).get(target)?.phase !== 'frozen');

type FreezeLocals = TargetsLocals & { holds?: number };

/** Stops all threads of the targets at once; none runs a user instruction until it is thawed. Core must not be pausing one of them: it would poll for ever. */
export const freezeTargets = procedure<FreezeLocals>('rtcr.freeze_targets', {
  start: (x, l) => {
    // In the same step as the freeze: behind it the target could have run and asked for a pause, or for the end of a thread.
    if (isEnding(x, l.targets)) return call(awaitEndings, { targets: l.targets }, 'start');
    if (!isPausing(x, l.targets)) return freezeAll(x, l.targets);
    l.holds = (l.holds ?? 0) + 1;
    if (l.holds > PAUSE_HOLDS) return raise('Checkpoint_refused', `core is still pausing a thread of the target after ${PAUSE_HOLDS} looks`);
    // Of different lengths: a target that pauses again and again could be met in it every time.
    return call(sleep, { us: PAUSE_HOLD_US + l.holds * PAUSE_HOLD_STEP_US }, 'start');
  },
});

function freezeAll(x: Execution, group: readonly number[]): Action {
  for (const [, row] of group.flatMap((target) => threadsOfTarget(x, target))) {
    const outcome = freezeThread(x, row.kernel);
    if (outcome === 'absent') return raise(EXTENSION_ABSENT, absent('freeze', 'stopping the target'));
    if (outcome === 'failed') return refuse(x, group, row.name);
  }
  for (const target of group) targets(x).update(target, { phase: 'frozen' });
  x.note(NOTE_FROZEN);
  return done();
}

type StopLocals = { [key: string]: Plain; targets: readonly number[]; how: 'freeze' | 'pause' | 'cancel' };

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

/** Stops targets as a strategy says: where they are, as core pauses threads, or with all waits cancelled. */
export const stopTargets = procedure<StopLocals>('rtcr.stop_targets', {
  start: (x, l) => (l.how === 'freeze' ? call(freezeTargets, { targets: l.targets }, 'stopped') : each(pauseThread, threadKeys(x, l.targets), {}, l.how === 'cancel' ? 'cancel' : 'paused')),
  cancel: (x, l) => each(cancelThread, threadKeys(x, l.targets), {}, 'settle'),
  // The exceptions have to reach core's pager.
  settle: () => call(sleep, { us: PAUSE_SETTLE_US }, 'paused'),
  paused: (x, l) => {
    for (const target of l.targets) targets(x).update(target, { phase: 'paused' });
    return done();
  },
  stopped: () => done(),
});

const threadKeys = (x: Execution, group: readonly number[]): number[] => group.flatMap((target) => threadsOfTarget(x, target).map(([key]) => key));

type SetOffLocals = TargetsLocals & { left?: readonly number[]; tries?: number; stuck?: readonly string[] };

/** Sets targets off again that were stopped in whatever way. Whichever of their threads cannot be resumed is named, when all others run. */
export const setOffTargets = procedure<SetOffLocals>('rtcr.set_off_targets', {
  start: (x, l) => {
    const paused = l.targets.filter((target) => targets(x).get(target)?.phase === 'paused');
    if (paused.length < l.targets.length) return call(thawTargets, { targets: l.targets }, 'set_off');
    for (const target of paused) targets(x).update(target, { phase: 'running' });
    l.left = threadKeys(x, paused);
    return goto('resume');
  },
  resume: (x, l) => {
    const [key] = l.left ?? [];
    if (key === undefined) return goto('set_off');
    const row = cpuThreads(x).get(key);
    return row === undefined || row.paused ? goto('resumed') : rpc(Cpu_thread.resume, row.real, {}, 'resumed', 'failed');
  },
  failed: (x, l) => {
    l.tries = (l.tries ?? 0) + 1;
    if (l.tries < RESUME_TRIES) return goto('resume');
    l.stuck = [...(l.stuck ?? []), cpuThreads(x).get(l.left?.[0] ?? 0)?.name ?? ''];
    return goto('resumed');
  },
  resumed: (_x, l) => {
    l.left = (l.left ?? []).slice(1);
    l.tries = 0;
    return goto('resume');
  },
  set_off: (_x, { stuck = [] }) => (stuck.length === 0 ? done() : raise('Unavailable', `thread ${stuck.map((name) => `"${name}"`).join(', ')} cannot be resumed, and stands still`)),
});

function refuse(x: Execution, group: readonly number[], name: string): Action {
  thawAll(x, group);
  return raise('Checkpoint_refused', `thread "${name}" cannot be frozen`);
}

/** Threads that stand still for the sake of a fault go on when that is resolved. */
function thawAll(x: Execution, group: readonly number[]): void {
  for (const target of group.filter((key) => targets(x).get(key)?.held !== true)) for (const [, row] of threadsOfTarget(x, target)) if (row.kernel !== 0) thawThread(x, row.kernel);
}

/** Lets targets run again. In a step of its own, because a thawed thread may be of higher priority in the ready queue. */
export const thawTargets = procedure<TargetsLocals>('rtcr.thaw_targets', {
  start: (x, l) => {
    for (const target of l.targets) dirtyWritable(x, target);
    x.note(NOTE_THAWED);
    thawAll(x, l.targets);
    for (const target of l.targets) {
      const phase = targets(x).get(target)?.phase;
      if (phase === 'frozen' || phase === 'building') targets(x).update(target, { phase: 'running', set_off: true });
    }
    return goto('thawed');
  },
  thawed: () => done(),
});
