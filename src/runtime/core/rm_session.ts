// RM sessions: region maps that clients create to manage dataspaces of their own.
// Owner of the tables 'core_rm_sessions' and 'core_rm_maps'. Source modelled: genode-16.08-abi.md 2, 4.1.

import type { Execution } from '../native/execution.ts';
import { cap, num, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import { table } from '../native/store.ts';
import { coreWarning } from './console.ts';
import { dropGuard, newGuard } from './guard.ts';
import { type CoreCap, NO_CAP } from './kernel_object.ts';
import { dissolveObject, manageObject, objectOf } from './object.ts';
import { destroyRegionMap, newRegionMap, regionMaps } from './region_map.ts';
import { freeSliced, type SlicedBlock, slicedAlloc } from './sliced_heap.ts';

interface RmSessionRow {
  readonly guard: number;
  readonly cap: CoreCap;
}

/** Region maps of RM sessions, by key of the region map. */
interface RmMapRow {
  readonly session: number;
  readonly component: SlicedBlock;
}

export const rmSessions = table<RmSessionRow>('core_rm_sessions');
const rmMaps = table<RmMapRow>('core_rm_maps');

/** What a region map occupies: it holds the first block of its allocator's slab. */
const REGION_MAP_BYTES = 8192;

export function newRmSession(x: Execution, ram_quota: number): number {
  const key = rmSessions(x).insert({ guard: newGuard(x, ram_quota), cap: NO_CAP });
  rmSessions(x).update(key, { cap: manageObject(x, 'Rm_session', key) });
  return key;
}

export function destroyRmSession(x: Execution, key: number): void {
  const { cap: own, guard } = rmSessions(x).require(key);
  dissolveObject(x, own);
  for (const [map, { session }] of rmMaps(x).entries()) if (session === key) destroyMap(x, map);
  rmSessions(x).delete(key);
  dropGuard(x, guard);
}

function destroyMap(x: Execution, map: number): void {
  const { session, component } = rmMaps(x).require(map);
  rmMaps(x).delete(map);
  destroyRegionMap(x, map);
  freeSliced(x, rmSessions(x).require(session).guard, component);
}

const create = (x: Execution, request: RpcRequest): RpcAnswer => {
  const { guard } = rmSessions(x).require(request.ref);
  const size = num(request, 'size');
  if (size === 0) return { cap: null };
  const component = slicedAlloc(x, guard, REGION_MAP_BYTES);
  if (component === null) return { exception: 'Out_of_metadata' };
  const map = newRegionMap(x, 'managed', guard, 0, size);
  if (map === null) {
    freeSliced(x, guard, component);
    return { exception: 'Out_of_metadata' };
  }
  rmMaps(x).set(map, { session: request.ref, component });
  return { cap: regionMaps(x).require(map).cap.slot };
};

const destroy = (x: Execution, request: RpcRequest): RpcAnswer => {
  const map = objectOf(x, 'Region_map', cap(request, 'region_map'));
  if (map !== undefined && rmMaps(x).get(map)?.session === request.ref) destroyMap(x, map);
  else coreWarning(x, 'could not look up region map to destruct');
  return {};
};

export const rmSessionService = { create, destroy };
