// What happened on the board during a run, as data for reports: threads with their phases, sessions, operations, log lines, and
// capability spaces with the origin of every slot. Written as reports/NAME/record.json. Owns no state; times are virtual microseconds.

import type { Origin, ThreadPhase } from '../runtime/system.ts';
import type { RunResult } from './result.ts';

export const RECORD_FORMAT = 1;

/** A stretch during which a thread ran, and what it did after that until it ran again. A tuple, for there are thousands of them. */
export type RunSpan = readonly [start_us: number, end_us: number, then: ThreadPhase];

/** One lane; the idle thread has none. Before its first span a thread did not exist or was not started. */
export interface ThreadLane {
  /** Debugger ids. */
  readonly id: number;
  readonly task: number;
  readonly name: string;
  /** Label of the component, or 'sigma0'. */
  readonly component: string;
  readonly spans: readonly RunSpan[];
  /** Sum of the running time, whatever was coarsened. */
  readonly running_us: number;
}

/** A session that a component asked its parent for. */
export interface SessionRecord {
  readonly service: string;
  /** The arguments as they were sent: `label="timer", ram_quota=8K`. */
  readonly args: string;
  readonly thread: number;
  readonly component: string;
  readonly start_us: number;
  /** When the parent had answered; null if it never did. */
  readonly end_us: number | null;
  readonly outcome: 'opened' | 'refused' | 'pending';
  /** Label of the component whose service the parent asked for it; null if the parent provided it itself. */
  readonly provider: string | null;
}

/** A checkpoint, restore, kill and the like: a command that the checkpointer carried out. */
export interface OperationRecord {
  readonly kind: string;
  /** Number of the step, from 1. */
  readonly step: number;
  readonly words: string;
  readonly start_us: number;
  readonly end_us: number;
  /** How long the component was not able to run because of it. */
  readonly stop_us: number;
  readonly ok: boolean;
}

export interface LineRecord {
  readonly time_us: number;
  readonly text: string;
}

export interface Timeline {
  readonly end_us: number;
  /** Gaps within a lane that are shorter were closed to keep within the limit; 0: nothing was. */
  readonly resolution_us: number;
  readonly threads: readonly ThreadLane[];
  readonly sessions: readonly SessionRecord[];
  readonly operations: readonly OperationRecord[];
  readonly lines: readonly LineRecord[];
  /** What the limits left out. */
  readonly dropped: { readonly threads: number; readonly sessions: number; readonly lines: number };
}

/** One row of a capability space: an occupied slot. */
export interface SlotRecord {
  readonly slot: number;
  readonly id: number;
  readonly rights: string;
  readonly type: string;
  readonly origin?: Origin;
}

export interface SpaceRecord {
  readonly point: string;
  readonly task: string;
  readonly task_id: number;
  readonly time_us: number;
  readonly slots: readonly SlotRecord[];
}

export interface RunRecord {
  readonly format: typeof RECORD_FORMAT;
  readonly scenario: string;
  readonly timeline: Timeline;
  readonly spaces: readonly SpaceRecord[];
}

export const EMPTY_TIMELINE: Timeline = { end_us: 0, resolution_us: 0, threads: [], sessions: [], operations: [], lines: [], dropped: { threads: 0, sessions: 0, lines: 0 } };

export function runRecord(result: RunResult): RunRecord {
  const spaces = result.dumps.map(({ point, task, task_id, time_us, slots }): SpaceRecord => ({
    point, task, task_id, time_us,
    slots: (slots ?? []).map(({ slot, id, rights, type, origin }) => ({ slot, id, rights, type, ...(origin === undefined ? {} : { origin }) })),
  }));
  return { format: RECORD_FORMAT, scenario: result.scenario, timeline: result.timeline, spaces };
}
