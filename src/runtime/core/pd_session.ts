// PD sessions: a task, its region maps, its signal source, and the gates made for its entrypoints.
// Owner of the tables 'core_pd_sessions' and 'core_pd_caps'. Source modelled: genode-16.08-abi.md 2, 4.1, 5.3.

import { capId, dec, inc } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { taskMap } from '../native/kernel_calls.ts';
import { cap, num, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import { type HasStore, table } from '../native/store.ts';
import { BlockTree } from './block_tree.ts';
import { corePrintfWarning, coreWarning } from './console.ts';
import { destroyThreadsOf } from './cpu_thread.ts';
import { dropGuard, newGuard } from './guard.ts';
import { type CoreCap, createGateObject, createTaskObject, drop, NO_CAP, reserve } from './kernel_object.ts';
import { dissolveObject, manageObject, objectOf } from './object.ts';
import { closePlaces, openPlaces } from './pd_threads.ts';
import { platformThreads, threadOfGate } from './platform_thread.ts';
import { destroyRegionMap, newRegionMap, regionMaps } from './region_map.ts';
import { destroySignalContext, destroySignalSource, newSignalContext, newSignalSource, submitRequest } from './signal_broker.ts';
import { signalContexts, signalSources } from './signal_tables.ts';
import { freeSliced, type SlicedBlock, slicedAlloc } from './sliced_heap.ts';

export interface PdSessionRow {
  readonly label: string;
  readonly task: CoreCap;
  readonly guard: number;
  readonly signal_source: number;
  readonly native: CoreCap;
  readonly address_space: number;
  readonly stack_area: number;
  readonly linker_area: number;
  readonly cap: CoreCap;
  /** Slot (in core) of the parent capability, 0 until one was assigned. */
  readonly parent: number;
  /** What the component told about its capability map (extension cap_map_info). */
  readonly cap_map_info: number;
}

interface PdCapRow {
  readonly pd: number;
  readonly cap: CoreCap;
  readonly entry: SlicedBlock;
}

export const pdSessions = table<PdSessionRow>('core_pd_sessions');
/** Gates for the component's RPC objects, by id. */
const pdCaps = table<PdCapRow>('core_pd_caps');

const PARENT_SLOT = 8;
/** The area of 128 UTCBs as a flexpage word: 0x28000000, 64 KiB, readable and writable. */
const UTCB_AREA_PAGE = 0x2800_0000 | (16 << 6) | 0x17;
const ADDRESS_SPACE = { base: 0x1000, end: 0xc000_0000 } as const;
const STACK_AREA_BYTES = 0x1000_0000;
const LINKER_AREA_BYTES = 0xa00_0000;
const POOL_ENTRY_BYTES = 4096;

/** Null if the donation does not pay what a session needs from the start; what was made until then goes again. */
export function newPdSession(x: Execution, label: string, ram_quota: number): number | null {
  const guard = newGuard(x, ram_quota);
  const task = reserve(x);
  createTaskObject(x, task, UTCB_AREA_PAGE);
  const key = pdSessions(x).insert({
    label, task, guard, signal_source: 0, native: NO_CAP, address_space: 0, stack_area: 0, linker_area: 0, cap: NO_CAP, parent: 0, cap_map_info: 0,
  });
  openPlaces(x, key, task.slot);
  const complete =
    keep(x, key, 'signal_source', newSignalSource(x, reserve(x), guard)) &&
    keepNative(x, key) &&
    keep(x, key, 'address_space', newRegionMap(x, 'address_space', guard, ADDRESS_SPACE.base, ADDRESS_SPACE.end - ADDRESS_SPACE.base)) &&
    keep(x, key, 'stack_area', newRegionMap(x, 'stack_area', guard, 0, STACK_AREA_BYTES)) &&
    keep(x, key, 'linker_area', newRegionMap(x, 'linker_area', guard, 0, LINKER_AREA_BYTES));
  if (!complete) {
    destroyPdSession(x, key);
    return null;
  }
  pdSessions(x).update(key, { cap: manageObject(x, 'Pd_session', key) });
  return key;
}

/** Enters a part of a session that is being made; false if there was not enough for it. */
function keep(x: Execution, key: number, field: 'signal_source' | 'address_space' | 'stack_area' | 'linker_area', part: number | null): boolean {
  if (part !== null) pdSessions(x).update(key, { [field]: part });
  return part !== null;
}

function keepNative(x: Execution, key: number): true {
  pdSessions(x).update(key, { native: manageObject(x, 'Native_pd', key) });
  return true;
}

/** The order in which a pool of objects, whose ids were entered in the given order, is emptied: always the top of its tree. */
function poolOrder(ids: readonly number[]): readonly number[] {
  const tree = new BlockTree();
  for (const id of ids) tree.insert(id, 1, true);
  const order: number[] = [];
  for (;;) {
    const [top] = tree.save();
    const index = top === undefined ? undefined : tree.findContaining(top.base, 1);
    if (top === undefined || index === undefined) return order;
    order.push(top.base);
    tree.remove(index);
  }
}

/** Ends a protection domain: its threads stop, its gates, signals and region maps go, and with the task all its mappings. */
export function destroyPdSession(x: Execution, key: number): void {
  const row = pdSessions(x).require(key);
  if (row.cap.slot !== 0) dissolveObject(x, row.cap);
  for (const map of [row.linker_area, row.stack_area]) if (map !== 0) destroyRegionMap(x, map);
  // The nested maps leave an address space whose threads are still there: the original warns of each that was attached.
  destroyThreadsOf(x, key);
  if (row.address_space !== 0) destroyRegionMap(x, row.address_space);
  if (row.native.slot !== 0) dissolveObject(x, row.native);
  for (const id of poolOrder(pdCaps(x).entries().filter(([, { pd }]) => pd === key).map(([id]) => id))) freePdCap(x, id);
  if (row.signal_source !== 0) destroySignalSource(x, row.signal_source);
  if (row.parent !== 0) dec(x, row.parent);
  closePlaces(x, key);
  drop(x, row.task);
  pdSessions(x).delete(key);
  dropGuard(x, row.guard);
}

/** Makes a gate served by the thread whose own gate has the given id. */
function allocRpcCap(x: Execution, key: number, gateId: number): CoreCap | null | 'Out_of_metadata' {
  const platform = threadOfGate(x, gateId);
  if (platform === undefined) {
    corePrintfWarning(x, 'Invalid reference capability!');
    return null;
  }
  const { thread, name } = platformThreads(x).require(platform);
  const gate = createGateObject(x, thread.slot, name);
  const entry = slicedAlloc(x, pdSessions(x).require(key).guard, POOL_ENTRY_BYTES);
  if (entry === null) {
    drop(x, gate);
    return 'Out_of_metadata';
  }
  pdCaps(x).set(gate.id, { pd: key, cap: gate, entry });
  return gate;
}

function freePdCap(x: Execution, id: number): void {
  const { pd, cap: gate, entry } = pdCaps(x).require(id);
  pdCaps(x).delete(id);
  drop(x, gate);
  freeSliced(x, pdSessions(x).require(pd).guard, entry);
}

const assign_parent = (x: Execution, request: RpcRequest): RpcAnswer => {
  const parent = cap(request, 'parent');
  const { parent: assigned, task } = pdSessions(x).require(request.ref);
  if (parent === null || assigned !== 0) return {};
  inc(x, parent);
  pdSessions(x).update(request.ref, { parent });
  taskMap(x, { task: task.slot, from: parent, to: PARENT_SLOT });
  return {};
};

const assign_pci = (): RpcAnswer => ({ value: false });

const alloc_signal_source = (x: Execution, request: RpcRequest): RpcAnswer => ({ cap: sourceCap(x, request.ref).slot });
const free_signal_source = (): RpcAnswer => ({});

function sourceCap(x: HasStore, key: number): CoreCap {
  return signalSources(x).require(pdSessions(x).require(key).signal_source).cap;
}

/** The named source does not matter: a domain has one. */
const alloc_context = (x: Execution, request: RpcRequest): RpcAnswer => {
  const key = newSignalContext(x, pdSessions(x).require(request.ref).signal_source, num(request, 'imprint'));
  return key === null ? { exception: 'Out_of_metadata' } : { cap: signalContexts(x).require(key).cap.slot };
};

const free_context = (x: Execution, request: RpcRequest): RpcAnswer => {
  const key = objectOf(x, 'Signal_context', cap(request, 'context'));
  if (key === undefined) coreWarning(x, 'specified signal-context capability has wrong type');
  else destroySignalContext(x, key);
  return {};
};

const alloc_rpc_cap = (x: Execution, request: RpcRequest): RpcAnswer => {
  const ep = cap(request, 'ep');
  const gate = allocRpcCap(x, request.ref, ep === null ? 0 : capId(x, ep));
  return gate === 'Out_of_metadata' ? { exception: gate } : { cap: gate?.slot ?? null };
};

const free_rpc_cap = (x: Execution, request: RpcRequest): RpcAnswer => {
  const gate = cap(request, 'cap');
  const id = gate === null ? 0 : capId(x, gate);
  if (pdCaps(x).get(id)?.pd === request.ref) freePdCap(x, id);
  return {};
};

const mapCap = (which: 'address_space' | 'stack_area' | 'linker_area') => (x: Execution, request: RpcRequest): RpcAnswer => ({
  cap: regionMaps(x).require(pdSessions(x).require(request.ref)[which]).cap.slot,
});

const native_pd = (x: Execution, request: RpcRequest): RpcAnswer => ({ cap: pdSessions(x).require(request.ref).native.slot });

export const pdSessionService = {
  assign_parent, assign_pci, alloc_signal_source, free_signal_source, alloc_context, free_context, submit: submitRequest, alloc_rpc_cap, free_rpc_cap,
  address_space: mapCap('address_space'), stack_area: mapCap('stack_area'), linker_area: mapCap('linker_area'), native_pd,
};
