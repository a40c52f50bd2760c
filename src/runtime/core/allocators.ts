// Address allocators of core as rows of its store, and the numbers by which the fixed ones are known.
// Owner of the table 'core_allocators'. A row is replaced with every change; the tree behind a row is rebuilt when needed.

import { type HasStore, table } from '../native/store.ts';
import { AllocatorAvl, type AllocatorState } from './allocator_avl.ts';

interface AllocatorRow {
  readonly state: AllocatorState;
}

/** Keys of the allocators that core has from the start; region maps add their own behind them. */
export const ALLOCATOR = { ram: 1, region: 2, io_mem: 3, io_port: 4, irq: 5, core_ranges: 6, cap_ids: 7 } as const;

const rows = table<AllocatorRow>('core_allocators');

/** Trees of rows that were written last. A fork of the store finds its row's tree gone and rebuilds it from the state. */
const trees = new WeakMap<object, AllocatorAvl>();

function treeOf(x: HasStore, key: number): AllocatorAvl {
  const row = rows(x).require(key);
  return trees.get(row) ?? AllocatorAvl.restore(row.state);
}

function write(x: HasStore, key: number, tree: AllocatorAvl): void {
  const row: AllocatorRow = { state: tree.save() };
  rows(x).set(key, row);
  trees.set(row, tree);
}

/** Changes an allocator and stores it. */
export function changeAllocator<T>(x: HasStore, key: number, change: (allocator: AllocatorAvl) => T): T {
  const old = rows(x).get(key);
  const tree = old === undefined ? new AllocatorAvl() : treeOf(x, key);
  if (old !== undefined) trees.delete(old);
  const result = change(tree);
  write(x, key, tree);
  return result;
}

/** Looks into an allocator without changing it. */
export function readAllocator<T>(x: HasStore, key: number, read: (allocator: AllocatorAvl) => T): T {
  return read(treeOf(x, key));
}

/** A new allocator over one range; returns its key. */
export function newAllocator(x: HasStore, base: number, size: number): number {
  const tree = new AllocatorAvl();
  tree.addRange(base, size);
  const row: AllocatorRow = { state: tree.save() };
  trees.set(row, tree);
  return rows(x).insert(row);
}

export function dropAllocator(x: HasStore, key: number): void {
  rows(x).delete(key);
}
