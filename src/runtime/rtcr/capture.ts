// The working records of the checkpoint being taken, one per target of it: what its steps find out, before they become snapshots.
// Owner of these records; there is one checkpoint at a time. Source modelled: checkpoint-restore.md 2.2.

import type { Execution } from '../native/execution.ts';
import { record, table } from '../native/store.ts';
import type { CapMapRecord } from './cap_map_reader.ts';
import type { StaleSlot, StoredReference, StoredSignal } from './target_state.ts';
import type { Registers, ThreadPhase } from './thread_phase.ts';

export type CapturedThread = {
  /** Key of the thread's row. */
  readonly key: number;
  readonly index: number;
  readonly trace_index: number;
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

/**
 * A time in which a target stood still, in readings of the checkpointer's clock, and which of its threads ran on behind it; `thawed_ms`: for how
 * long behind it all threads ran, because a call of one of them had to be answered.
 */
export type Still = { readonly from_ms: number; readonly to_ms: number; readonly nudged: readonly number[]; readonly thawed_ms: number };

/** The capability space of one protection domain of a target. */
export type CapturedSpace = {
  /** Key of its PD session. */
  readonly pd: number;
  /** Slots of its native PD session and task, while the checkpoint is being taken. */
  readonly native: number;
  readonly task: number;
  /** Whether the extension `request` is there; null: not tried yet. */
  readonly requests: boolean | null;
  /** Where its map is, as core was told; 0: nowhere, null: core does not tell, undefined: not asked, because nobody runs there yet. */
  readonly published: number | null | undefined;
  readonly cap_map_address: number;
  readonly cap_map_ds_badge: number;
  readonly cap_map_offset: number;
  readonly cap_map: readonly CapMapRecord[];
  /** Slots of receive windows: in use, without an id. */
  readonly reserved: readonly number[];
  readonly stale: readonly StaleSlot[];
  /** Slots with a record that really held a capability. */
  readonly occupied: readonly number[];
};

export type Capture = {
  readonly target: number;
  /** All targets of the checkpoint, this one among them. */
  readonly group: readonly number[];
  /** Spaces of its protection domains: its own first, then those that it made. */
  readonly spaces: readonly CapturedSpace[];
  readonly threads: readonly CapturedThread[];
  readonly sources: readonly CapturedSource[];
  /** Reading of the checkpointer's clock at the moment of capture. */
  readonly now_ms: number;
  /** The same when the target was stopped last, and when it had stood still before that: its own clock stands meanwhile. */
  readonly still_since_ms: number;
  readonly stills: readonly Still[];
  /** The same when all threads were let run behind a still; null while they are not. */
  readonly thawed_since_ms: number | null;
  /** Snapshot dataspaces by the id of the original. */
  readonly contents: readonly { readonly badge: number; readonly offset: number; readonly size: number; readonly content: number }[];
  /** Bytes and parts that were copied for it, and those that other snapshots had already. */
  readonly copied_bytes: number;
  readonly copied_parts: number;
  readonly references: readonly StoredReference[];
  /** Whether sessions that are not interposed are to be opened again at a restore. */
  readonly reopen_foreign: boolean;
  /** Whether all attached memory is copied, and all RAM of the target's sessions, whoever allocated it. */
  readonly copies_attached: boolean;
  /** Historic defects that are switched on. */
  readonly defects: string;
  /** Quota of RAM sessions by key. */
  readonly quotas: readonly { readonly key: number; readonly quota: number }[];
  /** Clocks of Timer sessions by key. */
  readonly clocks: readonly { readonly key: number; readonly elapsed_ms: number }[];
  readonly drain_rounds: number;
  /** Region maps of the target in which a fault waits to be resolved. */
  readonly faults: number;
  /** Threads that may have capabilities in transit. */
  readonly transits: readonly { readonly thread: number; readonly ids: readonly number[]; readonly waits: boolean }[];
  /** Extensions that were really used. */
  readonly extensions: readonly string[];
};

const NO_RECORDS: Omit<CapturedSpace, 'pd' | 'native' | 'task' | 'requests' | 'published'> = { cap_map_address: 0, cap_map_ds_badge: 0, cap_map_offset: 0, cap_map: [], reserved: [], stale: [], occupied: [] };

const EMPTY: Capture = {
  target: 0, group: [], spaces: [], threads: [], sources: [], now_ms: 0, still_since_ms: 0, stills: [], thawed_since_ms: null,
  contents: [], copied_bytes: 0, copied_parts: 0, references: [], reopen_foreign: false, copies_attached: false, defects: '', quotas: [], clocks: [], drain_rounds: 0, faults: 0, transits: [], extensions: [],
};

/** The record of the target that is being worked on. */
export const capture = record<Capture>('rtcr_capture', EMPTY);
/** The records of the other targets of the checkpoint, by target. */
const parked = table<Capture>('rtcr_parked_captures');

/** Begins the captures of the targets of a checkpoint. */
export function beginCaptures(x: Execution, group: readonly number[]): void {
  endCaptures(x);
  for (const target of group) parked(x).set(target, { ...EMPTY, target, group });
  enterCapture(x, group[0] ?? 0);
}

/** Begins the captures anew: only what the targets are reached by remains, how long they stood still, and the extensions that were used. */
export function restartCaptures(x: Execution, kept: Pick<Capture, 'reopen_foreign' | 'copies_attached' | 'defects'>, extensions: readonly string[]): void {
  const again = ({ target, group, spaces, stills, thawed_since_ms }: Capture): Capture => ({ ...EMPTY, target, group, spaces: spaces.map((space) => ({ ...space, ...NO_RECORDS })), stills, thawed_since_ms, ...kept, extensions });
  capture.set(x, again(capture.get(x)));
  for (const [target, row] of parked(x).entries()) parked(x).set(target, again(row));
}

/** Makes the capture of a target the one that is worked on. */
export function enterCapture(x: Execution, target: number): void {
  const now = capture.get(x);
  if (now.target === target) return;
  if (now.target !== 0) parked(x).set(now.target, now);
  capture.set(x, parked(x).require(target));
  parked(x).delete(target);
}

export function endCaptures(x: Execution): void {
  capture.set(x, EMPTY);
  for (const target of parked(x).keys()) parked(x).delete(target);
}

/** The captures of all targets of the checkpoint, in the order in which it names them. */
export function allCaptures(x: Execution): readonly Capture[] {
  const now = capture.get(x);
  return now.group.map((target) => (target === now.target ? now : parked(x).require(target)));
}

/** The targets stand still from now on. */
export function standsStill(x: Execution, now_ms: number): void {
  for (const { target } of allCaptures(x)) {
    enterCapture(x, target);
    capture.update(x, { still_since_ms: now_ms });
  }
}

/** Some of their threads are let run on. */
export function runsAgain(x: Execution, now_ms: number, nudged: readonly number[]): void {
  for (const { target } of allCaptures(x)) {
    enterCapture(x, target);
    const { stills, still_since_ms } = capture.get(x);
    capture.update(x, { stills: [...stills, { from_ms: still_since_ms, to_ms: now_ms, nudged, thawed_ms: 0 }] });
  }
}

/** Whether the targets have been read before and let run on: from then on it matters for how long which of their threads ran. */
export const ranBefore = (x: Execution): boolean => capture.get(x).stills.length > 0;

/** Whether all their threads have been let run behind a still, and were not said to stand again. */
export const isThawed = (x: Execution): boolean => capture.get(x).thawed_since_ms !== null;

/** All their threads are let run behind a still. */
export function thawBegins(x: Execution, now_ms: number): void {
  for (const { target } of allCaptures(x)) {
    enterCapture(x, target);
    capture.update(x, { thawed_since_ms: now_ms });
  }
}

/** They are frozen again. */
export function thawEnds(x: Execution, now_ms: number): void {
  for (const { target } of allCaptures(x)) {
    enterCapture(x, target);
    const { stills, thawed_since_ms } = capture.get(x);
    const ran_ms = now_ms - (thawed_since_ms ?? now_ms);
    capture.update(x, { thawed_since_ms: null, stills: stills.map((still, at) => (at === stills.length - 1 ? { ...still, thawed_ms: still.thawed_ms + ran_ms } : still)) });
  }
}

const lengthOf = (stills: readonly Pick<Still, 'from_ms' | 'to_ms'>[]): number => stills.reduce((sum, { from_ms, to_ms }) => sum + to_ms - from_ms, 0);

/** For how long a target has stood still in a checkpoint that is being taken, up to when it was let run on last. */
export const stoodStill = (x: Execution, target: number): number => lengthOf(allCaptures(x).find((row) => row.target === target)?.stills ?? []);

/** For how long a target was let run behind its stills, from one of them on. */
const ranBehind = ({ stills, still_since_ms }: Pick<Capture, 'stills' | 'still_since_ms'>, from: number): number =>
  stills.reduce((ms, still, at) => (at < from ? ms : ms + (stills[at + 1]?.from_ms ?? still_since_ms) - still.to_ms), 0);

/**
 * For how long the clock of the captured target went on while other threads ran and this one was frozen: its timeouts are so much nearer.
 * While all threads ran, the kernel itself brought them nearer. Who is let run is in no wait that lasts; a timeout that it has now it set itself, after everything before.
 */
export function ranWithout(captured: Pick<Capture, 'stills' | 'still_since_ms'>, thread: number): number {
  const from = captured.stills.findLastIndex(({ nudged }) => nudged.includes(thread)) + 1;
  return captured.stills.slice(from).reduce((ms, { thawed_ms }) => ms - thawed_ms, ranBehind(captured, from));
}

/** For how long some threads ran on, at most over all targets, while others stood still. */
export const ranOn = (x: Execution): number => Math.max(0, ...allCaptures(x).map((row) => ranBehind(row, 0)));

/** For how long the captured target has stood still since a reading of the clock, up to the moment of capture. */
export function stillSince(x: Execution, clock_ms: number): number {
  const { stills, still_since_ms, now_ms } = capture.get(x);
  return still_since_ms === 0 ? 0 : lengthOf([...stills, { from_ms: still_since_ms, to_ms: now_ms }].filter(({ from_ms }) => from_ms >= clock_ms));
}

export function used(x: Execution, extension: string): void {
  const { extensions } = capture.get(x);
  if (!extensions.includes(extension)) capture.update(x, { extensions: [...extensions, extension] });
}

/** The space of a protection domain of the target; its own one if none is named. */
export function spaceOf(x: Execution, pd: number | null = null): CapturedSpace {
  const { spaces } = capture.get(x);
  return (pd === null ? spaces[0] : spaces.find((space) => space.pd === pd)) ?? { pd: pd ?? 0, native: 0, task: 0, requests: null, published: undefined, ...NO_RECORDS };
}

/** The space is reached from now on; references that the slots carry are the capture's. */
export function addSpace(x: Execution, pd: number, native: number, task: number): void {
  capture.update(x, { spaces: [...capture.get(x).spaces, { ...spaceOf(x, pd), native, task }] });
}

export function updateSpace(x: Execution, pd: number, patch: Partial<CapturedSpace>): void {
  capture.update(x, { spaces: capture.get(x).spaces.map((space) => (space.pd === pd ? { ...space, ...patch } : space)) });
}

/** Slot that the capability map of the target's own domain names for an id; 0 if it holds no such capability there. */
export const slotOfBadge = (x: Execution, badge: number): number => spaceOf(x).cap_map.find((row) => row.id === badge)?.slot ?? 0;
