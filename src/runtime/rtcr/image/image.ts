// A checkpoint image: a snapshot that can leave its machine. What it holds, apart from how it is written (image_file.ts).
// Plain data; owns no state. Source modelled: checkpoint-restore.md 6.5 (what a serialised checkpoint must carry), not its format.

import type { Snapshot } from '../target_state.ts';

/** Where and when a checkpoint was taken; told by `inspect`, never needed to restore. */
export type ImageOrigin = {
  readonly scenario: string;
  readonly machine: string;
  /** Virtual time of the export. */
  readonly time_us: number;
};

/** The content of one RAM dataspace of the target. */
export type ImageContent = {
  /** Index of the RAM session and of the dataspace in it, in the snapshot. */
  readonly ram: number;
  readonly at: number;
  readonly bytes: Uint8Array;
};

export type CheckpointImage = {
  readonly origin: ImageOrigin;
  /** Slots of the checkpointer in it (content, references) mean nothing outside of its machine and are 0. */
  readonly snapshot: Snapshot;
  readonly contents: readonly ImageContent[];
  /** Hash of the program whose read-only segments the target has attached: a restore needs the same bytes. */
  readonly binary_hash: string;
};

/** A snapshot without what only its own machine understands. */
export function portable(snapshot: Snapshot): Snapshot {
  return {
    ...snapshot,
    ram_sessions: snapshot.ram_sessions.map((session) => ({ ...session, dataspaces: session.dataspaces.map((row) => ({ ...row, contents: [] })) })),
    rom_sessions: snapshot.rom_sessions.map((row) => ({ ...row, content: 0 })),
    references: snapshot.references.map((row) => ({ ...row, ds: 0 })),
  };
}

/** What of a snapshot cannot leave its machine, in words; empty if all of it can. */
export function bound(snapshot: Snapshot): string[] {
  return snapshot.references
    .filter(({ kind }) => kind === 'foreign')
    .map(({ badge }) => `the attached dataspace with id ${badge} belongs to a session that is not interposed`);
}
