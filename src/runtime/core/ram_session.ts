// RAM sessions: their making and end, reference accounts and transfers between them, and the interface to clients.
// Source modelled: genode-16.08-abi.md 5.3, genode-base-foc.md 6.4. Owns nothing; the rows are ram_account.ts's.

import { COST } from '../native/cost.ts';
import type { Execution } from '../native/execution.ts';
import { cap, num, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import type { HasStore } from '../native/store.ts';
import { ALLOCATOR, readAllocator } from './allocators.ts';
import { coreWarning } from './console.ts';
import { CACHE_ATTRIBUTES, type CacheAttribute, dataspaceOf, dataspaces } from './dataspace.ts';
import { dropGuard, newGuard, UNGUARDED } from './guard.ts';
import { type CoreCap, NO_CAP } from './kernel_object.ts';
import { dissolveObject, manageObject, objectOf } from './object.ts';
import { allocMemory, CORE_RAM, freeMemory, grant, type RamError, ramSessions } from './ram_account.ts';
import { detachEverywhere } from './region_map.ts';
import { dropSlab, newSlab, slabAlloc, slabFree } from './slab.ts';

const ANYWHERE = 0xffff_ffff;

/** The session that core and everything without an owner of its own live on. */
export function newCoreRam(x: Execution): CoreCap {
  const quota = readAllocator(x, ALLOCATOR.ram, (ram) => ram.available_bytes);
  const key = ramSessions(x).insert({
    label: 'core', quota, payload: 0, ref_account: 0, guard: UNGUARDED, slab: 0, phys_from: 0, phys_to: ANYWHERE, cap: NO_CAP,
  });
  if (key !== CORE_RAM) throw new Error("core's own RAM session must be the first");
  const own = manageObject(x, 'Ram_session', key);
  ramSessions(x).update(key, { cap: own });
  return own;
}

export interface RamSessionArgs {
  readonly label: string;
  /** What is left of the donated quota: pays the session's meta data. */
  readonly ram_quota: number;
  readonly phys_start: number;
  readonly phys_size: number;
}

/** Null if the donation cannot pay the first slab block. */
export function newRamSession(x: Execution, args: RamSessionArgs): number | null {
  const guard = newGuard(x, args.ram_quota);
  const slab = newSlab(x, 'dataspace', guard);
  if (slab === null) {
    dropGuard(x, guard);
    return null;
  }
  const phys_to = args.phys_size === 0 ? ANYWHERE : args.phys_start + args.phys_size - 1;
  const key = ramSessions(x).insert({
    label: args.label, quota: 0, payload: 0, ref_account: 0, guard, slab, phys_from: args.phys_start, phys_to, cap: NO_CAP,
  });
  ramSessions(x).update(key, { cap: manageObject(x, 'Ram_session', key) });
  return key;
}

/** Allocates a dataspace for a client of the session; returns its key. */
export function ramAlloc(x: Execution, key: number, bytes: number, cache: CacheAttribute): number | RamError {
  const { slab } = ramSessions(x).require(key);
  return allocMemory(x, key, bytes, cache, () => {
    if (slab === 0 || slabAlloc(x, slab)) return true;
    coreWarning(x, 'Could not allocate metadata');
    return false;
  });
}

/** Frees a dataspace of the session, wherever it is attached; anything else is left alone. */
export function ramFree(x: Execution, key: number, ds: number): void {
  if (dataspaces(x).get(ds)?.ram_session !== key) return;
  detachEverywhere(x, ds);
  freeMemory(x, ds);
  const { slab } = ramSessions(x).require(key);
  if (slab !== 0) slabFree(x, slab);
}

/** Result codes of ref_account and transfer_quota. */
const OK = 0;
const UNKNOWN = -1;
const UNRELATED = -2;
const NOT_ALLOWED = -3;

export function setRamRefAccount(x: HasStore, key: number, ref: number | undefined): number {
  if (ramSessions(x).require(key).ref_account !== 0) return UNRELATED;
  if (ref === key) return NOT_ALLOWED;
  if (ref === undefined) return UNKNOWN;
  ramSessions(x).update(key, { ref_account: ref });
  return OK;
}

export function transferRam(x: Execution, from: number, to: number | undefined, amount: number): number {
  if (from === to) return OK;
  if (to === undefined) return UNKNOWN;
  const source = ramSessions(x).require(from);
  const target = ramSessions(x).require(to);
  if (source.ref_account !== to && target.ref_account !== from) return UNRELATED;
  if (source.quota < amount + source.payload) {
    coreWarning(x, `Insufficient quota for transfer: ${source.label}`);
    coreWarning(x, `  have ${source.quota - source.payload}, need ${amount}`);
    return NOT_ALLOWED;
  }
  grant(x, from, -amount);
  grant(x, to, amount);
  return OK;
}

/** Frees everything that the session allocated and returns its quota; sessions that referred to it refer to its own reference. */
export function destroyRamSession(x: Execution, key: number): void {
  for (const [ds, row] of dataspaces(x).entries()) if (row.ram_session === key) ramFree(x, key, ds);
  const { quota, ref_account, cap: own, guard, slab } = ramSessions(x).require(key);
  if (ref_account !== 0) transferRam(x, key, ref_account, quota);
  for (const [member, row] of ramSessions(x).entries()) if (row.ref_account === key) ramSessions(x).update(member, { ref_account });
  dissolveObject(x, own);
  ramSessions(x).delete(key);
  dropSlab(x, slab);
  dropGuard(x, guard);
}

const alloc = (x: Execution, request: RpcRequest): RpcAnswer => {
  const size = num(request, 'size');
  if (size === 0) return { cap: null };
  const ds = ramAlloc(x, request.ref, size, CACHE_ATTRIBUTES[num(request, 'cached')] ?? 'uncached');
  return typeof ds === 'string' ? { exception: ds } : { cap: dataspaces(x).require(ds).cap.slot };
};

const free = (x: Execution, request: RpcRequest): RpcAnswer => {
  const ds = dataspaceOf(x, cap(request, 'ds'));
  if (ds !== undefined) ramFree(x, request.ref, ds);
  return {};
};

function otherAccount(x: Execution, request: RpcRequest): number | undefined {
  x.charge(COST.account);
  return objectOf(x, 'Ram_session', cap(request, 'ram'));
}

const ref_account = (x: Execution, request: RpcRequest): RpcAnswer => ({
  value: setRamRefAccount(x, request.ref, otherAccount(x, request)),
});

const transfer_quota = (x: Execution, request: RpcRequest): RpcAnswer => ({
  value: transferRam(x, request.ref, otherAccount(x, request), num(request, 'amount')),
});

const quota = (x: Execution, request: RpcRequest): RpcAnswer => ({ value: ramSessions(x).require(request.ref).quota });
const used = (x: Execution, request: RpcRequest): RpcAnswer => ({ value: ramSessions(x).require(request.ref).payload });

export const ramSessionService = { alloc, free, ref_account, transfer_quota, quota, used };
