// Taking a checkpoint into the machine: dataspaces of the checkpointer are allocated and filled from what was left at the control
// line. Owner of what is coming in; the snapshots appear only when all of it is there.

import type { Plain } from '../../../emu/plain.ts';
import type { Execution } from '../../native/execution.ts';
import { type Attached, attachDataspace, detachDataspace } from '../../native/memory.ts';
import { call, done, type Failure, goto, procedure, raise } from '../../native/procedure.ts';
import { type HasStore, record, table } from '../../native/store.ts';
import { allocContent, type NewContent } from '../contents.ts';
import { each } from '../each.ts';
import { SNAPSHOTS } from '../limits.ts';
import { freeContents } from '../capture_memory.ts';
import { metadataBytes } from '../metadata_bytes.ts';
import { metadataAlloc } from '../metadata_heap.ts';
import { freeSnapshot } from '../snapshot_end.ts';
import { type Snapshot, snapshots } from '../target_state.ts';
import { CHUNK_BYTES, type ImageChunk } from './export_image.ts';
import { type ContentPlace, placeKey, placesOf, type PortableCheckpoint } from './image.ts';

const incoming = record<{ readonly snapshots: readonly Snapshot[] }>('rtcr_image_incoming', { snapshots: [] });
const chunks = table<ImageChunk>('rtcr_image_chunks');
/** Dataspaces that are filled already. */
const filled = table<{ readonly place: ContentPlace; readonly content: number }>('rtcr_image_filled');

/** Leaves a checkpoint for `importCheckpoint`. */
export function leaveImage(owner: HasStore, checkpoint: PortableCheckpoint): void {
  dropImport(owner);
  incoming.set(owner, { snapshots: checkpoint.snapshots });
  for (const { bytes, ...place } of checkpoint.contents) {
    for (let offset = 0; offset < bytes.length; offset += CHUNK_BYTES) chunks(owner).insert({ ...place, offset, bytes: bytes.slice(offset, offset + CHUNK_BYTES) });
  }
}

function dropImport(owner: HasStore): void {
  incoming.set(owner, { snapshots: [] });
  for (const key of chunks(owner).keys()) chunks(owner).delete(key);
  for (const key of filled(owner).keys()) filled(owner).delete(key);
}

/** One content for each place, whatever parts it had where it comes from. */
type FillItem = { readonly place: ContentPlace; readonly size: number; readonly pending: readonly number[] };
type FillLocals = { [key: string]: Plain; item: FillItem; content?: number; address?: number; pending?: readonly number[] };

function fillItems(x: Execution): FillItem[] {
  const pending = new Map<string, number[]>();
  for (const [key, chunk] of chunks(x).entries()) {
    const place = placeKey(chunk);
    pending.set(place, [...(pending.get(place) ?? []), key]);
  }
  return incoming.get(x).snapshots.flatMap(placesOf).map(({ size, ...place }) => ({ place, size, pending: pending.get(placeKey(place)) ?? [] }));
}

const fillContent = procedure<FillLocals>('rtcr.fill_content', {
  start: (_x, { item }) => call(allocContent, { bytes: item.size, refusal: 'Import_refused' }, 'allocated'),
  allocated: (x, l, { content }: NewContent) => {
    l.content = content;
    filled(x).insert({ place: l.item.place, content });
    return call(attachDataspace, { ds: content }, 'attached');
  },
  attached: (_x, l, { address }: Attached) => {
    l.address = address;
    l.pending = l.item.pending;
    return goto('chunk');
  },
  chunk: (x, l) => {
    const [key, ...rest] = l.pending ?? [];
    if (key === undefined) return call(detachDataspace, { address: l.address ?? 0 }, 'finished');
    const { offset, bytes } = chunks(x).require(key);
    // A new dataspace is zero; pages that are zero need not be touched.
    if (bytes.some((byte) => byte !== 0)) x.write((l.address ?? 0) + offset, bytes);
    l.pending = rest;
    return goto('chunk');
  },
  finished: () => done(),
});

type ImportLocals = { [key: string]: Plain; name: string; failure?: { readonly name: string; readonly text: string } };

/** Makes what `leaveImage` left a checkpoint of this name, in place of an older one. On failure nothing of it remains. */
export const importCheckpoint = procedure<ImportLocals>('rtcr.import_checkpoint', {
  start: (x, l) => {
    const count = incoming.get(x).snapshots.length;
    if (count === 0) return raise('Import_refused', 'there is no image to import');
    const replaced = snapshots(x).entries().filter(([, row]) => row.name === l.name).length;
    if (snapshots(x).size - replaced + count <= SNAPSHOTS) return each(fillContent, fillItems(x), {}, 'account', 'failed');
    dropImport(x);
    return raise('Import_refused', `there are ${snapshots(x).size} snapshots already, and room for ${SNAPSHOTS}`);
  },
  account: (x, l) => call(metadataAlloc, { bytes: withContents(x, l.name).reduce((sum, snapshot) => sum + metadataBytes(snapshot), 0) }, 'store', 'failed'),
  store: (x, l) => {
    const old = snapshots(x).entries().filter(([, row]) => row.name === l.name);
    const arrived = withContents(x, l.name);
    dropImport(x);
    for (const [key] of old) snapshots(x).delete(key);
    for (const snapshot of arrived) snapshots(x).insert(snapshot);
    const bytes = arrived.flatMap(placesOf).reduce((sum, { size }) => sum + size, 0);
    l['facts'] = { name: l.name, target: arrived.map(({ target_name }) => target_name).join(', '), bytes, extensions: [] };
    return each(freeSnapshot, old.map(([, row]) => row), {}, 'imported');
  },
  imported: (_x, l) => done(l['facts']),
  failed: (x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    const contents = filled(x).entries().map(([, { content }]) => content);
    dropImport(x);
    return call(freeContents, { contents, references: [] }, 'refused', 'refused');
  },
  refused: (_x, l) => raise('Import_refused', `the image cannot be imported: ${l.failure?.text || l.failure?.name || ''}`),
});

/** The snapshots that came in, with the dataspaces that hold their contents here. */
function withContents(x: Execution, name: string): Snapshot[] {
  const at = new Map(filled(x).entries().map(([, { place, content }]) => [placeKey(place), content]));
  return incoming.get(x).snapshots.map((snapshot, member): Snapshot => {
    const contentOf = (kind: ContentPlace['kind'], session: number, index: number): number => at.get(placeKey({ member, kind, session, at: index })) ?? 0;
    return {
      ...snapshot,
      name,
      ram_sessions: snapshot.ram_sessions.map((row, session) => ({
        ...row, dataspaces: row.dataspaces.map((ds, index) => ({ ...ds, contents: [{ offset: 0, size: ds.size, content: contentOf('ram', session, index) }] })),
      })),
      rom_sessions: snapshot.rom_sessions.map((row, session) => ({ ...row, content: contentOf('rom', session, 0) })),
      references: snapshot.references.map((row, index) => ({ ...row, ds: contentOf('copy', 0, index) })),
    };
  });
}

/** Drops the snapshots of a name and gives their memory back. */
export const dropSnapshot = procedure<{ [key: string]: Plain; name: string }>('rtcr.drop_snapshot', {
  start: (x, l) => {
    const found = snapshots(x).entries().filter(([, row]) => row.name === l.name);
    if (found.length === 0) return raise('Drop_refused', `there is no checkpoint "${l.name}"`);
    for (const [key] of found) snapshots(x).delete(key);
    return each(freeSnapshot, found.map(([, snapshot]) => snapshot), {}, 'dropped');
  },
  dropped: (_x, l) => done({ name: l.name, extensions: [] }),
});
