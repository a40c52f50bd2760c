// Keeping threads from faulting while core wakes one of them: core's entrypoint then calls core's pager, and the pager, told of another fault,
// calls the entrypoint; the two would wait for each other for ever. Changes `held` of the targets. Source modelled: genode-base-foc.md 6.2.

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { lockAcquire, lockNamed, lockRelease } from '../native/lock.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import { fetchKernelThreads, isPausing } from './kernel_threads.ts';
import { FAULT_TURNS, PAUSE_HOLD_STEP_US, PAUSE_HOLD_US, PAUSE_HOLDS } from './limits.ts';
import { managedDataspaces } from './managed_dataspaces.ts';
import { targets } from './online_storage.ts';
import { sleep } from './sleep.ts';
import { threadsOfTarget } from './target_rows.ts';
import { freezeThread, thawThread } from './thread_access.ts';

/** Several targets have a pager each, and a fault of one can meet the wake-up of another's. */
const lockOf = lockNamed('rtcr_fault_hold_lock');

/**
 * Targets whose parts were taken from them by a checkpoint that froze them. Where none has, no extension of the kernel's was asked for, and none
 * is asked for here: faults are resolved as the historic design did.
 */
const faulting = (x: Execution): number[] => [...new Set(managedDataspaces(x).entries().map(([, { target }]) => target))].filter((target) => isHoldable(x, target));

const isHoldable = (x: Execution, target: number): boolean =>
  ['running', 'paused', 'frozen'].includes(targets(x).get(target)?.phase ?? '') && threadsOfTarget(x, target).some(([, { kernel }]) => kernel !== 0);

type HoldLocals = { [key: string]: Plain; left?: readonly number[]; looks?: number; turns?: number };

/**
 * Stops the threads of all targets that have parts, and lets core's pager finish what it was told before. Returns only to one thread at a time,
 * until that has called `releaseFaulting`.
 */
export const holdFaulting = procedure<HoldLocals>('rtcr.hold_faulting', {
  start: (x) => call(lockAcquire, { lock: lockOf(x) }, 'held'),
  held: (x, l) => {
    l.left = faulting(x);
    return goto('fetch');
  },
  // Threads may have been created since the checkpoint.
  fetch: (_x, l) => {
    const [target, ...rest] = l.left ?? [];
    if (target === undefined) return goto('freeze');
    l.left = rest;
    return call(fetchKernelThreads, { target }, 'fetch', 'fetch');
  },
  freeze: (x, l) => {
    const group = faulting(x);
    if (group.length === 0) return done();
    // Core polls for a thread that it pauses: frozen, that would never come.
    if (isPausing(x, group)) {
      l.looks = (l.looks ?? 0) + 1;
      return l.looks > PAUSE_HOLDS ? done() : call(sleep, { us: PAUSE_HOLD_US + l.looks * PAUSE_HOLD_STEP_US }, 'freeze');
    }
    for (const target of group) {
      for (const [, { kernel, started }] of threadsOfTarget(x, target)) if (started && kernel !== 0) freezeThread(x, kernel);
      targets(x).update(target, { held: true });
    }
    return goto('turn');
  },
  // Of frozen threads the pager takes no message any more, so it has one fault in hand at most.
  turn: (_x, l) => {
    l.turns = (l.turns ?? 0) + 1;
    return l.turns > FAULT_TURNS ? done() : call(sleep, { us: 0 }, 'turn');
  },
});

/** Lets the threads go on, unless their target was stopped meanwhile. */
export const releaseFaulting = procedure<Record<string, Plain>>('rtcr.release_faulting', {
  start: (x) => {
    for (const [target, { held, phase }] of targets(x).entries()) {
      if (held !== true) continue;
      targets(x).update(target, { held: false });
      if (phase === 'frozen') continue;
      for (const [, { kernel }] of threadsOfTarget(x, target)) if (kernel !== 0) thawThread(x, kernel);
    }
    return call(lockRelease, { lock: lockOf(x) }, 'released');
  },
  released: () => done(),
});
