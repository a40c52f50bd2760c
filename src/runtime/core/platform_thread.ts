// The kernel side of every thread that core creates: Thread object, its own gate, its lock IRQ, and the system calls on them.
// Owner of the table 'core_platform_threads'. Source modelled: genode-base-foc.md 3.2, genode-16.08-abi.md 4.1, fiasco-kernel.md 4.

import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { type KernelCall, kernelCall, kernelCallThen, PROTOCOL, taskMap } from '../native/kernel_calls.ts';
import type { Action } from '../native/procedure.ts';
import { type HasStore, table } from '../native/store.ts';
import { gateSlot, irqSlot, pagerSlot } from '../native/thread_table.ts';
import { attachIrq, type CoreCap, createGateObject, createIrqObject, createThreadObject, reserve } from './kernel_object.ts';

export interface PlatformThreadRow {
  readonly name: string;
  readonly thread: CoreCap;
  readonly gate: CoreCap;
  readonly irq: CoreCap;
  /** Slot (in core) of the task that the thread is to run in, 0 until it is bound. */
  readonly task: number;
  /** Position among the threads of its task. */
  readonly index: number;
  readonly utcb: number;
  readonly started: boolean;
}

export const platformThreads = table<PlatformThreadRow>('core_platform_threads');

const SCHEDULER_SLOT = 7;
const RUN_THREAD = 1;
const DEFAULT_PRIORITY = 128;
/** Priorities of CPU sessions: 0 is the highest, this the first that does not exist. */
const PRIORITY_LIMIT = 65536;
const SELECTOR_SHIFT = 12;

/** Kernel priority of a CPU session's priority. */
export const kernelPriority = (priority: number): number => Math.floor(((PRIORITY_LIMIT - priority) * DEFAULT_PRIORITY) / PRIORITY_LIMIT);

const placement = (threadSlot: number, priority: number, cpu: number): KernelCall => ({ slot: SCHEDULER_SLOT, label: PROTOCOL.scheduler, words: [RUN_THREAD, cpu, 1, priority, 0], items: [threadSlot] });

/** Places a thread that has a CPU already: the caller's turn is decided anew, so others may run first. */
export const placeThread = (x: Execution, threadSlot: number, priority: number, cpu: number, then: string): Action => kernelCallThen(x, placement(threadSlot, kernelPriority(priority), cpu), then);

/** Creates the objects of a thread; it is neither bound to a task nor started. */
export function createPlatformThread(x: Execution, name: string, priority: number): number {
  const thread = reserve(x);
  const irq = reserve(x);
  createThreadObject(x, thread);
  // The gate takes the thread's name, which is not yet set at this point.
  const gate = createGateObject(x, thread.slot, '');
  finishThread(x, thread.slot, irq, name, priority);
  return platformThreads(x).insert({ name, thread, gate, irq, task: 0, index: 0, utcb: 0, started: false });
}

/** Lock IRQ, name and priority: what every thread gets, core's first one as well. */
export function finishThread(x: Execution, threadSlot: number, irq: CoreCap, name: string, priority: number): void {
  createIrqObject(x, irq, 'thread');
  attachIrq(x, irq.slot, threadSlot);
  x.cpu.nameObject((threadSlot << SELECTOR_SHIFT) >>> 0, name);
  kernelCall(x, placement(threadSlot, kernelPriority(priority), 0));
}

/** Gives a thread its place in a task: its gate and IRQ appear at the slots of that place. */
export function bindThread(x: Execution, key: number, task: number, index: number, utcb: number): void {
  const { gate, irq } = platformThreads(x).require(key);
  platformThreads(x).update(key, { task, index, utcb });
  taskMap(x, { task, from: gate.slot, to: gateSlot(index) });
  taskMap(x, { task, from: irq.slot, to: irqSlot(index) });
}

/** Thread control: opcode 0 with flags for what is to be set. */
const SET_PAGERS = 0x10000 | 0x1000000;
const BIND = 0x200000;

/** Maps the pager, binds the thread to its task and sets it off. False if the kernel refuses, as for a thread that is bound already. */
export function startPlatformThread(x: Execution, key: number, pager: number, ip: number, sp: number): boolean {
  const { thread, task, index, utcb } = platformThreads(x).require(key);
  taskMap(x, { task, from: pager, to: pagerSlot(index) });
  const selector = (pagerSlot(index) << SELECTOR_SHIFT) >>> 0;
  const bound = kernelCall(x, {
    slot: thread.slot,
    label: PROTOCOL.thread,
    words: [SET_PAGERS | BIND, selector, selector, 0, 0, utcb],
    items: [task],
  });
  if (bound.error !== 0 || bound.label < 0) return false;
  platformThreads(x).update(key, { started: true });
  exchangeRegisters(x, thread.slot, { ip, sp, flags: 0 });
  return true;
}

const EX_REGS = 1;
export const EX_REGS_CANCEL = 0x10000;
export const EX_REGS_TRIGGER = 0x20000;
export const KEEP = 0xffff_ffff;

export interface ExchangeResult {
  /** Values before the exchange. */
  readonly ip: number;
  readonly sp: number;
  /** True if the thread was ready to run and not blocked in the kernel. */
  readonly was_ready: boolean;
}

export function exchangeRegisters(x: Execution, threadSlot: number, { ip, sp, flags }: { ip: number; sp: number; flags: number }): ExchangeResult {
  const result = kernelCall(x, { slot: threadSlot, label: PROTOCOL.thread, words: [EX_REGS | flags, ip >>> 0, sp >>> 0] });
  return { was_ready: (result.mr(0) & 1) !== 0, ip: result.mr(1) >>> 0, sp: result.mr(2) >>> 0 };
}

/** Makes a running thread harmless before its objects go: its own pager, no more messages, at address 0. */
export function stopPlatformThread(x: Execution, key: number): void {
  const { thread, task, index, started } = platformThreads(x).require(key);
  if (task === 0 || !started) return;
  const own = (gateSlot(index) << SELECTOR_SHIFT) >>> 0;
  kernelCall(x, { slot: thread.slot, label: PROTOCOL.thread, words: [SET_PAGERS, own, own, 0, 0, 0] });
  exchangeRegisters(x, thread.slot, { ip: 0, sp: 0, flags: EX_REGS_CANCEL });
}

/** Drops the objects of a thread, and between them what `dropPager` withdraws: its pager object, if it has one. */
export function destroyPlatformThread(x: Execution, key: number, dropPager?: () => void): void {
  const { thread, gate, irq } = platformThreads(x).require(key);
  platformThreads(x).delete(key);
  dec(x, irq.slot);
  dropPager?.();
  dec(x, gate.slot);
  dec(x, thread.slot);
}

/** The thread whose own gate has this id: how clients name the entrypoint that is to serve an object. */
export function threadOfGate(x: HasStore, id: number): number | undefined {
  return platformThreads(x).find((row) => row.gate.id === id)?.[0];
}

