// The places for threads in a task: 128 of them, each with fixed capability slots and a fixed UTCB.
// Owner of the table 'core_pd_threads'. Source modelled: genode-base-foc.md 3.2 (bind_thread).

import type { Execution } from '../native/execution.ts';
import { OWN_TASK_SLOT, taskMap } from '../native/kernel_calls.ts';
import { table } from '../native/store.ts';
import { utcbAddress } from '../native/thread_table.ts';
import { coreError } from './console.ts';
import { bindThread } from './platform_thread.ts';

interface PlacesRow {
  /** Slot (in core) of the task. */
  readonly task: number;
  /** Keys of platform threads, 0 for a free place. */
  readonly places: readonly number[];
}

/** By key of the PD session. */
const places = table<PlacesRow>('core_pd_threads');

export const THREADS_MAX = 128;

export const openPlaces = (x: Execution, pd: number, task: number): void => places(x).set(pd, { task, places: [] });
export const closePlaces = (x: Execution, pd: number): void => places(x).delete(pd);

/** Binds a thread to the lowest free place; false if there is none. */
export function bindToPd(x: Execution, pd: number, platform: number): boolean {
  const { task, places: taken } = places(x).require(pd);
  const free = taken.indexOf(0);
  const index = free < 0 ? taken.length : free;
  if (index >= THREADS_MAX) {
    coreError(x, 'thread alloc failed');
    return false;
  }
  const next = [...taken];
  next[index] = platform;
  places(x).update(pd, { places: next });
  // The task's own capability is mapped anew with every thread.
  taskMap(x, { task, from: task, to: OWN_TASK_SLOT });
  bindThread(x, platform, task, index, utcbAddress(index));
  return true;
}

export function unbindFromPd(x: Execution, pd: number, platform: number): void {
  const row = places(x).get(pd);
  if (row !== undefined) places(x).update(pd, { places: row.places.map((taken) => (taken === platform ? 0 : taken)) });
}
