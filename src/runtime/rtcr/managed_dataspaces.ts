// Managed dataspaces: RAM that a target allocates in parts of a region map of the checkpointer's, so that what the target touches
// between two checkpoints is known. Owner of the tables of managed dataspaces and parts.
// Source modelled: checkpoint-restore.md 1.10 (parts, one signal context per dataspace, all parts attached at creation).

import type { Plain } from '../../emu/plain.ts';
import { PAGE_BYTES } from '../../emu/numbers.ts';
import { Pd_session, Ram_session, Region_map, Rm_session } from '../rpc/interfaces.ts';
import { dec } from '../native/cap_space.ts';
import { env } from '../native/env.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { upgradeSession } from '../native/session.ts';
import { contexts, manageContext, type ManagedContext } from '../native/signals.ts';
import { table } from '../native/store.ts';
import { dropContent } from './contents.ts';
import { hasDefect } from './defects.ts';
import { each } from './each.ts';
import { crews, ramSessions, targets } from './online_storage.ts';
import type { Tracking } from './tracking.ts';

export interface ManagedDataspaceRow {
  readonly target: number;
  readonly ram: number;
  /** Slot of the region map, and of the dataspace that the target sees. */
  readonly map: number;
  readonly ds: number;
  readonly context: number;
  readonly part_bytes: number;
  readonly tracking: Tracking;
}

/** How the target reaches a part now: not at all, for reading, or for everything. */
export type PartAccess = 'none' | 'read' | 'all';

export interface PartRow {
  readonly managed: number;
  readonly offset: number;
  readonly size: number;
  /** Slot of the designated dataspace. */
  readonly ds: number;
  readonly access: PartAccess;
  /** False: the content is that of `base`. While the target runs, a part with all access is dirty. */
  readonly dirty: boolean;
  /** Slot of the content that a checkpoint has copied last, 0 if none has. Holds one reference. */
  readonly base: number;
  /** The checkpoint being taken has made `base`; until it is complete, what was before is kept: the earlier content, and whether it was dirty. */
  readonly fresh: boolean;
  readonly earlier_base: number;
  readonly was_dirty: boolean;
  /** A checkpoint in the background still has to copy the part before the target may write to it. */
  readonly awaits_copy: boolean;
  /** It was taken from the target before. */
  readonly detached: boolean;
}

export const managedDataspaces = table<ManagedDataspaceRow>('rtcr_managed_dataspaces');
export const parts = table<PartRow>('rtcr_parts');

const RM_UPGRADE = 'ram_quota=256K';
const RAM_UPGRADE = 'ram_quota=16K';
const UPGRADES_MAX = 64;

export const partsOf = (x: Execution, managed: number): (readonly [number, Readonly<PartRow>])[] => parts(x).entries().filter(([, row]) => row.managed === managed);

/** The managed dataspace that a capability of the target names. */
export const managedAt = (x: Execution, ds: number): number | undefined => managedDataspaces(x).find((row) => row.ds === ds)?.[0];

/** What to unmap from the own space when a dataspace is detached, of which the first `bytes` were touched: core leaves the pages of a managed one. */
export const leftMapped = (x: Execution, ds: number, bytes: number): { readonly unmap_bytes?: number } => (managedAt(x, ds) === undefined ? {} : { unmap_bytes: bytes });

/** Sizes of the parts: whole granules, and a remainder rounded to pages. */
export function partSizes(size: number, part_bytes: number): number[] {
  const whole = Math.floor(size / part_bytes);
  const rest = Math.ceil((size - whole * part_bytes) / PAGE_BYTES) * PAGE_BYTES;
  return [...Array.from({ length: whole }, () => part_bytes), ...(rest > 0 ? [rest] : [])];
}

type AllocLocals = {
  [key: string]: Plain;
  ram: number;
  size: number;
  cached: number;
  part_bytes: number;
  tracking: Tracking;
  map?: number;
  ds?: number;
  context?: number;
  managed?: number;
  upgrades?: number;
  failure?: { readonly name: string; readonly text: string };
};

