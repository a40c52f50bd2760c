// The checkpointer's own heap for what it keeps about targets. What is modelled is when it grows, because that creates kernel
// objects. Owner of its chunks. Source modelled: checkpoint-restore.md 1.2 (meta-data allocator); Genode's Heap without a static chunk.

import type { Plain } from '../../emu/plain.ts';
import { slicedAlloc } from '../native/heap.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { table } from '../native/store.ts';

interface Chunk {
  readonly bytes: number;
  readonly used_bytes: number;
}

const chunks = table<Chunk>('rtcr_metadata_chunks');

const CHUNK_BYTES_MIN = 16 * 1024;
const CHUNK_BYTES_MAX = 256 * 1024;
const CHUNK_OVERHEAD_BYTES = 1024;

/** Roots, sessions and lists of one target. */
export const TARGET_BYTES = 6 * 1024;
/** Lists of what a checkpoint stores of one target, and of what it copies. Beside one target they do not fit into the first chunk. */
export const CHECKPOINT_BYTES = 10 * 1024;

type AllocLocals = { [key: string]: Plain; bytes: number; chunk_bytes?: number };

export const metadataAlloc = procedure<AllocLocals>('rtcr.metadata_alloc', {
  start: (x, l) => {
    const fitting = chunks(x).find((chunk) => chunk.bytes - chunk.used_bytes >= l.bytes);
    if (fitting !== undefined) {
      chunks(x).update(fitting[0], { used_bytes: fitting[1].used_bytes + l.bytes });
      return done();
    }
    l.chunk_bytes = Math.min(CHUNK_BYTES_MIN * 2 ** chunks(x).size, CHUNK_BYTES_MAX);
    return call(slicedAlloc, { bytes: l.chunk_bytes }, 'grown');
  },
  grown: (x, l) => {
    chunks(x).insert({ bytes: l.chunk_bytes ?? 0, used_bytes: CHUNK_OVERHEAD_BYTES + l.bytes });
    return done();
  },
});

/** Returns what a target had; chunks stay with the heap, as Genode's do. */
export const metadataFree = procedure<{ [key: string]: Plain; bytes: number }>('rtcr.metadata_free', {
  start: (x, l) => {
    const found = chunks(x).find((chunk) => chunk.used_bytes >= CHUNK_OVERHEAD_BYTES + l.bytes);
    if (found !== undefined) chunks(x).update(found[0], { used_bytes: found[1].used_bytes - l.bytes });
    return done();
  },
});
