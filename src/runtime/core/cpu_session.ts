// CPU sessions: creation and destruction of threads, default exception handler, the formal side of CPU quota.
// Owner of the table 'core_cpu_sessions'. Source modelled: genode-16.08-abi.md 2, 4.1, 5.3.

import type { Plain } from '../../emu/plain.ts';
import { dec, inc } from '../native/cap_space.ts';
import { COST } from '../native/cost.ts';
import type { Execution } from '../native/execution.ts';
import { type Action, done, procedure } from '../native/procedure.ts';
import { cap, num, type RpcAnswer, type RpcRequest, text } from '../native/service.ts';
import { type HasStore, table } from '../native/store.ts';
import { coreError, coreWarning } from './console.ts';
import { cpuThreads, destroyCpuThread, kernelThreadCap, newCpuThread, type ThreadError } from './cpu_thread.ts';
import { dataspaces } from './dataspace.ts';
import { dropGuard, newGuard, upgradeGuard } from './guard.ts';
import { type CoreCap, createIrqObject, drop, NO_CAP, reserve } from './kernel_object.ts';
import { dissolveObject, manageObject, objectOf } from './object.ts';
import { pdSessions } from './pd_session.ts';
import { createPlatformThread, destroyPlatformThread, placeThread, platformThreads } from './platform_thread.ts';
import { CORE_RAM } from './ram_account.ts';
import { ramAlloc, ramFree } from './ram_session.ts';
import { dropSlab, newSlab, slabAlloc } from './slab.ts';
import { TRACE_CONTROL_STRIDE, TRACE_CONTROLS } from './trace_control.ts';

interface CpuSessionRow {
  readonly label: string;
  readonly priority: number;
  readonly guard: number;
  readonly threads: number;
  /** Dataspace of the trace control area. */
  readonly trace_control: number;
  readonly native: CoreCap;
  readonly cap: CoreCap;
  /** Slot of the signal context for exceptions of threads that have none of their own; 0 if none. */
  readonly exception_sigh: number;
  readonly ref_account: number;
  /** Share of the CPU, of 2^15. */
  readonly quota: number;
  /** IRQ objects that clients asked for. */
  readonly irqs: readonly CoreCap[];
}

export const cpuSessions = table<CpuSessionRow>('core_cpu_sessions');

export const TRACE_CONTROL_BYTES = TRACE_CONTROLS * TRACE_CONTROL_STRIDE;
export const CPU_QUOTA_LIMIT_LOG2 = 15;
const IRQS_MAX = 19;

/** `donated` is what is left for meta data, the trace control area not yet paid. Null if it does not suffice. */
export function newCpuSession(x: Execution, label: string, priority: number, donated: number): number | null {
  const guard = newGuard(x, donated);
  const threads = newSlab(x, 'cpu_thread', guard);
  if (threads === null) {
    dropGuard(x, guard);
    return null;
  }
  const trace_control = ramAlloc(x, CORE_RAM, TRACE_CONTROL_BYTES, 'cached');
  if (typeof trace_control === 'string') {
    dropSlab(x, threads);
    dropGuard(x, guard);
    return null;
  }
  const key = cpuSessions(x).insert({
    label, priority, guard, threads, trace_control, native: NO_CAP, cap: NO_CAP, exception_sigh: 0, ref_account: 0, quota: 0, irqs: [],
  });
  const native = manageObject(x, 'Native_cpu', key);
  cpuSessions(x).update(key, { native, cap: manageObject(x, 'Cpu_session', key) });
  return key;
}

/** Core's own session, without donor, which has the whole CPU to give. */
export function newCoreCpu(x: Execution): number {
  const key = newCpuSession(x, 'core', 0, CORE_META_DATA_BYTES);
  if (key === null) throw new Error("core's CPU session needs its meta data");
  cpuSessions(x).update(key, { quota: 1 << CPU_QUOTA_LIMIT_LOG2 });
  return key;
}

const CORE_META_DATA_BYTES = 0x1000_0000;

export function upgradeCpuSession(x: Execution, key: number, bytes: number): void {
  upgradeGuard(x, cpuSessions(x).require(key).guard, bytes);
}

