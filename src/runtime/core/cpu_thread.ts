// Threads of CPU sessions: the kernel thread, its pager object and the RPC object through which clients control it.
// Owner of the table 'core_cpu_threads'. Source modelled: genode-16.08-abi.md 2, 4.1, genode-base-foc.md 3.2, 9.

import { dec, inc } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { kernelCall, PROTOCOL } from '../native/kernel_calls.ts';
import { done, procedure } from '../native/procedure.ts';
import { cap, num, type RpcAnswer, type RpcRequest, words } from '../native/service.ts';
import { type HasStore, table } from '../native/store.ts';
import { gateSlot } from '../native/thread_table.ts';
import { coreError, corePrintfWarning } from './console.ts';
import { extended } from './config.ts';
import { CORE_THREAD } from './core_thread.ts';
import { capAt, type CoreCap, NO_CAP } from './kernel_object.ts';
import { dataspaces } from './dataspace.ts';
import { dissolveObject, manageObject } from './object.ts';
import { bindToPd, unbindFromPd } from './pd_threads.ts';
import { destroyPlatformThread, exchangeRegisters, KEEP, placeThread, platformThreads, startPlatformThread, stopPlatformThread } from './platform_thread.ts';
import { addClient, removeClient } from './region_map.ts';
import { slabFree } from './slab.ts';
import { freeSliced, type SlicedBlock, slicedAlloc } from './sliced_heap.ts';
import { UNGUARDED } from './guard.ts';
import { resetControl, takeControl } from './trace_control.ts';
import { emptyState, REGISTER_WORDS, STATE, STATE_WORDS } from './thread_state.ts';

export interface CpuThreadRow {
  readonly name: string;
  /** Key of the CPU session. */
  readonly session: number;
  readonly priority: number;
  /** Slab of the CPU session that holds its record. */
  readonly slab: number;
  /** Key of the PD session whose task it runs in, and the region map that is its address space. */
  readonly pd: number;
  readonly address_space: number;
  readonly platform: number;
  readonly cap: CoreCap;
  /** Gate that page faults and exceptions are sent to. */
  readonly pager: CoreCap;
  readonly pager_entry: SlicedBlock;
  /** Signal contexts for exceptions (slots, 0 = none): the thread's own and, failing that, its session's. */
  readonly exception_sigh: number;
  readonly session_exception_sigh: number;
  readonly trace_index: number;
  /** Physical address of its trace control. */
  readonly trace_control: number;
  /** Subject that traces it, and dataspaces of its trace buffer and policy; 0 if there is none. */
  readonly trace_owner: number;
  readonly trace_buffer: number;
  readonly trace_policy: number;
  /** Register image as of the last exception or pause. */
  readonly state: readonly number[];
}

export const cpuThreads = table<CpuThreadRow>('core_cpu_threads');

const POOL_ENTRY_BYTES = 4096;

export interface ThreadArgs {
  /** The kernel's side of it. */
  readonly platform: number;
  readonly name: string;
  readonly session: number;
  readonly priority: number;
  readonly slab: number;
  readonly pd: number;
  readonly address_space: number;
  readonly trace_index: number;
  readonly trace_control: number;
  readonly exception_sigh: number;
}

export type ThreadError = 'Thread_creation_failed' | 'Out_of_metadata';

/** Makes a thread of a protection domain, unless that has no place for another one, or core no memory: then the kernel's side is gone, too. */
export function newCpuThread(x: Execution, args: ThreadArgs): number | ThreadError {
  const { platform } = args;
  if (!bindToPd(x, args.pd, platform)) {
    destroyPlatformThread(x, platform);
    return 'Thread_creation_failed';
  }
  const key = cpuThreads(x).insert({
    name: args.name, session: args.session, priority: args.priority, slab: args.slab, pd: args.pd, address_space: args.address_space, platform, cap: NO_CAP, pager: NO_CAP, pager_entry: { ds: 0, bytes: 0 },
    exception_sigh: 0, session_exception_sigh: args.exception_sigh, trace_index: args.trace_index,
    trace_control: args.trace_control, trace_owner: 0, trace_buffer: 0, trace_policy: 0, state: emptyState(),
  });
  const own = manageObject(x, 'Cpu_thread', key);
  addClient(x, args.address_space, key);
  const pager = manageObject(x, 'Pager_object', key, CORE_THREAD.pager_ep);
  const pager_entry = slicedAlloc(x, UNGUARDED, POOL_ENTRY_BYTES);
  if (pager_entry === null) {
    dissolveObject(x, pager);
    dissolveObject(x, own);
    removeClient(x, args.address_space, key);
    unbindFromPd(x, args.pd, platform);
    destroyPlatformThread(x, platform);
    cpuThreads(x).delete(key);
    return 'Out_of_metadata';
  }
  cpuThreads(x).update(key, { cap: own, pager, pager_entry });
  takeControl(x, args.trace_control);
  return key;
}

/** The order in which capability ids come free is the original's: it decides which ids later objects get. */
export function destroyCpuThread(x: Execution, key: number): void {
  const { cap: own, pager, pager_entry, platform, slab, pd, address_space, exception_sigh, trace_control } = cpuThreads(x).require(key);
  resetControl(x, trace_control);
  freeSliced(x, UNGUARDED, pager_entry);
  removeClient(x, address_space, key);
  stopPlatformThread(x, platform);
  unbindFromPd(x, pd, platform);
  destroyPlatformThread(x, platform, () => dissolveObject(x, pager));
  dissolveObject(x, own);
  if (exception_sigh !== 0) dec(x, exception_sigh);
  cpuThreads(x).delete(key);
  slabFree(x, slab);
}

