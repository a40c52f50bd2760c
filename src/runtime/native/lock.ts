// Locks and semaphores between the threads of one component: state in tables, blocking on the thread's own lock IRQ.
// Source modelled: genode-base-foc.md 5 (lock.cc, lock_helper.h): ownership is handed over before the waiter is woken.

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from './execution.ts';
import { type Action, done, goto, invoke, procedure, raise } from './procedure.ts';
import { type HasStore, record, table } from './store.ts';
import { irqSlot } from './thread_table.ts';
import { makeTag, OPERATION, TIMEOUT } from './utcb.ts';

interface LockRow {
  readonly locked: boolean;
  /** Index of the owning thread; -1 if nobody in particular. */
  readonly owner: number;
  /** Waiting threads, first come first served. */
  readonly waiters: readonly number[];
}

interface SemaphoreRow {
  readonly count: number;
  readonly waiters: readonly number[];
}

const locks = table<LockRow>('locks');
const semaphores = table<SemaphoreRow>('semaphores');

const IRQ_LABEL = -1;
const IRQ_UNMASK = 4;
const IRQ_TRIGGER = 2;

export const newLock = (x: HasStore, locked: boolean): number => locks(x).insert({ locked, owner: -1, waiters: [] });

/** A lock of which each component has one, made when it is first wanted; `name` is that of the record which keeps its number. */
export function lockNamed(name: string): (x: HasStore) => number {
  const kept = record<{ readonly lock: number }>(name, { lock: 0 });
  return (x) => {
    if (kept.get(x).lock === 0) kept.set(x, { lock: newLock(x, false) });
    return kept.get(x).lock;
  };
}

export const newSemaphore = (x: HasStore, count: number): number => semaphores(x).insert({ count, waiters: [] });

/** Blocks in a receive on the IRQ of a slot; the next step gets the InvokeResult. */
export function waitForIrq(x: Execution, slot: number, then: string): Action {
  const { r, utcb } = x.cpu;
  utcb[0] = IRQ_UNMASK;
  r[0] = makeTag(IRQ_LABEL, 1);
  r[2] = (slot << 12) | OPERATION.call;
  r[3] = 0;
  r[4] = 0;
  return invoke(then);
}

/** Triggers the IRQ of a slot; the thread that waits for it may run at once. */
export function triggerIrq(x: Execution, slot: number, then: string): Action {
  const { r, utcb } = x.cpu;
  utcb[0] = IRQ_TRIGGER;
  r[0] = makeTag(IRQ_LABEL, 1);
  r[2] = (slot << 12) | OPERATION.send;
  r[3] = TIMEOUT.both_zero;
  r[4] = 0;
  return invoke(then);
}

type LockLocals = { [key: string]: Plain; lock: number };

export const lockAcquire = procedure<LockLocals>('native.lock_acquire', {
  start: (x, l) => {
    const row = locks(x).require(l.lock);
    if (!row.locked) {
      locks(x).update(l.lock, { locked: true, owner: x.index });
      return done();
    }
    locks(x).update(l.lock, { waiters: [...row.waiters, x.index] });
    return waitForIrq(x, irqSlot(x.index), 'woken');
  },
  woken: (x, l) => {
    const row = locks(x).require(l.lock);
    if (row.owner === x.index) return done();
    locks(x).update(l.lock, { waiters: row.waiters.filter((waiter) => waiter !== x.index) });
    return raise('Blocking_canceled', 'lock');
  },
});

export const lockRelease = procedure<LockLocals>('native.lock_release', {
  start: (x, l) => {
    const { waiters } = locks(x).require(l.lock);
    const [next, ...rest] = waiters;
    if (next === undefined) {
      locks(x).update(l.lock, { locked: false, owner: -1 });
      return done();
    }
    locks(x).update(l.lock, { owner: next, waiters: rest });
    return triggerIrq(x, irqSlot(next), 'released');
  },
  released: () => done(),
});

type SemaphoreLocals = { [key: string]: Plain; semaphore: number };

export const semaphoreDown = procedure<SemaphoreLocals>('native.semaphore_down', {
  start: (x, l) => {
    const { count, waiters } = semaphores(x).require(l.semaphore);
    semaphores(x).set(l.semaphore, { count: count - 1, waiters: count > 0 ? waiters : [...waiters, x.index] });
    return count > 0 ? done() : waitForIrq(x, irqSlot(x.index), 'woken');
  },
  woken: (x, l) => {
    const { waiters } = semaphores(x).require(l.semaphore);
    return waiters.includes(x.index) ? waitForIrq(x, irqSlot(x.index), 'woken') : done();
  },
});

export const semaphoreUp = procedure<SemaphoreLocals>('native.semaphore_up', {
  start: (x, l) => {
    const { count, waiters } = semaphores(x).require(l.semaphore);
    const [next, ...rest] = waiters;
    semaphores(x).set(l.semaphore, { count: count + 1, waiters: rest });
    return next === undefined ? done() : triggerIrq(x, irqSlot(next), 'woken');
  },
  woken: () => done(),
});

/** Blocks for ever on the own lock IRQ; a stray trigger makes it block again. */
export const sleepForever = procedure<Record<string, Plain>>('native.sleep_forever', {
  start: (x) => waitForIrq(x, irqSlot(x.index), 'again'),
  again: () => goto('start'),
});