export function destroyCpuSession(x: Execution, key: number): void {
  const row = cpuSessions(x).require(key);
  dissolveObject(x, row.cap);
  for (const [thread, { session }] of [...cpuThreads(x).entries()].reverse()) if (session === key) destroyCpuThread(x, thread);
  for (const [member, other] of cpuSessions(x).entries()) if (other.ref_account === key) cpuSessions(x).update(member, { ref_account: row.ref_account });
  const ref = cpuSessions(x).get(row.ref_account);
  if (ref !== undefined) cpuSessions(x).update(row.ref_account, { quota: ref.quota + row.quota });
  for (const irq of row.irqs) drop(x, irq);
  dissolveObject(x, row.native);
  if (row.exception_sigh !== 0) dec(x, row.exception_sigh);
  ramFree(x, CORE_RAM, row.trace_control);
  cpuSessions(x).delete(key);
  dropSlab(x, row.threads);
  dropGuard(x, row.guard);
}

/** Lowest index of the trace control area that no thread of the session uses. */
function traceIndex(x: HasStore, session: number): number {
  const used = new Set(cpuThreads(x).entries().filter(([, row]) => row.session === session).map(([, row]) => row.trace_index));
  let index = 0;
  while (used.has(index)) index++;
  return index;
}

type CreateLocals = { [key: string]: Plain; request: RpcRequest; platform?: number };

const refused = (exception: ThreadError): Action => done({ exception } satisfies RpcAnswer);

/**
 * Core places a new thread twice, and the second time others get the processor: threads that a component makes one after the other
 * start to run between.
 */
const createThread = procedure<CreateLocals>('core.cpu_session.create_thread', {
  start: (x, l) => {
    const { request } = l;
    const session = cpuSessions(x).require(request.ref);
    const name = text(request, 'name');
    const weight = num(request, 'weight');
    if (weight === 0) coreWarning(x, `Thread ${name}: Bad weight 0, using default weight instead.`);
    if (weight > 1 << CPU_QUOTA_LIMIT_LOG2) coreWarning(x, `Thread ${name}: Oversized weight ${weight}, using limit instead.`);
    if (objectOf(x, 'Pd_session', cap(request, 'pd')) === undefined) {
      coreError(x, 'create_thread: invalid PD argument');
      return refused('Thread_creation_failed');
    }
    if (!slabAlloc(x, session.threads)) return refused('Out_of_metadata');
    l.platform = createPlatformThread(x, name, session.priority);
    return placeThread(x, platformThreads(x).require(l.platform).thread.slot, session.priority, 0, 'placed');
  },
  placed: (x, { request, platform = 0 }) => {
    const session = cpuSessions(x).get(request.ref);
    const pd = objectOf(x, 'Pd_session', cap(request, 'pd'));
    // Whoever got the processor may have closed one of the sessions. The original would have waited with that.
    if (session === undefined || pd === undefined) {
      destroyPlatformThread(x, platform);
      return refused('Thread_creation_failed');
    }
    const { priority, exception_sigh } = session;
    const { address_space } = pdSessions(x).require(pd);
    const trace_index = traceIndex(x, request.ref);
    const trace_control = dataspaces(x).require(session.trace_control).phys + trace_index * TRACE_CONTROL_STRIDE;
    const key = newCpuThread(x, { platform, name: text(request, 'name'), session: request.ref, priority, slab: session.threads, pd, address_space, trace_index, trace_control, exception_sigh });
    // A constructor that fails loses its slab entry, as in the original.
    return typeof key === 'string' ? refused(key) : done({ cap: cpuThreads(x).require(key).cap.slot } satisfies RpcAnswer);
  },
});

const kill_thread = (x: Execution, request: RpcRequest): RpcAnswer => {
  const thread = objectOf(x, 'Cpu_thread', cap(request, 'thread'));
  if (thread !== undefined && cpuThreads(x).require(thread).session === request.ref) destroyCpuThread(x, thread);
  return {};
};

const exception_sigh = (x: Execution, request: RpcRequest): RpcAnswer => {
  const context = cap(request, 'sigh');
  const old = cpuSessions(x).require(request.ref).exception_sigh;
  inc(x, context);
  if (old !== 0) dec(x, old);
  const slot = context ?? 0;
  cpuSessions(x).update(request.ref, { exception_sigh: slot });
  for (const [thread, row] of cpuThreads(x).entries()) {
    if (row.session === request.ref) cpuThreads(x).update(thread, { session_exception_sigh: slot });
  }
  return {};
};

