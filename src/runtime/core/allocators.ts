// Address allocators of core as rows of its store, and the numbers by which the fixed ones are known.
// Owner of the table 'core_allocators'. A row says what its tree is whenever it is read. One that was handed out is replaced with the
// next change, which is made to a copy of its tree.

import { type HasStore, table } from '../native/store.ts';
import { AllocatorAvl, type AllocatorState } from './allocator_avl.ts';

interface AllocatorRow {
  readonly state: AllocatorState;
}

/** Keys of the allocators that core has from the start; region maps add their own behind them. */
export const ALLOCATOR = { ram: 1, region: 2, io_mem: 3, io_port: 4, irq: 5, core_ranges: 6, cap_ids: 7 } as const;

const rows = table<AllocatorRow>('core_allocators');

interface Origin {
  readonly tree: AllocatorAvl;
  /** `handedOut` of the table when the row was written. */
  readonly handedOut: number;
}

/** What rows were made from. Rows of a restored store have their state alone. */
const origins = new WeakMap<object, Origin>();

function treeOf(x: HasStore, key: number): AllocatorAvl {
  const row = rows(x).require(key);
  return origins.get(row)?.tree ?? AllocatorAvl.restore(row.state);
}

/** A row that says what the tree is. */
function rowOf(x: HasStore, tree: AllocatorAvl): AllocatorRow {
  const row = Object.defineProperty({}, 'state', { configurable: true, enumerable: true, get: () => tree.save() }) as AllocatorRow;
  origins.set(row, { tree, handedOut: rows(x).handedOut });
  return row;
}

/** Changes an allocator and stores it. */
export function changeAllocator<T>(x: HasStore, key: number, change: (allocator: AllocatorAvl) => T): T {
  const old = rows(x).get(key);
  const origin = old === undefined ? undefined : origins.get(old);
  const isOurs = old !== undefined && origin?.handedOut === rows(x).handedOut;
  const tree = old === undefined ? new AllocatorAvl() : isOurs ? origin.tree : new AllocatorAvl(treeOf(x, key));
  const result = change(tree);
  rows(x).set(key, isOurs ? old : rowOf(x, tree));
  return result;
}

/** Puts a copy of an allocator into core's store. */
export function putAllocator(x: HasStore, key: number, allocator: AllocatorAvl): void {
  rows(x).set(key, rowOf(x, new AllocatorAvl(allocator)));
}

/** Looks into an allocator without changing it. */
export function readAllocator<T>(x: HasStore, key: number, read: (allocator: AllocatorAvl) => T): T {
  return read(treeOf(x, key));
}

/** A new allocator over one range; returns its key. */
export function newAllocator(x: HasStore, base: number, size: number): number {
  const tree = new AllocatorAvl();
  tree.addRange(base, size);
  return rows(x).insert(rowOf(x, tree));
}

export function dropAllocator(x: HasStore, key: number): void {
  rows(x).delete(key);
}
