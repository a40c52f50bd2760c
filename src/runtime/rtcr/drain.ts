// Waiting until nobody outside the frozen targets owes them a reply: RPCs in service are finished and answered, bounded in time.
// Owns no state. Source modelled: architecture.md "When the checkpointer acts"; checkpoint-restore.md 8.

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, goto, procedure, raise } from '../native/procedure.ts';
import { isThawed, ranBefore, thawBegins, thawEnds } from './capture.ts';
import { each } from './each.ts';
import { absent, EXTENSION_ABSENT } from './extensions.ts';
import { fetchKernelThreads, freezeTargets, thawTargets } from './kernel_threads.ts';
import { DRAIN_PAUSE_US, DRAIN_ROUNDS, DRAIN_STILL_ROUNDS, TIMER_UNSURE_ROUNDS, TIMER_UNSURE_US, TIMER_WINDOW_BEFORE_US } from './limits.ts';
import { timerSessions } from './online_storage.ts';
import { sleep } from './sleep.ts';
import { ofTarget, threadsOfTarget } from './target_rows.ts';
import { type Access, isDenied, type ReadPhase, readPhase } from './thread_access.ts';
import { isUndrained, type ThreadPhase } from './thread_phase.ts';
import { readClock } from './timer_session.ts';

type NamedPhase = ReadPhase & { readonly key: number; readonly name: string };

/** Phases of all threads of some targets. Threads that were never started have none. */
function readPhases(x: Execution, targets: readonly number[]): Access<readonly NamedPhase[]> {
  const phases: NamedPhase[] = [];
  for (const [key, row] of targets.flatMap((target) => threadsOfTarget(x, target))) {
    if (!row.started) continue;
    const read = readPhase(x, row.kernel);
    if (isDenied(read)) return read;
    phases.push({ ...read, key, name: row.name });
  }
  return phases;
}

const phasesById = (phases: readonly NamedPhase[]): ReadonlyMap<number, ThreadPhase> => new Map(phases.map(({ id, phase }) => [id, phase]));

type DrainLocals = { [key: string]: Plain; targets: readonly number[]; rounds?: number };

/** Drains targets that are checkpointed together: calls from one to another may be in service. Result: how many pauses it took. */
export const drainTargets = procedure<DrainLocals>('rtcr.drain_targets', {
  // A call in service may create or start a thread, which then runs and is unknown to the kernel part.
  start: (_x, l) => each(fetchThreadsOf, l.targets, {}, 'freeze'),
  freeze: (_x, l) => call(freezeTargets, { targets: l.targets }, 'frozen'),
  frozen: (x) => (isThawed(x) ? call(readClock, {}, 'stand_again') : goto('check')),
  stand_again: (x, _l, now_ms: number) => {
    thawEnds(x, now_ms);
    return goto('check');
  },
  check: (x, l) => {
    const phases = readPhases(x, l.targets);
    if (phases === 'absent') return raise(EXTENSION_ABSENT, absent('ipc_state', 'knowing which calls of the target are in service'));
    if (phases === 'failed') return raise('Checkpoint_refused', 'the IPC phase of a thread cannot be read');
    const byId = phasesById(phases);
    const undrained = phases.filter(({ phase }) => isUndrained(phase, byId));
    const indebted = phases.filter(({ phase }) => owesOutside(phase, byId));
    const rounds = l.rounds ?? 0;
    if (undrained.length === 0 && indebted.length === 0) return done(rounds);
    if (rounds >= DRAIN_ROUNDS) {
      const who = [...undrained.map(describe), ...indebted.map(describeDebt)].join('; ');
      return raise('Checkpoint_refused', `not drained after ${(DRAIN_ROUNDS * DRAIN_PAUSE_US) / 1000} ms: ${who}`);
    }
    l.rounds = rounds + 1;
    // Only the target itself can answer whoever waits for it, be it a client or, after a while, whoever serves the call that is waited for.
    const still = indebted.length === 0 && (l.rounds < DRAIN_STILL_ROUNDS || l.rounds % 2 !== 0);
    return still ? goto('pause') : call(letRun, { targets: l.targets }, 'pause');
  },
  pause: () => call(sleep, { us: DRAIN_PAUSE_US }, 'start'),
});

