// What the interposed sessions record about a running target: one table per kind of object, rows in order of creation.
// Owner of these rows; each capability in a row holds one reference. Source modelled: checkpoint-restore.md 1.4, 1.5.

import type { Tracking } from './tracking.ts';
import { table } from '../native/store.ts';

/** A capability that a row keeps: its slot in the checkpointer and its global id (badge). */
export type Held = { readonly slot: number; readonly id: number };

/** The threads of the checkpointer that work for one target; they outlive it and are reused. */
export interface CrewRow {
  /** Thread index of "resources ep", which serves all interposed sessions, and its signal proxy. */
  readonly resources: number;
  readonly resources_proxy: number;
  /** Thread index of "child ep", which serves the Parent interface. */
  readonly child: number;
  readonly child_proxy: number;
  /** Receiver on which "managed dataspace pager" waits; 0 until the first RAM session exists. */
  readonly pager_receiver: number;
  /** Target that is served, 0 if the crew is idle. */
  readonly target: number;
}

/** Calls at CPU sessions and threads of core's that are under way for a target, by the index of the thread that makes them. */
export const cpuCalls = table<{ readonly key: number }>('rtcr_cpu_calls');

/** Requests of targets to pause one of their threads, in order; core polls for that thread while it serves one. */
export const pauses = table<{ readonly target: number }>('rtcr_pauses');

export type TargetPhase = 'building' | 'running' | 'frozen' | 'paused' | 'dissolving';

export interface TargetRow {
  /** Name and label of the child: the last element of its path. */
  readonly name: string;
  /** ROM module of its binary. */
  readonly binary: string;
  /** Text of its ROM module "config"; empty where the parent decides. */
  readonly config: string;
  /** Pages per part of its RAM dataspaces; 0: they are whole and not tracked. */
  readonly granularity: number;
  readonly tracking: Tracking;
  /** Services that its configuration says it provides. */
  readonly provides: readonly string[];
  /** Those of them that are offered outside, through the checkpointer. */
  readonly proxied: readonly string[];
  /** Name of its last checkpoint, empty before the first. */
  readonly checkpoint: string;
  /** Faults at its parts that were resolved since that one. */
  readonly part_faults: number;
  /** Historic defects that are switched on for it. */
  readonly defects: string;
  readonly crew: number;
  readonly phase: TargetPhase;
  /** True until the first LOG session is requested, as in the historic program (checkpoint-restore.md 1.8). */
  readonly bootstrap: boolean;
  /** Keys of its own PD, CPU and RAM session, and of its main thread. */
  readonly pd: number;
  readonly cpu: number;
  readonly ram: number;
  readonly main_thread: number;
  /** ROM session and dataspace of the binary. */
  readonly rom: number;
  readonly binary_ds: number;
  /** Key of the child in src/runtime/child, 0 while there is none. */
  readonly child: number;
  /** It was set off and has asked for no pause since: some of its threads may not have run yet. */
  readonly set_off?: boolean;
  /** Its threads are frozen while faults at parts are resolved; whoever does that lets them go on, unless `phase` forbids it. */
  readonly held?: boolean;
}

/** What every interposed RPC object has. */
export interface Interposed {
  readonly target: number;
  /** Slot of the wrapped object. */
  readonly real: number;
  /** Slot and id of the object that the target sees. */
  readonly cap: number;
  readonly id: number;
  readonly bootstrapped: boolean;
}

export interface InterposedSession extends Interposed {
  readonly creation_args: string;
  /** Sum of the ram_quota of all upgrades. */
  readonly upgrade_bytes: number;
}

export interface PdSessionRow extends InterposedSession {
  readonly address_space: number;
  readonly stack_area: number;
  readonly linker_area: number;
  /** Id of core's native PD session, if the target asked for it. */
  readonly native_pd_id: number;
  /** The parent that it was assigned. */
  readonly parent: Held | null;
  /** A checkpoint has waited in vain for it to tell where its capability map is: it runs bare threads, which have none. */
  readonly bare?: boolean;
  /** A thread was created in it: core has put the task into its slot 1, where it stays when the thread has gone. */
  readonly peopled?: boolean;
}

export interface SignalSourceRow {
  readonly pd: number;
  readonly cap: Held;
}

export interface SignalContextRow {
  readonly pd: number;
  readonly cap: Held;
  readonly source_id: number;
  /** Address of the Signal_context inside the target. */
  readonly imprint: number;
}

export interface NativeCapRow {
  readonly pd: number;
  readonly cap: Held;
  /** Gate of the thread that serves the object. */
  readonly ep: Held | null;
}

export type RegionMapRole = 'address_space' | 'stack_area' | 'linker_area' | 'rm';

