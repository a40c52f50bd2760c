// Operations on threads that wait for other threads: pause, resume and wake-up through the pager, cancelling a lock wait.
// Source modelled: genode-base-foc.md 9.2, 9.4, 5 (cancel_blocking), fiasco-kernel.md 8.6. Owns no state.

import type { Plain } from '../../emu/plain.ts';
import { PROTOCOL } from '../native/kernel_calls.ts';
import { triggerIrq } from '../native/lock.ts';
import { call, done, goto, invoke, procedure } from '../native/procedure.ts';
import type { RpcAnswer, RpcRequest } from '../native/service.ts';
import { makeTag, OPERATION } from '../native/utcb.ts';
import { NOTE_STUCK } from '../system.ts';
import { cpuThreads, kernelThreadSlot, updateState } from './cpu_thread.ts';
import { EX_REGS_TRIGGER, exchangeRegisters, KEEP, platformThreads } from './platform_thread.ts';
import { hasFlag, STATE, withFlag, withWord } from './thread_state.ts';

type Request = { request: RpcRequest };
type PauseLocals = { [key: string]: Plain; request: RpcRequest; exceptions?: number; polls?: number };

const THREAD_SWITCH = 2;
const NOTHING: RpcAnswer = {};
/** A thread that runs raises its exception after a few polls; core polls for ever, but whoever looks on is told after so many. */
const POLLS_STUCK = 10_000;

/**
 * Stops a thread at its next user instruction. One that is blocked in the kernel is not waited for: then only ip and sp are
 * known, everything else in its register image is old. A thread that has just made a call is still ready but never comes back
 * to user mode if whoever has to answer needs core's entrypoint, which polls here: then core stands for ever, as the real one does.
 */
export const pause = procedure<PauseLocals>('core.cpu_thread.pause', {
  start: (x, l) => {
    const key = l.request.ref;
    const { state } = cpuThreads(x).require(key);
    if (hasFlag(state, 'paused')) return done(NOTHING);
    l.exceptions = state[STATE.exceptions] ?? 0;
    updateState(x, key, (old) => withFlag(old, 'paused', true));
    const { ip, sp, was_ready } = exchangeRegisters(x, kernelThreadSlot(x, key), { ip: KEEP, sp: KEEP, flags: EX_REGS_TRIGGER });
    updateState(x, key, (old) => withWord(withWord(old, STATE.ip, ip), STATE.sp, sp));
    return was_ready ? goto('poll') : done(NOTHING);
  },
  poll: (x, l) => {
    const row = cpuThreads(x).get(l.request.ref);
    if (row === undefined || (row.state[STATE.exceptions] ?? 0) !== l.exceptions || hasFlag(row.state, 'in_exception')) {
      if ((l.polls ?? 0) >= POLLS_STUCK) x.note(NOTE_STUCK, { rpc: 'Cpu_thread.pause', over: true });
      return done(NOTHING);
    }
    l.polls = (l.polls ?? 0) + 1;
    if (l.polls === POLLS_STUCK) x.note(NOTE_STUCK, { rpc: 'Cpu_thread.pause', thread_slot: kernelThreadSlot(x, l.request.ref) });
    const { r, utcb } = x.cpu;
    utcb[0] = THREAD_SWITCH;
    r[0] = makeTag(PROTOCOL.thread, 1);
    r[2] = ((kernelThreadSlot(x, l.request.ref) << 12) | OPERATION.call) >>> 0;
    r[3] = 0;
    r[4] = 0;
    return invoke('poll');
  },
});

type WakeLocals = { [key: string]: Plain; thread: number };

/** Asks the pager to let a thread go on with the registers of its image. */
export const wakeUp = procedure<WakeLocals>('core.wake_up', {
  start: (x, l) => {
    const row = cpuThreads(x).get(l.thread);
    if (row === undefined) return done();
    const { r, utcb } = x.cpu;
    utcb[0] = row.pager.id;
    utcb[1] = 0;
    utcb[2] = l.thread;
    r[0] = makeTag(0, 3);
    r[2] = ((row.pager.slot << 12) | OPERATION.call) >>> 0;
    r[3] = 0;
    r[4] = 0;
    return invoke('acknowledged');
  },
  acknowledged: () => done(),
});

export const resume = procedure<Request>('core.cpu_thread.resume', {
  start: (x, { request }) => {
    updateState(x, request.ref, (state) => withFlag(state, 'paused', false));
    return call(wakeUp, { thread: request.ref }, 'woken');
  },
  woken: () => done(NOTHING),
});

export const cancelBlocking = procedure<Request>('core.cpu_thread.cancel_blocking', {
  start: (x, { request }) => {
    const { platform } = cpuThreads(x).require(request.ref);
    return triggerIrq(x, platformThreads(x).require(platform).irq.slot, 'triggered');
  },
  triggered: () => done(NOTHING),
});

type WakeAllLocals = { [key: string]: Plain; threads: readonly number[] };

/** Wakes threads one after the other. */
export const wakeAll = procedure<WakeAllLocals>('core.wake_all', {
  start: (_x, l) => {
    const [thread, ...rest] = l.threads;
    if (thread === undefined) return done();
    l.threads = rest;
    return call(wakeUp, { thread }, 'start');
  },
});
