// A checkpoint image: the snapshots of one checkpoint, able to leave their machine. What it holds, apart from how it is written (image_file.ts).
// Plain data; owns no state. Source modelled: checkpoint-restore.md 6.5 (what a serialised checkpoint must carry), not its format.

import type { Snapshot } from '../target_state.ts';

/** Where and when a checkpoint was taken; told by `inspect`, never needed to restore. */
export type ImageOrigin = {
  readonly scenario: string;
  readonly machine: string;
  /** Virtual time of the export. */
  readonly time_us: number;
};

export const CONTENT_KINDS = ['ram', 'rom', 'copy'] as const;

/**
 * What a content belongs to, by its place in the snapshot of a member: dataspace `at` of RAM session `session`; ROM session `session`
 * (`at` is 0); copied attached dataspace `at` among the references (`session` is 0).
 */
export type ContentPlace = {
  readonly member: number;
  readonly kind: (typeof CONTENT_KINDS)[number];
  readonly session: number;
  readonly at: number;
};

export type ImageContent = ContentPlace & { readonly bytes: Uint8Array };

/** One component of a checkpoint. */
export type ImageMember = {
  /** Slots of the checkpointer in it (content, references) mean nothing outside of its machine and are 0. */
  readonly snapshot: Snapshot;
  /** Hash of the program whose read-only segments the target has attached: a restore needs the same bytes. */
  readonly binary_hash: string;
};

export type CheckpointImage = {
  readonly origin: ImageOrigin;
  /** In the order in which the checkpoint named them. */
  readonly members: readonly ImageMember[];
  readonly contents: readonly ImageContent[];
};

/** A checkpoint on its way out of a machine or into one. */
export type PortableCheckpoint = {
  readonly snapshots: readonly Snapshot[];
  readonly contents: readonly ImageContent[];
};

/** @param hashOf gives the hash of a program by its name */
export const imageOf = ({ snapshots, contents }: PortableCheckpoint, origin: ImageOrigin, hashOf: (binary: string) => string): CheckpointImage => ({
  origin, members: snapshots.map((snapshot) => ({ snapshot, binary_hash: hashOf(snapshot.binary) })), contents,
});

export const placeKey = ({ member, kind, session, at }: ContentPlace): string => `${member} ${kind} ${session} ${at}`;

/** Everything in a snapshot that has a content, with its bytes: in the order in which images hold it. */
export const placesOf = (snapshot: Snapshot, member: number): (ContentPlace & { readonly size: number })[] => [
  ...snapshot.ram_sessions.flatMap(({ dataspaces }, session) => dataspaces.map(({ size }, at) => ({ member, kind: 'ram' as const, session, at, size }))),
  ...snapshot.rom_sessions.flatMap(({ size }, session) => (size === 0 ? [] : [{ member, kind: 'rom' as const, session, at: 0, size }])),
  ...snapshot.references.flatMap(({ size }, at) => (size === 0 ? [] : [{ member, kind: 'copy' as const, session: 0, at, size }])),
];

/** A snapshot without what only its own machine understands. */
export function portable(snapshot: Snapshot): Snapshot {
  return {
    ...snapshot,
    ram_sessions: snapshot.ram_sessions.map((session) => ({ ...session, dataspaces: session.dataspaces.map((row) => ({ ...row, contents: [] })) })),
    rom_sessions: snapshot.rom_sessions.map((row) => ({ ...row, content: 0, size: row.content === 0 ? 0 : row.size })),
    references: snapshot.references.map((row) => ({ ...row, ds: 0 })),
  };
}

/** What of the snapshots of a checkpoint cannot leave its machine, in words; empty if all of it can. */
export function bound(snapshots: readonly Snapshot[]): string[] {
  const own = new Set(snapshots.flatMap(({ ram_sessions }) => ram_sessions.flatMap(({ dataspaces }) => dataspaces.map(({ badge }) => badge))));
  return snapshots.flatMap(({ target_name, references, proxied, carried }) => [
    ...references
      .filter(({ kind, badge, size }) => kind === 'foreign' && size === 0 && !own.has(badge))
      .map(({ badge }) => `"${target_name}" has attached a dataspace (id ${badge}) of a session that is not interposed; attached="copy" copies it`),
    ...(proxied.length === 0 ? [] : [`"${target_name}" serves ${proxied.length === 1 ? 'a session' : `${proxied.length} sessions`} of clients outside the checkpoint`]),
    ...(proxied.length > 0 || carried.length === 0 ? [] : [`"${target_name}" has capabilities of clients outside the checkpoint`]),
  ]);
}
