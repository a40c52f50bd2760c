// The working record of the checkpoint being taken: what its steps find out, before it becomes a snapshot.
// Owner of that record; there is one checkpoint at a time. Source modelled: checkpoint-restore.md 2.2.

import type { Execution } from '../native/execution.ts';
import { record } from '../native/store.ts';
import type { CapMapRecord } from './cap_map_reader.ts';
import type { StaleSlot, StoredReference, StoredSignal } from './target_state.ts';
import type { Registers, ThreadPhase } from './thread_phase.ts';

export type CapturedThread = {
  /** Key of the thread's row. */
  readonly key: number;
  readonly index: number;
  readonly gate_badge: number;
  readonly utcb_address: number;
  /** Slot of the thread's lock IRQ in the checkpointer, 0 if it could not be fetched. */
  readonly lock_irq: number;
  readonly debug_id: number;
  readonly phase: ThreadPhase | null;
  readonly registers: Registers;
  /** Registers as core knows them. */
  readonly image: Registers;
  readonly utcb_words: readonly number[];
  readonly lock_irq_count: number;
  readonly unresolved: boolean;
  /** Ids found on its stack, if it was in user mode. */
  readonly stack_ids: readonly number[];
};

export type CapturedSource = {
  readonly pd: number;
  /** Slot of the semaphore in the checkpointer, and its id. */
  readonly semaphore: number;
  readonly semaphore_badge: number;
  readonly semaphore_count: number;
  readonly handler: number;
  readonly pending: readonly StoredSignal[];
};

export type Capture = {
  readonly target: number;
  /** Slot of the target's task, while the checkpoint is being taken. */
  readonly task: number;
  readonly threads: readonly CapturedThread[];
  readonly sources: readonly CapturedSource[];
  /** Reading of the checkpointer's clock at the moment of capture. */
  readonly now_ms: number;
  readonly cap_map_address: number;
  readonly cap_map_ds_badge: number;
  readonly cap_map_offset: number;
  readonly cap_map: readonly CapMapRecord[];
  /** Slots of receive windows: in use, without an id. */
  readonly reserved: readonly number[];
  readonly stale: readonly StaleSlot[];
  /** Slots with a record that really held a capability. */
  readonly occupied: readonly number[];
  /** Snapshot dataspaces by the id of the original. */
  readonly contents: readonly { readonly badge: number; readonly offset: number; readonly size: number; readonly content: number }[];
  /** Bytes and parts that were copied for it, and those that other snapshots had already. */
  readonly copied_bytes: number;
  readonly copied_parts: number;
  readonly references: readonly StoredReference[];
  /** Whether sessions that are not interposed are to be opened again at a restore. */
  readonly reopen_foreign: boolean;
  /** Historic defects that are switched on. */
  readonly defects: string;
  /** Quota of RAM sessions by key. */
  readonly quotas: readonly { readonly key: number; readonly quota: number }[];
  /** Clocks of Timer sessions by key. */
  readonly clocks: readonly { readonly key: number; readonly elapsed_ms: number }[];
  readonly drain_rounds: number;
  /** Extensions that were really used. */
  readonly extensions: readonly string[];
};

const EMPTY: Capture = {
  target: 0, task: 0, threads: [], sources: [], now_ms: 0, cap_map_address: 0, cap_map_ds_badge: 0, cap_map_offset: 0, cap_map: [], reserved: [], stale: [], occupied: [],
  contents: [], copied_bytes: 0, copied_parts: 0, references: [], reopen_foreign: false, defects: '', quotas: [], clocks: [], drain_rounds: 0, extensions: [],
};

export const capture = record<Capture>('rtcr_capture', EMPTY);

/** Begins a capture, or begins it anew: only the extensions that were used remain noted. */
export const beginCapture = (x: Execution, target: number, task = 0, extensions: readonly string[] = []): void =>
  capture.set(x, { ...EMPTY, target, task, extensions });
export const endCapture = (x: Execution): void => capture.set(x, EMPTY);

export function used(x: Execution, extension: string): void {
  const { extensions } = capture.get(x);
  if (!extensions.includes(extension)) capture.update(x, { extensions: [...extensions, extension] });
}

/** Slot that the capability map names for an id; 0 if the target holds no such capability. */
export const slotOfBadge = (x: Execution, badge: number): number => capture.get(x).cap_map.find((row) => row.id === badge)?.slot ?? 0;