/** Allocates RAM of a target's session in parts: an RpcReply with the dataspace. Fails as Ram_session.alloc does; then nothing remains. */
export const allocManaged = procedure<AllocLocals>('rtcr.alloc_managed', {
  start: (x, l) => {
    const bytes = partSizes(l.size, l.part_bytes).reduce((sum, size) => sum + size, 0);
    return rpc(Rm_session.create, ramSessions(x).require(l.ram).rm, { size: bytes }, 'created', 'poor');
  },
  poor: (x, l, failure: Failure) => {
    l.upgrades = (l.upgrades ?? 0) + 1;
    if (failure.name !== 'Out_of_metadata' || l.upgrades > UPGRADES_MAX) return raise('Quota_exceeded', `region map of a managed dataspace: ${failure.name}`);
    return call(upgradeSession, { cap: ramSessions(x).require(l.ram).rm, args: RM_UPGRADE }, 'start');
  },
  created: (_x, l, { cap }: RpcReply) => {
    if (cap === null) return raise('Quota_exceeded', 'region map of a managed dataspace');
    l.map = cap;
    return rpc(Region_map.dataspace, cap, {}, 'dataspace', 'unfinished');
  },
  dataspace: (x, l, { cap }: RpcReply) => {
    l.ds = cap ?? 0;
    const { crew } = targets(x).require(ramSessions(x).require(l.ram).target);
    return call(manageContext, { receiver: crews(x).require(crew).pager_receiver, handler: '' }, 'context', 'unfinished');
  },
  context: (x, l, { context, cap }: ManagedContext) => {
    l.context = context;
    const { target } = ramSessions(x).require(l.ram);
    l.managed = managedDataspaces(x).insert({ target, ram: l.ram, map: l.map ?? 0, ds: l.ds ?? 0, context, part_bytes: l.part_bytes, tracking: l.tracking });
    return rpc(Region_map.fault_handler, l.map ?? null, { sigh: cap }, 'parts', 'failed');
  },
  // There is no row yet: the map goes, and its dataspace with it.
  unfinished: (x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    return rpc(Rm_session.destroy, ramSessions(x).require(l.ram).rm, { region_map: l.map ?? null }, 'destroyed', 'destroyed');
  },
  destroyed: (x, l) => {
    for (const slot of [l.map, l.ds]) if (slot !== undefined && slot !== 0) dec(x, slot);
    return goto('refused');
  },
  parts: (_x, l) => {
    let offset = 0;
    const items = partSizes(l.size, l.part_bytes).map((size) => {
      const item = { offset, size };
      offset += size;
      return item;
    });
    return each(allocPart, items, { managed: l.managed ?? 0, cached: l.cached }, 'complete', 'failed');
  },
  complete: (_x, l) => done({ value: null, cap: l.ds ?? 0 }),
  failed: (_x, l, { name, text }: Failure) => {
    l.failure = { name, text };
    return call(freeManaged, { managed: l.managed ?? 0, session_lives: true }, 'refused', 'refused');
  },
  refused: (_x, l) => raise(l.failure?.name ?? 'Quota_exceeded', l.failure?.text ?? ''),
});

type PartItem = { readonly offset: number; readonly size: number };
type PartLocals = { [key: string]: Plain; item: PartItem; managed: number; cached: number; part?: number; upgrades?: number };

const allocPart = procedure<PartLocals>('rtcr.alloc_part', {
  start: (x, l) => {
    const { ram } = managedDataspaces(x).require(l.managed);
    return rpc(Ram_session.alloc, ramSessions(x).require(ram).real, { size: l.item.size, cached: l.cached }, 'allocated', 'poor');
  },
  // The target asked for one dataspace and pays for the records of one; that there are many is the checkpointer's doing.
  poor: (x, l, { name, text }: Failure) => {
    l.upgrades = (l.upgrades ?? 0) + 1;
    if (name !== 'Out_of_metadata' || l.item.offset === 0 || l.upgrades > UPGRADES_MAX) return raise(name, text);
    const { ram } = managedDataspaces(x).require(l.managed);
    return call(upgradeSession, { cap: ramSessions(x).require(ram).real, args: RAM_UPGRADE }, 'start');
  },
  allocated: (x, l, { cap }: RpcReply) => {
    if (cap === null) return raise('Quota_exceeded', 'part of a managed dataspace');
    l.part = parts(x).insert({ managed: l.managed, offset: l.item.offset, size: l.item.size, ds: cap, access: 'none', dirty: true, base: 0, fresh: false, earlier_base: 0, was_dirty: false, awaits_copy: false, detached: false });
    return goto('attach');
  },
  attach: (_x, l) => call(attachPart, { part: l.part ?? 0, access: 'all' }, 'attached'),
  attached: () => done(),
});

type AttachLocals = { [key: string]: Plain; part: number; access: 'read' | 'all'; upgrades?: number };

