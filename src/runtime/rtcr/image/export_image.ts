// Handing a checkpoint out of the machine: its contents are read through attachments of the checkpointer and left, in chunks, for
// whoever holds the control line. Owner of the table of chunks going out.

import type { Plain } from '../../../emu/plain.ts';
import { type Attached, attachDataspace, detachDataspace } from '../../native/memory.ts';
import { call, done, type Failure, goto, procedure, raise } from '../../native/procedure.ts';
import { type HasStore, table } from '../../native/store.ts';
import { each } from '../each.ts';
import { type Snapshot, snapshots } from '../target_state.ts';
import { bound, type ContentPlace, placeKey, placesOf, portable, type PortableCheckpoint } from './image.ts';

/** A part of one content, in ascending order of offsets. */
export type ImageChunk = ContentPlace & { readonly offset: number; readonly bytes: Uint8Array };

export const CHUNK_BYTES = 64 * 1024;

const outgoing = table<ImageChunk>('rtcr_image_outgoing');

/** A dataspace of the checkpointer that holds a content or a part of one. */
type ContentItem = { readonly place: ContentPlace; readonly offset: number; readonly size: number; readonly content: number };
type ReadLocals = { [key: string]: Plain; item: ContentItem; address?: number; offset?: number };

/** The snapshots of a checkpoint, in its order of targets. */
const membersOf = (owner: HasStore, name: string): Readonly<Snapshot>[] => snapshots(owner).entries().filter(([, row]) => row.name === name).map(([, row]) => row);

/** The contents of a snapshot with their places in it. */
const contentItems = (snapshot: Snapshot, member: number): ContentItem[] => [
  ...snapshot.ram_sessions.flatMap(({ dataspaces }, session) => dataspaces.flatMap(({ contents }, at) => contents.map((row) => ({ place: { member, kind: 'ram' as const, session, at }, ...row })))),
  ...snapshot.rom_sessions.flatMap(({ content, size }, session) => (content === 0 ? [] : [{ place: { member, kind: 'rom' as const, session, at: 0 }, offset: 0, size, content }])),
  ...snapshot.references.flatMap(({ ds, size }, at) => (size === 0 ? [] : [{ place: { member, kind: 'copy' as const, session: 0, at }, offset: 0, size, content: ds }])),
];

const readContent = procedure<ReadLocals>('rtcr.read_content', {
  start: (_x, { item }) => call(attachDataspace, { ds: item.content }, 'attached'),
  attached: (_x, l, { address }: Attached) => {
    l.address = address;
    l.offset = 0;
    return goto('chunk');
  },
  chunk: (x, l) => {
    const { item, address = 0, offset = 0 } = l;
    const count = Math.min(CHUNK_BYTES, item.size - offset);
    if (count <= 0) return call(detachDataspace, { address }, 'finished');
    outgoing(x).insert({ ...item.place, offset: item.offset + offset, bytes: x.read(address + offset, count) });
    l.offset = offset + count;
    return goto('chunk');
  },
  finished: () => done(),
});

type ExportLocals = { [key: string]: Plain; name: string };

/** Leaves the contents of a checkpoint for `takeExport`. Fails if the checkpoint cannot leave its machine. */
export const exportCheckpoint = procedure<ExportLocals>('rtcr.export_checkpoint', {
  start: (x, l) => {
    dropExport(x);
    const members = membersOf(x, l.name);
    if (members.length === 0) return raise('Export_refused', `there is no checkpoint "${l.name}" of this component's children`);
    const problems = bound(members);
    if (problems.length > 0) return raise('Export_refused', `checkpoint "${l.name}" cannot leave its machine: ${problems.join('; ')}`);
    return each(readContent, members.flatMap(contentItems), {}, 'read', 'failed');
  },
  read: (x, l) => {
    const items = membersOf(x, l.name).flatMap(contentItems);
    return done({ name: l.name, bytes: items.reduce((sum, { size }) => sum + size, 0), contents: items.length, extensions: [] });
  },
  failed: (x, l, failure: Failure) => {
    dropExport(x);
    return raise('Export_refused', `checkpoint "${l.name}" cannot be read: ${failure.text || failure.name}`);
  },
});

function dropExport(x: HasStore): void {
  for (const key of outgoing(x).keys()) outgoing(x).delete(key);
}

/** What the last export left; null if there is none. It can be taken once. */
export function takeExport(owner: HasStore, name: string): PortableCheckpoint | null {
  const members = membersOf(owner, name).map(portable);
  if (members.length === 0 || outgoing(owner).size === 0) return null;
  const places = members.flatMap(placesOf);
  const bytes = new Map(places.map((place) => [placeKey(place), new Uint8Array(place.size)]));
  for (const [, chunk] of outgoing(owner).entries()) {
    const into = bytes.get(placeKey(chunk));
    if (into !== undefined) into.set(chunk.bytes.subarray(0, Math.max(0, into.length - chunk.offset)), chunk.offset);
  }
  dropExport(owner);
  return { snapshots: members, contents: places.map(({ size, ...place }) => ({ ...place, bytes: bytes.get(placeKey(place)) ?? new Uint8Array(size) })) };
}
