// Subjects of trace sessions: the threads that a session has met, each with the buffer and the copy of the policy it was given.
// Owner of the table 'core_trace_subjects'. Source modelled: Genode 16.08; ids, order and states as the compiled core gives them.

import type { Execution } from '../native/execution.ts';
import { type HasStore, table } from '../native/store.ts';
import { cpuThreads } from './cpu_thread.ts';
import { dataspaces } from './dataspace.ts';
import { readPhysical, writePhysical } from './physical_store.ts';
import { CORE_RAM } from './ram_account.ts';
import { ramAlloc, ramFree } from './ram_session.ts';
import { acknowledged, designate, traceControl } from './trace_control.ts';

interface SubjectRow {
  readonly session: number;
  readonly id: number;
  /** The thread. Keys are never used again, so a subject outlives its thread without taking another for it. */
  readonly thread: number;
  readonly label: string;
  readonly name: string;
  readonly policy: number;
  /** Dataspaces of the buffer and of the thread's own copy of the policy, 0 if there is none. */
  readonly buffer: number;
  readonly module: number;
}

export const traceSubjects = table<SubjectRow>('core_trace_subjects');

/** State of a subject as its session tells it. */
export const SUBJECT_STATE = { invalid: 0, untraced: 1, traced: 2, foreign: 3, error: 4, dead: 5 } as const;

export const subjectsOf = (x: HasStore, session: number): readonly (readonly [number, Readonly<SubjectRow>])[] =>
  traceSubjects(x).entries().filter(([, row]) => row.session === session);

export const subjectOf = (x: HasStore, session: number, id: number): number | undefined =>
  traceSubjects(x).find((row) => row.session === session && row.id === id)?.[0];

export function subjectState(x: Execution, key: number): number {
  const thread = cpuThreads(x).get(traceSubjects(x).require(key).thread);
  if (thread === undefined) return SUBJECT_STATE.dead;
  const state = acknowledged(x, thread.trace_control);
  if (state === 'enabled') return thread.trace_owner === key ? SUBJECT_STATE.traced : SUBJECT_STATE.foreign;
  return state === 'error' ? SUBJECT_STATE.error : SUBJECT_STATE.untraced;
}

/** Gives the thread a buffer and a copy of the policy, and asks it to trace. False where the original throws; what it had made by then stays. */
export function traceSubject(x: Execution, key: number, policy: { readonly id: number; readonly ds: number; readonly bytes: number }, buffer_bytes: number): boolean {
  traceSubjects(x).update(key, { policy: policy.id });
  if (traceSubjects(x).require(key).buffer !== 0) return false;
  const buffer = ramAlloc(x, CORE_RAM, buffer_bytes, 'cached');
  if (typeof buffer === 'string') return false;
  traceSubjects(x).update(key, { buffer });
  const module = ramAlloc(x, CORE_RAM, policy.bytes, 'cached');
  if (typeof module === 'string') return false;
  traceSubjects(x).update(key, { module });
  writePhysical(x, dataspaces(x).require(module).phys, readPhysical(x, dataspaces(x).require(policy.ds).phys, policy.bytes));
  const { thread } = traceSubjects(x).require(key);
  const source = cpuThreads(x).get(thread);
  // The first that traces a thread keeps it: nothing in the original gives it up again.
  if (source === undefined || (source.trace_owner !== 0 && source.trace_owner !== key)) return false;
  cpuThreads(x).update(thread, { trace_owner: key, trace_buffer: buffer, trace_policy: module });
  traceControl(x, source.trace_control);
  return true;
}

/** Of a subject whose thread is gone nothing happens; 'Source_is_dead' is for the caller to tell. */
export function switchSubject(x: Execution, key: number, state: 'enabled' | 'disabled'): boolean {
  const source = cpuThreads(x).get(traceSubjects(x).require(key).thread);
  if (source !== undefined) designate(x, source.trace_control, state);
  return source !== undefined;
}

/** Takes buffer and policy away, wherever they are attached. Those of a dead thread stay until the session goes. */
export function releaseSubject(x: Execution, key: number): void {
  const { thread, buffer, module } = traceSubjects(x).require(key);
  if (cpuThreads(x).get(thread) === undefined) return;
  for (const ds of [buffer, module]) if (ds !== 0) ramFree(x, CORE_RAM, ds);
  traceSubjects(x).update(key, { buffer: 0, module: 0 });
}

export function dropSubject(x: Execution, key: number): void {
  const { buffer, module } = traceSubjects(x).require(key);
  for (const ds of [buffer, module]) if (ds !== 0) ramFree(x, CORE_RAM, ds);
  traceSubjects(x).delete(key);
}
