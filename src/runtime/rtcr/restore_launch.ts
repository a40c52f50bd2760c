// The last part of a restore: frozen threads get UTCB, registers and kernel state; timers are set; then everything runs.
// Source modelled: architecture.md "Restore per phase of a thread"; fiasco-kernel.md 11; checkpoint-restore.md 3.2 phase 7, N10, D-21.

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, goto, procedure, raise } from '../native/procedure.ts';
import { Cpu_thread, Timer_session } from '../rpc/interfaces.ts';
import { each } from './each.ts';
import { absent, EXTENSION_ABSENT } from './extensions.ts';
import { cpuThreads, crews, targets, timerSessions } from './online_storage.ts';
import { translateLabel, translateMessage } from './message_words.ts';
import { localCall } from '../native/local_call.ts';
import { domainAccess, domainOfThread, nowAt, nowCalled, restoration, restoredThread, snapshotOf, storedThreads, usedForRestore } from './restoration.ts';
import { type StoredThread, type StoredTimerSession, threadsOf } from './target_state.ts';
import { awaitReply, exchangeRegisters, writeRegisters, writeUtcb } from './thread_access.ts';
import { readSessionClock, restartPeriod } from './timer_session.ts';
import { REGISTER, REGISTER_COUNT, type Registers, resume, type ThreadPhase } from './thread_phase.ts';

/** A thread that was captured without its phase: its status register still tells whether it was inside a system call. */
const UNKNOWN_PHASE: ThreadPhase = { kind: 'user', partner: 0, through: 0, timeout_us: null, reply_to: 0, reply_rights: 0 };
const USER_MODE = 0x10;
const MODE_MASK = 0x1f;

function phaseOf(thread: StoredThread): ThreadPhase {
  if (thread.phase !== null) return thread.phase;
  const inKernel = ((thread.registers[REGISTER.cpsr] ?? USER_MODE) & MODE_MASK) !== USER_MODE;
  return inKernel ? { ...UNKNOWN_PHASE, kind: 'awaits_irq' } : UNKNOWN_PHASE;
}

/** A server that has just received a request finds its label in r4; the object has another id now. */
function withLabel(x: Execution, phase: ThreadPhase, registers: Registers): Registers {
  const justReturned = phase.kind === 'user' && registers[REGISTER.pc] === registers[REGISTER.lr];
  if (!justReturned) return registers;
  return registers.map((value, at) => (at === REGISTER.r4 ? translateLabel(value, (id) => nowCalled(x, id)) : value));
}

/** Gives every started thread the state it had. All in one step: nothing runs before the last of them is complete. */
export const writeThreads = procedure<Record<string, Plain>>('rtcr.write_threads', {
  start: (x) => {
    const { strategy } = restoration.get(x);
    const snapshot = snapshotOf(x);
    const threads = threadsOf(snapshot);
    const phases = new Map(storedThreads(x).filter(({ debug_id }) => debug_id !== 0).map((thread) => [thread.debug_id, phaseOf(thread)]));
    for (const thread of threads) {
      const kernel = kernelOf(x, thread.key);
      if (kernel === undefined) continue;
      const refusal = (strategy.utcb === 'save' ? writeWords(x, thread, kernel) : null) ?? (wantsRegisters(x, thread) ? writeThread(x, thread, kernel, phases) : null);
      if (refusal !== null) return raise(refusal.name, refusal.text);
    }
    return done();
  },
});

type Refusal = { readonly name: string; readonly text: string };

const wantsRegisters = (x: Execution, { started }: StoredThread): boolean =>
  started && restoration.get(x).strategy.registers === 'all' && snapshotOf(x).registers !== 'ip-sp';

