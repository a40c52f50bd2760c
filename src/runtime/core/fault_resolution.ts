// What a page fault comes to: the mapping that answers it, or where and as what it has to be registered.
// Source modelled: genode-base-foc.md 6.1, 6.2, genode-16.08-abi.md 2.2. Reads core's tables, changes nothing.

import type { HasStore } from '../native/store.ts';
import { type CacheAttribute, dataspaces } from './dataspace.ts';
import { FAULT, regionAt } from './region_map.ts';

export type Resolution =
  | { readonly kind: 'mapping'; readonly to: number; readonly from: number; readonly size_log2: number; readonly writable: boolean; readonly cache: CacheAttribute }
  | {
      readonly kind: 'unattached' | 'read_only';
      /** Region map at which the fault is registered, with the address as its clients see it. */
      readonly map: number;
      readonly address: number;
      readonly type: number;
    };

/** Region maps may be nested so deep. */
const LEVELS_MAX = 5;
const PAGE_LOG2 = 12;

/** Address range, end exclusive. */
interface Window {
  readonly from: number;
  readonly to: number;
}

/** Resolves a fault of a client of an address space. */
export function resolveFault(x: HasStore, addressSpace: number, fault: number, write: boolean): Resolution {
  const type = write ? FAULT.write : FAULT.read;
  const page = fault - (fault % (1 << PAGE_LOG2));
  let map = addressSpace;
  /** Address inside the current map, and what lies between it and the address space's. */
  let inner = fault;
  let window: Window = { from: 0, to: 2 ** 32 };
  /** Sum of the bases of the regions passed: the offset core subtracts when it registers a fault. */
  let bases = 0;
  let writable = true;
  for (let level = 0; level < LEVELS_MAX; level++) {
    const region = regionAt(x, map, inner);
    const source = region === undefined ? undefined : dataspaces(x).get(region.ds);
    if (region === undefined || source === undefined) return { kind: 'unattached', map, address: fault - bases, type };
    // A region without the right to write waits until somebody attaches it with that right.
    if (write && !region.writable) return { kind: 'unattached', map, address: fault - bases, type };
    writable &&= region.writable;
    // The region in terms of the address space: every mapping has to stay inside all regions it is seen through.
    const start = fault - (inner - region.base);
    window = { from: Math.max(window.from, start), to: Math.min(window.to, start + region.size) };
    const offset = inner - region.base + region.offset;
    if (source.managed_by === 0) {
      if (write && !source.writable) return { kind: 'read_only', map, address: source.phys + offset, type };
      const from = source.phys + (offset - (offset % (1 << PAGE_LOG2)));
      const area = { from: source.phys, to: source.phys + source.size };
      return mapping(page, from, window, area, source.writable && writable, source.cache);
    }
    bases += region.base;
    map = source.managed_by;
    inner = offset;
  }
  return { kind: 'unattached', map, address: fault - bases, type };
}

/** The largest naturally aligned power of two around the fault that both sides have room for and agree about. */
function mapping(to: number, from: number, target: Window, source: Window, writable: boolean, cache: CacheAttribute): Resolution {
  let size_log2 = PAGE_LOG2;
  for (let log2 = PAGE_LOG2 + 1; log2 < 32; log2++) {
    const size = 2 ** log2;
    if (to % size !== from % size || !contains(target, to, size) || !contains(source, from, size)) break;
    size_log2 = log2;
  }
  const size = 2 ** size_log2;
  return { kind: 'mapping', to: to - (to % size), from: from - (from % size), size_log2, writable, cache };
}

function contains(window: Window, address: number, size: number): boolean {
  const base = address - (address % size);
  return base >= window.from && base + size <= window.to;
}
