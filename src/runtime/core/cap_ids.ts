// Capability ids: the global names of kernel objects, which are also the labels of gates.
// Source modelled: genode-base-foc.md 2.3, genode-16.08-abi.md 1.5 (steps of four, so that a label has room for rights).

import type { HasStore } from '../native/store.ts';
import { ALLOCATOR, changeAllocator } from './allocators.ts';

const GRANULARITY = 4;
const GRANULARITY_LOG2 = 2;
/** Of the original's range, which begins at 4, the end wraps around: the last free block is never merged with freed ids before it. */
const RANGE_SIZE = 0xffff_ffff;

export function initCapIds(x: HasStore): void {
  changeAllocator(x, ALLOCATOR.cap_ids, (ids) => ids.addRange(GRANULARITY, RANGE_SIZE));
}

export function allocId(x: HasStore): number {
  const id = changeAllocator(x, ALLOCATOR.cap_ids, (ids) => ids.alloc(GRANULARITY, GRANULARITY_LOG2));
  if (id === undefined) throw new Error('out of capability IDs');
  return id;
}

export function freeId(x: HasStore, id: number): void {
  changeAllocator(x, ALLOCATOR.cap_ids, (ids) => ids.free(id));
}
