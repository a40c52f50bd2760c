// Reading frozen targets but for their memory: drained first, then clock, threads and signals at one moment, then capabilities.
// Fills the capture. Source modelled: architecture.md "When the checkpointer acts"; checkpoint-restore.md 2.2.

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { Region_map } from '../rpc/interfaces.ts';
import { capture, enterCapture, restartCaptures, standsStill } from './capture.ts';
import { probeSlots, probeWindows, readTargetCapMap } from './capture_caps.ts';
import { identifySources, readSources } from './capture_signals.ts';
import { awaitCapMaps, reachNewSpaces, unawaited } from './capture_spaces.ts';
import { identifyThreads, readThreads } from './capture_threads.ts';
import { drainTargets, letRun, settleTimers } from './drain.ts';
import { each } from './each.ts';
import { fetchKernelThreads, freezeTargets } from './kernel_threads.ts';
import { TIMER_LATE_ROUNDS, TIMER_LATE_US, TIMER_ROUNDS, TIMER_WINDOW_AFTER_US } from './limits.ts';
import { regionMaps, timerSessions } from './online_storage.ts';
import { settleProxies } from './proxy_settle.ts';
import type { DecidedStrategy } from './strategies.ts';
import { ofTarget } from './target_rows.ts';
import { readClock, readSessionClock } from './timer_session.ts';
import { findTransits, type Transits } from './transit.ts';

type CaptureLocals = { [key: string]: Plain; targets: readonly number[]; strategy: DecidedStrategy };
type MemberLocals = { [key: string]: Plain; item: number; strategy: DecidedStrategy };

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

/** Everything of the targets but memory, which then is of one moment: they are drained together and all stand still. */
export const captureTargets = procedure<CaptureLocals>('rtcr.capture_targets', {
  start: (x, l) => {
    restartCaptures(x, { reopen_foreign: l.strategy.foreign === 'reopen', copies_attached: l.strategy.attached === 'copy', defects: l.strategy.defects }, stopsBy(l.strategy) === 'freeze' ? ['freeze'] : []);
    return wantsPhases(l.strategy) ? call(drainTargets, { targets: l.targets }, 'settle') : goto('settle', 0);
  },
  settle: (x, l, rounds: number) => {
    for (const target of l.targets) {
      enterCapture(x, target);
      capture.update(x, { drain_rounds: rounds });
    }
    return stopsBy(l.strategy) === 'freeze' ? call(settleTimers, { targets: l.targets, after_us: TIMER_WINDOW_AFTER_US, rounds_max: TIMER_ROUNDS }, 'kernel_threads') : goto('identify');
  },
  kernel_threads: (_x, l) => each(fetchThreadsOf, l.targets, {}, 'freeze'),
  freeze: (_x, l) => call(freezeTargets, { targets: l.targets }, 'answers'),
  // A session that a target has opened and that its proxy does not know of would be opened once more at the restored one.
  answers: (_x, l) => call(settleProxies, { targets: l.targets }, 'spaces'),
  spaces: (_x, l) => each(reachSpacesOf, l.targets, { stale: l.strategy.stale !== 'skip' }, 'judge'),
  // Which capabilities somebody has who was started just now, only he can tell, and he stands still.
  judge: (x, l) => {
    const young = l.strategy['cap-map'] !== 'skip' && l.targets.some((target) => {
      enterCapture(x, target);
      return unawaited(x).length > 0;
    });
    return young ? call(letRun, { targets: l.targets }, 'await') : goto('clock');
  },
  await: (_x, l) => each(awaitMapsOf, l.targets, {}, 'start'),
  clock: (x, l) => (hasTimers(x, l.targets) ? call(readClock, {}, 'still') : goto('identify')),
  still: (x, _l, now_ms: number) => {
    standsStill(x, now_ms);
    return goto('identify');
  },
  identify: (_x, l) => each(identifyMember, l.targets, { strategy: l.strategy }, 'read'),
  read: (_x, l) => each(readMember, l.targets, { strategy: l.strategy }, 'captured'),
  captured: () => done(),
});

const reachSpacesOf = procedure<{ [key: string]: Plain; item: number; stale: boolean }>('rtcr.capture_new_spaces', {
  start: (_x, l) => call(reachNewSpaces, { target: l.item, stale: l.stale }, 'reached'),
  reached: () => done(),
});

