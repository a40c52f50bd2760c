// Capabilities at a checkpoint: the map that the target keeps in its own memory, and slots that the map does not know.
// Fills the capability part of the capture. Source modelled: checkpoint-restore.md 2.2 step 2, 4.1; architecture.md "Stale slots".

import type { Plain } from '../../emu/plain.ts';
import { Native_pd } from '../rpc/interfaces.ts';
import { capId, dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { capValid } from '../native/kernel_calls.ts';
import { readMemory } from '../native/memory.ts';
import { call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc, type RpcReply } from '../native/rpc_client.ts';
import { gateSlot, irqSlot, pagerSlot } from '../native/thread_table.ts';
import { CAP_MAP_BYTES, readCapMap } from './cap_map_reader.ts';
import { capture, used } from './capture.ts';
import { each } from './each.ts';
import { absent, EXTENSION_ABSENT } from './extensions.ts';
import { PROBED_SLOTS, PROBES_PER_STEP, PUBLISH_PAUSE_US, PUBLISH_ROUNDS } from './limits.ts';
import { cpuThreads, pdSessions, targets } from './online_storage.ts';
import { isAbsent, requestSlot } from './pd_access.ts';
import { placeAt } from './region_lookup.ts';
import { sleep } from './sleep.ts';
import { ramBytes } from './target_rows.ts';
import { closeView, NO_VIEW, openView, type View } from './views.ts';

/**
 * Lets a target that has just been started run on until it has told where its capability map is: which capabilities it has taken in before
 * nobody else can know. One that takes too long is refused later, when the map is read, and so is core without the extension.
 */
export const awaitCapMap = procedure<{ [key: string]: Plain; native: number; rounds?: number }>('rtcr.await_cap_map', {
  start: (_x, l) => rpc(Native_pd.cap_map_info, l.native, {}, 'told', 'untold'),
  told: (_x, l, { value }: RpcReply) => {
    l.rounds = (l.rounds ?? 0) + 1;
    return value !== 0 || l.rounds > PUBLISH_ROUNDS ? done() : call(sleep, { us: PUBLISH_PAUSE_US }, 'start');
  },
  untold: () => done(),
});

type MapLocals = { [key: string]: Plain; target: number; native: number; ds?: number; view?: View; bytes?: Uint8Array };

/** Reads the capability records out of the target's memory. */
export const readTargetCapMap = procedure<MapLocals>('rtcr.read_target_cap_map', {
  start: (_x, l) => rpc(Native_pd.cap_map_info, l.native, {}, 'locate', 'absent'),
  absent: (_x, _l, failure: Failure) => (isAbsent(failure) ? raise(EXTENSION_ABSENT, absent('cap_map_info', 'reading the capability map')) : raise(failure.name, failure.text)),
  locate: (x, l, { value }: RpcReply) => {
    const address = value as number;
    if (address === 0) return raise('Checkpoint_refused', `the target has not published the address of its capability map within ${(PUBLISH_ROUNDS * PUBLISH_PAUSE_US) / 1000} ms`);
    used(x, 'cap_map_info');
    const { address_space } = pdSessions(x).require(targets(x).require(l.target).pd);
    const found = placeAt(x, address_space, address);
    if (found === undefined) return raise('Checkpoint_refused', `nothing is attached at 0x${address.toString(16)}, where the target keeps its capability map`);
    const { region, at, bytes } = found;
    if (CAP_MAP_BYTES > bytes) return raise('Checkpoint_refused', 'the capability map reaches beyond its dataspace');
    capture.update(x, { cap_map_address: address, cap_map_ds_badge: region.ds.id, cap_map_offset: at });
    l.ds = region.ds.slot;
    return call(openView, { ds: region.ds.slot, bytes: capture.get(x).copies_attached ? 0 : ramBytes(x, region.ds.slot) }, 'read');
  },
  read: (x, l, view: View) => {
    l.view = view;
    return call(readMemory, { address: view.address + capture.get(x).cap_map_offset, length: CAP_MAP_BYTES }, 'detach');
  },
  detach: (x, l, bytes: Uint8Array) => {
    l.bytes = bytes;
    return call(closeView, { ds: l.ds ?? 0, view: l.view ?? NO_VIEW, touched: capture.get(x).cap_map_offset + CAP_MAP_BYTES }, 'parse');
  },
  parse: (x, l) => {
    const map = readCapMap(l.bytes ?? new Uint8Array(), capture.get(x).cap_map_address);
    if (!map.ok) return raise('Checkpoint_refused', map.error);
    capture.update(x, { cap_map: map.records, reserved: map.reserved });
    return done();
  },
});

/** Slots that the kernel fills and no map mentions: the task, and pager and lock IRQ of each thread. */
function fixedSlots(x: Execution): ReadonlySet<number> {
  const { target, threads: all } = capture.get(x);
  const { pd } = targets(x).require(target);
  const threads = all.filter(({ key }) => cpuThreads(x).get(key)?.pd === pd).flatMap(({ index }) => [gateSlot(index), pagerSlot(index), irqSlot(index)]);
  return new Set([1, 8, ...threads]);
}

type ProbeLocals = { [key: string]: Plain; native: number; task: number; requests: boolean; at?: number; found?: readonly number[] };

/** Looks into the slots of receive windows alone: what lies there, somebody may just be taking in. */
export const probeWindows = procedure<{ [key: string]: Plain; native: number; task: number; requests: boolean }>('rtcr.probe_windows', {
  start: (x, l) => {
    const found = capture.get(x).reserved.filter((slot) => capValid(x, slot, l.task));
    if (l.requests) return each(identifyStale, found, { native: l.native }, 'found');
    return done();
  },
  found: () => done(),
});

/** Those that have a record, and those that should have one. */
function sortFound(x: Execution, l: ProbeLocals, found: readonly number[]): void {
  const fixed = fixedSlots(x);
  const recorded = new Set(capture.get(x).cap_map.map((row) => row.slot));
  capture.update(x, { occupied: [...capture.get(x).occupied, ...found.filter((slot) => recorded.has(slot))] });
  l.found = [...(l.found ?? []), ...found.filter((slot) => !recorded.has(slot) && !fixed.has(slot))];
}

/** Probes every slot of the task (no extension); what is in an occupied slot without record only `request` can tell. */
export const probeSlots = procedure<ProbeLocals>('rtcr.probe_slots', {
  start: (x, l) => {
    const first = l.at ?? 0;
    if (first === 0) capture.update(x, { stale: [], occupied: [] });
    const found: number[] = [];
    for (let slot = first; slot < Math.min(first + PROBES_PER_STEP, PROBED_SLOTS); slot++) if (capValid(x, slot, l.task)) found.push(slot);
    if (found.length > 0) sortFound(x, l, found);
    l.at = first + PROBES_PER_STEP;
    if (l.at < PROBED_SLOTS) return goto('start');
    if (l.requests) return each(identifyStale, l.found ?? [], { native: l.native }, 'found');
    capture.update(x, { stale: (l.found ?? []).map((slot) => ({ slot, badge: 0 })) });
    return done();
  },
  found: () => done(),
});

const identifyStale = procedure<{ [key: string]: Plain; item: number; native: number }>('rtcr.identify_stale', {
  start: (_x, l) => call(requestSlot, { native: l.native, slot: l.item }, 'requested'),
  requested: (x, l, slot: number) => {
    used(x, 'request');
    const badge = slot === 0 ? 0 : capId(x, slot);
    if (slot !== 0) dec(x, slot);
    capture.update(x, { stale: [...capture.get(x).stale, { slot: l.item, badge }] });
    return done();
  },
});
