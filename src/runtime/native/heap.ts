// Heaps of a component: Genode's Heap grows by RAM dataspaces, Sliced_heap takes one dataspace per block. The objects
// themselves live in tables; what is modelled is when they make the heap grow, because that creates kernel objects.

import type { Plain } from '../../emu/plain.ts';
import { Ram_session } from '../rpc/interfaces.ts';
import { dec } from './cap_space.ts';
import { env } from './env.ts';
import { type Attached, attachDataspace, detachDataspace } from './memory.ts';
import { call, done, type Failure, goto, procedure, raise } from './procedure.ts';
import { rpc, type RpcReply } from './rpc_client.ts';
import { upgradeEnv } from './session.ts';
import { record, table } from './store.ts';

interface Chunk {
  readonly size: number;
  readonly used: number;
  /** Dataspace slot and local address; 0 for the static chunk. */
  readonly ds: number;
  readonly address: number;
}

interface Block {
  readonly chunk: number;
  readonly size: number;
}

const chunks = table<Chunk>('heap_chunks');
const blocks = table<Block>('heap_blocks');
/** Size of the next chunk that the heap asks for. */
const growth = record('heap_growth', { next_bytes: 16 * 1024 });

const STATIC_CHUNK_BYTES = 16 * 1024;
/** Counted in machine words by the original: 256 K of them. */
const CHUNK_BYTES_MAX = 1024 * 1024;
/** Blocks from this size on get a dataspace of their own. */
const BIG_BLOCK_BYTES = 64 * 1024;
/** Bookkeeping that a chunk needs for itself and for its blocks. */
const CHUNK_OVERHEAD_BYTES = 1024;
const BLOCK_ALIGN = 16;
const CACHED = 2;

/** Size in bytes of the chunk that a heap asks for after one of so many: twice as much, up to 1 MiB. Source modelled: Heap of 16.08. */
export const grownChunk = (bytes: number): number => Math.min(2 * bytes, CHUNK_BYTES_MAX);

type AllocLocals = { [key: string]: Plain; bytes: number; chunk_bytes?: number };

/** Allocates from the environment's heap: {block}. */
export const heapAlloc = procedure<AllocLocals>('native.heap_alloc', {
  start: (x, l) => {
    if (chunks(x).size === 0) chunks(x).insert({ size: STATIC_CHUNK_BYTES, used: CHUNK_OVERHEAD_BYTES, ds: 0, address: 0 });
    const bytes = Math.ceil(l.bytes / BLOCK_ALIGN) * BLOCK_ALIGN;
    const fitting = chunks(x).find((chunk) => chunk.size - chunk.used >= bytes);
    if (fitting !== undefined) {
      const [key, chunk] = fitting;
      chunks(x).update(key, { used: chunk.used + bytes });
      return done({ block: blocks(x).insert({ chunk: key, size: bytes }) } satisfies HeapBlock);
    }
    l.chunk_bytes = bytes >= BIG_BLOCK_BYTES ? bytes + CHUNK_OVERHEAD_BYTES : growth.get(x).next_bytes;
    return goto('grow');
  },
  grow: (x, l) => rpc(Ram_session.alloc, env.get(x).ram, { size: pageAligned(l.chunk_bytes ?? 0), cached: CACHED }, 'attach', 'denied'),
  denied: (_x, _l, failure: Failure) =>
    failure.name === 'Out_of_metadata' ? call(upgradeEnv, { service: 'ram', args: 'ram_quota=8192' }, 'grow') : raise(failure.name, failure.text),
  attach: (_x, l, { cap }: RpcReply) => {
    if (cap === null) return raise('Quota_exceeded', 'heap');
    l['ds'] = cap;
    return call(attachDataspace, { ds: cap }, 'grown');
  },
  grown: (x, l, { address }: Attached) => {
    const size = pageAligned(l.chunk_bytes ?? 0);
    chunks(x).insert({ size, used: CHUNK_OVERHEAD_BYTES, ds: l['ds'] as number, address });
    growth.set(x, { next_bytes: grownChunk(growth.get(x).next_bytes) });
    return goto('start');
  },
});

export type HeapBlock = { readonly block: number };

type FreeLocals = { [key: string]: Plain; block: number };

/** Returns a block. Chunks stay with the heap, as Genode's do. */
export const heapFree = procedure<FreeLocals>('native.heap_free', {
  start: (x, l) => {
    const { chunk, size } = blocks(x).require(l.block);
    chunks(x).update(chunk, { used: chunks(x).require(chunk).used - size });
    blocks(x).delete(l.block);
    return done();
  },
});

type SlicedLocals = { [key: string]: Plain; bytes: number; ds?: number };

/** Allocates a block of a sliced heap: {ds, address}. */
export const slicedAlloc = procedure<SlicedLocals>('native.sliced_alloc', {
  start: (x, l) => rpc(Ram_session.alloc, env.get(x).ram, { size: pageAligned(l.bytes), cached: CACHED }, 'attach', 'denied'),
  denied: (_x, _l, failure: Failure) =>
    failure.name === 'Out_of_metadata' ? call(upgradeEnv, { service: 'ram', args: 'ram_quota=8192' }, 'start') : raise(failure.name, failure.text),
  attach: (_x, l, { cap }: RpcReply) => {
    if (cap === null) return raise('Quota_exceeded', 'sliced heap');
    l.ds = cap;
    return call(attachDataspace, { ds: cap }, 'attached');
  },
  attached: (_x, l, { address }: Attached) => done({ ds: l.ds ?? 0, address } satisfies SlicedBlock),
});

export type SlicedBlock = { readonly ds: number; readonly address: number };

type SlicedFreeLocals = { [key: string]: Plain; ds: number; address: number };

export const slicedFree = procedure<SlicedFreeLocals>('native.sliced_free', {
  start: (_x, l) => call(detachDataspace, { address: l.address }, 'free'),
  free: (x, l) => rpc(Ram_session.free, env.get(x).ram, { ds: l.ds }, 'freed'),
  freed: (x, l) => {
    dec(x, l.ds);
    return done();
  },
});

function pageAligned(bytes: number): number {
  return (bytes + 0xfff) & ~0xfff;
}
