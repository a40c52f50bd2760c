// TRACE sessions: which threads there are, and policies and buffers for those that are to be traced.
// Owner of the tables 'core_trace_sessions' and 'core_trace_policies'. Source modelled: Genode 16.08, texts as the compiled core prints them.

import type { Execution } from '../native/execution.ts';
import { num, type RpcAnswer, type RpcRequest, type SyncHandler } from '../native/service.ts';
import { table } from '../native/store.ts';
import { bytesOf, packBytes } from '../rpc/wire.ts';
import { coreWarning } from './console.ts';
import { cpuSessions } from './cpu_session.ts';
import { cpuThreads } from './cpu_thread.ts';
import { dataspaces } from './dataspace.ts';
import { dropGuard, giveBack, newGuard, upgradeGuard, withdraw } from './guard.ts';
import { type CoreCap, NO_CAP } from './kernel_object.ts';
import { dissolveObject, manageObject } from './object.ts';
import { writePhysical } from './physical_store.ts';
import { CORE_RAM } from './ram_account.ts';
import { ramAlloc, ramFree } from './ram_session.ts';
import { dropSlab, newSlab, slabAlloc, slabFree } from './slab.ts';
import { dropSubject, releaseSubject, subjectOf, subjectState, subjectsOf, switchSubject, traceSubject, traceSubjects } from './trace_subjects.ts';

interface TraceSessionRow {
  readonly guard: number;
  readonly subject_slab: number;
  readonly policy_slab: number;
  /** Dataspace through which lists of subjects are handed out. */
  readonly buffer: number;
  readonly subjects_made: number;
  readonly policies_made: number;
  readonly cap: CoreCap;
}

interface PolicyRow {
  readonly session: number;
  readonly id: number;
  readonly ds: number;
  /** As asked for; the dataspace has whole pages. */
  readonly bytes: number;
}

export const traceSessions = table<TraceSessionRow>('core_trace_sessions');
const policies = table<PolicyRow>('core_trace_policies');

const LABEL_BYTES = 160;
const NAME_BYTES = 32;

/** `donated` is what is left for meta data, `buffer_bytes` the size of the argument buffer. Null if memory does not suffice. */
export function newTraceSession(x: Execution, donated: number, buffer_bytes: number): number | null {
  const guard = newGuard(x, donated);
  const subject_slab = newSlab(x, 'trace_subject', guard);
  const policy_slab = subject_slab === null ? null : newSlab(x, 'trace_policy', guard);
  const buffer = policy_slab === null ? 'Quota_exceeded' : ramAlloc(x, CORE_RAM, buffer_bytes, 'cached');
  if (subject_slab === null || policy_slab === null || typeof buffer === 'string') {
    for (const slab of [policy_slab, subject_slab]) if (slab !== null) dropSlab(x, slab);
    dropGuard(x, guard);
    return null;
  }
  const { size } = dataspaces(x).require(buffer);
  // The original does not look whether the donation pays the buffer.
  withdraw(x, guard, size);
  const key = traceSessions(x).insert({ guard, subject_slab, policy_slab, buffer, subjects_made: 0, policies_made: 0, cap: NO_CAP });
  traceSessions(x).update(key, { cap: manageObject(x, 'Trace_session', key) });
  return key;
}

export function upgradeTraceSession(x: Execution, key: number, bytes: number): void {
  upgradeGuard(x, traceSessions(x).require(key).guard, bytes);
}

/** Policies go with their session, their memory does not: as in the original. */
export function destroyTraceSession(x: Execution, key: number): void {
  const { guard, subject_slab, policy_slab, buffer, cap } = traceSessions(x).require(key);
  dissolveObject(x, cap);
  for (const [policy, row] of policies(x).entries()) if (row.session === key) policies(x).delete(policy);
  ramFree(x, CORE_RAM, buffer);
  for (const [subject] of subjectsOf(x, key)) dropSubject(x, subject);
  traceSessions(x).delete(key);
  dropSlab(x, policy_slab);
  dropSlab(x, subject_slab);
  dropGuard(x, guard);
}

const dataspace = (x: Execution, request: RpcRequest): RpcAnswer => ({ cap: dataspaces(x).require(traceSessions(x).require(request.ref).buffer).cap.slot });

