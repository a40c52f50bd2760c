// Interposed region maps, of PD sessions and of RM sessions: record what is attached where.
// Owner of the rows of region maps' handlers and attached regions. Source modelled: checkpoint-restore.md 1.4, 1.5.

import type { Plain } from '../../emu/plain.ts';
import { PAGE_BYTES } from '../../emu/numbers.ts';
import { exceptionCode } from '../rpc/interface.ts';
import { Dataspace, Region_map } from '../rpc/interfaces.ts';
import type { Execution } from '../native/execution.ts';
import { capValid } from '../native/kernel_calls.ts';
import { done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcArguments, type RpcReply } from '../native/rpc_client.ts';
import { cap, num, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import { forwarded, hold, release, replaceHeld } from './interposer.ts';
import { type AttachedRegionRow, attachedRegions, regionMaps } from './online_storage.ts';
import { regionAt } from './region_lookup.ts';

const to = (x: Execution, ref: number): number | null => regionMaps(x).get(ref)?.real ?? null;
const pageAligned = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

type AttachLocals = { [key: string]: Plain; request: RpcRequest; address?: number };

const attach = procedure<AttachLocals>('rtcr.region_map.attach', {
  start: (x, { request }) => rpc(Region_map.attach, to(x, request.ref), request.args as RpcArguments, 'attached', 'failed'),
  attached: (_x, l, { value }: RpcReply) => {
    l.address = value as number;
    // Size 0 stands for the rest of the dataspace, which only the dataspace itself can tell.
    return num(l.request, 'size') === 0 ? rpc(Dataspace.size, cap(l.request, 'ds'), {}, 'sized', 'unsized') : goto('record', num(l.request, 'size'));
  },
  sized: (_x, l, { value }: RpcReply) => goto('record', (value as number) - num(l.request, 'offset')),
  unsized: () => goto('record', 0),
  record: (x, l, size: number) => {
    const ds = cap(l.request, 'ds');
    const address = l.address ?? 0;
    if (ds !== null && regionMaps(x).get(l.request.ref) !== undefined) {
      const executable = l.request.args['executable'] === true;
      forgetOverlapped(x, l.request.ref, address, pageAligned(size));
      const row = { map: l.request.ref, ds: hold(x, ds), size: pageAligned(size), offset: num(l.request, 'offset'), address, executable };
      attachedRegions(x).insert(row);
    }
    return done({ value: address } satisfies RpcAnswer);
  },
  failed: (_x, _l, failure: Failure) => {
    if (exceptionCode(Region_map.attach, failure.name) !== undefined) return raise(failure.name, failure.text);
    return done({ value: 0, failure } satisfies RpcAnswer);
  },
});

/** Core has found the place free: what was recorded there ended with its dataspace, which somebody else has freed. */
function forgetOverlapped(x: Execution, map: number, address: number, size: number): void {
  for (const [key, row] of attachedRegions(x).entries()) {
    if (row.map !== map || row.address >= address + size || address >= row.address + row.size) continue;
    release(x, row.ds);
    attachedRegions(x).delete(key);
  }
}

/** Forgets regions whose dataspaces do not exist any more, because a component outside freed them: core has detached them. */
export function forgetEnded(x: Execution, regions: readonly (readonly [number, Readonly<AttachedRegionRow>])[]): void {
  for (const [key, { ds }] of regions) {
    if (capValid(x, ds.slot)) continue;
    release(x, ds);
    attachedRegions(x).delete(key);
  }
}

function forgetRegion(x: Execution, request: RpcRequest): void {
  const found = regionAt(x, request.ref, num(request, 'address'));
  if (found === undefined) return;
  release(x, found[1].ds);
  attachedRegions(x).delete(found[0]);
}

/** Forgets where a dataspace is attached that ceases to exist: core detaches it everywhere. */
export function forgetAttachmentsOf(x: Execution, ds_id: number): void {
  for (const [key, row] of attachedRegions(x).entries()) {
    if (row.ds.id !== ds_id) continue;
    release(x, row.ds);
    attachedRegions(x).delete(key);
  }
}

/** Forgets whatever is attached to a map that ceases to exist. */
export function forgetRegions(x: Execution, map: number): void {
  for (const [key, row] of attachedRegions(x).entries()) {
    if (row.map !== map) continue;
    release(x, row.ds);
    attachedRegions(x).delete(key);
  }
}

function recordHandler(x: Execution, request: RpcRequest): void {
  const row = regionMaps(x).get(request.ref);
  if (row !== undefined) regionMaps(x).update(request.ref, { sigh: replaceHeld(x, row.sigh, cap(request, 'sigh')) });
}

export const regionMapService = {
  attach,
  detach: forwarded(Region_map.detach, { to, record: forgetRegion }),
  fault_handler: forwarded(Region_map.fault_handler, { to, record: recordHandler }),
  state: forwarded(Region_map.state, { to }),
  dataspace: forwarded(Region_map.dataspace, { to }),
} as const;
