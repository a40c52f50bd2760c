// RAM sessions as accounts: quota, payload, and dataspaces made of physical memory that belong to them.
// Owner of the table 'core_ram_sessions'. Source modelled: genode-16.08-abi.md 5.3, genode-base-foc.md 6.4.

import { COST } from '../native/cost.ts';
import type { Execution } from '../native/execution.ts';
import { type HasStore, table } from '../native/store.ts';
import { ALLOCATOR, changeAllocator } from './allocators.ts';
import { pageAligned } from './board_memory.ts';
import { coreError } from './console.ts';
import { type CacheAttribute, dataspaces, newDataspace, removeDataspace } from './dataspace.ts';
import type { CoreCap } from './kernel_object.ts';
import { clearPages } from './physical_store.ts';

export interface RamSessionRow {
  readonly label: string;
  readonly quota: number;
  /** Sum of the page-rounded sizes of the session's dataspaces. */
  readonly payload: number;
  /** Session that quota can be exchanged with, 0 if none. */
  readonly ref_account: number;
  readonly guard: number;
  /** Slab of dataspace records; 0 for core's own session, whose records live in core's memory. */
  readonly slab: number;
  /** Physical addresses that may be used, inclusive. */
  readonly phys_from: number;
  readonly phys_to: number;
  readonly cap: CoreCap;
}

export const ramSessions = table<RamSessionRow>('core_ram_sessions');

/** A session with another balance. Named field by field: no row changes as often, and a copy of whatever fields there are takes ten times as long. */
const balanced = ({ label, ref_account, guard, slab, phys_from, phys_to, cap }: RamSessionRow, quota: number, payload: number): RamSessionRow => ({ label, quota, payload, ref_account, guard, slab, phys_from, phys_to, cap });

/** Notes that a session has so many bytes of memory more. */
function book(x: HasStore, key: number, bytes: number): void {
  const row = ramSessions(x).require(key);
  ramSessions(x).set(key, balanced(row, row.quota, row.payload + bytes));
}

/** Gives a session so many bytes of quota more. */
export function grant(x: HasStore, key: number, bytes: number): void {
  const row = ramSessions(x).require(key);
  ramSessions(x).set(key, balanced(row, row.quota + bytes, row.payload));
}

/** Core's own session. */
export const CORE_RAM = 1;
/** A slab block that a session must be able to take; never charged, but never available either. */
const RESERVE_BYTES = 4084;
const PAGE_LOG2 = 12;

export type RamError = 'Quota_exceeded' | 'Out_of_metadata';

/**
 * Makes a cleared dataspace; returns its key. `admit` gets the session's record for it and is asked when the memory is there.
 */
export function allocMemory(x: Execution, key: number, bytes: number, cache: CacheAttribute, admit: () => boolean): number | RamError {
  const session = ramSessions(x).require(key);
  const size = pageAligned(bytes);
  if (session.payload + RESERVE_BYTES + size > session.quota) return 'Quota_exceeded';
  const phys = allocPhysical(x, size, session.phys_from, session.phys_to);
  if (phys === undefined) {
    coreError(x, `out of physical memory while allocating ${size} bytes`);
    return 'Quota_exceeded';
  }
  if (!admit()) {
    changeAllocator(x, ALLOCATOR.ram, (ram) => ram.free(phys));
    return 'Out_of_metadata';
  }
  x.charge(COST.physical_memory);
  clearPages(x, phys, size);
  const ds = newDataspace(x, { phys, size, writable: true, cache, ram_session: key, managed_by: 0 });
  book(x, key, size);
  return ds;
}

/** Physical memory by best fit, aligned as its size as far as that is possible. */
function allocPhysical(x: Execution, size: number, from: number, to: number): number | undefined {
  return changeAllocator(x, ALLOCATOR.ram, (ram) => {
    for (let align = Math.floor(Math.log2(size)); align >= PAGE_LOG2; align--) {
      const phys = ram.alloc(size, align, from, to);
      if (phys !== undefined) return phys;
    }
    return undefined;
  });
}

/** Gives the memory of a dataspace back that is attached nowhere. */
export function freeMemory(x: Execution, ds: number): void {
  const { ram_session, phys, size } = dataspaces(x).require(ds);
  x.charge(COST.physical_memory);
  removeDataspace(x, ds);
  changeAllocator(x, ALLOCATOR.ram, (ram) => ram.free(phys));
  book(x, ram_session, -size);
}

/** Bytes that a session could still use for dataspaces or transfer. */
export function ramAvailable(x: HasStore, key: number): number {
  const { quota, payload } = ramSessions(x).require(key);
  return quota - payload;
}