/** One CPU. */
const affinity_space = (): RpcAnswer => ({ value: [1, 1] });

const trace_control = (x: Execution, request: RpcRequest): RpcAnswer => ({
  cap: dataspaces(x).require(cpuSessions(x).require(request.ref).trace_control).cap.slot,
});

const OK = 0;
const UNKNOWN = -1;
const UNRELATED = -2;
const INSUFFICIENT = -3;

export function setCpuRefAccount(x: Execution, key: number, ref: number | undefined): number {
  const { ref_account, label } = cpuSessions(x).require(key);
  const complain = (code: number, why: string): number => {
    coreWarning(x, `set ref account, ${label}, ${why}`);
    return code;
  };
  if (ref_account !== 0) return complain(UNRELATED, 'set already');
  if (ref === undefined) return complain(UNKNOWN, 'targeted session not found');
  if (ref === key) return complain(INSUFFICIENT, 'self reference not allowed');
  cpuSessions(x).update(key, { ref_account: ref });
  return OK;
}

/** `amount` is a share of what the session has, of 2^15. */
export function transferCpu(x: Execution, from: number, to: number | undefined, amount: number): number {
  const source = cpuSessions(x).require(from);
  const complain = (code: number, why: string): number => {
    coreWarning(x, `Transfer CPU quota, ${source.label}${why}`);
    return code;
  };
  const target = to === undefined ? undefined : cpuSessions(x).get(to);
  if (to === undefined || target === undefined) return complain(UNKNOWN, ', targeted session not found');
  // A session is not its own reference, so nothing goes from one to itself.
  if (source.ref_account !== to && target.ref_account !== from) return complain(UNRELATED, ` -> ${target.label}, no reference relation`);
  const quota = Math.floor((source.quota * amount) / 2 ** CPU_QUOTA_LIMIT_LOG2);
  if (quota > source.quota) return complain(INSUFFICIENT, ` -> ${target.label}, insufficient quota ${source.quota}, need ${quota}`);
  cpuSessions(x).update(from, { quota: source.quota - quota });
  cpuSessions(x).update(to, { quota: target.quota + quota });
  return OK;
}

function otherAccount(x: Execution, request: RpcRequest): number | undefined {
  x.charge(COST.account);
  return objectOf(x, 'Cpu_session', cap(request, 'cpu'));
}

const ref_account = (x: Execution, request: RpcRequest): RpcAnswer => ({
  value: setCpuRefAccount(x, request.ref, otherAccount(x, request)),
});

const transfer_quota = (x: Execution, request: RpcRequest): RpcAnswer => ({
  value: transferCpu(x, request.ref, otherAccount(x, request), num(request, 'amount')),
});

/** This kernel schedules without budgets. */
const quota = (): RpcAnswer => ({ value: [0, 0] });

const native_cpu = (x: Execution, request: RpcRequest): RpcAnswer => ({ cap: cpuSessions(x).require(request.ref).native.slot });

export const cpuSessionService = {
  create_thread: createThread, kill_thread, exception_sigh, affinity_space, trace_control, ref_account, transfer_quota, quota, native_cpu,
};

/** Virtual CPUs exist for guest operating systems only; the kernel emulated here has none. */
const enable_vcpu = (x: Execution): RpcAnswer => {
  coreError(x, 'virtual CPUs are not available');
  return {};
};

const native_cap = (x: Execution, request: RpcRequest): RpcAnswer => {
  const thread = objectOf(x, 'Cpu_thread', cap(request, 'thread'));
  return { cap: thread === undefined ? null : kernelThreadCap(x, thread).slot };
};

const alloc_irq = (x: Execution, request: RpcRequest): RpcAnswer => {
  const { irqs } = cpuSessions(x).require(request.ref);
  if (irqs.length >= IRQS_MAX) return { cap: null };
  const irq = reserve(x);
  createIrqObject(x, irq, 'cpu_session');
  cpuSessions(x).update(request.ref, { irqs: [...irqs, irq] });
  return { cap: irq.slot };
};

export const nativeCpuService = { enable_vcpu, native_cap, alloc_irq };
