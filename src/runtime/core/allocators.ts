// Address allocators of core as rows of its store, and the numbers by which the fixed ones are known.
// Owner of the table 'core_allocators'. A row that nobody else has says what its tree is whenever it is read. One that was handed out
// is replaced with the next change, and says for ever what its tree was; the tree is rebuilt when needed.

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

/** What rows that were written last were made from. A fork of the store finds its row's tree gone and rebuilds it from the state. */
const origins = new WeakMap<object, Origin>();

function treeOf(x: HasStore, key: number): AllocatorAvl {
  const row = rows(x).require(key);
  return origins.get(row)?.tree ?? AllocatorAvl.restore(row.state);
}

function write(x: HasStore, key: number, tree: AllocatorAvl): void {
  rows(x).set(key, rowOf(x, tree));
}

/** A row that says what the tree is now. */
function rowOf(x: HasStore, tree: AllocatorAvl): AllocatorRow {
  const row = Object.defineProperty({}, 'state', { configurable: true, enumerable: true, get: () => settled(row, tree) }) as AllocatorRow;
  origins.set(row, { tree, handedOut: rows(x).handedOut });
  return row;
}

function settled(row: AllocatorRow, tree: AllocatorAvl): AllocatorState {
  const value = tree.save();
  Object.defineProperty(row, 'state', { configurable: true, enumerable: true, value });
  origins.delete(row);
  return value;
}

/** Changes an allocator and stores it. */
export function changeAllocator<T>(x: HasStore, key: number, change: (allocator: AllocatorAvl) => T): T {
  const old = rows(x).get(key);
  const origin = old === undefined ? undefined : origins.get(old);
  if (old !== undefined && origin?.handedOut === rows(x).handedOut) {
    const result = change(origin.tree);
    rows(x).set(key, old);
    return result;
  }
  const tree = old === undefined ? new AllocatorAvl() : treeOf(x, key);
  if (old !== undefined) settle(old);
  const result = change(tree);
  write(x, key, tree);
  return result;
}

/** The tree of a row is going to change, and others have the row: what it says is worked out now. */
function settle(row: AllocatorRow): void {
  if (origins.has(row)) void row.state;
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
