// Threads at a checkpoint: who they are (stock RPCs), then, in one step, where each of them stands.
// Fills the threads of the capture. Source modelled: checkpoint-restore.md 1.6 (Stored_cpu_thread_info), 2.5.

import type { Plain } from '../../emu/plain.ts';
import { Cpu_thread } from '../rpc/interfaces.ts';
import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { irqSlot } from '../native/thread_table.ts';
import { capture, type CapturedThread, ranWithout, spaceOf, used } from './capture.ts';
import { each } from './each.ts';
import { absent, EXTENSION_ABSENT } from './extensions.ts';
import { cpuThreads } from './online_storage.ts';
import { requestSlot } from './pd_access.ts';
import type { DecidedStrategy } from './strategies.ts';
import { threadsOfTarget } from './target_rows.ts';
import { REGISTER, REGISTER_COUNT, type ThreadPhase } from './thread_phase.ts';
import { isDenied, readIpSp, readIrqCount, readPhase, readRegisters, readUtcb } from './thread_access.ts';

/** Words of a Thread_state: fault flags, gate selector, gate id, UTCB address (genode-16.08-abi.md 2). */
const STATE = { flags: 0x48 >>> 2, kcap: 0x4c >>> 2, id: 0x50 >>> 2, utcb: 0x54 >>> 2 } as const;
const NOWHERE: Pick<CapturedThread, 'debug_id' | 'phase' | 'registers' | 'utcb_words' | 'lock_irq_count' | 'stack_ids'> = {
  debug_id: 0, phase: null, registers: [], utcb_words: [], lock_irq_count: 0, stack_ids: [],
};

/** Whether a Thread_state says that core could not resolve a fault of the thread. The mark stays for ever. */
export const hasUnresolvedMark = (state: readonly number[]): boolean => ((state[STATE.flags] ?? 0) & 1) !== 0;

type IdentifyLocals = { [key: string]: Plain; item: number; irqs: boolean; index?: number; trace_index?: number; badge?: number; utcb?: number; unresolved?: boolean; image?: readonly number[] };

const identifyThread = procedure<IdentifyLocals>('rtcr.identify_thread', {
  start: (x, l) => rpc(Cpu_thread.state, cpuThreads(x).require(l.item).real, {}, 'identified'),
  identified: (x, l, { value }: RpcReply) => {
    const state = value as readonly number[];
    l.index = ((state[STATE.kcap] ?? 0) >>> 12) / 3 - 3;
    l.badge = (state[STATE.id] ?? 0) & 0xffff;
    l.utcb = state[STATE.utcb] ?? 0;
    l.image = state.slice(0, REGISTER_COUNT);
    l.unresolved = hasUnresolvedMark(state);
    return rpc(Cpu_thread.trace_control_index, cpuThreads(x).require(l.item).real, {}, 'placed');
  },
  placed: (x, l, { value }: RpcReply) => {
    l.trace_index = value as number;
    const { native, requests } = spaceOf(x, cpuThreads(x).require(l.item).pd);
    return l.irqs && requests === true ? call(requestSlot, { native, slot: irqSlot(l.index ?? 0) }, 'complete') : goto('complete', 0);
  },
  complete: (x, l, lock_irq: number) => {
    const thread = { key: l.item, index: l.index ?? 0, trace_index: l.trace_index ?? 0, gate_badge: l.badge ?? 0, utcb_address: l.utcb ?? 0, lock_irq, unresolved: l.unresolved ?? false, image: l.image ?? [], ...NOWHERE };
    capture.update(x, { threads: [...capture.get(x).threads, thread] });
    return done();
  },
});

type IdentifyAllLocals = { [key: string]: Plain; target: number; irqs: boolean };

/** Index and gate of every thread of the target; with `irqs` their lock IRQs are fetched as well. */
export const identifyThreads = procedure<IdentifyAllLocals>('rtcr.identify_threads', {
  start: (x, l) => each(identifyThread, threadsOfTarget(x, l.target).map(([key]) => key), { irqs: l.irqs }, 'identified'),
  identified: () => done(),
});

