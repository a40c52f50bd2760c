// How a session is interposed: an RPC object of the checkpointer stands before the real one, passes every call on and records
// it. Owns no state. Source modelled: checkpoint-restore.md 1.1, 1.4.

import type { Plain } from '../../emu/plain.ts';
import { exceptionCode, type RpcFunction } from '../rpc/interface.ts';
import { capId, dec, inc } from '../native/cap_space.ts';
import { dissolve, manage, type Managed } from '../native/entrypoint.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcArguments, type RpcReply } from '../native/rpc_client.ts';
import type { BlockingHandler, RpcAnswer, RpcRequest } from '../native/service.ts';
import { cpuCalls, crews, type Held, targets } from './online_storage.ts';

/** Keeps a capability in a row. */
export function hold(x: Execution, slot: number): Held {
  inc(x, slot);
  return { slot, id: capId(x, slot) };
}

/** As `hold` for a capability argument that may be invalid. */
const holdIfAny = (x: Execution, slot: number | null): Held | null => (slot === null ? null : hold(x, slot));

export function release(x: Execution, held: Held | null): void {
  if (held !== null) dec(x, held.slot);
}

/** Replaces the capability that a row keeps. */
export function replaceHeld(x: Execution, old: Held | null, slot: number | null): Held | null {
  const held = holdIfAny(x, slot);
  release(x, old);
  return held;
}

interface Forwarding {
  /** Slot of the wrapped object; null if it does not exist any more. */
  readonly to: (x: Execution, ref: number) => number | null;
  /** Arguments for the wrapped object where they differ from the request's. */
  readonly arguments?: (x: Execution, request: RpcRequest) => RpcArguments;
  /** Records the call after it succeeded. */
  readonly record?: (x: Execution, request: RpcRequest, reply: RpcReply) => void;
}

type HandlerLocals = { request: RpcRequest };

/** Interfaces whose objects at core end with the threads of a target, before anything else of it. */
const ENDS_WITH_THREADS: readonly string[] = ['Cpu_session', 'Cpu_thread'];

/** The calling thread begins a call that only an end of the target's threads can leave without an answer. */
export const cpuCallBegins = (x: Execution, key: number): void => cpuCalls(x).set(x.index, { key });
export const cpuCallEnds = (x: Execution): void => cpuCalls(x).delete(x.index);

/** A handler that passes a call on to the wrapped object, records it and answers what the wrapped object answered. */
export function forwarded(fn: RpcFunction, { to, arguments: translate, record }: Forwarding): BlockingHandler {
  const endsWithThreads = ENDS_WITH_THREADS.includes(fn.interface);
  return procedure<HandlerLocals>(`rtcr.forward.${fn.interface}.${fn.name}`, {
    start: (x, { request }) => {
      const args = translate?.(x, request) ?? (request.args as RpcArguments);
      if (endsWithThreads) cpuCallBegins(x, request.ref);
      return rpc(fn, to(x, request.ref), args, 'answer', 'failed');
    },
    answer: (x, { request }, reply: RpcReply) => {
      if (endsWithThreads) cpuCallEnds(x);
      record?.(x, request, reply);
      return done({ value: reply.value, cap: reply.cap, drop: true } satisfies RpcAnswer);
    },
    failed: (x, _l, failure: Failure) => {
      if (endsWithThreads) cpuCallEnds(x);
      if (exceptionCode(fn, failure.name) !== undefined) return raise(failure.name, failure.text);
      // Only a target that is being dissolved can have lost the wrapped object; nobody reads this answer.
      x.note('rtcr_forward_failed', { interface: fn.interface, function: fn.name, failure: failure.text });
      return done({ failure } satisfies RpcAnswer);
    },
  });
}

type InterposeLocals = { [key: string]: Plain; target: number; interface: string; ref: number };

/** Makes an interposed object known on the target's "resources ep": {id, cap}. */
export const interpose = procedure<InterposeLocals>('rtcr.interpose', {
  start: (x, l) => {
    const crew = crews(x).require(targets(x).require(l.target).crew);
    return call(manage, { interface: l.interface, ref: l.ref, ep: crew.resources }, 'managed');
  },
  managed: (_x, _l, managed: Managed) => done(managed),
});

type WithdrawLocals = { [key: string]: Plain; id: number; cap: number };

/** Withdraws an interposed object and drops the capability that its row kept. */
export const withdraw = procedure<WithdrawLocals>('rtcr.withdraw', {
  start: (_x, l) => (l.id === 0 ? done() : call(dissolve, { id: l.id }, 'dissolved')),
  dissolved: (x, l) => {
    dec(x, l.cap);
    return done();
  },
});
