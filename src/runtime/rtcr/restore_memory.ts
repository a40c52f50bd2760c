// Memory of a restored target: RAM allocated again, attached where it was, filled from the snapshot.
// Fills translations. Source modelled: checkpoint-restore.md 3.2 (phases 1, 2, 6), D-04, D-06 (offsets are replayed here).

import type { Plain } from '../../emu/plain.ts';
import { call, done, goto, procedure, raise } from '../native/procedure.ts';
import type { Execution } from '../native/execution.ts';
import type { RpcReply } from '../native/rpc_client.ts';
import { Ram_session, Region_map } from '../rpc/interfaces.ts';
import { copyDataspace } from './dataspace_copy.ts';
import { hasDefect } from './defects.ts';
import { each } from './each.ts';
import { pdSessions, ramSessions, regionMaps, rmSessions, targets } from './online_storage.ts';
import { callPersistently } from './persistent_call.ts';
import { knowCarried } from './proxy_restore.ts';
import { allocPrivateCopy, type PrivateCopy } from './private_copies.ts';
import { alsoKnown, comesAsCopy, lost, nowAt, restoration, snapshotOf, translated } from './restoration.ts';
import { regionMapsOf, type StoredReference, type StoredRegionMap } from './target_state.ts';

type DataspaceItem = { readonly ram: number; readonly at: number };
type DataspaceLocals = { [key: string]: Plain; item: DataspaceItem };

const storedDataspace = (x: Execution, { ram, at }: DataspaceItem) => snapshotOf(x).ram_sessions[ram]?.dataspaces[at];

export const allocDataspace = procedure<DataspaceLocals>('rtcr.restore_dataspace', {
  start: (x, l) => {
    const stored = storedDataspace(x, l.item);
    const session = nowAt(x, snapshotOf(x).ram_sessions[l.item.ram]?.badge ?? 0);
    const row = ramSessions(x).find((candidate) => candidate.cap === session)?.[1];
    if (stored === undefined || row === undefined) return done();
    return callPersistently(Ram_session.alloc, session, { size: stored.size, cached: stored.cached }, row.real, 'allocated');
  },
  allocated: (x, l, { cap }: RpcReply) => {
    if (cap !== null) translated(x, storedDataspace(x, l.item)?.badge ?? 0, cap);
    return done();
  },
});

/** Allocates all RAM dataspaces in stored order and finds what stands for the references now. */
export const allocMemory = procedure<Record<string, Plain>>('rtcr.alloc_memory', {
  start: (x) => {
    knowCarried(x);
    for (const { badge, ds, size, kind } of snapshotOf(x).references) {
      if (comesAsCopy(x, badge)) continue;
      if (kind === 'binary') alsoKnown(x, badge, targets(x).require(restoration.get(x).target).binary_ds);
      else if (nowAt(x, badge) === null && kind !== 'trace_control' && size === 0) alsoKnown(x, badge, ds);
    }
    const items = snapshotOf(x).ram_sessions.flatMap((session, ram) => session.dataspaces.map((_ds, at) => ({ ram, at })));
    return each(allocDataspace, items, {}, 'allocated');
  },
  allocated: () => done(),
});

type AttachItem = { readonly map: number; readonly region: number };
type AttachLocals = { [key: string]: Plain; item: AttachItem };

/** Slot of the wrapped session that pays for the attachments of a map. */
function payer(x: Execution, map: StoredRegionMap): number {
  const row = regionMaps(x).find((candidate) => candidate.cap === nowAt(x, map.badge))?.[1];
  if (row === undefined) return 0;
  return row.rm === 0 ? (pdSessions(x).get(row.pd)?.real ?? 0) : (rmSessions(x).get(row.rm)?.real ?? 0);
}

/** Bytes of a copied dataspace as far as the target has attached it. */
function copiedBytes(x: Execution, badge: number): number {
  const { defects } = restoration.get(x).strategy;
  const regions = regionMapsOf(snapshotOf(x)).flatMap((map) => map.regions).filter(({ ds_badge }) => ds_badge === badge);
  return Math.max(0, ...regions.map(({ offset, size }) => size + (hasDefect(defects, 'D-06') ? 0 : offset)));
}

const isReference = (x: Execution, badge: number): boolean => snapshotOf(x).references.some((reference) => reference.badge === badge);

