// Memory at a checkpoint: RAM of the target is copied into dataspaces of the checkpointer, other attached dataspaces are kept as
// references or, as the historic program did, copied as well. Fills contents, references and quotas of the capture. Source modelled: checkpoint-restore.md 2.2 step 8, 2.4, D-06.

import type { Plain } from '../../emu/plain.ts';
import { Dataspace, Ram_session } from '../rpc/interfaces.ts';
import { dec, inc } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { call, done, procedure } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { allCaptures, capture } from './capture.ts';
import { allocContent, contentBytes, dropContent, isContent, type NewContent, shareContent } from './contents.ts';
import { copyDataspace } from './dataspace_copy.ts';
import { each } from './each.ts';
import { type CapturedParts, captureParts } from './incremental_copy.ts';
import { managedAt } from './managed_dataspaces.ts';
import { cpuSessions, ramDataspaces, type RamDataspaceRow, ramSessions, regionMaps, romSessions, targets } from './online_storage.ts';
import { forgetEnded } from './region_map.ts';
import { copyOfModule, isKernelPage, rememberCopy } from './rom_copies.ts';
import { dataspacesOfTarget, ofTarget, regionsOfTarget } from './target_rows.ts';
import type { StoredReference } from './target_state.ts';

type ItemLocals = { [key: string]: Plain; item: number };
type CopyLocals = { [key: string]: Plain; item: number; full: boolean; later: boolean; content?: number; failure?: { readonly name: string; readonly text: string } };

const captureDataspace = procedure<CopyLocals>('rtcr.capture_dataspace', {
  start: (x, l) => {
    const { cap, size } = ramDataspaces(x).require(l.item);
    const managed = managedAt(x, cap.slot);
    if (managed !== undefined) return call(captureParts, { managed, full: l.full, later: l.later }, 'parts');
    return call(allocContent, { bytes: size, refusal: 'Checkpoint_refused' }, 'allocated');
  },
  allocated: (x, l, { content }: NewContent) => {
    const { cap: original, size } = ramDataspaces(x).require(l.item);
    capture.update(x, { contents: [...capture.get(x).contents, { badge: original.id, offset: 0, size, content }] });
    return call(copyDataspace, { from: original.slot, to: content, bytes: size, ...viewsOf(x, size) }, 'copied');
  },
  copied: (x, l) => {
    const { copied_bytes, copied_parts } = capture.get(x);
    capture.update(x, { copied_bytes: copied_bytes + ramDataspaces(x).require(l.item).size, copied_parts: copied_parts + 1 });
    return done();
  },
  parts: (x, l, captured: CapturedParts) => {
    const { contents, copied_bytes, copied_parts } = capture.get(x);
    const badge = ramDataspaces(x).require(l.item).cap.id;
    capture.update(x, {
      contents: [...contents, ...captured.contents.map((row) => ({ badge, ...row }))],
      copied_bytes: copied_bytes + captured.copied_bytes,
      copied_parts: copied_parts + captured.copied_parts,
    });
    return done();
  },
});

/** Both stay in view, but for the historic program, which attached and detached. */
const viewsOf = (x: Execution, bytes: number): { readonly from_view: number; readonly to_view: number } => {
  const stays = capture.get(x).copies_attached ? 0 : bytes;
  return { from_view: stays, to_view: stays };
};

const captureQuota = procedure<ItemLocals>('rtcr.capture_quota', {
  start: (x, l) => rpc(Ram_session.quota, ramSessions(x).require(l.item).real, {}, 'read'),
  read: (x, l, { value }: RpcReply) => {
    capture.update(x, { quotas: [...capture.get(x).quotas, { key: l.item, quota: value as number }] });
    return done();
  },
});

/** Dataspaces of the target that it, or another target of the checkpoint, can see: in the capability map or attached somewhere. Others belong to its parent. */
export function visibleDataspaces(x: Execution, target: number): (readonly [number, Readonly<RamDataspaceRow>])[] {
  if (capture.get(x).copies_attached) return dataspacesOfTarget(x, target);
  const seen = new Set(allCaptures(x).flatMap((one) => [
    ...one.spaces.flatMap(({ cap_map, stale }) => [...cap_map.map((row) => row.id), ...stale.map((slot) => slot.badge)]), ...regionsOfTarget(x, one.target).map(([, row]) => row.ds.id),
  ]));
  return dataspacesOfTarget(x, target).filter(([, row]) => seen.has(row.cap.id));
}

/** Attached dataspaces that are neither RAM of the target nor region maps. */
function findReferences(x: Execution, target: number): StoredReference[] {
  const own = new Set(dataspacesOfTarget(x, target).map(([, row]) => row.cap.id));
  const maps = new Set(ofTarget(regionMaps, x, target).map(([, row]) => row.ds.id));
  const { binary_ds } = targets(x).require(target);
  const roms = new Set(ofTarget(romSessions, x, target).map(([, row]) => row.ds?.id ?? 0));
  const traces = new Set(ofTarget(cpuSessions, x, target).map(([, row]) => row.trace_control_id));
  const found = new Map<number, StoredReference>();
  for (const [, { ds }] of regionsOfTarget(x, target)) {
    if (own.has(ds.id) || maps.has(ds.id) || found.has(ds.id)) continue;
    const kind = ds.slot === binary_ds ? 'binary' : roms.has(ds.id) ? 'rom' : traces.has(ds.id) ? 'trace_control' : 'foreign';
    found.set(ds.id, { badge: ds.id, ds: ds.slot, size: 0, kind });
  }
  return [...found.values()];
}

