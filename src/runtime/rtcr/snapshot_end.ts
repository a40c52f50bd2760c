// The end of a snapshot: what it copied, what it referred to and the records themselves go back. Owns no state; the row of the
// table is its caller's. Source modelled: checkpoint-restore.md 1.6 (lists of stored records and their destructors).

import type { Plain } from '../../emu/plain.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { freeContents } from './capture_memory.ts';
import { metadataBytes } from './metadata_bytes.ts';
import { metadataFree } from './metadata_heap.ts';
import { contentsOf, type Snapshot } from './target_state.ts';

/** Gives back everything that a snapshot holds. */
export const freeSnapshot = procedure<{ [key: string]: Plain; item: Snapshot }>('rtcr.free_snapshot', {
  start: (_x, { item }) => call(metadataFree, { bytes: metadataBytes(item) }, 'contents'),
  contents: (_x, { item }) => call(freeContents, { contents: contentsOf(item), references: item.references.map(({ ds }) => ds).filter((ds) => ds !== 0) }, 'freed'),
  freed: () => done(),
});
