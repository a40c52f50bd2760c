// Region maps: which dataspace is attached where, faults that wait for an attachment, revocation when regions go.
// Owner of the table 'core_region_maps'. Source modelled: genode-base-foc.md 6.2, 6.3, genode-16.08-abi.md 1.5.

import { dec, inc } from '../native/cap_space.ts';
import { COST } from '../native/cost.ts';
import type { Execution } from '../native/execution.ts';
import { type HasStore, table } from '../native/store.ts';
import { changeAllocator, dropAllocator, newAllocator, readAllocator } from './allocators.ts';
import { pageAligned } from './board_memory.ts';
import { coreWarning } from './console.ts';
import { dataspaces, newDataspace, removeDataspace } from './dataspace.ts';
import { type CoreCap, NO_CAP } from './kernel_object.ts';
import { dissolveObject, manageObject } from './object.ts';
import { revokeMemory } from './revocation.ts';
import { dropSlab, newEmbeddedSlab, newSlab, slabAlloc, slabEnsure, slabFree } from './slab.ts';

export type Region = {
  readonly base: number;
  readonly size: number;
  readonly ds: number;
  readonly offset: number;
  /** False: a write is a fault of the region map (extension attach_readonly). */
  readonly writable: boolean;
};

export const FAULT = { ready: 0, read: 1, write: 2 } as const;

/** A thread that waits until something is attached at an address of this map. */
export type Fault = { readonly thread: number; readonly address: number; readonly type: number };

export type RegionMapKind = 'address_space' | 'stack_area' | 'linker_area' | 'managed';

interface RegionMapRow {
  readonly kind: RegionMapKind;
  readonly size: number;
  readonly allocator: number;
  /** Attachments, ascending. */
  readonly regions: readonly Region[];
  /** The dataspace by which this map can be attached to another one. */
  readonly dataspace: number;
  /** Slot of the signal context for faults, 0 if none. */
  readonly fault_handler: number;
  /** Threads whose address space this is, the newest first. */
  readonly clients: readonly number[];
  /** Oldest first. */
  readonly faults: readonly Fault[];
  /** Slab of references from dataspaces to regions, and the one of the allocator's blocks. */
  readonly references: number;
  readonly blocks: number;
  readonly cap: CoreCap;
}

export const regionMaps = table<RegionMapRow>('core_region_maps');

/** A map with other attachments. Named field by field, which is far quicker than a copy of whatever fields there are. */
const withRegions = ({ kind, size, allocator, dataspace, fault_handler, clients, references, blocks, cap }: RegionMapRow, regions: readonly Region[], faults: readonly Fault[]): RegionMapRow => ({
  kind, size, allocator, regions, dataspace, fault_handler, clients, faults, references, blocks, cap,
});

const PAGE_LOG2 = 12;
/** An allocation may split a block in three and cuts two new blocks beforehand. */
const BLOCKS_PER_CHANGE = 2;

/** Creates a region map over [base, base + size). Null if the guard cannot pay its meta data. */
export function newRegionMap(x: Execution, kind: RegionMapKind, guard: number, base: number, size: number): number | null {
  const references = newSlab(x, 'region_reference', guard);
  if (references === null) return null;
  const blocks = newEmbeddedSlab(x, 'address_block', guard);
  const key = regionMaps(x).insert({
    kind, size, allocator: newAllocator(x, base, pageAligned(size)), regions: [], dataspace: 0, fault_handler: 0, clients: [], faults: [], references, blocks, cap: NO_CAP,
  });
  const dataspace = newDataspace(x, { phys: 0, size: pageAligned(size), writable: false, cache: 'cached', ram_session: 0, managed_by: key });
  regionMaps(x).update(key, { dataspace, cap: manageObject(x, 'Region_map', key) });
  return key;
}

export interface Attachment {
  readonly ds: number | undefined;
  readonly size: number;
  readonly offset: number;
  /** Fixed address, undefined for anywhere. */
  readonly at: number | undefined;
  /** True unless told otherwise. */
  readonly writable?: boolean;
}

export type AttachError = 'Invalid_dataspace' | 'Region_conflict' | 'Out_of_metadata' | 'Invalid_args';

/** Attaches a dataspace; returns the address and the threads whose faults are resolved by it, which the caller has to wake. */
export function attach(x: Execution, key: number, { ds, size: wanted, offset, at, writable = true }: Attachment): { address: number; resolved: readonly number[] } | AttachError {
  if (offset < 0 || offset % (1 << PAGE_LOG2) !== 0) return 'Invalid_args';
  const source = ds === undefined ? undefined : dataspaces(x).get(ds);
  if (ds === undefined || source === undefined) return 'Invalid_dataspace';
  // Behind the end of the dataspace the original computes a size beyond every region map.
  if (wanted === 0 && offset > source.size) return 'Region_conflict';
  const size = pageAligned(wanted === 0 ? source.size - offset : wanted);
  if (size === 0 || source.size < size + offset) return 'Invalid_args';
  const { allocator, references, blocks } = regionMaps(x).require(key);
  if (!slabEnsure(x, blocks, readAllocator(x, allocator, (all) => all.blockCount) + BLOCKS_PER_CHANGE)) return 'Out_of_metadata';
  const address = at === undefined ? allocAnywhere(x, allocator, size, source.phys + offset) : allocFixed(x, allocator, size, at);
  if (address === undefined) return 'Region_conflict';
  if (!slabAlloc(x, references)) {
    changeAllocator(x, allocator, (all) => all.free(address));
    return 'Out_of_metadata';
  }
  x.charge(COST.region);
  const row = regionMaps(x).require(key);
  const { regions, faults } = row;
  const covers = (fault: Fault): boolean => fault.address >= address && fault.address < address + size && (writable || fault.type !== FAULT.write);
  const all = [...regions, { base: address, size, ds, offset, writable }].sort((a, b) => a.base - b.base);
  regionMaps(x).set(key, withRegions(row, all, faults.filter((fault) => !covers(fault))));
  return { address, resolved: faults.filter(covers).map((fault) => fault.thread) };
}