export interface RegionMapRow extends Interposed {
  readonly role: RegionMapRole;
  /** RM session that created it; 0 for the maps of a PD. */
  readonly rm: number;
  readonly pd: number;
  readonly size: number;
  /** The dataspace that represents the map. */
  readonly ds: Held;
  readonly sigh: Held | null;
}

export interface AttachedRegionRow {
  readonly map: number;
  readonly ds: Held;
  readonly size: number;
  readonly offset: number;
  readonly address: number;
  readonly executable: boolean;
}

export interface CpuSessionRow extends InterposedSession {
  readonly sigh: Held | null;
  /** Id of the trace-control dataspace that core handed out; 0 if never asked for. */
  readonly trace_control_id: number;
  /** Slot of the wrapped Native_cpu, 0 until needed. */
  readonly native_cpu: number;
}

export interface CpuThreadRow extends Interposed {
  readonly cpu: number;
  readonly pd: number;
  readonly name: string;
  readonly weight: number;
  readonly utcb: number;
  readonly affinity: readonly number[];
  readonly started: boolean;
  /** Instruction and stack pointer with which it was started. */
  readonly start_ip: number;
  readonly start_sp: number;
  readonly paused: boolean;
  readonly single_step: boolean;
  readonly sigh: Held | null;
  /** Slot of the kernel Thread capability, 0 until needed. */
  readonly kernel: number;
}

export interface RamSessionRow extends InterposedSession {
  /** Id of the target's RAM session that is its reference account, 0 if none of them is. */
  readonly ref_id: number;
  /** RM session from which managed dataspaces would come. */
  readonly rm: number;
}

export interface RamDataspaceRow {
  readonly ram: number;
  readonly bootstrapped: boolean;
  readonly cap: Held;
  readonly size: number;
  readonly cached: number;
}

/** A content, and the id of its dataspace, by which another one in its slot is told; the id of the module's dataspace. */
export type RomCopy = { readonly content: Held; readonly of: number };

export interface RomSessionRow extends InterposedSession {
  /** Own RAM dataspace that stands in for the module's, 0 if the wrapped session provides it. */
  readonly local: number;
  /** The stand-in holds what the module contained at a checkpoint; the wrapped session has something newer. */
  readonly outdated: boolean;
  /** What a checkpoint has copied of the present dataspace, for as long as that holds it and a checkpoint keeps the copy. */
  readonly copy: RomCopy | null;
  readonly ds: Held | null;
  readonly sigh: Held | null;
}

/** A session at a service that is not interposed: only its opening is known. */
export interface ForeignSessionRow {
  readonly target: number;
  readonly service: string;
  readonly args: string;
  readonly affinity: readonly number[];
  readonly upgrade_bytes: number;
  readonly cap: Held;
}

export type RmSessionRow = InterposedSession;
export type LogSessionRow = InterposedSession;

export interface TimerSessionRow extends InterposedSession {
  /** The checkpointer's own signal context with which it connected. */
  readonly context: number;
  readonly sigh: Held | null;
  /** Last trigger in microseconds, 0 if none. */
  readonly timeout_us: number;
  readonly periodic: boolean;
  /** Reading of the checkpointer's own Timer session when the trigger was set. */
  readonly armed_ms: number;
  /** In which order the triggers of all sessions were set. */
  readonly armed_nr: number;
  /** What the target's clock is ahead of the wrapped session's. */
  readonly offset_ms: number;
  /** The checkpointer's context that the wrapped session signals until a restored period is in phase again, 0 otherwise. */
  readonly phase_context: number;
}

export const crews = table<CrewRow>('rtcr_crews');
export const targets = table<TargetRow>('rtcr_targets');
export const pdSessions = table<PdSessionRow>('rtcr_pd_sessions');
export const signalSources = table<SignalSourceRow>('rtcr_signal_sources');
export const signalContexts = table<SignalContextRow>('rtcr_signal_contexts');
export const nativeCaps = table<NativeCapRow>('rtcr_native_caps');
export const regionMaps = table<RegionMapRow>('rtcr_region_maps');
export const attachedRegions = table<AttachedRegionRow>('rtcr_attached_regions');
export const cpuSessions = table<CpuSessionRow>('rtcr_cpu_sessions');
export const cpuThreads = table<CpuThreadRow>('rtcr_cpu_threads');
export const ramSessions = table<RamSessionRow>('rtcr_ram_sessions');
export const ramDataspaces = table<RamDataspaceRow>('rtcr_ram_dataspaces');
export const romSessions = table<RomSessionRow>('rtcr_rom_sessions');
export const rmSessions = table<RmSessionRow>('rtcr_rm_sessions');
export const logSessions = table<LogSessionRow>('rtcr_log_sessions');
export const timerSessions = table<TimerSessionRow>('rtcr_timer_sessions');
export const foreignSessions = table<ForeignSessionRow>('rtcr_foreign_sessions');
