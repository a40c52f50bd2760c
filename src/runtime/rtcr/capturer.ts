// Reading a frozen target but for its memory: drained first, then clock, threads and signals at one moment, then capabilities.
// Fills the capture. Source modelled: architecture.md "When the checkpointer acts"; checkpoint-restore.md 2.2.

import type { Plain } from '../../emu/plain.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import { capture } from './capture.ts';
import { probeSlots, readTargetCapMap } from './capture_caps.ts';
import { identifySources, readSources } from './capture_signals.ts';
import { identifyThreads, readThreads } from './capture_threads.ts';
import { drainTarget, settleTimers } from './drain.ts';
import { each } from './each.ts';
import { fetchKernelThreads, freezeTarget } from './kernel_threads.ts';
import { TIMER_LATE_ROUNDS, TIMER_LATE_US, TIMER_ROUNDS, TIMER_WINDOW_AFTER_US } from './limits.ts';
import { timerSessions } from './online_storage.ts';
import type { DecidedStrategy } from './strategies.ts';
import { ofTarget } from './target_rows.ts';
import { readClock, readSessionClock } from './timer_session.ts';

type CaptureLocals = {
  [key: string]: Plain;
  target: number;
  strategy: DecidedStrategy;
  native: number;
  task: number;
  /** Whether the extension `request` is there. */
  requests: boolean;
};

/** Whether the kernel's part of the threads' state is read; it makes sense only of threads that stand still where they are. */
export const wantsPhases = (strategy: DecidedStrategy): boolean => strategy.stop === 'freeze' && (strategy.blocked === 'kernel-state' || strategy.blocked === 'drain');

/** How the target is stopped. */
export const stopsBy = (strategy: DecidedStrategy): 'freeze' | 'pause' | 'cancel' => (strategy.blocked === 'cancel' ? 'cancel' : strategy.stop);

const readTimerClock = procedure<{ [key: string]: Plain; item: number }>('rtcr.capture_timer_clock', {
  start: (_x, l) => call(readSessionClock, { timer: l.item }, 'read'),
  read: (x, l, elapsed_ms: number) => {
    capture.update(x, { clocks: [...capture.get(x).clocks, { key: l.item, elapsed_ms }] });
    return done();
  },
});

export const captureTarget = procedure<CaptureLocals>('rtcr.capture_target', {
  start: (_x, l) => (wantsPhases(l.strategy) ? call(drainTarget, { target: l.target }, 'settle') : goto('settle', 0)),
  settle: (x, l, rounds: number) => {
    capture.update(x, { drain_rounds: rounds });
    return stopsBy(l.strategy) === 'freeze' ? call(settleTimers, { target: l.target, after_us: TIMER_WINDOW_AFTER_US, rounds_max: TIMER_ROUNDS }, 'kernel_threads') : goto('threads');
  },
  kernel_threads: (_x, l) => call(fetchKernelThreads, { target: l.target }, 'freeze'),
  freeze: (_x, l) => call(freezeTarget, { target: l.target }, 'threads'),
  threads: (_x, l) => call(identifyThreads, { target: l.target, native: l.native, irqs: l.requests && wantsPhases(l.strategy) }, 'sources'),
  sources: (_x, l) => call(identifySources, { target: l.target }, l.strategy['cap-map'] === 'skip' ? 'clock' : 'cap_map'),
  cap_map: (_x, l) => call(readTargetCapMap, { target: l.target, native: l.native }, 'clock'),
  // From here to the end of the signals nobody else gets the CPU.
  // What was done since the target was frozen took time, in which nobody of lower priority ran.
  clock: (_x, l) => call(settleTimers, { target: l.target, after_us: TIMER_LATE_US, rounds_max: TIMER_LATE_ROUNDS }, 'clocks'),
  clocks: (x, l) => each(readTimerClock, ofTarget(timerSessions, x, l.target).map(([key]) => key), {}, 'own_clock'),
  own_clock: () => call(readClock, {}, 'read_threads'),
  read_threads: (x, l, now_ms: number) => {
    capture.update(x, { now_ms });
    const { registers, utcb } = l.strategy;
    return call(readThreads, { registers, phases: wantsPhases(l.strategy), utcbs: utcb === 'save' }, 'read_sources');
  },
  read_sources: (_x, l) => (wantsPhases(l.strategy) ? call(readSources, {}, 'slots') : goto('slots')),
  slots: (_x, l) => call(probeSlots, { native: l.native, task: l.task, requests: l.requests }, 'captured'),
  captured: () => done(),
});