/** A protection domain that goes takes its threads with it, whatever CPU session they belong to. */
export function destroyThreadsOf(x: Execution, pd: number): void {
  for (const [key, row] of [...cpuThreads(x).entries()].reverse()) if (row.pd === pd) destroyCpuThread(x, key);
}

export const kernelThreadSlot = (x: HasStore, key: number): number => {
  const { platform } = cpuThreads(x).require(key);
  return platformThreads(x).require(platform).thread.slot;
};

export function updateState(x: HasStore, key: number, change: (state: readonly number[]) => readonly number[]): void {
  cpuThreads(x).update(key, { state: change(cpuThreads(x).require(key).state) });
}

const EXCHANGE_ALL = 8;

/** Extension: reads and writes the registers of a thread where it is; words of all ones are only read. */
function exchangeAllRegisters(x: Execution, key: number, registers: readonly number[]): number[] | null {
  const result = kernelCall(x, { slot: kernelThreadSlot(x, key), label: PROTOCOL.thread, words: [EXCHANGE_ALL, ...registers] });
  if (result.error !== 0 || result.label < 0) return null;
  return Array.from({ length: REGISTER_WORDS }, (_, i) => result.mr(i + 1) >>> 0);
}

const start = (x: Execution, request: RpcRequest): RpcAnswer => {
  const { platform, pager } = cpuThreads(x).require(request.ref);
  if (!startPlatformThread(x, platform, pager.slot, num(request, 'ip'), num(request, 'sp'))) {
    const selector = (kernelThreadSlot(x, request.ref) << 12) >>> 0;
    corePrintfWarning(x, `l4_thread_control_commit for ${selector.toString(16)} failed!`);
  }
  return {};
};

const state = (x: Execution, request: RpcRequest): RpcAnswer => {
  const row = cpuThreads(x).require(request.ref);
  const { gate, index, utcb } = platformThreads(x).require(row.platform);
  const image = [...row.state];
  if (extended(x, 'all_registers')) {
    const registers = exchangeAllRegisters(x, request.ref, new Array<number>(REGISTER_WORDS).fill(KEEP));
    if (registers === null) return { exception: 'State_access_failed' };
    registers.forEach((word, i) => {
      image[i] = word;
    });
  }
  image[STATE.kcap] = (gateSlot(index) << 12) >>> 0;
  image[STATE.id] = gate.id;
  image[STATE.utcb] = utcb;
  return { value: image };
};

const set_state = (x: Execution, request: RpcRequest): RpcAnswer => {
  const image = words(request, 'state').slice(0, STATE_WORDS);
  if (extended(x, 'all_registers')) {
    return exchangeAllRegisters(x, request.ref, image.slice(0, REGISTER_WORDS)) === null ? { exception: 'State_access_failed' } : {};
  }
  cpuThreads(x).update(request.ref, { state: image });
  return {};
};

const utcb = (x: Execution): RpcAnswer => {
  coreError(x, 'virtual Genode::Dataspace_capability Genode::Cpu_thread_component::utcb(): not implemented');
  return { cap: null };
};

const exception_sigh = (x: Execution, request: RpcRequest): RpcAnswer => {
  const context = cap(request, 'sigh');
  const old = cpuThreads(x).require(request.ref).exception_sigh;
  inc(x, context);
  if (old !== 0) dec(x, old);
  cpuThreads(x).update(request.ref, { exception_sigh: context ?? 0 });
  return {};
};

const EX_REGS_SINGLE_STEP = 0x4_0000;

/** Asks the kernel, which ignores the flag: ARM has no single stepping. */
const single_step = (x: Execution, request: RpcRequest): RpcAnswer => {
  const flags = num(request, 'enable') === 0 ? 0 : EX_REGS_SINGLE_STEP;
  exchangeRegisters(x, kernelThreadSlot(x, request.ref), { ip: KEEP, sp: KEEP, flags });
  return {};
};

const affinity = procedure<{ request: RpcRequest }>('core.cpu_thread.affinity', {
  start: (x, { request }) => {
    const [cpu = 0] = words(request, 'location');
    return placeThread(x, kernelThreadSlot(x, request.ref), cpuThreads(x).require(request.ref).priority, cpu, 'placed');
  },
  placed: () => done({} satisfies RpcAnswer),
});

const trace_control_index = (x: Execution, request: RpcRequest): RpcAnswer => ({ value: cpuThreads(x).require(request.ref).trace_index });
const traceDataspace = (x: Execution, ds: number): RpcAnswer => ({ cap: dataspaces(x).get(ds)?.cap.slot ?? null });
const trace_buffer = (x: Execution, request: RpcRequest): RpcAnswer => traceDataspace(x, cpuThreads(x).require(request.ref).trace_buffer);
const trace_policy = (x: Execution, request: RpcRequest): RpcAnswer => traceDataspace(x, cpuThreads(x).require(request.ref).trace_policy);

export const cpuThreadService = {
  start, state, set_state, utcb, exception_sigh, single_step, affinity, trace_control_index, trace_buffer, trace_policy,
};

/** Kernel capability of a thread, for Native_cpu.native_cap. */
export const kernelThreadCap = (x: Execution, key: number): CoreCap => capAt(x, kernelThreadSlot(x, key));
