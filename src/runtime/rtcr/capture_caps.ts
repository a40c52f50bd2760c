// Capabilities at a checkpoint: the map that the target keeps in its own memory, and slots that the map does not know.
// Fills the capability part of the capture. Source modelled: checkpoint-restore.md 2.2 step 2, 4.1; architecture.md "Stale slots".

import type { Plain } from '../../emu/plain.ts';
import { labelOf } from '../arg_string.ts';
import { capId, dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { capValid } from '../native/kernel_calls.ts';
import { readMemory } from '../native/memory.ts';
import { call, done, goto, procedure, raise } from '../native/procedure.ts';
import { gateSlot, irqSlot, pagerSlot } from '../native/thread_table.ts';
import { CAP_MAP_BYTES, readCapMap } from './cap_map_reader.ts';
import { capture, spaceOf, updateSpace, used } from './capture.ts';
import { each } from './each.ts';
import { absent, EXTENSION_ABSENT } from './extensions.ts';
import { PROBED_SLOTS, PROBES_PER_STEP, PUBLISH_PAUSE_US, PUBLISH_ROUNDS } from './limits.ts';
import { cpuThreads, pdSessions } from './online_storage.ts';
import { requestSlot } from './pd_access.ts';
import { placeAt } from './region_lookup.ts';
import { ramBytes } from './target_rows.ts';
import { closeView, NO_VIEW, openView, type View } from './views.ts';

type MapLocals = { [key: string]: Plain; item: number; ds?: number; view?: View; bytes?: Uint8Array };

/** Reads the capability records of a domain, by the key of its PD session, out of the target's memory. */
export const readTargetCapMap = procedure<MapLocals>('rtcr.read_target_cap_map', {
  start: (x, l) => {
    const { published } = spaceOf(x, l.item);
    if (published === null) return raise(EXTENSION_ABSENT, absent('cap_map_info', 'reading the capability map'));
    if (published !== undefined && published !== 0) return goto('locate');
    // A domain that a target made may hold bare threads, which keep no records, or none that runs.
    return l.item !== spaceOf(x).pd ? done() : raise('Checkpoint_refused', `the target has not published the address of its capability map within ${(PUBLISH_ROUNDS * PUBLISH_PAUSE_US) / 1000} ms`);
  },
  locate: (x, l) => {
    const address = spaceOf(x, l.item).published ?? 0;
    used(x, 'cap_map_info');
    const found = placeAt(x, pdSessions(x).require(l.item).address_space, address);
    if (found === undefined) return raise('Checkpoint_refused', `nothing is attached at 0x${address.toString(16)}, where ${ownerOf(x, l.item)} keeps its capability map`);
    const { region, at, bytes } = found;
    if (CAP_MAP_BYTES > bytes) return raise('Checkpoint_refused', 'the capability map reaches beyond its dataspace');
    updateSpace(x, l.item, { cap_map_address: address, cap_map_ds_badge: region.ds.id, cap_map_offset: at });
    l.ds = region.ds.slot;
    return call(openView, { ds: region.ds.slot, bytes: capture.get(x).copies_attached ? 0 : ramBytes(x, region.ds.slot) }, 'read');
  },
  read: (x, l, view: View) => {
    l.view = view;
    return call(readMemory, { address: view.address + spaceOf(x, l.item).cap_map_offset, length: CAP_MAP_BYTES }, 'detach');
  },
  detach: (x, l, bytes: Uint8Array) => {
    l.bytes = bytes;
    return call(closeView, { ds: l.ds ?? 0, view: l.view ?? NO_VIEW, touched: spaceOf(x, l.item).cap_map_offset + CAP_MAP_BYTES }, 'parse');
  },
  parse: (x, l) => {
    const map = readCapMap(l.bytes ?? new Uint8Array(), spaceOf(x, l.item).cap_map_address);
    if (!map.ok) return raise('Checkpoint_refused', map.error);
    updateSpace(x, l.item, { cap_map: map.records, reserved: map.reserved });
    return done();
  },
});

/** A domain in words. */
const ownerOf = (x: Execution, pd: number): string => (pd === spaceOf(x).pd ? 'the target' : `the protection domain "${labelOf(pdSessions(x).require(pd).creation_args)}"`);

/** Slots that the kernel fills and no map mentions: the task, and pager and lock IRQ of each thread. */
function fixedSlots(x: Execution, pd: number): ReadonlySet<number> {
  const threads = capture.get(x).threads.filter(({ key }) => cpuThreads(x).get(key)?.pd === pd).flatMap(({ index }) => [gateSlot(index), pagerSlot(index), irqSlot(index)]);
  return new Set([1, 8, ...threads]);
}

type ProbeLocals = { [key: string]: Plain; item: number; at?: number; found?: readonly number[] };

/** Looks into the slots of receive windows of a domain alone: what lies there, somebody may just be taking in. */
export const probeWindows = procedure<ProbeLocals>('rtcr.probe_windows', {
  start: (x, l) => {
    const { reserved, task, requests } = spaceOf(x, l.item);
    const found = reserved.filter((slot) => capValid(x, slot, task));
    return requests === true ? each(identifyStale, found, { pd: l.item }, 'found') : done();
  },
  found: () => done(),
});

/** Those that have a record, and those that should have one. */
function sortFound(x: Execution, l: ProbeLocals, found: readonly number[]): void {
  const { cap_map, occupied, pd } = spaceOf(x, l.item);
  const fixed = fixedSlots(x, pd);
  const recorded = new Set(cap_map.map((row) => row.slot));
  updateSpace(x, pd, { occupied: [...occupied, ...found.filter((slot) => recorded.has(slot))] });
  l.found = [...(l.found ?? []), ...found.filter((slot) => !recorded.has(slot) && !fixed.has(slot))];
}

/** Probes every slot of a domain (no extension); what is in an occupied slot without record only `request` can tell. */
export const probeSlots = procedure<ProbeLocals>('rtcr.probe_slots', {
  start: (x, l) => {
    const first = l.at ?? 0;
    const { task, requests } = spaceOf(x, l.item);
    if (first === 0) updateSpace(x, l.item, { stale: [], occupied: [] });
    const found: number[] = [];
    for (let slot = first; slot < Math.min(first + PROBES_PER_STEP, PROBED_SLOTS); slot++) if (capValid(x, slot, task)) found.push(slot);
    if (found.length > 0) sortFound(x, l, found);
    l.at = first + PROBES_PER_STEP;
    if (l.at < PROBED_SLOTS) return goto('start');
    if (requests === true) return each(identifyStale, l.found ?? [], { pd: l.item }, 'found');
    updateSpace(x, l.item, { stale: (l.found ?? []).map((slot) => ({ slot, badge: 0 })) });
    return done();
  },
  found: () => done(),
});

const identifyStale = procedure<{ [key: string]: Plain; item: number; pd: number }>('rtcr.identify_stale', {
  start: (x, l) => call(requestSlot, { native: spaceOf(x, l.pd).native, slot: l.item }, 'requested'),
  requested: (x, l, slot: number) => {
    used(x, 'request');
    const badge = slot === 0 ? 0 : capId(x, slot);
    if (slot !== 0) dec(x, slot);
    updateSpace(x, l.pd, { stale: [...spaceOf(x, l.pd).stale, { slot: l.item, badge }] });
    return done();
  },
});