export const attachRegion = procedure<AttachLocals>('rtcr.restore_region', {
  start: (x, { item }) => {
    const map = regionMapsOf(snapshotOf(x))[item.map];
    const region = map?.regions[item.region];
    if (map === undefined || region === undefined) return done();
    const ds = nowAt(x, region.ds_badge);
    if (ds === null && comesAsCopy(x, region.ds_badge)) return call(allocPrivateCopy, { target: restoration.get(x).target, bytes: copiedBytes(x, region.ds_badge) }, 'in_its_place');
    if (ds === null) {
      lost(x, { address: region.address, purpose: `the dataspace attached there (id ${region.ds_badge})` });
      return done();
    }
    const { size, address, executable } = region;
    const { defects } = restoration.get(x).strategy;
    const offset = hasDefect(defects, 'D-06') ? 0 : region.offset;
    if (hasDefect(defects, 'D-04') && isReference(x, region.ds_badge)) return raise('Restore_refused', `defect D-04: the historic program reads through a null pointer for the region at 0x${address.toString(16)}, whose dataspace is no RAM of the target`);
    const args = { ds, size, offset, use_local_addr: true, local_addr: address, executable };
    return callPersistently(Region_map.attach, nowAt(x, map.badge), args, payer(x, map), 'attached');
  },
  in_its_place: (x, l, { ds }: PrivateCopy) => {
    translated(x, regionMapsOf(snapshotOf(x))[l.item.map]?.regions[l.item.region]?.ds_badge ?? 0, ds);
    return goto('start');
  },
  attached: () => done(),
});

/** Attaches everything at its stored address with its stored offset. */
export const attachMemory = procedure<Record<string, Plain>>('rtcr.attach_memory', {
  start: (x) => {
    const items = regionMapsOf(snapshotOf(x)).flatMap((map, at) => map.regions.map((_region, region) => ({ map: at, region })));
    return each(attachRegion, items, {}, 'attached');
  },
  attached: () => done(),
});

type FillItem = DataspaceItem & { readonly content: number };
type FillLocals = { [key: string]: Plain; item: FillItem };

/** Both stay in view, but for the historic program, which attached and detached. */
const viewsOf = (x: Execution, from: number, to: number): { readonly from_view: number; readonly to_view: number } =>
  restoration.get(x).strategy.attached === 'copy' ? { from_view: 0, to_view: 0 } : { from_view: from, to_view: to };

const fillDataspace = procedure<FillLocals>('rtcr.fill_dataspace', {
  start: (x, l) => {
    const stored = storedDataspace(x, l.item);
    const ds = nowAt(x, stored?.badge ?? 0);
    const part = stored?.contents[l.item.content];
    if (ds === null || part === undefined || part.content === 0) return done();
    restoration.update(x, { copied_bytes: restoration.get(x).copied_bytes + part.size });
    if (hasDefect(restoration.get(x).strategy.defects, 'D-03')) return call(copyDataspace, { from: ds, to: part.content, bytes: part.size, ...viewsOf(x, stored?.size ?? 0, part.size) }, 'filled');
    return call(copyDataspace, { from: part.content, to: ds, bytes: part.size, to_offset: part.offset, ...viewsOf(x, part.size, stored?.size ?? 0) }, 'filled');
  },
  filled: () => done(),
});

const fillCopy = procedure<{ [key: string]: Plain; item: StoredReference }>('rtcr.fill_copy', {
  start: (x, { item }) => {
    const bytes = Math.min(copiedBytes(x, item.badge), item.size);
    const now = nowAt(x, item.badge) ?? 0;
    restoration.update(x, { copied_bytes: restoration.get(x).copied_bytes + bytes });
    return call(copyDataspace, hasDefect(restoration.get(x).strategy.defects, 'D-03') ? { from: now, to: item.ds, bytes } : { from: item.ds, to: now, bytes }, 'filled');
  },
  filled: () => done(),
});

/** Copies the snapshot into the new dataspaces; without defect D-03 the snapshot itself is never changed. */
export const fillMemory = procedure<Record<string, Plain>>('rtcr.fill_memory', {
  start: (x) => {
    const items = snapshotOf(x).ram_sessions.flatMap((session, ram) => session.dataspaces.flatMap(({ contents }, at) => contents.map((_part, content) => ({ ram, at, content }))));
    return each(fillDataspace, items, {}, 'copies');
  },
  copies: (x) => each(fillCopy, snapshotOf(x).references.filter(({ badge }) => comesAsCopy(x, badge) && nowAt(x, badge) !== null), {}, 'filled'),
  filled: () => goto('finish'),
  finish: () => done(),
});
