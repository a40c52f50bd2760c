// Handing a snapshot out of the machine: its contents are read through attachments of the checkpointer and left, in chunks, for
// whoever holds the control line. Owner of the table of chunks going out.

import type { Plain } from '../../../emu/plain.ts';
import { type Attached, attachDataspace, detachDataspace } from '../../native/memory.ts';
import { call, done, type Failure, goto, procedure, raise } from '../../native/procedure.ts';
import { type HasStore, table } from '../../native/store.ts';
import { each } from '../each.ts';
import { type Snapshot, snapshots } from '../target_state.ts';
import { bound, type ImageContent, portable } from './image.ts';

/** A part of one dataspace's content, in ascending order of offsets. */
export type ImageChunk = { readonly ram: number; readonly at: number; readonly offset: number; readonly bytes: Uint8Array };

export const CHUNK_BYTES = 64 * 1024;

const outgoing = table<ImageChunk>('rtcr_image_outgoing');

export type ContentItem = { readonly ram: number; readonly at: number; readonly offset: number; readonly size: number; readonly content: number };
type ReadLocals = { [key: string]: Plain; item: ContentItem; address?: number; offset?: number };

/** The contents of a snapshot with their places in it. */
export const contentItems = (snapshot: Snapshot): ContentItem[] =>
  snapshot.ram_sessions.flatMap((session, ram) => session.dataspaces.flatMap(({ contents }, at) => contents.map((row) => ({ ram, at, ...row }))));

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
    const bytes = x.read(address + offset, count);
    outgoing(x).insert({ ram: item.ram, at: item.at, offset: item.offset + offset, bytes });
    l.offset = offset + count;
    return goto('chunk');
  },
  finished: () => done(),
});

type ExportLocals = { [key: string]: Plain; name: string };

/** Leaves the content of a snapshot for `takeExport`. Fails if the snapshot cannot leave its machine. */
export const exportSnapshot = procedure<ExportLocals>('rtcr.export_snapshot', {
  start: (x, l) => {
    dropExport(x);
    const [snapshot, ...more] = snapshots(x).entries().filter(([, row]) => row.name === l.name).map(([, row]) => row);
    if (snapshot !== undefined && more.length > 0) return raise('Export_refused', `checkpoint "${l.name}" is of ${more.length + 1} components; an image holds one`);
    if (snapshot === undefined) return raise('Export_refused', `there is no checkpoint "${l.name}" of this component's children`);
    const problems = bound(snapshot);
    if (problems.length > 0) return raise('Export_refused', `checkpoint "${l.name}" cannot leave its machine: ${problems.join('; ')}`);
    return each(readContent, contentItems(snapshot), {}, 'read', 'failed');
  },
  read: (x, l) => {
    const sizes = contentItems(snapshots(x).find((row) => row.name === l.name)?.[1] ?? raiseMissing());
    return done({ name: l.name, bytes: sizes.reduce((sum, { size }) => sum + size, 0), contents: sizes.length, extensions: [] });
  },
  failed: (x, l, failure: Failure) => {
    dropExport(x);
    return raise('Export_refused', `checkpoint "${l.name}" cannot be read: ${failure.text || failure.name}`);
  },
});

function raiseMissing(): never {
  throw new Error('the snapshot vanished while it was read');
}

function dropExport(x: HasStore): void {
  for (const key of outgoing(x).keys()) outgoing(x).delete(key);
}

/** What the last export left; null if there is none. It can be taken once. */
export function takeExport(owner: HasStore, name: string): { readonly snapshot: Snapshot; readonly contents: readonly ImageContent[] } | null {
  const snapshot = snapshots(owner).find((row) => row.name === name)?.[1];
  if (snapshot === undefined || outgoing(owner).size === 0) return null;
  const chunks = outgoing(owner).entries().map(([, chunk]) => chunk);
  const contents = snapshot.ram_sessions.flatMap((session, ram) =>
    session.dataspaces.map(({ size }, at) => {
      const bytes = new Uint8Array(size);
      for (const chunk of chunks) if (chunk.ram === ram && chunk.at === at) bytes.set(chunk.bytes.subarray(0, Math.max(0, size - chunk.offset)), chunk.offset);
      return { ram, at, bytes };
    }),
  );
  dropExport(owner);
  return { snapshot: portable(snapshot), contents };
}