function writeWords(x: Execution, thread: StoredThread, kernel: number): Refusal | null {
  if (thread.utcb_words.length === 0) return null;
  const words = translateMessage(thread.utcb_words, (id) => nowCalled(x, id));
  const outcome = writeUtcb(x, kernel, thread.started ? null : { task: domainAccess(x, domainOfThread(x, thread)).task, address: thread.utcb_address }, words);
  if (outcome === 'absent') return { name: EXTENSION_ABSENT, text: absent('utcb', 'message registers and TLS words; utcb="zero" does without') };
  if (outcome === 'failed') return { name: 'Restore_refused', text: `the UTCB of thread "${thread.name}" cannot be written` };
  usedForRestore(x, 'utcb');
  return null;
}

const kernelOf = (x: Execution, stored: number): number | undefined => {
  const key = restoredThread(x, stored);
  return key === undefined ? undefined : cpuThreads(x).require(key).kernel;
};

/** With semaphore="rerequest" the signal handler begins anew: its own code asks for the semaphore and attaches it. */
function beginsAgain(x: Execution, thread: StoredThread): boolean {
  if (restoration.get(x).strategy.semaphore !== 'rerequest') return false;
  const handlers = snapshotOf(x).pd_sessions.flatMap(({ sources }) => sources.map(({ handler }) => handler));
  return handlers.includes(thread.key) && thread.start_ip !== 0;
}

function initialRegisters({ start_ip, start_sp }: StoredThread): Registers {
  const registers = new Array<number>(REGISTER_COUNT).fill(0);
  registers[REGISTER.sp] = start_sp;
  registers[REGISTER.pc] = start_ip;
  registers[REGISTER.cpsr] = USER_MODE;
  return registers;
}

function writeThread(x: Execution, thread: StoredThread, kernel: number, phases: ReadonlyMap<number, ThreadPhase>): Refusal | null {
  const again = beginsAgain(x, thread);
  const phase = again ? UNKNOWN_PHASE : phaseOf(thread);
  const decision = again ? { kind: 'registers' as const, registers: initialRegisters(thread) } : resume(phase, thread.registers, phases, restoration.get(x).strategy.blocked);
  if (decision.kind === 'refused') return { name: 'Restore_refused', text: `thread "${thread.name}": ${decision.reason}` };
  const outcome = writeRegisters(x, kernel, withLabel(x, phase, decision.registers));
  if (outcome === 'absent') return { name: EXTENSION_ABSENT, text: absent('all_registers', 'registers; registers="ip-sp" does without') };
  if (outcome === 'failed') return { name: 'Restore_refused', text: `the registers of thread "${thread.name}" cannot be written` };
  usedForRestore(x, 'all_registers');
  if (decision.kind !== 'await_reply') return null;
  const server = storedThreads(x).find(({ debug_id }) => debug_id === decision.server);
  const serverKernel = kernelOf(x, server?.key ?? 0);
  const waiting = serverKernel === undefined ? 'failed' : awaitReply(x, kernel, serverKernel, decision.rights, decision.timeout_us);
  if (waiting === 'absent') return { name: EXTENSION_ABSENT, text: absent('ipc_state', 'calls in service; blocked="restart" or "after" does without') };
  if (waiting === 'failed') return { name: 'Restore_refused', text: `thread "${thread.name}" cannot be put back into its call` };
  usedForRestore(x, 'ipc_state');
  return null;
}

type LateLocals = { [key: string]: Plain; item: number };

/** Starts one thread the moment its registers are set, as far as they are: nothing holds it from then on. */
const launchThread = procedure<LateLocals>('rtcr.launch_thread', {
  start: (x, l) => {
    const stored = threadsOf(snapshotOf(x))[l.item];
    const key = restoredThread(x, stored?.key ?? 0);
    if (stored === undefined || key === undefined) return done();
    const { cap, kernel } = cpuThreads(x).require(key);
    const { strategy } = restoration.get(x);
    const { task } = domainAccess(x, domainOfThread(x, stored));
    const decision = resume(phaseOf(stored), stored.registers, new Map(), strategy.blocked);
    const registers = decision.kind === 'refused' ? stored.registers : decision.registers;
    const refusal = strategy.utcb === 'save' ? writeWordsBeforeStart(x, stored, kernel, task) : null;
    if (refusal !== null) return raise(refusal.name, refusal.text);
    if (wantsRegisters(x, stored)) {
      if (exchangeRegisters(x, kernel, registers) !== 'ok') return raise(EXTENSION_ABSENT, absent('all_registers', 'registers; registers="ip-sp" does without'));
      usedForRestore(x, 'all_registers');
    }
    return localCall(x, Cpu_thread.start, cap, { ip: registers[REGISTER.pc] ?? 0, sp: registers[REGISTER.sp] ?? 0 }, 'started');
  },
  started: () => done(),
});

