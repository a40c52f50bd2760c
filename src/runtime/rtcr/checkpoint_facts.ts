// What a checkpoint reports of itself: sizes, and everything that the snapshots do not hold or know.
// Owns no state. Source modelled: checkpoint-restore.md 4.5 (what the historic programs lost without a word).

import type { PlainRecord } from '../../emu/plain.ts';
import { children } from '../child/child_table.ts';
import type { Execution } from '../native/execution.ts';
import { allCaptures, ranOn } from './capture.ts';
import { targets } from './online_storage.ts';
import { dataspacesOf, domainName, type Snapshot, spacesOf, type StoredFurtherSpace, threadsOf } from './target_state.ts';

/** Of all snapshots of a checkpoint together; `rounds` and `in_transit` are about capabilities in transit. */
export function checkpointFacts(x: Execution, snapshots: readonly Snapshot[], rounds: number, in_transit: readonly string[]): PlainRecord {
  const captures = allCaptures(x);
  const sum = (size: (snapshot: Snapshot) => number): number => snapshots.reduce((total, snapshot) => total + size(snapshot), 0);
  const group: Group = { badges: new Set(snapshots.flatMap(({ known_badges }) => known_badges)), threads: new Set(snapshots.flatMap((snapshot) => threadsOf(snapshot).map(({ debug_id }) => debug_id))) };
  return {
    name: snapshots[0]?.name ?? '',
    target: snapshots.map(({ target_name }) => target_name).join(', '),
    threads: sum((snapshot) => threadsOf(snapshot).length),
    capabilities: sum((snapshot) => spacesOf(snapshot).reduce((total, { cap_map }) => total + cap_map.length, 0)),
    stale_slots: sum((snapshot) => spacesOf(snapshot).reduce((total, { stale }) => total + stale.length, 0)),
    dataspaces: sum((snapshot) => dataspacesOf(snapshot).length),
    bytes: sum((snapshot) => dataspacesOf(snapshot).reduce((total, { size }) => total + size, 0)),
    copied_bytes: captures.reduce((total, { copied_bytes }) => total + copied_bytes, 0),
    copied_parts: captures.reduce((total, { copied_parts }) => total + copied_parts, 0),
    parts: sum((snapshot) => dataspacesOf(snapshot).reduce((total, { contents }) => total + contents.length, 0)),
    references: sum(({ references }) => references.length),
    drain_rounds: captures[0]?.drain_rounds ?? 0,
    extensions: [...new Set(captures.flatMap(({ extensions }) => extensions))].sort(),
    lost: snapshots.flatMap((snapshot) => losses(x, snapshot, group)),
    ...partFaults(x, captures.map(({ target }) => target)),
    transit_rounds: rounds,
    ran_on_ms: ranOn(x),
    in_transit,
  };
}

/** Faults that the tracking of changes has cost since the checkpoints before; nothing where no target is in parts. */
function partFaults(x: Execution, group: readonly number[]): PlainRecord {
  const rows = group.map((target) => targets(x).require(target)).filter(({ granularity }) => granularity > 0);
  return rows.length === 0 ? {} : { part_faults: rows.reduce((sum, { part_faults }) => sum + part_faults, 0) };
}

/** What all snapshots of a checkpoint know: ids that they explain, threads that they hold. */
interface Group {
  readonly badges: ReadonlySet<number>;
  readonly threads: ReadonlySet<number>;
}

function losses(x: Execution, snapshot: Snapshot, group: Group): PlainRecord[] {
  return [
    ...spacesOf(snapshot).flatMap((space) => lostSlots(x, snapshot, space, group)),
    ...snapshot.foreign_sessions.filter(({ reopen }) => !reopen).map(({ slot, badge, service }) => ({ slot, badge, service, purpose: 'a session that is not interposed' })),
    ...snapshot.sibling_sessions.filter(({ badge, reopen }) => !reopen && !group.badges.has(badge)).map(({ slot, badge, service }) => ({ slot, badge, service, purpose: 'a session at a component outside the checkpoint' })),
    ...outsideCallers(snapshot, group),
  ];
}

function lostSlots(x: Execution, snapshot: Snapshot, { pd, cap_map, occupied, stale }: StoredFurtherSpace, group: Group): PlainRecord[] {
  const domain = pd === 0 ? {} : { domain: domainName(snapshot, pd) };
  const unknown = cap_map.filter(({ slot, id }) => occupied.includes(slot) && !isKnown(x, snapshot, group, id));
  return [
    ...unknown.map(({ slot, id }) => ({ slot, ...domain, badge: id, purpose: 'a capability of an object that the checkpointer never saw' })),
    ...stale.filter(({ badge }) => badge === 0).map(({ slot }) => ({ slot, ...domain, purpose: 'a capability without record that nobody could identify' })),
  ];
}

/** True if a snapshot says what the object behind an id is. */
function isKnown(x: Execution, snapshot: Snapshot, group: Group, id: number): boolean {
  if (id === snapshot.parent_badge || children(x).find((row) => row.parent_id === id) !== undefined) return true;
  return group.badges.has(id);
}

/** Callers outside the targets to which threads owe a reply. */
function outsideCallers(snapshot: Snapshot, group: Group): PlainRecord[] {
  return threadsOf(snapshot)
    .filter(({ phase }) => phase !== null && phase.reply_to !== 0 && phase.kind !== 'open_wait' && !group.threads.has(phase.reply_to))
    .map((thread) => ({ thread: thread.name, purpose: `its reply to thread ${thread.phase?.reply_to.toString(16)} outside the target` }));
}
