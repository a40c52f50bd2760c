// Dataspaces: ranges of physical memory (or managed by a region map) as RPC objects of core's entrypoint.
// Owner of the table 'core_dataspaces'. Source modelled: genode-16.08-abi.md 2, genode-base-foc.md 6.2, 6.3.

import { type HasStore, table } from '../native/store.ts';
import type { RpcRequest, SyncHandler } from '../native/service.ts';
import type { Execution } from '../native/execution.ts';
import { type CoreCap, NO_CAP } from './kernel_object.ts';
import { dissolveObject, manageObject, objectOf } from './object.ts';

/** Memory attribute of a mapping; the numbers are those of the RPC argument. */
export const CACHE_ATTRIBUTES = ['uncached', 'write_combined', 'cached'] as const;
export type CacheAttribute = (typeof CACHE_ATTRIBUTES)[number];

export interface DataspaceRow {
  /** Physical (and core-local) address; 0 for managed dataspaces. */
  readonly phys: number;
  /** Bytes, page-rounded. */
  readonly size: number;
  readonly writable: boolean;
  readonly cache: CacheAttribute;
  /** RAM session that the memory belongs to, 0 if none. */
  readonly ram_session: number;
  /** Region map whose content this is, 0 if the memory is physical. */
  readonly managed_by: number;
  readonly cap: CoreCap;
}

export const dataspaces = table<DataspaceRow>('core_dataspaces');

export function newDataspace(x: Execution, { phys, size, writable, cache, ram_session, managed_by }: Omit<DataspaceRow, 'cap'>): number {
  const key = dataspaces(x).insert({ phys, size, writable, cache, ram_session, managed_by, cap: NO_CAP });
  dataspaces(x).set(key, { phys, size, writable, cache, ram_session, managed_by, cap: manageObject(x, 'Dataspace', key) });
  return key;
}

/** Withdraws a dataspace that is attached nowhere: its capability goes. Its memory is the owner's business. */
export function removeDataspace(x: Execution, key: number): void {
  const { cap } = dataspaces(x).require(key);
  dataspaces(x).delete(key);
  dissolveObject(x, cap);
}

/** Key of the dataspace that a capability argument names. */
export const dataspaceOf = (x: Execution, slot: number | null): number | undefined => objectOf(x, 'Dataspace', slot);

/** Dataspaces as the glue and reports see them, ascending by key. */
export function dataspaceList(store: HasStore): readonly (readonly [number, Readonly<DataspaceRow>])[] {
  return dataspaces(store).entries();
}

const of = (x: Execution, request: RpcRequest): Readonly<DataspaceRow> => dataspaces(x).require(request.ref);

const size: SyncHandler = (x, request) => ({ value: of(x, request).size });
const phys_addr: SyncHandler = (x, request) => ({ value: of(x, request).phys });
const writable: SyncHandler = (x, request) => ({ value: of(x, request).writable });

export const dataspaceService = { size, phys_addr, writable };