function allocFixed(x: HasStore, allocator: number, size: number, at: number): number | undefined {
  return changeAllocator(x, allocator, (all) => (all.allocAt(at, size) ? at : undefined));
}

/** As aligned as the size asks for and the memory behind the region allows. */
function allocAnywhere(x: HasStore, allocator: number, size: number, source: number): number | undefined {
  return changeAllocator(x, allocator, (all) => {
    for (let align = Math.floor(Math.log2(size)); align >= PAGE_LOG2; align--) {
      if (source % 2 ** align !== 0) continue;
      const address = all.alloc(size, align);
      if (address !== undefined) return address;
    }
    return undefined;
  });
}

export function regionAt(x: HasStore, key: number, address: number): Region | undefined {
  return regionMaps(x).require(key).regions.find(({ base, size }) => address >= base && address < base + size);
}

export function detach(x: Execution, key: number, address: number): void {
  const region = regionAt(x, key, address);
  if (region === undefined) {
    coreWarning(x, `detach: no attachment at 0x${address.toString(16)}`);
    return;
  }
  removeRegion(x, key, region);
}

function removeRegion(x: Execution, key: number, region: Region): void {
  const row = regionMaps(x).require(key);
  const { allocator, references, regions, clients, faults } = row;
  x.charge(COST.region_removed);
  regionMaps(x).set(key, withRegions(row, regions.filter((other) => other.base !== region.base), faults));
  changeAllocator(x, allocator, (all) => all.free(region.base));
  if (clients.length > 0 && dataspaces(x).get(region.ds)?.managed_by !== 0) coreWarning(x, 'unmapping of managed dataspaces not yet supported');
  x.charge(COST.revoked_page * (region.size >>> PAGE_LOG2) * revocations(x, key));
  revoke(x, region);
  slabFree(x, references);
}

/**
 * Takes the pages of a region from everyone but core; whoever may still use them faults and gets them again. The pages of a managed
 * dataspace stay where they are, as its line of warning says: a component that attaches something else there still sees them.
 */
function revoke(x: Execution, { ds, offset, size }: Region): void {
  const source = dataspaces(x).get(ds);
  if (source !== undefined && source.managed_by === 0) revokeMemory(x, source.phys + offset, size);
}

/**
 * How often the original revokes a region page by page: once if threads run in the map; and for each thread of every map that this one
 * is attached to, as with the stacks of a component. Here they are revoked once, so that is a matter of costs.
 */
function revocations(x: HasStore, key: number): number {
  const { dataspace, clients } = regionMaps(x).require(key);
  let count = clients.length > 0 ? 1 : 0;
  for (const [, parent] of regionMaps(x).entries()) if (parent.regions.some(({ ds }) => ds === dataspace)) count += parent.clients.length;
  return count;
}

/** Enters a thread that runs in the address space described by a map. */
export function addClient(x: HasStore, key: number, thread: number): void {
  regionMaps(x).update(key, { clients: [thread, ...regionMaps(x).require(key).clients] });
}

export function removeClient(x: HasStore, key: number, thread: number): void {
  const row = regionMaps(x).get(key);
  if (row !== undefined) regionMaps(x).update(key, { clients: row.clients.filter((client) => client !== thread) });
  forgetFaults(x, thread);
}

/** Detaches a dataspace from every region map. */
export function detachEverywhere(x: Execution, ds: number): void {
  for (const key of regionMaps(x).keys()) {
    for (const region of regionMaps(x).require(key).regions) if (region.ds === ds) removeRegion(x, key, region);
  }
}

/** Withdraws a dataspace that may be attached. */
export function destroyDataspace(x: Execution, ds: number): void {
  detachEverywhere(x, ds);
  removeDataspace(x, ds);
}

/** Notes a fault that nothing resolves; the caller signals it. */
export function registerFault(x: HasStore, key: number, fault: Fault): void {
  forgetFaults(x, fault.thread);
  regionMaps(x).update(key, { faults: [...regionMaps(x).require(key).faults, fault] });
}

export function forgetFaults(x: HasStore, thread: number): void {
  for (const [key, { faults }] of regionMaps(x).entries()) {
    if (faults.some((fault) => fault.thread === thread)) regionMaps(x).update(key, { faults: faults.filter((fault) => fault.thread !== thread) });
  }
}

export function setFaultHandler(x: Execution, key: number, context: number | null): void {
  const { fault_handler } = regionMaps(x).require(key);
  inc(x, context);
  if (fault_handler !== 0) dec(x, fault_handler);
  regionMaps(x).update(key, { fault_handler: context ?? 0 });
}

export function destroyRegionMap(x: Execution, key: number): void {
  for (const region of regionMaps(x).require(key).regions) removeRegion(x, key, region);
  const { allocator, dataspace, references, blocks, cap, fault_handler } = regionMaps(x).require(key);
  destroyDataspace(x, dataspace);
  dissolveObject(x, cap);
  regionMaps(x).delete(key);
  dropAllocator(x, allocator);
  dropSlab(x, references);
  dropSlab(x, blocks);
  if (fault_handler !== 0) dec(x, fault_handler);
}
