// The heap that keeps meta data about a child and is paid from the child's own RAM session. What is modelled is when it grows,
// because a growth creates kernel objects. Owner of the tables `child_heap_chunks` and `child_heap_blocks`.
// Source modelled: genode-16.08-abi.md 4.2 (16 KiB, then doubled), Genode's Heap.

import type { Plain } from '../../emu/plain.ts';
import { Ram_session } from '../rpc/interfaces.ts';
import { dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { logWarning } from '../native/log.ts';
import { type Attached, attachDataspace, detachDataspace } from '../native/memory.ts';
import { call, done, goto, procedure, raise } from '../native/procedure.ts';
import { localCall } from '../native/local_call.ts';
import type { RpcReply } from '../native/rpc_client.ts';
import { table } from '../native/store.ts';
import { children } from './child_table.ts';

type Chunk = {
  readonly child: number;
  readonly bytes: number;
  readonly used_bytes: number;
  readonly ds: number;
  readonly address: number;
};

type Block = { readonly chunk: number; readonly bytes: number };

const chunks = table<Chunk>('child_heap_chunks');
const blocks = table<Block>('child_heap_blocks');

const CHUNK_BYTES_MIN = 16 * 1024;
const CHUNK_BYTES_MAX = 1024 * 1024;
/** The chunk's own record inside it, and what a growth adds for a slab block of the allocator. */
const CHUNK_RECORD_BYTES = 16;
const SLAB_BLOCK_BYTES = 4064;
const WORD_BYTES = 4;
const PAGE_MASK = 0xfff;
const CACHED = 2;

/** Bytes that Genode 16.08 allocates per session and per service of a child. */
export const SESSION_BYTES = 112;
export const ROUTED_SERVICE_BYTES = 76;

type AllocLocals = { [key: string]: Plain; child: number; bytes: number; chunk_bytes?: number; ds?: number };

/** Allocates from a child's heap: {block}. Fails with Out_of_memory, with the lines that the real heap prints. */
export const childHeapAlloc = procedure<AllocLocals>('child.heap_alloc', {
  start: (x, l) => {
    const bytes = Math.ceil(l.bytes / WORD_BYTES) * WORD_BYTES;
    const fitting = chunks(x).find((chunk) => chunk.child === l.child && chunk.bytes - chunk.used_bytes >= bytes);
    if (fitting !== undefined) {
      const [key, chunk] = fitting;
      chunks(x).update(key, { used_bytes: chunk.used_bytes + bytes });
      return done({ block: blocks(x).insert({ chunk: key, bytes }) } satisfies ChildHeapBlock);
    }
    const needed = (bytes + SLAB_BLOCK_BYTES + CHUNK_RECORD_BYTES + PAGE_MASK) & ~PAGE_MASK;
    l.chunk_bytes = Math.max(needed, nextChunkBytes(x, l.child));
    return localCall(x, Ram_session.alloc, children(x).require(l.child).ram, { size: l.chunk_bytes, cached: CACHED }, 'attach', 'no_ram');
  },
  no_ram: (_x, l) => call(logWarning, { text: `could not allocate new dataspace of size ${l.chunk_bytes ?? 0}` }, 'failed'),
  attach: (_x, l, { cap }: RpcReply) => {
    if (cap === null) return goto('no_ram');
    l.ds = cap;
    return call(attachDataspace, { ds: cap }, 'attached', 'not_attached');
  },
  not_attached: () => call(logWarning, { text: 'could not attach dataspace' }, 'give_back'),
  give_back: (x, l) => localCall(x, Ram_session.free, children(x).require(l.child).ram, { ds: l.ds ?? null }, 'given_back'),
  given_back: (x, l) => {
    dec(x, l.ds ?? null);
    return goto('failed');
  },
  failed: () => raise('Out_of_memory', 'child heap'),
  attached: (x, l, { address }: Attached) => {
    chunks(x).insert({ child: l.child, bytes: l.chunk_bytes ?? 0, used_bytes: CHUNK_RECORD_BYTES, ds: l.ds ?? 0, address });
    return goto('start');
  },
});

export type ChildHeapBlock = { readonly block: number };

export function childHeapFree(x: Execution, block: number): void {
  const row = blocks(x).get(block);
  if (row === undefined) return;
  const chunk = chunks(x).require(row.chunk);
  chunks(x).update(row.chunk, { used_bytes: chunk.used_bytes - row.bytes });
  blocks(x).delete(block);
}

type DestroyLocals = { [key: string]: Plain; child: number; chunk?: number };

/** Gives all chunks of a child's heap back, the newest first. */
export const destroyChildHeap = procedure<DestroyLocals>('child.destroy_heap', {
  start: (x, l) => {
    const mine = chunks(x).entries().filter(([, chunk]) => chunk.child === l.child);
    const [key, chunk] = mine.at(-1) ?? [];
    if (key === undefined || chunk === undefined) return done();
    l.chunk = key;
    return call(detachDataspace, { address: chunk.address }, 'free');
  },
  free: (x, l) => {
    const { ds } = chunks(x).require(l.chunk ?? 0);
    return localCall(x, Ram_session.free, children(x).require(l.child).ram, { ds }, 'freed', 'freed');
  },
  freed: (x, l) => {
    const key = l.chunk ?? 0;
    dec(x, chunks(x).require(key).ds);
    for (const [block, row] of blocks(x).entries()) if (row.chunk === key) blocks(x).delete(block);
    chunks(x).delete(key);
    return goto('start');
  },
});

function nextChunkBytes(x: Execution, child: number): number {
  const existing = chunks(x).entries().filter(([, chunk]) => chunk.child === child).length;
  return Math.min(CHUNK_BYTES_MIN * 2 ** existing, CHUNK_BYTES_MAX);
}
