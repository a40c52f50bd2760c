// Interposed Timer session: records the last trigger and when it was set, so that a restorer can set what remains of it.
// Owner of the rows of Timer sessions and of the checkpointer's own Timer session. Source modelled: checkpoint-restore.md 1.4.

import type { Plain } from '../../emu/plain.ts';
import { Pd_session, Timer_session } from '../rpc/interfaces.ts';
import { dec } from '../native/cap_space.ts';
import type { Managed } from '../native/entrypoint.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, procedure } from '../native/procedure.ts';
import { rpc, type RpcArguments, type RpcReply } from '../native/rpc_client.ts';
import { cap, num, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import { openSession, type Opened } from '../native/session.ts';
import { contexts, manageContext, type ManagedContext, newReceiver } from '../native/signals.ts';
import { record } from '../native/store.ts';
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

type ConnectLocals = { [key: string]: Plain; args: string; session?: number; context?: number };

export type Connected = { readonly cap: number; readonly context: number };

/** Timer::Connection: a session and a signal context for it: Connected. */
export const connectTimer = procedure<ConnectLocals>('rtcr.connect_timer', {
  start: (_x, l) => call(openSession, { service: 'Timer', args: l.args }, 'opened'),
  opened: (x, l, { cap: session }: Opened) => {
    l.session = session;
    return call(manageContext, { receiver: receiverOf(x), handler: '' }, 'context');
  },
  context: (_x, l, { cap: context, context: key }: ManagedContext) => {
    l.context = key;
    return rpc(Timer_session.sigh, l.session ?? null, { sigh: context }, 'connected');
  },
  connected: (_x, l) => done({ cap: l.session ?? 0, context: l.context ?? 0 } satisfies Connected),
});

/** Gives back the signal context of a connection whose session is closed. */
export const freeTimerContext = procedure<{ [key: string]: Plain; context: number }>('rtcr.free_timer_context', {
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

export const createTimerSession = procedure<CreateSession>('rtcr.create_timer_session', {
  start: (_x, l) => call(connectTimer, { args: l.args }, 'opened'),
  opened: (x, l, { cap: real, context }: Connected) => {
    l.ref = timerSessions(x).insert({ ...newSession(x, l, real), context, sigh: null, timeout_us: 0, periodic: false, armed_ms: 0 });
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

const to = (x: Execution, ref: number): number | null => timerSessions(x).get(ref)?.real ?? null;

/** Both trigger functions: the clock is read first, so that the recorded moment is never later than the real one. */
const trigger = (name: 'trigger_once' | 'trigger_periodic') =>
  procedure<{ [key: string]: Plain; request: RpcRequest; now?: number }>(`rtcr.timer_session.${name}`, {
    start: () => call(readClock, {}, 'forward', 'failed'),
    forward: (x, l, now: number) => {
      l.now = now;
      return rpc(Timer_session[name], to(x, l.request.ref), l.request.args as RpcArguments, 'triggered', 'failed');
    },
    triggered: (x, l) => {
      const patch = { timeout_us: num(l.request, 'us'), periodic: name === 'trigger_periodic', armed_ms: l.now ?? 0 };
      if (timerSessions(x).get(l.request.ref) !== undefined) timerSessions(x).update(l.request.ref, patch);
      return done({} satisfies RpcAnswer);
    },
    failed: (x, _l, failure: Failure) => {
      x.note('rtcr_forward_failed', { interface: 'Timer_session', function: name, failure: failure.text });
      return done({} satisfies RpcAnswer);
    },
  });

function recordHandler(x: Execution, request: RpcRequest): void {
  const row = timerSessions(x).get(request.ref);
  if (row !== undefined) timerSessions(x).update(request.ref, { sigh: replaceHeld(x, row.sigh, cap(request, 'sigh')) });
}

export const timerSessionService = {
  trigger_once: trigger('trigger_once'),
  trigger_periodic: trigger('trigger_periodic'),
  sigh: forwarded(Timer_session.sigh, { to, record: recordHandler }),
  elapsed_ms: forwarded(Timer_session.elapsed_ms, { to }),
} as const;