/** Threads that the session has not met become subjects, the newest first; the list begins with the last that was met. */
const subjects = (x: Execution, request: RpcRequest): RpcAnswer => {
  const { subject_slab, buffer } = traceSessions(x).require(request.ref);
  const known = new Set(subjectsOf(x, request.ref).map(([, { thread }]) => thread));
  for (const [thread, { session, name }] of [...cpuThreads(x).entries()].reverse()) {
    if (known.has(thread)) continue;
    if (!slabAlloc(x, subject_slab)) {
      coreWarning(x, 'TRACE session ran out of memory');
      return { exception: 'Out_of_metadata' };
    }
    const { subjects_made: id } = traceSessions(x).require(request.ref);
    traceSubjects(x).insert({ session: request.ref, id, thread, label: cpuSessions(x).require(session).label, name, policy: 0, buffer: 0, module: 0 });
    traceSessions(x).update(request.ref, { subjects_made: id + 1 });
  }
  const { phys, size } = dataspaces(x).require(buffer);
  const ids = subjectsOf(x, request.ref).map(([, { id }]) => id).reverse().slice(0, size >>> 2);
  writePhysical(x, phys, new Uint8Array(Uint32Array.from(ids).buffer));
  return { value: ids.length };
};

const policyOf = (x: Execution, request: RpcRequest): number | undefined =>
  policies(x).find((row) => row.session === request.ref && row.id === num(request, 'policy'))?.[0];

/** A policy larger than the argument buffer is no exception that the interface declares: its client gets no answer it understands. */
const alloc_policy = (x: Execution, request: RpcRequest): RpcAnswer => {
  const { guard, policy_slab, policies_made } = traceSessions(x).require(request.ref);
  const bytes = num(request, 'size');
  const id = policies_made + 1;
  traceSessions(x).update(request.ref, { policies_made: id });
  if (!withdraw(x, guard, bytes)) return { exception: 'Out_of_metadata' };
  const ds = ramAlloc(x, CORE_RAM, bytes, 'cached');
  if (typeof ds === 'string' || !slabAlloc(x, policy_slab)) {
    giveBack(x, guard, bytes);
    return { exception: 'Out_of_metadata' };
  }
  policies(x).insert({ session: request.ref, id, ds, bytes });
  return { value: id };
};

const policy = (x: Execution, request: RpcRequest): RpcAnswer => {
  const key = policyOf(x, request);
  return key === undefined ? { exception: 'Nonexistent_policy' } : { cap: dataspaces(x).require(policies(x).require(key).ds).cap.slot };
};

const unload_policy = (x: Execution, request: RpcRequest): RpcAnswer => {
  const key = policyOf(x, request);
  if (key === undefined) return {};
  policies(x).delete(key);
  slabFree(x, traceSessions(x).require(request.ref).policy_slab);
  return {};
};

const trace = (x: Execution, request: RpcRequest): RpcAnswer => {
  const key = policyOf(x, request);
  if (key === undefined) return { exception: 'Nonexistent_policy' };
  const row = policies(x).require(key);
  const { guard } = traceSessions(x).require(request.ref);
  const buffer_bytes = num(request, 'buffer_size');
  const bytes = buffer_bytes + row.bytes;
  if (!withdraw(x, guard, bytes)) return { exception: 'Out_of_metadata' };
  const subject = subjectOf(x, request.ref, num(request, 'subject'));
  if (subject !== undefined && traceSubject(x, subject, row, buffer_bytes)) return {};
  // Whatever the reason is, the original tells this one.
  giveBack(x, guard, bytes);
  return { exception: 'Out_of_metadata' };
};

/** Not implemented in the original either: it answers without doing anything. */
const rule = (): RpcAnswer => ({});

/** Does something with the subject that a request names. */
const withSubject = (act: (x: Execution, key: number) => RpcAnswer): SyncHandler => (x, request) => {
  const key = subjectOf(x, request.ref, num(request, 'subject'));
  return key === undefined ? { exception: 'Nonexistent_subject' } : act(x, key);
};

const pause = withSubject((x, key) => {
  switchSubject(x, key, 'disabled');
  return {};
});
const resume = withSubject((x, key): RpcAnswer => (switchSubject(x, key, 'enabled') ? {} : { exception: 'Source_is_dead' }));
const buffer = withSubject((x, key) => {
  const { buffer: ds } = traceSubjects(x).require(key);
  return { cap: dataspaces(x).get(ds)?.cap.slot ?? null };
});
const free = withSubject((x, key) => {
  releaseSubject(x, key);
  return {};
});

/** A string of fixed capacity as it lies in memory: its characters, then its length with the NUL. */
function fixedString(text: string, capacity: number): number[] {
  const bytes = bytesOf(text).slice(0, capacity - 1);
  return [...packBytes([...bytes, ...new Array<number>(capacity - bytes.length).fill(0)]), bytes.length + 1];
}

/** Label, name, state, policy, 64 bits of execution time, which this kernel does not account for, and affinity (one CPU, nothing set). */
const subject_info = withSubject((x, key) => {
  const { label, name, policy: id } = traceSubjects(x).require(key);
  return { value: [...fixedString(label, LABEL_BYTES), ...fixedString(name, NAME_BYTES), subjectState(x, key), id, 0, 0, 0, 0, 0, 0] };
});

export const traceSessionService = { dataspace, alloc_policy, policy, unload_policy, trace, rule, pause, resume, subjects, subject_info, buffer, free };
