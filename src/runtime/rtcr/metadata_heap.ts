// The checkpointer's own heap for what it keeps about targets. What is modelled is when it grows, because that creates kernel
// objects. Owner of its size and use. Source modelled: checkpoint-restore.md 1.2 (meta-data allocator); Genode's Heap without a static chunk.

import type { Plain } from '../../emu/plain.ts';
import { slicedAlloc } from '../native/heap.ts';
import { call, done, goto, procedure } from '../native/procedure.ts';
import { record } from '../native/store.ts';

/** Chunks never go back, as those of Genode's Heap; records are small against a chunk, so that they find room in any. */
const heap = record('rtcr_metadata_heap', { chunks: 0, room_bytes: 0, used_bytes: 0 });

const CHUNK_BYTES_MIN = 16 * 1024;
const CHUNK_BYTES_MAX = 1024 * 1024;
/** A chunk's own administration. */
const CHUNK_OVERHEAD_BYTES = 64;

/**
 * What is kept of one running target: a Child with the administration of its own heap (4.9 KB), root and service of each kind of session
 * (2.4 KB), the sessions with their names and arguments (2.5 KB), threads, regions, dataspaces and capabilities of a small one (2.2 KB).
 */
export const TARGET_BYTES = 12 * 1024;

type AllocLocals = { [key: string]: Plain; bytes: number; chunk_bytes?: number };

/** Takes room for records of so many bytes together. Fails as Ram_session.alloc does; then nothing is taken. */
export const metadataAlloc = procedure<AllocLocals>('rtcr.metadata_alloc', {
  start: (x, l) => {
    const { chunks, room_bytes, used_bytes } = heap.get(x);
    if (used_bytes + l.bytes <= room_bytes) {
      heap.update(x, { used_bytes: used_bytes + l.bytes });
      return done();
    }
    l.chunk_bytes = Math.min(CHUNK_BYTES_MIN * 2 ** chunks, CHUNK_BYTES_MAX);
    return call(slicedAlloc, { bytes: l.chunk_bytes }, 'grown');
  },
  grown: (x, l) => {
    const { chunks, room_bytes } = heap.get(x);
    heap.update(x, { chunks: chunks + 1, room_bytes: room_bytes + (l.chunk_bytes ?? 0) - CHUNK_OVERHEAD_BYTES });
    return goto('start');
  },
});

/** Returns room that was taken. */
export const metadataFree = procedure<{ [key: string]: Plain; bytes: number }>('rtcr.metadata_free', {
  start: (x, l) => {
    heap.update(x, { used_bytes: heap.get(x).used_bytes - l.bytes });
    return done();
  },
});