/** Attaches a part that is not attached. */
export const attachPart = procedure<AttachLocals>('rtcr.attach_part', {
  start: (x, l) => {
    const { managed, offset, size, ds } = parts(x).require(l.part);
    const args = { ds, size, offset: 0, use_local_addr: true, local_addr: offset, executable: true };
    return rpc(l.access === 'read' ? Region_map.attach_readonly : Region_map.attach, managedDataspaces(x).require(managed).map, args, 'attached', 'poor');
  },
  attached: (x, l) => {
    parts(x).update(l.part, { access: l.access });
    return done();
  },
  poor: (x, l, failure: Failure) => {
    l.upgrades = (l.upgrades ?? 0) + 1;
    if (failure.name !== 'Out_of_metadata' || l.upgrades > UPGRADES_MAX) return raise(failure.name, `attaching a part of a managed dataspace: ${failure.text}`);
    const { managed } = parts(x).require(l.part);
    return call(upgradeSession, { cap: ramSessions(x).require(managedDataspaces(x).require(managed).ram).rm, args: RM_UPGRADE }, 'start');
  },
});

/** Takes a part from the target; its next access faults. */
export const detachPart = procedure<{ [key: string]: Plain; part: number }>('rtcr.detach_part', {
  start: (x, l) => {
    const { managed, offset, access, detached } = parts(x).require(l.part);
    if (access === 'none') return done();
    // The unmap that had no effect any more: the target reaches the part, and nobody knows.
    if (detached && hasDefect(targets(x).get(managedDataspaces(x).require(managed).target)?.defects ?? '', 'D-23')) return goto('detached');
    return rpc(Region_map.detach, managedDataspaces(x).require(managed).map, { address: offset }, 'detached');
  },
  detached: (x, l) => {
    parts(x).update(l.part, { access: 'none', detached: true });
    return done();
  },
});

/** Parts that the target can write to are changed from now on, whoever attached them: called before a target runs. */
export function dirtyWritable(x: Execution, target: number): void {
  for (const [key, row] of parts(x).entries()) {
    if (row.access === 'all' && !row.dirty && managedDataspaces(x).get(row.managed)?.target === target) parts(x).update(key, { dirty: true });
  }
}

type FreeLocals = {
  [key: string]: Plain;
  managed: number;
  /** Whether the RAM and RM sessions behind the dataspace still exist; if not, its memory and map have gone with them. */
  session_lives: boolean;
};

/** Gives back a managed dataspace with all its parts. */
export const freeManaged = procedure<FreeLocals>('rtcr.free_managed', {
  start: (x, l) => {
    const { map, ram } = managedDataspaces(x).require(l.managed);
    return l.session_lives ? rpc(Rm_session.destroy, ramSessions(x).require(ram).rm, { region_map: map }, 'parts', 'parts') : goto('parts');
  },
  parts: (x, l) => each(freePart, partsOf(x, l.managed).map(([key]) => key), { session_lives: l.session_lives }, 'context'),
  context: (x, l) => {
    const row = contexts(x).get(managedDataspaces(x).require(l.managed).context);
    return row === undefined ? goto('finish') : rpc(Pd_session.free_context, env.get(x).pd, { context: row.cap }, 'context_freed', 'context_freed');
  },
  context_freed: (x, l) => {
    const { context } = managedDataspaces(x).require(l.managed);
    dec(x, contexts(x).require(context).cap);
    contexts(x).delete(context);
    return goto('finish');
  },
  finish: (x, l) => {
    const { map, ds } = managedDataspaces(x).require(l.managed);
    dec(x, map);
    dec(x, ds);
    managedDataspaces(x).delete(l.managed);
    return done();
  },
});

const freePart = procedure<{ [key: string]: Plain; item: number; session_lives: boolean; bases?: readonly number[] }>('rtcr.free_part', {
  start: (x, l) => {
    const { managed, ds } = parts(x).require(l.item);
    const { real } = ramSessions(x).require(managedDataspaces(x).require(managed).ram);
    return l.session_lives ? rpc(Ram_session.free, real, { ds }, 'freed', 'freed') : goto('freed');
  },
  freed: (x, l) => {
    const { ds, base, earlier_base } = parts(x).require(l.item);
    dec(x, ds);
    parts(x).delete(l.item);
    l.bases = [base, earlier_base].filter((content) => content !== 0);
    return goto('bases');
  },
  bases: (_x, l) => {
    const [content, ...rest] = l.bases ?? [];
    l.bases = rest;
    return content === undefined ? done() : call(dropContent, { content }, 'bases');
  },
});
