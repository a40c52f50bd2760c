// What a checkpoint consists of: one plain row per snapshot with the stored records of checkpoint-restore.md 1.6.
// Owner of the table of snapshots. Ids ("badges") name objects as they were called at the time of the checkpoint.

import { labelOf } from '../arg_string.ts';
import type { Tracking } from './tracking.ts';
import { table } from '../native/store.ts';
import type { CapMapRecord } from './cap_map_reader.ts';
import type { RegionMapRole } from './online_storage.ts';
import type { Registers, ThreadPhase } from './thread_phase.ts';

/** Stored_general_info. */
export type StoredObject = {
  /** Slot in the target's capability space that the capability map names for it; 0 if the target holds no capability. */
  readonly slot: number;
  readonly badge: number;
  readonly bootstrapped: boolean;
};

export type StoredSession = StoredObject & {
  readonly creation_args: string;
  readonly upgrade_bytes: number;
  /** What the target gave its parent for the session and gets back when it closes it. */
  readonly donated_bytes: number;
};

export type StoredRegion = {
  readonly ds_badge: number;
  readonly size: number;
  readonly offset: number;
  readonly address: number;
  readonly executable: boolean;
};

export type StoredRegionMap = StoredObject & {
  readonly role: RegionMapRole;
  readonly size: number;
  readonly ds_badge: number;
  readonly sigh_badge: number;
  readonly regions: readonly StoredRegion[];
};

export type StoredSignalContext = StoredObject & {
  readonly imprint: number;
};

export type StoredNativeCap = StoredObject & {
  /** Gate id of the thread that serves it. */
  readonly ep_badge: number;
};

/** A signal that core holds for the target: context and count, in the order in which core would deliver them. */
export type StoredSignal = {
  readonly imprint: number;
  readonly count: number;
};

export type StoredSignalSource = StoredObject & {
  /** The IRQ on which the signal handler waits: its id and its pending count. */
  readonly semaphore_badge: number;
  readonly semaphore_count: number;
  /** Key of the thread it is bound to: the one that waits for it, else the one that is named for it; 0 = none. */
  readonly handler: number;
  readonly pending: readonly StoredSignal[];
};

export type StoredPdSession = StoredSession & {
  readonly key: number;
  readonly contexts: readonly StoredSignalContext[];
  readonly sources: readonly StoredSignalSource[];
  readonly native_caps: readonly StoredNativeCap[];
  readonly region_maps: readonly StoredRegionMap[];
  readonly native_pd_badge: number;
  /** The parent that the target assigned to it; of its own protection domain the parent is its own. */
  readonly assigned_badge: number;
  /** A thread was created in its protection domain, which may be gone. */
  readonly peopled: boolean;
};

export type StoredThread = StoredObject & {
  /** Key of the online row at checkpoint time, by which other records name the thread. */
  readonly key: number;
  readonly pd: number;
  /** Index of the thread in its protection domain: gate slot 9 + 3 * index. */
  readonly index: number;
  /** Place of the thread in the trace control area of its CPU session. */
  readonly trace_index: number;
  readonly gate_badge: number;
  readonly utcb_address: number;
  readonly name: string;
  readonly weight: number;
  readonly utcb: number;
  readonly affinity: readonly number[];
  readonly started: boolean;
  readonly start_ip: number;
  readonly start_sp: number;
  readonly paused: boolean;
  readonly single_step: boolean;
  readonly sigh_badge: number;
  /** Debug id, by which phases name threads. */
  readonly debug_id: number;
  readonly phase: ThreadPhase | null;
  readonly registers: Registers;
  readonly utcb_words: readonly number[];
  readonly lock_irq_count: number;
  /** Whether core had said that it could not resolve a page fault of this thread. */
  readonly unresolved: boolean;
};

export type StoredCpuSession = StoredSession & {
  readonly key: number;
  readonly sigh_badge: number;
  readonly trace_control_badge: number;
  readonly threads: readonly StoredThread[];
};

/** A content in the checkpointer: slot of the dataspace that holds it. Snapshots share contents that did not change. */
export type StoredContent = { readonly offset: number; readonly size: number; readonly content: number };

export type StoredRamDataspace = StoredObject & {
  readonly size: number;
  readonly cached: number;
  /** What it held, ascending and without gaps: one content, or one per part of a managed dataspace. */
  readonly contents: readonly StoredContent[];
};

export type StoredRamSession = StoredSession & {
  readonly quota: number;
  readonly ref_badge: number;
  readonly dataspaces: readonly StoredRamDataspace[];
};

export type StoredRmSession = StoredSession & {
  readonly region_maps: readonly StoredRegionMap[];
};

export type StoredRomSession = StoredSession & {
  readonly ds_badge: number;
  /** What the module contained: slot of the content and its bytes, both 0 if it is not stored. */
  readonly content: number;
  readonly size: number;
  readonly sigh_badge: number;
};

export type StoredTimerSession = StoredSession & {
  readonly sigh_badge: number;
  readonly timeout_us: number;
  readonly periodic: boolean;
  /** What was left of the trigger; null if none was pending. */
  readonly remaining_us: number | null;
  /** What the session's clock showed. */
  readonly elapsed_ms: number;
};

/** A session at a service that is not interposed. */
export type StoredForeignSession = StoredSession & {
  readonly service: string;
  readonly affinity: readonly number[];
  /** Whether a restore opens it again; else the target loses it. */
  readonly reopen: boolean;
};

