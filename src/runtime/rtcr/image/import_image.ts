// Taking a snapshot into the machine: dataspaces of the checkpointer are allocated and filled from what was left at the control
// line. Owner of what is coming in; the snapshot appears only when all of it is there.

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
import type { ImageContent } from './image.ts';

const incoming = record<{ readonly snapshot: Snapshot | null }>('rtcr_image_incoming', { snapshot: null });
const chunks = table<ImageChunk>('rtcr_image_chunks');
/** Dataspaces that are filled already. */
const filled = table<{ readonly ram: number; readonly at: number; readonly content: number }>('rtcr_image_filled');

/** Leaves an image for `importSnapshot`. */
export function leaveImage(owner: HasStore, snapshot: Snapshot, contents: readonly ImageContent[]): void {
  dropImport(owner);
  incoming.set(owner, { snapshot });
  for (const { ram, at, bytes } of contents) {
    for (let offset = 0; offset < bytes.length; offset += CHUNK_BYTES) chunks(owner).insert({ ram, at, offset, bytes: bytes.slice(offset, offset + CHUNK_BYTES) });
  }
}

function dropImport(owner: HasStore): void {
  incoming.set(owner, { snapshot: null });
  for (const key of chunks(owner).keys()) chunks(owner).delete(key);
  for (const key of filled(owner).keys()) filled(owner).delete(key);
}

type FillItem = { readonly ram: number; readonly at: number; readonly size: number };
type FillLocals = { [key: string]: Plain; item: FillItem; content?: number; address?: number; pending?: readonly number[] };

/** One content for each dataspace, whatever parts it had where it comes from. */
const fillItems = (snapshot: Snapshot): FillItem[] => snapshot.ram_sessions.flatMap((session, ram) => session.dataspaces.map(({ size }, at) => ({ ram, at, size })));

const fillContent = procedure<FillLocals>('rtcr.fill_content', {
  start: (_x, { item }) => call(allocContent, { bytes: item.size, refusal: 'Import_refused' }, 'allocated'),
  allocated: (x, l, { content }: NewContent) => {
    l.content = content;
    filled(x).insert({ ram: l.item.ram, at: l.item.at, content });
    return call(attachDataspace, { ds: content }, 'attached');
  },
  attached: (x, l, { address }: Attached) => {
    l.address = address;
    l.pending = chunks(x).entries().filter(([, { ram, at }]) => ram === l.item.ram && at === l.item.at).map(([key]) => key);
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

/** Makes what `leaveImage` left a snapshot of this name, in place of an older one. On failure nothing of it remains. */
export const importSnapshot = procedure<ImportLocals>('rtcr.import_snapshot', {
  start: (x, l) => {
    const { snapshot } = incoming.get(x);
    if (snapshot === null) return raise('Import_refused', 'there is no image to import');
    const [known, ...more] = snapshots(x).entries().filter(([, row]) => row.name === l.name);
    if (more.length > 0) return raise('Import_refused', `checkpoint "${l.name}" is of ${more.length + 1} components; an image cannot take its place`);
    if (known === undefined && snapshots(x).size >= SNAPSHOTS) return raise('Import_refused', `there are ${SNAPSHOTS} snapshots already`);
    return each(fillContent, fillItems(snapshot), {}, 'account', 'failed');
  },
  account: (x, l) => call(metadataAlloc, { bytes: metadataBytes(withContents(x, l.name)) }, 'store', 'failed'),
  store: (x, l) => {
    const snapshot = withContents(x, l.name);
    const old = snapshots(x).find((row) => row.name === l.name);
    dropImport(x);
    if (old === undefined) snapshots(x).insert(snapshot);
    else snapshots(x).set(old[0], snapshot);
    l['facts'] = { name: l.name, target: snapshot.target_name, bytes: fillItems(snapshot).reduce((sum, { size }) => sum + size, 0), extensions: [] };
    return old === undefined ? goto('imported') : call(freeSnapshot, { item: old[1] }, 'imported');
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

function withContents(x: Execution, name: string): Snapshot {
  const { snapshot } = incoming.get(x);
  if (snapshot === null) throw new Error('the image vanished while it was imported');
  const rows = filled(x).entries().map(([, row]) => row);
  const contentOf = (ram: number, at: number): number => rows.find((row) => row.ram === ram && row.at === at)?.content ?? 0;
  return {
    ...snapshot,
    name,
    ram_sessions: snapshot.ram_sessions.map((session, ram) => ({ ...session, dataspaces: session.dataspaces.map((row, at) => ({ ...row, contents: [{ offset: 0, size: row.size, content: contentOf(ram, at) }] })) })),
  };
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