const awaitMapsOf = procedure<{ [key: string]: Plain; item: number }>('rtcr.capture_await_cap_maps', {
  start: (_x, l) => call(awaitCapMaps, { target: l.item }, 'told'),
  told: () => done(),
});

/** Whether any of the targets can tell the time. */
export const hasTimers = (x: Execution, group: readonly number[]): boolean => group.some((target) => ofTarget(timerSessions, x, target).length > 0);

const fetchThreadsOf = procedure<{ [key: string]: Plain; item: number }>('rtcr.capture_kernel_threads', {
  start: (_x, l) => call(fetchKernelThreads, { target: l.item }, 'fetched'),
  fetched: () => done(),
});

const readFaults = procedure<{ [key: string]: Plain; item: number }>('rtcr.capture_faults', {
  start: (x, l) => rpc(Region_map.state, regionMaps(x).require(l.item).real, {}, 'state'),
  state: (x, _l, { value }: RpcReply) => {
    if (((value as readonly number[])[0] ?? 0) !== 0) capture.update(x, { faults: capture.get(x).faults + 1 });
    return done();
  },
});

/** The domains of the target that is worked on. */
const spaceKeys = (x: Execution): number[] => capture.get(x).spaces.map(({ pd }) => pd);

const identifyMember = procedure<MemberLocals>('rtcr.capture_identify', {
  start: (x, l) => {
    enterCapture(x, l.item);
    return call(identifyThreads, { target: l.item, irqs: wantsPhases(l.strategy) }, 'sources');
  },
  sources: (_x, l) => call(identifySources, { target: l.item }, l.strategy['cap-map'] === 'skip' ? 'identified' : 'cap_map'),
  cap_map: (x) => each(readTargetCapMap, spaceKeys(x), {}, 'identified'),
  // A thread keeps the mark of its first unresolved fault for ever; whether one is unresolved now, core's maps tell.
  identified: (x, l) => (capture.get(x).threads.some(({ unresolved }) => unresolved) ? each(readFaults, ofTarget(regionMaps, x, l.item).map(([map]) => map), {}, 'judge') : done()),
  judge: (x) => {
    const { threads, faults } = capture.get(x);
    if (faults === 0) capture.update(x, { threads: threads.map((thread) => ({ ...thread, unresolved: false })) });
    return done();
  },
});

const readMember = procedure<MemberLocals>('rtcr.capture_read', {
  // From here to the end of the signals nobody else gets the CPU.
  // What was done since the target was frozen took time, in which nobody of lower priority ran.
  start: (x, l) => {
    enterCapture(x, l.item);
    return call(settleTimers, { targets: [l.item], after_us: TIMER_LATE_US, rounds_max: TIMER_LATE_ROUNDS }, 'clocks');
  },
  clocks: (x, l) => each(readTimerClock, ofTarget(timerSessions, x, l.item).map(([key]) => key), {}, 'own_clock'),
  own_clock: () => call(readClock, {}, 'threads'),
  threads: (x, l, now_ms: number) => {
    capture.update(x, { now_ms });
    const { registers, utcb } = l.strategy;
    return call(readThreads, { registers, phases: wantsPhases(l.strategy), utcbs: utcb === 'save' }, 'signals');
  },
  signals: (_x, l) => (wantsPhases(l.strategy) ? call(readSources, {}, 'slots') : goto('slots')),
  slots: (x) => each(probeWindows, spaceKeys(x), {}, 'transits'),
  transits: (_x, l) => call(findTransitsOf, { item: l.item }, 'found'),
  found: () => done(),
});

/** Looks for capabilities in transit in what was read of a target. */
export const findTransitsOf = procedure<{ [key: string]: Plain; item: number }>('rtcr.find_transits_of', {
  start: (x, l) => {
    enterCapture(x, l.item);
    return call(findTransits, {}, 'found');
  },
  found: (x, _l, transits: Transits) => {
    capture.update(x, { transits });
    return done();
  },
});

/** Finds the capabilities of a target that no record describes. */
export const probeTarget = procedure<{ [key: string]: Plain; item: number }>('rtcr.probe_target', {
  start: (x, l) => {
    enterCapture(x, l.item);
    return each(probeSlots, spaceKeys(x), {}, 'probed');
  },
  probed: () => done(),
});
