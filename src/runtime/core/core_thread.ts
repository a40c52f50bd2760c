// Core's own threads: which there are, and how they come to life. They run hosted procedures in the root task.
// Owner of the table 'core_threads'. Source modelled: genode-16.08-abi.md 4.5, 5.1.

import type { Plain } from '../../emu/plain.ts';
import { insertCap } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { OWN_TASK_SLOT, taskMap } from '../native/kernel_calls.ts';
import { type HasStore, table } from '../native/store.ts';
import { gateSlot, irqSlot, threads } from '../native/thread_table.ts';
import { UTCB } from '../native/utcb.ts';
import { ALLOCATOR, changeAllocator } from './allocators.ts';
import { allocId } from './cap_ids.ts';
import { boot } from './config.ts';
import { reserve } from './kernel_object.ts';
import { bindThread, createPlatformThread, finishThread, platformThreads, startPlatformThread } from './platform_thread.ts';

/** Indices of core's threads; each has the fixed slots that belong to its index. */
export const CORE_THREAD = { main: 0, entrypoint: 1, core_pager: 2, ep: 3, pager_ep: 4, irq: 5, init_child: 6 } as const;

/** What their stacks take from the RAM allocator; the one of core.pager is part of core's image. */
const STACK_BYTES: Readonly<Record<keyof typeof CORE_THREAD, number>> = {
  main: 0x1_0000, entrypoint: 0x2000, core_pager: 0, ep: 0x1_0000, pager_ep: 0x2000, irq: 0x1000, init_child: 0x2000,
};

interface CoreThreadRow {
  readonly name: string;
  /** Slot of the kernel thread. */
  readonly thread: number;
  /** 0 for the main thread, which the kernel created. */
  readonly platform: number;
}

const coreThreads = table<CoreThreadRow>('core_threads');

const PAGE_LOG2 = 12;
const MAIN_NAME = 'core.main';
const UTCB_AREA = 0xbfff_0000;
const UTCB_BYTES = 0x200;
const STACK_TOP_OF_MAIN = 0x200f_ffc0;
const STACK_SLOT_BYTES = 0x10_0000;
const HIGHEST = 0;
/** Fixed slots that the kernel fills, and the order in which core gives them ids. */
export const ROOT_SLOT = { task: OWN_TASK_SLOT, thread: 3, sigma0: 4 } as const;

export const coreThreadSlot = (x: HasStore, index: number): number => coreThreads(x).require(index).thread;
export const coreThreadName = (x: HasStore, index: number): string => coreThreads(x).require(index).name;

/** Ids for what the kernel gave to core, and the lock IRQ of the thread that runs this. */
export function adoptMainThread(x: Execution): void {
  for (const slot of [ROOT_SLOT.sigma0, ROOT_SLOT.task, ROOT_SLOT.thread]) insertCap(x, allocId(x), slot);
  const irq = reserve(x);
  coreThreads(x).set(CORE_THREAD.main, { name: MAIN_NAME, thread: ROOT_SLOT.thread, platform: 0 });
  finishThread(x, ROOT_SLOT.thread, irq, MAIN_NAME, HIGHEST);
  taskMap(x, { from: irq.slot, to: irqSlot(CORE_THREAD.main) });
}

/** Core's own records until init has its quota, which come from the same allocator: measured with the real core on this kernel. */
const RECORDS_BYTES = 11312;
const WORD_LOG2 = 2;

export function takeRecords(x: Execution): void {
  changeAllocator(x, ALLOCATOR.ram, (ram) => ram.alloc(RECORDS_BYTES, WORD_LOG2));
}

/** Takes a thread's stack: physical memory that no session accounts for. */
export function takeStack(x: Execution, index: number): void {
  const thread = (Object.keys(CORE_THREAD) as (keyof typeof CORE_THREAD)[]).find((name) => CORE_THREAD[name] === index);
  const bytes = thread === undefined ? 0 : STACK_BYTES[thread];
  if (bytes > 0) changeAllocator(x, ALLOCATOR.ram, (ram) => ram.alloc(bytes, PAGE_LOG2));
}

/** Creates a thread of core and gives it its place; `entry` is the procedure that it will run. */
export function createCoreThread(x: Execution, index: number, name: string, entry: string, entry_locals: Plain): void {
  takeStack(x, index);
  const platform = createPlatformThread(x, name, HIGHEST);
  const utcb = UTCB_AREA + UTCB_BYTES * index;
  bindThread(x, platform, ROOT_SLOT.task, index, utcb);
  const { thread, gate } = platformThreads(x).require(platform);
  coreThreads(x).set(index, { name, thread: thread.slot, platform });
  x.writeWords(utcb + UTCB.badge * 4, [gate.slot, index]);
  threads(x).set(index, {
    name, gate: gateSlot(index), stack_top: STACK_TOP_OF_MAIN + STACK_SLOT_BYTES * index, stack_ds: 0, stack_bytes: 0, entry, entry_locals, cap: 0, window: 0, traced: true,
  });
}

function startCoreThread(x: Execution, index: number, pagerSlot: number): void {
  const { platform, name } = coreThreads(x).require(index);
  const { stack_top } = threads(x).require(index);
  if (!startPlatformThread(x, platform, pagerSlot, boot.get(x).thread_entry, stack_top)) throw new Error(`core thread '${name}' did not start`);
}

/** Name of the procedure that core.pager runs; declared in core_pager.ts. */
export const CORE_PAGER_PROCEDURE = 'core.core_pager';

/** Starts a thread whose page faults core.pager handles; core.pager itself comes into being at the first such thread. */
export function startUnderCorePager(x: Execution, index: number): void {
  if (coreThreads(x).get(CORE_THREAD.core_pager) === undefined) {
    createCoreThread(x, CORE_THREAD.core_pager, 'core.pager', CORE_PAGER_PROCEDURE, {});
    startCoreThread(x, CORE_THREAD.core_pager, ROOT_SLOT.sigma0);
  }
  startCoreThread(x, index, coreThreadSlot(x, CORE_THREAD.core_pager));
}