const writeWordsBeforeStart = (x: Execution, stored: StoredThread, kernel: number, task: number): Refusal | null =>
  task === 0 ? null : writeWords(x, { ...stored, started: false }, kernel);

/** Starts all threads one after the other in stored order, as the historic restorer did. */
export const launchThreads = procedure<Record<string, Plain>>('rtcr.launch_threads', {
  start: (x) => each(launchThread, threadsOf(snapshotOf(x)).flatMap(({ started }, at) => (started ? [at] : [])), {}, 'launched'),
  launched: () => done(),
});

type TimerLocals = { [key: string]: Plain; item: number };

const storedTimer = (x: Execution, at: number): StoredTimerSession | undefined => snapshotOf(x).timer_sessions[at];

const restoredTimer = (x: Execution, at: number) => timerSessions(x).find((row) => row.cap === nowAt(x, storedTimer(x, at)?.badge ?? 0));

/** Microseconds for the trigger: what was left of it, or the whole of it; null where none is to be set. */
function triggerTime(x: Execution, stored: StoredTimerSession): number | null {
  if (stored.timeout_us === 0) return null;
  if (restoration.get(x).strategy.timer === 'full') return stored.timeout_us;
  return stored.remaining_us;
}

const restoreTimer = procedure<TimerLocals>('rtcr.restore_timer', {
  start: (x, l) => {
    const stored = storedTimer(x, l.item);
    const sigh = nowAt(x, stored?.sigh_badge ?? 0);
    if (stored === undefined || sigh === null) return goto('clock');
    return localCall(x, Timer_session.sigh, nowAt(x, stored.badge), { sigh }, 'clock');
  },
  clock: (x, l) => {
    const found = restoredTimer(x, l.item);
    return found === undefined ? done() : call(readSessionClock, { timer: found[0] }, 'set_clock');
  },
  // The new session has an age of its own already.
  set_clock: (x, l, elapsed_ms: number) => {
    const found = restoredTimer(x, l.item);
    if (found !== undefined) timerSessions(x).update(found[0], { offset_ms: (storedTimer(x, l.item)?.elapsed_ms ?? 0) - elapsed_ms });
    return goto('trigger');
  },
  trigger: (x, l) => {
    const stored = storedTimer(x, l.item);
    const found = restoredTimer(x, l.item);
    const us = stored === undefined ? null : triggerTime(x, stored);
    if (stored === undefined || found === undefined || us === null) return done();
    if (stored.periodic && us !== stored.timeout_us) {
      const { pager_receiver: receiver } = crews(x).require(targets(x).require(restoration.get(x).target).crew);
      return call(restartPeriod, { timer: found[0], timeout_us: stored.timeout_us, remaining_us: us, receiver }, 'triggered');
    }
    return localCall(x, stored.periodic ? Timer_session.trigger_periodic : Timer_session.trigger_once, found[1].cap, { us }, 'triggered');
  },
  triggered: () => done(),
});

/** Handlers first, then triggers, and both only when the target's own handler is in place. */
export const restoreTimers = procedure<Record<string, Plain>>('rtcr.restore_timers', {
  // What is due first is set first: each takes a moment, in which nothing may overtake it.
  start: (x) => each(restoreTimer, snapshotOf(x).timer_sessions.map(({ remaining_us }, at) => ({ at, due: remaining_us ?? Number.POSITIVE_INFINITY })).sort((a, b) => (a.due === b.due ? a.at - b.at : a.due - b.due)).map(({ at }) => at), {}, 'restored'),
  restored: () => done(),
});
