// Interposed Timer session: records the last trigger and when it was set, so that a restorer can set what remains of it.
// Owner of the rows of Timer sessions and of the checkpointer's own Timer session. Source modelled: checkpoint-restore.md 1.4.

import type { Plain } from '../../emu/plain.ts';
import { Pd_session, Timer_session } from '../rpc/interfaces.ts';
import { dec } from '../native/cap_space.ts';
import type { Managed } from '../native/entrypoint.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcArguments, type RpcReply } from '../native/rpc_client.ts';
import { cap, num, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import { closeSession, openSession, type Opened } from '../native/session.ts';
import { contexts, manageContext, type ManagedContext, newReceiver } from '../native/signals.ts';
import { record } from '../native/store.ts';
import { stoodStill } from './capture.ts';
import { type CreatedSession, type CreateSession, newSession } from './created_session.ts';
import { forwarded, interpose, replaceHeld } from './interposer.ts';
import { timerSessions } from './online_storage.ts';

/** The checkpointer's own Timer session: its clock. 0 where the system has no timer. */
export const ownTimer = record('rtcr_own_timer', { session: 0 });

/** Receiver of the contexts of all connections; nobody waits on it, because targets install handlers of their own. */
const receiver = record('rtcr_timer_receiver', { key: 0 });

function receiverOf(x: Execution): number {
  if (receiver.get(x).key === 0) receiver.set(x, { key: newReceiver(x) });
  return receiver.get(x).key;
}

type ConnectLocals = { [key: string]: Plain; args: string; session?: number; context?: number; failure?: { readonly name: string; readonly text: string } };

export type Connected = { readonly cap: number; readonly context: number };

/** Timer::Connection: a session and a signal context for it: Connected. */
export const connectTimer = procedure<ConnectLocals>('rtcr.connect_timer', {
  start: (_x, l) => call(openSession, { service: 'Timer', args: l.args }, 'opened'),
  opened: (x, l, { cap: session }: Opened) => {
    l.session = session;
    return call(manageContext, { receiver: receiverOf(x), handler: '' }, 'context', 'failed');
  },
  context: (_x, l, { cap: context, context: key }: ManagedContext) => {
    l.context = key;
    return rpc(Timer_session.sigh, l.session ?? null, { sigh: context }, 'connected', 'failed');
  },
  failed: (_x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    return l.context === undefined ? goto('close') : call(freeTimerContext, { context: l.context }, 'close');
  },
  close: (_x, l) => call(closeSession, { cap: l.session ?? 0 }, 'closed', 'closed'),
  closed: (_x, l) => raise(l.failure?.name ?? '', l.failure?.text ?? ''),
  connected: (_x, l) => done({ cap: l.session ?? 0, context: l.context ?? 0 } satisfies Connected),
});

/** Gives back the signal context of a connection whose session is closed. */
const freeTimerContext = procedure<{ [key: string]: Plain; context: number }>('rtcr.free_timer_context', {
  start: (x, l) => {
    const row = contexts(x).get(l.context);
    return row === undefined ? done() : rpc(Pd_session.free_context, env.get(x).pd, { context: row.cap }, 'freed', 'freed');
  },
  freed: (x, l) => {
    dec(x, contexts(x).require(l.context).cap);
    contexts(x).delete(l.context);
    return done();
  },
});

/** Gives back what a session that is closed was signalled with. */
export const freeTimerContexts = procedure<{ [key: string]: Plain; timer: number }>('rtcr.free_timer_contexts', {
  start: (x, l) => call(freeTimerContext, { context: timerSessions(x).require(l.timer).context }, 'phase'),
  phase: (x, l) => {
    const { phase_context } = timerSessions(x).require(l.timer);
    return phase_context === 0 ? done() : call(freeTimerContext, { context: phase_context }, 'freed');
  },
  freed: () => done(),
});

export const createTimerSession = procedure<CreateSession>('rtcr.create_timer_session', {
  start: (_x, l) => call(connectTimer, { args: l.args }, 'opened'),
  opened: (x, l, { cap: real, context }: Connected) => {
    l.ref = timerSessions(x).insert({
      ...newSession(x, l, real), context, sigh: null, timeout_us: 0, periodic: false, armed_ms: 0, armed_nr: 0, offset_ms: 0, phase_context: 0,
    });
    return call(interpose, { target: l.target, interface: 'Timer_session', ref: l.ref }, 'interposed');
  },
  interposed: (x, l, { id, cap: object }: Managed) => {
    timerSessions(x).update(l.ref ?? 0, { id, cap: object });
    return done({ key: l.ref ?? 0, id, cap: object } satisfies CreatedSession);
  },
});

/** The checkpointer's clock in milliseconds; 0 without a timer. */
export const readClock = procedure<Record<string, Plain>>('rtcr.read_clock', {
  start: (x) => {
    const { session } = ownTimer.get(x);
    return session === 0 ? done(0) : rpc(Timer_session.elapsed_ms, session, {}, 'read');
  },
  read: (_x, _l, { value }: RpcReply) => done(value),
});

/** Of two triggers within one millisecond it tells which came first. */
const nextNumber = (x: Execution): number => timerSessions(x).entries().reduce((max, [, { armed_nr }]) => Math.max(max, armed_nr), 0) + 1;

const to = (x: Execution, ref: number): number | null => timerSessions(x).get(ref)?.real ?? null;

type TriggerLocals = { [key: string]: Plain; request: RpcRequest; now?: number };

/** Both trigger functions: the clock is read first, so that the recorded moment is never later than the real one. */
const trigger = (name: 'trigger_once' | 'trigger_periodic') =>
  procedure<TriggerLocals>(`rtcr.timer_session.${name}`, {
    start: (x, l) => {
      const phase = timerSessions(x).get(l.request.ref)?.phase_context ?? 0;
      return phase === 0 ? goto('clock') : call(handBack, { timer: l.request.ref }, 'clock');
    },
    clock: () => call(readClock, {}, 'forward', 'failed'),
    forward: (x, l, now: number) => {
      l.now = now;
      return rpc(Timer_session[name], to(x, l.request.ref), l.request.args as RpcArguments, 'triggered', 'failed');
    },
    triggered: (x, l) => {
      const patch = { timeout_us: num(l.request, 'us'), periodic: name === 'trigger_periodic', armed_ms: l.now ?? 0, armed_nr: nextNumber(x) };
      if (timerSessions(x).get(l.request.ref) !== undefined) timerSessions(x).update(l.request.ref, patch);
      return done({} satisfies RpcAnswer);
    },
    failed: (x, _l, failure: Failure) => {
      x.note('rtcr_forward_failed', { interface: 'Timer_session', function: name, failure: failure.text });
      return done({ failure } satisfies RpcAnswer);
    },
  });

function recordHandler(x: Execution, request: RpcRequest): void {
  const row = timerSessions(x).get(request.ref);
  if (row !== undefined) timerSessions(x).update(request.ref, { sigh: replaceHeld(x, row.sigh, cap(request, 'sigh')) });
}

const passOnHandler = forwarded(Timer_session.sigh, { to, record: recordHandler });

/** While a period is being brought in phase, the wrapped session signals the checkpointer, which knows the target's handler. */
const sigh = procedure<{ [key: string]: Plain; request: RpcRequest }>('rtcr.timer_session.sigh', {
  start: (x, { request }) => {
    if ((timerSessions(x).get(request.ref)?.phase_context ?? 0) === 0) return call(passOnHandler, { request }, 'answer');
    recordHandler(x, request);
    return done({} satisfies RpcAnswer);
  },
  answer: (_x, _l, answer: RpcAnswer) => done(answer),
});

const elapsed = procedure<{ [key: string]: Plain; request: RpcRequest }>('rtcr.timer_session.elapsed_ms', {
  start: (x, { request }) => rpc(Timer_session.elapsed_ms, to(x, request.ref), {}, 'answer', 'failed'),
  // A thread that is let run on during a checkpoint must not see a later time than what is stored.
  answer: (x, { request }, { value }: RpcReply) => {
    const row = timerSessions(x).get(request.ref);
    return done({ value: ((value as number) + (row?.offset_ms ?? 0) - stoodStill(x, row?.target ?? 0)) >>> 0 } satisfies RpcAnswer);
  },
  failed: () => done({ value: 0 } satisfies RpcAnswer),
});

type HandBackLocals = { [key: string]: Plain; timer: number };

/** The wrapped session signals the target's own handler again. */
const handBack = procedure<HandBackLocals>('rtcr.timer_hand_back', {
  start: (x, l) => rpc(Timer_session.sigh, to(x, l.timer), { sigh: timerSessions(x).get(l.timer)?.sigh?.slot ?? null }, 'handed', 'handed'),
  handed: (x, l) => {
    const context = timerSessions(x).get(l.timer)?.phase_context ?? 0;
    if (context === 0) return done();
    timerSessions(x).update(l.timer, { phase_context: 0 });
    return call(freeTimerContext, { context }, 'freed');
  },
  freed: () => done(),
});

type PhaseLocals = { [key: string]: Plain; context: number; count: number; timer?: number };

/** The rest of a restored period is over: from here on the timer itself keeps the beat. Runs in the thread that waits for signals. */
const inPhase = procedure<PhaseLocals>('rtcr.timer_in_phase', {
  start: (x, l) => {
    const found = timerSessions(x).find((row) => row.phase_context === l.context);
    if (found === undefined) return done();
    l.timer = found[0];
    return call(handBack, { timer: found[0] }, 'clock');
  },
  clock: () => call(readClock, {}, 'trigger'),
  trigger: (x, l, now: number) => {
    const row = timerSessions(x).get(l.timer ?? 0);
    if (row === undefined) return done();
    timerSessions(x).update(l.timer ?? 0, { armed_ms: now, armed_nr: nextNumber(x) });
    return rpc(Timer_session.trigger_periodic, row.real, { us: row.timeout_us }, 'submit', 'submit');
  },
  submit: (x, l) => {
    const handler = timerSessions(x).get(l.timer ?? 0)?.sigh ?? null;
    return handler === null ? done() : rpc(Pd_session.submit, env.get(x).pd, { context: handler.slot, count: l.count }, 'submitted', 'submitted');
  },
  submitted: () => done(),
});

type RestartLocals = { [key: string]: Plain; timer: number; timeout_us: number; remaining_us: number; receiver: number; now?: number };

/** Sets a periodic trigger whose first beat comes after `remaining_us`. `receiver` is that of the thread that waits for signals. */
export const restartPeriod = procedure<RestartLocals>('rtcr.timer_restart_period', {
  start: (_x, l) => call(manageContext, { receiver: l.receiver, handler: inPhase.name }, 'context'),
  context: (x, l, { cap: context, context: key }: ManagedContext) => {
    timerSessions(x).update(l.timer, { phase_context: key });
    return rpc(Timer_session.sigh, to(x, l.timer), { sigh: context }, 'clock');
  },
  clock: () => call(readClock, {}, 'trigger'),
  trigger: (x, l, now: number) => {
    l.now = now;
    return rpc(Timer_session.trigger_once, to(x, l.timer), { us: l.remaining_us }, 'triggered');
  },
  triggered: (x, l) => {
    const armed_ms = (l.now ?? 0) - Math.round((l.timeout_us - l.remaining_us) / 1000);
    timerSessions(x).update(l.timer, { timeout_us: l.timeout_us, periodic: true, armed_ms, armed_nr: nextNumber(x) });
    return done();
  },
});

/** The clock of a session as its client sees it, in milliseconds. */
export const readSessionClock = procedure<{ [key: string]: Plain; timer: number }>('rtcr.timer_read_session_clock', {
  start: (x, l) => rpc(Timer_session.elapsed_ms, to(x, l.timer), {}, 'read', 'failed'),
  read: (x, l, { value }: RpcReply) => done(((value as number) + (timerSessions(x).get(l.timer)?.offset_ms ?? 0)) >>> 0),
  failed: () => done(0),
});

export const timerSessionService = {
  trigger_once: trigger('trigger_once'),
  trigger_periodic: trigger('trigger_periodic'),
  sigh,
  elapsed_ms: elapsed,
} as const;
