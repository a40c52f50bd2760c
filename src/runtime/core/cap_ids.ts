// Capability ids: the global names of kernel objects, which are also the labels of gates.
// Source modelled: genode-base-foc.md 2.3, genode-16.08-abi.md 1.5 (steps of four, so that a label has room for rights).

import { type HasStore, record } from '../native/store.ts';
import { ALLOCATOR, changeAllocator, readAllocator } from './allocators.ts';

const GRANULARITY = 4;
const GRANULARITY_LOG2 = 2;
/** Of the original's range, which begins at 4, the end wraps around: the last free block is never merged with freed ids before it. */
const RANGE_SIZE = 0xffff_ffff;

export function initCapIds(x: HasStore): void {
  changeAllocator(x, ALLOCATOR.cap_ids, (ids) => ids.addRange(GRANULARITY, RANGE_SIZE));
}

/** Ids from here on only, if it is not 0: test equipment. */
const lowest = record('cap_ids_lowest', { id: 0 });

/** From now on no id is handed out that was handed out before. */
export function takeFreshIds(x: HasStore): void {
  const used = readAllocator(x, ALLOCATOR.cap_ids, (ids) => ids.blocks().filter((block) => block.used).at(-1));
  lowest.set(x, { id: used === undefined ? GRANULARITY : used.base + used.size });
}

export function allocId(x: HasStore): number {
  const { id: from } = lowest.get(x);
  const id = changeAllocator(x, ALLOCATOR.cap_ids, (ids) => ids.alloc(GRANULARITY, GRANULARITY_LOG2, from));
  if (id === undefined) throw new Error('out of capability IDs');
  if (from !== 0) lowest.set(x, { id: id + GRANULARITY });
  return id;
}

export function freeId(x: HasStore, id: number): void {
  changeAllocator(x, ALLOCATOR.cap_ids, (ids) => ids.free(id));
}