type ReadLocals = { [key: string]: Plain; registers: DecidedStrategy['registers']; phases: boolean; utcbs: boolean };

/** The state of all threads at one moment: nothing runs between the first and the last of these system calls. */
export const readThreads = procedure<ReadLocals>('rtcr.read_threads', {
  start: (x, l) => {
    const threads: CapturedThread[] = [];
    for (const thread of capture.get(x).threads) {
      const row = cpuThreads(x).require(thread.key);
      const read = row.started ? readThread(x, thread, row.kernel, l) : readFutureThread(x, thread, row.kernel, l);
      if (typeof read === 'string') return raise(read.startsWith('extension') ? EXTENSION_ABSENT : 'Checkpoint_refused', read);
      threads.push({ ...thread, ...read });
    }
    capture.update(x, { threads });
    return done();
  },
});

/** What changes while a thread lives, or why it cannot be read. */
function readThread(x: Execution, thread: CapturedThread, kernel: number, l: ReadLocals): Partial<CapturedThread> | string {
  const registers = l.registers === 'all' ? readRegisters(x, kernel) : l.registers === 'ip-sp' ? readIpSp(x, kernel) : thread.image;
  if (registers === 'absent') return absent('all_registers', 'registers of blocked threads; strategy registers="ip-sp" does without');
  if (registers === 'failed') return `the registers of thread ${thread.index} cannot be read`;
  if (l.registers === 'all') used(x, 'all_registers');
  const read = l.phases ? readPhase(x, kernel) : { id: 0, phase: null, behind: 0, psr: 0 };
  if (read === 'absent') return absent('ipc_state', 'phases of blocked threads; strategy blocked="restart" or "after" does without');
  if (read === 'failed') return `the IPC phase of thread ${thread.index} cannot be read`;
  if (l.phases) used(x, 'ipc_state');
  const utcb = l.utcbs ? readUtcb(x, kernel, null) : [];
  if (utcb === 'absent') return absent('utcb', 'message registers and TLS words; strategy utcb="zero" does without');
  if (utcb === 'failed') return `the UTCB of thread ${thread.index} cannot be read`;
  if (l.utcbs) used(x, 'utcb');
  return { debug_id: read.id, phase: aged(read.phase, ranWithout(capture.get(x), thread.key)), registers: repeating(registers, read), utcb_words: utcb, lock_irq_count: irqCount(x, thread) };
}

/** An exception that nobody has answered comes again where its instruction is executed again. */
function repeating(registers: readonly number[], { behind, psr }: { readonly behind: number; readonly psr: number }): readonly number[] {
  if (behind === 0) return registers;
  return registers.map((value, index) => (index === REGISTER.pc ? (value - behind) >>> 0 : index === REGISTER.cpsr ? psr : value));
}

const aged = (phase: ThreadPhase | null, ms: number): ThreadPhase | null =>
  phase === null || phase.timeout_us === null ? phase : { ...phase, timeout_us: Math.max(phase.timeout_us - ms * 1000, 0) };

/** A thread that was never started may have words in its UTCB: its creator writes them before it starts it. */
function readFutureThread(x: Execution, thread: CapturedThread, kernel: number, l: ReadLocals): Partial<CapturedThread> {
  const { task } = spaceOf(x, cpuThreads(x).require(thread.key).pd);
  const utcb = l.utcbs && task !== 0 ? readUtcb(x, kernel, { task, address: thread.utcb_address }) : [];
  const words = isDenied(utcb) || utcb.every((word) => word === 0) ? [] : utcb;
  return { utcb_words: words, lock_irq_count: irqCount(x, thread) };
}

function irqCount(x: Execution, { lock_irq }: CapturedThread): number {
  if (lock_irq === 0) return 0;
  const count = readIrqCount(x, lock_irq);
  return isDenied(count) ? 0 : count;
}

/** Drops the IRQ capabilities that `identifyThreads` fetched. */
export function forgetLockIrqs(x: Execution): void {
  const { threads } = capture.get(x);
  for (const { lock_irq } of threads) if (lock_irq !== 0) dec(x, lock_irq);
  capture.update(x, { threads: threads.map((thread) => ({ ...thread, lock_irq: 0 })) });
}
