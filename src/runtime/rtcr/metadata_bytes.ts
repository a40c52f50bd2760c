// What the records of a stored checkpoint take on the heap of a component written in C++: each is an element of a list and a block of
// its own. Owns no state. Source modelled: checkpoint-restore.md 1.6 (fields of the historic records, sizes on 32-bit ARM).

import { type Snapshot, spacesOf, type StoredRegionMap } from './target_state.ts';

/** Next pointer, slot, id and flag, then each record's own fields. Names and arguments of sessions are kept in arrays of 160 characters. */
const RECORD_BYTES = {
  session: 340,
  pd_session: 424,
  thread: 176,
  region_map: 24,
  region: 36,
  dataspace: 32,
  /** A content, and its entry in the list of what is copied where. */
  content: 28,
  copy: 28,
  signal_context: 16,
  signal_source: 24,
  pending_signal: 12,
  native_cap: 16,
  capability: 12,
  reference: 12,
} as const;

type RecordKind = keyof typeof RECORD_BYTES;

/** A block begins at a multiple of 16 and is described by a node of the heap's tree; so is the gap behind it, if its size leaves one. */
const BLOCK_ALIGN = 16;
const DESCRIPTOR_BYTES = 36;

function blockBytes(kind: RecordKind): number {
  const bytes = RECORD_BYTES[kind];
  return bytes % BLOCK_ALIGN === 0 ? bytes + DESCRIPTOR_BYTES : Math.ceil(bytes / BLOCK_ALIGN) * BLOCK_ALIGN + 2 * DESCRIPTOR_BYTES;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

/** Records of a stored checkpoint by kind. */
function recordCounts(snapshot: Snapshot): { readonly [K in RecordKind]: number } {
  const { pd_sessions, cpu_sessions, ram_sessions, rom_sessions, rm_sessions, log_sessions, timer_sessions, foreign_sessions, sibling_sessions } = snapshot;
  const maps: readonly StoredRegionMap[] = [...pd_sessions, ...rm_sessions].flatMap(({ region_maps }) => region_maps);
  const sources = pd_sessions.flatMap((session) => session.sources);
  const dataspaces = ram_sessions.flatMap((session) => session.dataspaces);
  const contents = sum(dataspaces.map((row) => row.contents.length));
  return {
    session: sum([cpu_sessions, ram_sessions, rom_sessions, rm_sessions, log_sessions, timer_sessions, foreign_sessions, sibling_sessions].map(({ length }) => length)),
    pd_session: pd_sessions.length,
    thread: sum(cpu_sessions.map(({ threads }) => threads.length)),
    // Those of a PD are part of its record.
    region_map: sum(rm_sessions.map(({ region_maps }) => region_maps.length)),
    region: sum(maps.map(({ regions }) => regions.length)),
    dataspace: dataspaces.length,
    content: contents,
    copy: contents,
    signal_context: sum(pd_sessions.map(({ contexts }) => contexts.length)),
    signal_source: sources.length,
    pending_signal: sum(sources.map(({ pending }) => pending.length)),
    native_cap: sum(pd_sessions.map(({ native_caps }) => native_caps.length)),
    capability: sum(spacesOf(snapshot).map(({ cap_map, stale }) => cap_map.length + stale.length)),
    reference: snapshot.references.length,
  };
}

/** Bytes of heap that a stored checkpoint of one target takes. */
export function metadataBytes(snapshot: Snapshot): number {
  const counts = recordCounts(snapshot);
  return sum(Object.keys(RECORD_BYTES).map((kind) => counts[kind as RecordKind] * blockBytes(kind as RecordKind)));
}