/** A session at a component that another target is, or was. */
export type StoredSiblingSession = StoredSession & {
  readonly service: string;
  /** Whether a restore without the server opens it again; else the target loses it then. */
  readonly reopen: boolean;
};

/** A service that the target has announced. */
export type StoredAnnouncement = {
  readonly service: string;
  readonly root_badge: number;
};

/** A session of a client outside the checkpoint, by the keys of both in the checkpointer and the id of the target's object, 0 where it has none. */
export type StoredProxySession = {
  readonly session: number;
  readonly proxy: number;
  readonly badge: number;
  /** What the target had been given of its client's donations, and been told of. */
  readonly given_bytes: number;
  readonly told_bytes: number;
};

/** An attached dataspace that is not RAM of the target: kept as a reference, or as a copy of its content. */
export type StoredReference = {
  readonly badge: number;
  /** Slot of the dataspace in the checkpointer, or of the copy that stands for it. */
  readonly ds: number;
  /** Bytes of the copy; 0 if it is the dataspace itself. */
  readonly size: number;
  readonly kind: 'binary' | 'rom' | 'trace_control' | 'foreign';
};

/** An occupied slot that no record of the capability map describes. */
export type StaleSlot = {
  readonly slot: number;
  /** Id of the object in it; 0 if nobody could tell. */
  readonly badge: number;
};

/** The capability space of a protection domain, and the records that its component keeps of it in its memory. */
export type StoredSpace = {
  /** Address of the capability records in the domain; 0 where it keeps none. */
  readonly cap_map_address: number;
  /** Dataspace that holds them, and the offset of the address in it. */
  readonly cap_map_ds_badge: number;
  readonly cap_map_offset: number;
  readonly cap_map: readonly CapMapRecord[];
  readonly stale: readonly StaleSlot[];
  /** Slots with a record that really held a capability: a record may outlive its object, or be half written. */
  readonly occupied: readonly number[];
};

/** The space of a further domain, by the number of its PD session among those of the target. */
export type StoredFurtherSpace = StoredSpace & { readonly pd: number };

/** The space of the target's own domain is the snapshot's own. */
export type Snapshot = StoredSpace & {
  readonly name: string;
  readonly target_name: string;
  readonly binary: string;
  readonly config: string;
  /** How its RAM was allocated (managed_dataspaces.ts), and is again when it is restored. */
  readonly granularity: number;
  readonly tracking: Tracking;
  readonly provides: readonly string[];
  readonly proxied_services: readonly string[];
  readonly parent_badge: number;
  /** Spaces of the protection domains that the target has made and that hold something. */
  readonly spaces: readonly StoredFurtherSpace[];
  readonly pd_sessions: readonly StoredPdSession[];
  readonly cpu_sessions: readonly StoredCpuSession[];
  readonly ram_sessions: readonly StoredRamSession[];
  readonly rom_sessions: readonly StoredRomSession[];
  readonly rm_sessions: readonly StoredRmSession[];
  readonly log_sessions: readonly StoredSession[];
  readonly timer_sessions: readonly StoredTimerSession[];
  readonly foreign_sessions: readonly StoredForeignSession[];
  readonly sibling_sessions: readonly StoredSiblingSession[];
  readonly announced: readonly StoredAnnouncement[];
  readonly proxied: readonly StoredProxySession[];
  /** Ids of capabilities that clients outside have given it. */
  readonly carried: readonly number[];
  /** Signal contexts that the parent keeps for it: of more resources, and of a request to yield some; the wording of that request. */
  readonly resource_sigh_badge: number;
  readonly yield_sigh_badge: number;
  readonly yield_args: string;
  readonly references: readonly StoredReference[];
  /** Every id that these records explain, ascending. */
  readonly known_badges: readonly number[];
  /** How it was captured. */
  readonly registers: 'all' | 'ip-sp' | 'core-state';
  readonly phases: boolean;
  readonly utcbs: boolean;
};

export const snapshots = table<Snapshot>('rtcr_snapshots');

/** The spaces of all domains of a target, its own first. */
export const spacesOf = (snapshot: Snapshot): readonly StoredFurtherSpace[] => {
  const { cap_map_address, cap_map_ds_badge, cap_map_offset, cap_map, stale, occupied } = snapshot;
  return [{ pd: 0, cap_map_address, cap_map_ds_badge, cap_map_offset, cap_map, stale, occupied }, ...snapshot.spaces];
};

/** What a domain is called: the label of its PD session, empty for the target's own. */
export const domainName = (snapshot: Snapshot, pd: number): string => (pd === 0 ? '' : labelOf(snapshot.pd_sessions[pd]?.creation_args ?? ''));

export const threadsOf = (snapshot: Snapshot): readonly StoredThread[] => snapshot.cpu_sessions.flatMap((session) => session.threads);

export const regionMapsOf = (snapshot: Snapshot): readonly StoredRegionMap[] => [
  ...snapshot.pd_sessions.flatMap((session) => session.region_maps),
  ...snapshot.rm_sessions.flatMap((session) => session.region_maps),
];

export const dataspacesOf = (snapshot: Snapshot): readonly StoredRamDataspace[] => snapshot.ram_sessions.flatMap((session) => session.dataspaces);

/** Slots of all contents that a snapshot keeps: of RAM and of ROM modules. */
export const contentsOf = ({ rom_sessions, ...snapshot }: Snapshot): readonly number[] =>
  [...snapshot.ram_sessions.flatMap(({ dataspaces }) => dataspaces.flatMap(({ contents }) => contents.map(({ content }) => content))), ...rom_sessions.map(({ content }) => content)].filter((content) => content !== 0);