/** Lets all threads of the targets run in the middle of a checkpoint; where that lasts, the next drain says when they stood again. */
export const letRun = procedure<{ [key: string]: Plain; targets: readonly number[] }>('rtcr.let_run', {
  start: (x, l) => (ranBefore(x) && timersOf(x, l.targets).length > 0 ? call(readClock, {}, 'runs') : goto('thaw')),
  runs: (x, _l, now_ms: number) => {
    thawBegins(x, now_ms);
    return goto('thaw');
  },
  thaw: (_x, l) => call(thawTargets, { targets: l.targets }, 'thawed'),
  thawed: () => done(),
});

const fetchThreadsOf = procedure<{ [key: string]: Plain; item: number }>('rtcr.drain_kernel_threads', {
  start: (_x, l) => call(fetchKernelThreads, { target: l.item }, 'fetched'),
  fetched: () => done(),
});

/** True if the thread owes a reply to somebody who is not captured with it: nobody could wait for it after a restore. */
export function owesOutside(phase: ThreadPhase, target: ReadonlyMap<number, ThreadPhase>): boolean {
  return phase.kind !== 'open_wait' && phase.reply_to !== 0 && !target.has(phase.reply_to);
}

const describeDebt = ({ name, phase }: NamedPhase): string =>
  `thread "${name}" owes a reply to thread ${phase.reply_to.toString(16)}, a client outside the target`;

const describe = ({ name, phase }: NamedPhase): string =>
  `thread "${name}" waits for the reply of thread ${phase.partner.toString(16)}, which is outside the target`;

/** Time left of a trigger: null where nothing is due any more. */
export function remainingTime(timer: { readonly timeout_us: number; readonly periodic: boolean; readonly armed_ms: number }, now_ms: number): number | null {
  if (timer.timeout_us === 0) return null;
  const elapsed_us = (now_ms - timer.armed_ms) * 1000;
  const left_us = timer.timeout_us - elapsed_us;
  // The first beat of a period that was restored may be more than a period away.
  if (timer.periodic) return elapsed_us < 0 ? left_us : timer.timeout_us - (elapsed_us % timer.timeout_us);
  return left_us > 0 ? left_us : null;
}

type SettleLocals = { [key: string]: Plain; targets: readonly number[]; after_us: number; rounds_max: number; rounds?: number };

const timersOf = (x: Execution, targets: readonly number[]) => targets.flatMap((target) => ofTarget(timerSessions, x, target));

/**
 * Whether a checkpoint has to let the timer server run once more, having done so `rounds` times. `left_us`: of each one-shot trigger what is
 * left of it, negative where it should have fired. Late ones have `rounds_max` rounds together; one that comes due meanwhile has its own.
 */
export function waitsForTimers(left_us: readonly number[], rounds: number, { after_us, rounds_max }: { readonly after_us: number; readonly rounds_max: number }): boolean {
  const isNear = left_us.some((us) => us <= TIMER_WINDOW_BEFORE_US && us > -after_us);
  return (isNear && rounds < rounds_max) || left_us.some((us) => us <= 0 && us > -TIMER_UNSURE_US);
}

/**
 * Waits until no one-shot trigger of the targets is just about to fire. The clock ticks in milliseconds and the timer server needs
 * the CPU to fire, so near its deadline nobody could tell whether the signal is already on its way. `after_us` is how long ago a
 * deadline may have been without the server having had the CPU.
 */
export const settleTimers = procedure<SettleLocals>('rtcr.settle_timers', {
  start: (x, l) => (timersOf(x, l.targets).length === 0 ? done() : call(readClock, {}, 'decide')),
  decide: (x, l, now_ms: number) => {
    const left = timersOf(x, l.targets).flatMap(([, row]) => (row.timeout_us === 0 || row.periodic ? [] : [row.timeout_us - (now_ms - row.armed_ms) * 1000]));
    const rounds = l.rounds ?? 0;
    const waits = waitsForTimers(left, rounds, l);
    if (waits && rounds >= TIMER_UNSURE_ROUNDS) return raise('Checkpoint_refused', `timeouts of the target's Timer sessions fire one after the other for longer than ${(TIMER_UNSURE_ROUNDS * DRAIN_PAUSE_US) / 1000} ms`);
    if (!waits) return done();
    l.rounds = rounds + 1;
    return call(sleep, { us: DRAIN_PAUSE_US }, 'again');
  },
  again: () => goto('start'),
});
