// Requests of children that are being carried out: a child is not taken apart under the feet of the thread that serves it.
// Owner of the tables `child_requests` and `ending_children`. Source modelled: Genode 16.08's object pool, where destroying an object waits for its calls.

import type { Plain } from '../../emu/plain.ts';
import { inc } from '../native/cap_space.ts';
import { lockAcquire, lockRelease, newLock } from '../native/lock.ts';
import { call, callNamed, done, type Failure, goto, type Procedure, procedure, raise } from '../native/procedure.ts';
import type { RpcAnswer, RpcRequest } from '../native/service.ts';
import { type HasStore, table } from '../native/store.ts';
import { children } from './child_table.ts';
import { waitsForSibling } from './services.ts';

type RequestRow = {
  /** Index of the thread at work. */
  readonly thread: number;
  /** Lock on which whoever ends the child waits, 0 if nobody does. */
  readonly waiter: number;
};

/** By key of the child; an entrypoint carries out one request at a time. */
const childRequests = table<RequestRow>('child_requests');

/** Children whose destruction began, by key. */
const endingChildren = table<{ readonly ending: true }>('ending_children');

type Locals = { [key: string]: Plain; request: RpcRequest; answer?: Plain; failure?: string; failure_text?: string };

/** Whether requests of a child are not carried out any more, because it is gone or will be. */
export const isEnding = (x: HasStore, child: number): boolean => endingChildren(x).get(child) !== undefined || children(x).get(child) === undefined;

/** A handler of the Parent interface that may block, with a note that it is at work. A request that comes too late gets an empty answer. */
export function childRequest(name: string, handler: Procedure<{ request: RpcRequest }>): Procedure<Locals> {
  return procedure<Locals>(name, {
    start: (x, l) => {
      if (isEnding(x, l.request.ref)) return done({});
      childRequests(x).set(l.request.ref, { thread: x.index, waiter: 0 });
      return callNamed(handler.name, { request: l.request }, 'answered', 'failed');
    },
    answered: (x, l, answer: RpcAnswer) => {
      // A reference of the answer's own: the session may be closed before the reply is sent.
      if ('cap' in answer && answer.drop !== true) inc(x, answer.cap ?? null);
      l.answer = 'cap' in answer ? { ...answer, drop: true } : answer;
      return goto('ended');
    },
    failed: (_x, l, failure: Failure) => {
      l.failure = failure.name;
      l.failure_text = failure.text;
      return goto('ended');
    },
    ended: (x, l) => {
      const waiter = childRequests(x).get(l.request.ref)?.waiter ?? 0;
      childRequests(x).delete(l.request.ref);
      return waiter === 0 ? goto('answer') : call(lockRelease, { lock: waiter }, 'answer');
    },
    answer: (_x, l) => (l.failure === undefined ? done(l.answer) : raise(l.failure, l.failure_text)),
  });
}

/** Lets no further request of a child begin, and waits until the present one is over, unless that waits for another child, which may never answer. */
export const endChildRequests = procedure<{ [key: string]: Plain; child: number }>('child.end_requests', {
  start: (x, l) => {
    endingChildren(x).set(l.child, { ending: true });
    const row = childRequests(x).get(l.child);
    if (row === undefined || row.thread === x.index || waitsForSibling(x, row.thread)) return done();
    const lock = newLock(x, true);
    childRequests(x).set(l.child, { ...row, waiter: lock });
    return call(lockAcquire, { lock }, 'over');
  },
  over: () => done(),
});

/** For a child that is gone. */
export function forgetChildRequest(x: HasStore, child: number): void {
  childRequests(x).delete(child);
  endingChildren(x).delete(child);
}
