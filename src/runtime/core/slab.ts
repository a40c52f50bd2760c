// Slab allocators of core: entries of one size in blocks; what matters is when one takes another block, because in core a block
// of a session's slab is a dataspace. Owner of the table 'core_slabs'. Source modelled: genode-16.08-abi.md 4.1, base-foc.md 4.1.

import type { Execution } from '../native/execution.ts';
import { table } from '../native/store.ts';
import { coreError } from './console.ts';
import { freeSliced, type SlicedBlock, slicedAlloc } from './sliced_heap.ts';

interface Block {
  /** Memory of the block; null for one that is part of its owner. */
  readonly memory: SlicedBlock | null;
  readonly used: number;
}

interface SlabRow {
  /** Entries that fit into a block. */
  readonly entries: number;
  readonly block_bytes: number;
  readonly guard: number;
  readonly blocks: readonly Block[];
}

const slabs = table<SlabRow>('core_slabs');

/**
 * A new block is taken while this many entries are still free: allocating it may itself need entries of this slab.
 */
const RESERVE_ENTRIES = 3;

/** What the slabs of 16.08 look like: their entries per block follow from the sizes of their types. */
export const SLAB = {
  dataspace: { entries: 30, block_bytes: 4096 },
  signal_context: { entries: 20, block_bytes: 4096 },
  cpu_thread: { entries: 4, block_bytes: 4096 },
  /** Those of a trace session are a page each, and the heap's own words make two of it. */
  trace_subject: { entries: 13, block_bytes: 8192 },
  trace_policy: { entries: 140, block_bytes: 8192 },
  region_reference: { entries: 200, block_bytes: 4096 },
  /** Blocks of a region map's address allocator; the first slab block is part of the region map. */
  address_block: { entries: 54, block_bytes: 4096 },
} as const;

export type SlabKind = keyof typeof SLAB;

/** A slab whose first block is taken at once. Null, and a line that says so, if the guard has too little. */
export function newSlab(x: Execution, kind: SlabKind, guard: number): number | null {
  const { entries, block_bytes } = SLAB[kind];
  const memory = slicedAlloc(x, guard, block_bytes);
  if (memory !== null) return slabs(x).insert({ entries, block_bytes, guard, blocks: [{ memory, used: 0 }] });
  coreError(x, 'failed to obtain initial slab block');
  return null;
}

/** A slab whose first block lies inside its owner. */
export function newEmbeddedSlab(x: Execution, kind: SlabKind, guard: number): number {
  const { entries, block_bytes } = SLAB[kind];
  return slabs(x).insert({ entries, block_bytes, guard, blocks: [{ memory: null, used: 0 }] });
}

/** A slab with other blocks. */
const withBlocks = ({ entries, block_bytes, guard }: SlabRow, blocks: SlabRow['blocks']): SlabRow => ({ entries, block_bytes, guard, blocks });

/** A slab of whose blocks one has so many entries more in use. */
const withUse = (row: SlabRow, at: number, more: number): SlabRow => withBlocks(row, row.blocks.map((block, i) => (i === at ? { memory: block.memory, used: block.used + more } : block)));

const available = ({ entries, blocks }: SlabRow): number => blocks.reduce((sum, block) => sum + entries - block.used, 0);

/** Takes an entry: false if a block was needed and could not be paid. */
export function slabAlloc(x: Execution, key: number): boolean {
  const row = slabs(x).require(key);
  if (available(row) <= RESERVE_ENTRIES && !grow(x, key)) return false;
  const roomy = slabs(x).require(key);
  slabs(x).set(key, withUse(roomy, roomy.blocks.findIndex((block) => block.used < roomy.entries), 1));
  return true;
}

function grow(x: Execution, key: number): boolean {
  const { guard, block_bytes } = slabs(x).require(key);
  const memory = slicedAlloc(x, guard, block_bytes);
  if (memory === null) return false;
  const row = slabs(x).require(key);
  slabs(x).set(key, withBlocks(row, [...row.blocks, { memory, used: 0 }]));
  return true;
}

/** Gives an entry back; a block that became empty goes once more than two blocks' worth of entries are free. */
export function slabFree(x: Execution, key: number): void {
  const full = slabs(x).require(key);
  const row = withUse(full, full.blocks.findLastIndex((block) => block.used > 0), -1);
  slabs(x).set(key, row);
  const empty = row.blocks.findLastIndex((block, i) => i > 0 && block.used === 0);
  if (empty < 0 || available(row) <= 2 * row.entries) return;
  slabs(x).set(key, withBlocks(row, row.blocks.filter((_, i) => i !== empty)));
  const released = row.blocks[empty]?.memory ?? null;
  if (released !== null) freeSliced(x, row.guard, released);
}

/** Makes room for as many entries as are in use now plus what a change may need; for slabs whose users are counted elsewhere. */
export function slabEnsure(x: Execution, key: number, inUse: number): boolean {
  for (;;) {
    const { entries, blocks } = slabs(x).require(key);
    if (entries * blocks.length - inUse > RESERVE_ENTRIES) return true;
    if (!grow(x, key)) return false;
  }
}

export function dropSlab(x: Execution, key: number): void {
  const { blocks, guard } = slabs(x).require(key);
  for (const { memory } of blocks) if (memory !== null) freeSliced(x, guard, memory);
  slabs(x).delete(key);
}
