// The user-level capability map of a component written in TypeScript: index records and their allocation.
// Source modelled: genode-base-foc.md 1.2, 2.1, 2.2 (cap_alloc.cc, cap_map.cc). Record position = kernel slot.

import { COST } from './cost.ts';
import { DeadEnd, type Execution } from './execution.ts';
import { capEqual, capValid, taskMap } from './kernel_calls.ts';
import { type HasStore, table } from './store.ts';

interface CapRecord {
  /** Global id; 0xffff for freshly allocated records that hold no capability. */
  readonly id: number;
  readonly ref: number;
}

/** First slot that a component manages itself; below are the fixed slots, which are never counted. */
export const USER_SLOT = 0x200;
/** Id of records that hold no capability yet. */
export const RESERVED_ID = 0xffff;

/** A raw line; the real one adds file and line of its source. */
const USED_UP = '\x1b[32mKernel: assertion failed: cap index allocation failed\x1b[0m\n';

/** Used records by slot. A record that exists is used. */
const records = table<CapRecord>('cap_records');
/** The map proper: slot by id. */
const map = table<{ readonly slot: number }>('cap_map');

/**
 * Allocates the first run of `count` free records at or above 0x200 and returns its first slot. Where there is none, as when a guest has made
 * core know of more objects than it has records, the original says so, returns null and uses that.
 */
export function allocSlots(x: Execution, count: number): number {
  x.charge(COST.capability);
  const used = records(x);
  // The search goes on behind each used record that it meets, and does not look at the last one.
  const first = used.freeRun(USER_SLOT, count, x.component.program.cap_records - 1);
  if (first < 0) {
    x.cpu.console(USED_UP);
    throw new DeadEnd('capability records are used up');
  }
  x.charge(COST.searched_slot * (first - USER_SLOT + count));
  for (let i = 0; i < count; i++) used.set(first + i, { id: RESERVED_ID, ref: 0 });
  return first;
}

/** Frees records. The kernel slots keep whatever mapping they have. */
export function freeSlots(x: Execution, first: number, count: number): void {
  for (let i = 0; i < count; i++) records(x).delete(first + i);
}

/** Inserts an id at a given slot, or at the lowest free one. The reference count starts at 0. */
export function insertCap(x: Execution, id: number, slot = allocSlots(x, 1)): number {
  x.charge(COST.capability);
  records(x).set(slot, { id, ref: 0 });
  map(x).set(id, { slot });
  return slot;
}

export function findCap(x: Execution, id: number): number | undefined {
  return map(x).get(id)?.slot;
}

export function capId(x: HasStore, slot: number): number {
  return records(x).get(slot)?.id ?? 0;
}

/**
 * Takes in a capability that the kernel delivered to a window slot (base-foc 2.2): an already known object keeps its slot and
 * the duplicate stays in the window; a foreign object under a known id is rejected (null); else it is granted to a new slot.
 */
export function insertMap(x: Execution, id: number, window: number): number | null {
  const known = findCap(x, id);
  if (known !== undefined) {
    if (capEqual(x, known, window)) return known;
    if (capValid(x, known)) return null;
    map(x).delete(id);
  }
  const slot = insertCap(x, id);
  taskMap(x, { from: window, to: slot, grant: true });
  return slot;
}

export function inc(x: Execution, slot: number | null): void {
  if (slot === null || slot < USER_SLOT) return;
  const record = records(x).require(slot);
  records(x).set(slot, { id: record.id, ref: record.ref + 1 });
}

/** Drops one reference; with the last one the record is removed (and core destroys the object). */
export function dec(x: Execution, slot: number | null): void {
  if (slot === null || slot < USER_SLOT) return;
  const record = records(x).require(slot);
  if (record.ref > 1) {
    records(x).set(slot, { id: record.id, ref: record.ref - 1 });
    return;
  }
  removeCap(x, slot);
}

/** Removes a record from the map if the map still means this very record, and frees it. */
export function removeCap(x: Execution, slot: number): void {
  x.charge(COST.capability);
  const { id } = records(x).require(slot);
  if (findCap(x, id) === slot) {
    x.component.program.dropped?.(x, slot, id);
    map(x).delete(id);
  }
  records(x).delete(slot);
}

export function capReferences(x: HasStore, slot: number): number {
  return records(x).get(slot)?.ref ?? 0;
}
