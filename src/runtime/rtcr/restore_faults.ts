// Faults that nobody had resolved at the checkpoint: their threads fault once more before anything else runs, so that core holds
// them as it did; the signals of that are taken back, because the handler may have had its signal already.
// Owns no state. Source modelled: fiasco-kernel.md 11 (page-fault IPC), genode-base-foc.md 6.1; checkpoint-restore.md 4.5 N9.

import type { Plain } from '../../emu/plain.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import type { Execution } from '../native/execution.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { Cpu_thread, Signal_source } from '../rpc/interfaces.ts';
import { hasUnresolvedMark } from './capture_threads.ts';
import { each } from './each.ts';
import { PENDING_SIGNALS, REFAULT_PAUSE_US, REFAULT_ROUNDS } from './limits.ts';
import { cpuThreads } from './online_storage.ts';
import { lost, nowAt, restoration, restoredThread, snapshotOf, usedForRestore } from './restoration.ts';
import { sleep } from './sleep.ts';
import { type StoredThread, threadsOf } from './target_state.ts';
import { isDenied, readIrqCount, writeIrqCount } from './thread_access.ts';
import { nudgeThread } from './transit.ts';

/** True for a thread whose fault core had passed on to a handler, or to nobody. */
export const isUnresolved = ({ phase, unresolved }: Pick<StoredThread, 'phase' | 'unresolved'>): boolean => unresolved && phase?.kind === 'page_fault';

function faulting(x: Execution): number[] {
  return threadsOf(snapshotOf(x)).filter(isUnresolved).flatMap(({ key }) => restoredThread(x, key) ?? []);
}

type SourceLocals = { [key: string]: Plain; item: number; left?: number };

/** Takes the signals of one source back that the faults have caused. */
const takeBack = procedure<SourceLocals>('rtcr.take_back_fault_signals', {
  start: (x, l) => {
    const semaphore = nowAt(x, l.item);
    const count = semaphore === null ? 0 : readIrqCount(x, semaphore);
    if (isDenied(count) || count === 0) return done();
    usedForRestore(x, 'ipc_state');
    l.left = Math.min(count, PENDING_SIGNALS);
    return goto('fetch');
  },
  fetch: (x, l) => {
    const source = snapshotOf(x).pd_sessions.flatMap(({ sources }) => sources).find((row) => row.semaphore_badge === l.item);
    if ((l.left ?? 0) === 0 || source === undefined) return goto('clear');
    l.left = (l.left ?? 0) - 1;
    return rpc(Signal_source.wait_for_signal, nowAt(x, source.badge), {}, 'fetched');
  },
  fetched: (_x, _l, { value }: RpcReply) => goto(((value as readonly number[])[0] ?? 0) === 0 ? 'clear' : 'fetch'),
  clear: (x, l) => {
    const semaphore = nowAt(x, l.item);
    if (semaphore !== null) writeIrqCount(x, semaphore, 0);
    return done();
  },
});

type ThreadLocals = { [key: string]: Plain; item: number; rounds?: number };

/** Lets one thread run until core says that it could not resolve its fault: the thread is new, so an earlier one has left no mark. */
const repeatFault = procedure<ThreadLocals>('rtcr.repeat_fault', {
  start: (_x, l) => call(nudgeThread, { item: l.item }, 'pause'),
  // The pager is of lower priority than whoever restores.
  pause: () => call(sleep, { us: REFAULT_PAUSE_US }, 'ask'),
  ask: (x, l) => rpc(Cpu_thread.state, cpuThreads(x).require(l.item).real, {}, 'judge'),
  judge: (x, l, { value }: RpcReply) => {
    l.rounds = (l.rounds ?? 0) + 1;
    if (hasUnresolvedMark(value as readonly number[])) return done();
    if (l.rounds < REFAULT_ROUNDS) return goto('start');
    lost(x, { thread: cpuThreads(x).require(l.item).name, purpose: 'its page fault, which it does not come to again' });
    return done();
  },
});

/** Lets the threads of unresolved faults run into them again; all others stay frozen. */
export const repeatFaults = procedure<Record<string, Plain>>('rtcr.repeat_faults', {
  start: (x) => {
    const threads = faulting(x);
    return threads.length === 0 || restoration.get(x).strategy.blocked !== 'kernel-state' ? done() : each(repeatFault, threads, {}, 'signals');
  },
  signals: (x) => each(takeBack, snapshotOf(x).pd_sessions.flatMap(({ sources }) => sources.map((source) => source.semaphore_badge)), {}, 'taken'),
  taken: () => done(),
});