/** Copies the RAM of the target: all of it, or what changed; with `later` only what is not managed in parts. */
export const captureMemory = procedure<{ [key: string]: Plain; target: number; full: boolean; later: boolean; roms: boolean }>('rtcr.capture_memory', {
  start: (x, l) => {
    forgetEnded(x, regionsOfTarget(x, l.target));
    // The copies come last, in the order in which the lists of the historic program hold what is attached: the youngest first.
    const references = capture.get(x).copies_attached ? [] : findReferences(x, l.target);
    for (const { ds } of references) inc(x, ds);
    capture.update(x, { references });
    return each(captureQuota, ofTarget(ramSessions, x, l.target).map(([key]) => key), {}, 'dataspaces');
  },
  dataspaces: (x, l) => {
    const keys = visibleDataspaces(x, l.target).map(([key]) => key);
    const args = { full: l.full, later: l.later };
    return capture.get(x).copies_attached ? each(captureDataspace, keys.reverse(), args, 'attached') : each(captureDataspace, keys, args, 'roms');
  },
  attached: (x, l) => each(copyReference, findReferences(x, l.target).reverse(), {}, 'roms'),
  roms: (x, l) => (l.roms ? each(captureRom, ofTarget(romSessions, x, l.target).flatMap(([key, { ds, real }]) => (ds === null || real === 0 ? [] : [key])), {}, 'captured') : done()),
  captured: () => done(),
});

type ReferenceLocals = { [key: string]: Plain; item: StoredReference; bytes?: number };

/** Copies an attached dataspace; the copy stands for it in the snapshot. */
const copyReference = procedure<ReferenceLocals>('rtcr.copy_reference', {
  start: (_x, l) => rpc(Dataspace.size, l.item.ds, {}, 'sized', 'gone'),
  gone: () => done(),
  sized: (_x, l, { value }: RpcReply) => {
    l.bytes = value as number;
    return call(allocContent, { bytes: l.bytes, refusal: 'Checkpoint_refused' }, 'allocated');
  },
  allocated: (x, l, { content }: NewContent) => {
    capture.update(x, { references: [...capture.get(x).references, { ...l.item, ds: content, size: l.bytes ?? 0 }] });
    return call(copyDataspace, { from: l.item.ds, to: content, bytes: l.bytes ?? 0 }, 'copied');
  },
  copied: (x, l) => {
    const { copied_bytes, copied_parts } = capture.get(x);
    capture.update(x, { copied_bytes: copied_bytes + (l.bytes ?? 0), copied_parts: copied_parts + 1 });
    return done();
  },
});

type RomLocals = { [key: string]: Plain; item: number; bytes?: number; content?: number };

/** What a ROM module contains now, as far as the target has asked for it: copied once, and again only when it may have changed. */
const captureRom = procedure<RomLocals>('rtcr.capture_rom', {
  start: (x, l) => {
    // A copy of the kernel's own page would be a clock that stands still: the restored session gets the page of the kernel that it then runs on.
    if (isKernelPage(romSessions(x).require(l.item))) return done();
    const known = copyOfModule(x, l.item);
    if (known === null) return rpc(Dataspace.size, romSessions(x).require(l.item).ds?.slot ?? null, {}, 'sized', 'gone');
    shareContent(x, known);
    noteModule(x, l.item, known);
    return done();
  },
  gone: () => done(),
  sized: (_x, l, { value }: RpcReply) => {
    l.bytes = value as number;
    return l.bytes === 0 ? done() : call(allocContent, { bytes: l.bytes, refusal: 'Checkpoint_refused' }, 'allocated');
  },
  allocated: (x, l, { content }: NewContent) => {
    const { ds } = romSessions(x).require(l.item);
    noteModule(x, l.item, content);
    l.content = content;
    return call(copyDataspace, { from: ds?.slot ?? 0, to: content, bytes: l.bytes ?? 0 }, 'copied');
  },
  copied: (x, l) => {
    const { copied_bytes, copied_parts } = capture.get(x);
    capture.update(x, { copied_bytes: copied_bytes + (l.bytes ?? 0), copied_parts: copied_parts + 1 });
    rememberCopy(x, l.item, l.content ?? 0);
    return done();
  },
});

function noteModule(x: Execution, session: number, content: number): void {
  capture.update(x, { contents: [...capture.get(x).contents, { badge: romSessions(x).require(session).ds?.id ?? 0, offset: 0, size: contentBytes(x, content), content }] });
}

type FreeLocals = { [key: string]: Plain; contents: readonly number[]; references: readonly number[] };

/** Gives back the dataspaces of a snapshot, or of a checkpoint that failed. */
export const freeContents = procedure<FreeLocals>('rtcr.free_contents', {
  start: (x, l) => {
    for (const slot of l.references) if (!isContent(x, slot)) dec(x, slot);
    return each(dropItem, [...l.contents, ...l.references.filter((slot) => isContent(x, slot))], {}, 'freed');
  },
  freed: () => done(),
});

const dropItem = procedure<ItemLocals>('rtcr.drop_content_item', {
  start: (_x, l) => call(dropContent, { content: l.item }, 'dropped'),
  dropped: () => done(),
});
