// Capabilities of a restored target: the records in its memory get the new ids, the slots of its space the new capabilities.
// Two separate operations, each can be left out. Source modelled: checkpoint-restore.md 3.2 phases 4 and 5, 4.2 to 4.4, R-05, R-06.

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { capValid } from '../native/kernel_calls.ts';
import { readMemory, writeMemory } from '../native/memory.ts';
import { type Action, call, done, type Failure, goto, procedure, raise } from '../native/procedure.ts';
import { rpc } from '../native/rpc_client.ts';
import { Native_pd } from '../rpc/interfaces.ts';
import { CAP_MAP_BYTES, idAddress } from './cap_map_reader.ts';
import { hasDefect } from './defects.ts';
import { spliceRecords } from './historic_cap_map.ts';
import { each } from './each.ts';
import { absent, EXTENSION_ABSENT } from './extensions.ts';
import { domainAccess, lost, nowAt, nowCalled, restoration, snapshotOf, usedForRestore } from './restoration.ts';
import { isAbsent } from './pd_access.ts';
import { ramBytes } from './target_rows.ts';
import { domainName, type Snapshot, spacesOf, type StoredSpace } from './target_state.ts';
import { closeView, NO_VIEW, openView, type View } from './views.ts';

/** Slots below are filled by core: task, parent, and gate, pager and lock IRQ of each thread. */
const FIRST_USER_SLOT = 0x200;
/** The main thread knows its own gate under this id, whatever core calls it. */
const MAIN_THREAD_ID = 1;

const spaceAt = (x: Execution, pd: number): StoredSpace => spacesOf(snapshotOf(x)).find((space) => space.pd === pd) ?? snapshotOf(x);

type RewriteLocals = { [key: string]: Plain; item: number; view?: View };

/** Writes the new ids into the records of a domain, by its number. Links and reference counts stay: they came back with the memory. */
export const rewriteCapMap = procedure<RewriteLocals>('rtcr.rewrite_cap_map', {
  start: (x, l) => {
    // Bare threads keep no records.
    if (l.item !== 0 && spaceAt(x, l.item).cap_map_address === 0) return done();
    const ds = nowAt(x, spaceAt(x, l.item).cap_map_ds_badge);
    return ds === null ? raise('Restore_refused', 'the dataspace of the capability map is not restored') : call(openView, { ds, bytes: restoration.get(x).strategy.attached === 'copy' ? 0 : ramBytes(x, ds) }, 'write');
  },
  write: (_x, l, view: View) => {
    l.view = view;
    return goto('records');
  },
  records: (x, l) => {
    if (hasDefect(restoration.get(x).strategy.defects, 'D-13')) return call(readMemory, { address: (l.view ?? NO_VIEW).address + spaceAt(x, l.item).cap_map_offset, length: CAP_MAP_BYTES }, 'splice');
    return goto('ids');
  },
  splice: (x, l, object: Uint8Array) => {
    const { cap_map, cap_map_address, cap_map_offset } = spaceAt(x, l.item);
    const entries = toInstall(x, l.item).flatMap(({ slot, badge }) => {
      const id = nowCalled(x, badge);
      return id === undefined || !cap_map.some((record) => record.slot === slot) ? [] : [{ slot, id }];
    });
    const bytes = spliceRecords(object, cap_map_address, entries.sort((a, b) => a.slot - b.slot));
    restoration.update(x, { rewritten: restoration.get(x).rewritten + entries.length });
    return call(writeMemory, { address: (l.view ?? NO_VIEW).address + cap_map_offset, bytes }, 'written');
  },
  written: (x, l) => close(x, l),
  ids: (x, l) => {
    const { cap_map, cap_map_offset } = spaceAt(x, l.item);
    const base = (l.view ?? NO_VIEW).address + cap_map_offset;
    const known = cap_map.flatMap(({ slot, id }) => {
      const now = id === MAIN_THREAD_ID ? id : nowCalled(x, id);
      return now === undefined ? [] : [{ slot, now }];
    });
    for (const { slot, now } of known) x.write(idAddress(base, slot), Uint8Array.of(now & 0xff, now >>> 8));
    restoration.update(x, { rewritten: restoration.get(x).rewritten + known.length });
    return close(x, l);
  },
  rewritten: () => done(),
});

function close(x: Execution, l: RewriteLocals): Action {
  const { cap_map_ds_badge, cap_map_offset } = spaceAt(x, l.item);
  return call(closeView, { ds: nowAt(x, cap_map_ds_badge) ?? 0, view: l.view ?? NO_VIEW, touched: cap_map_offset + CAP_MAP_BYTES }, 'rewritten');
}

type InstallItem = { readonly slot: number; readonly badge: number };

/** What the semaphore's slot is for, in words. */
const semaphores = (snapshot: Snapshot): ReadonlySet<number> =>
  new Set(snapshot.pd_sessions.flatMap(({ sources }) => sources.map((source) => source.semaphore_badge)));

/** Slots of a domain to fill: those of the records, and stale ones whose object is known. */
export function toInstall(x: Execution, pd: number): InstallItem[] {
  const { cap_map, occupied, stale } = spaceAt(x, pd);
  const skipped = restoration.get(x).strategy.semaphore === 'skip' ? semaphores(snapshotOf(x)) : new Set<number>();
  const recorded = cap_map.filter(({ slot }) => occupied.includes(slot));
  const all = [...recorded.map(({ slot, id }) => ({ slot, badge: id })), ...stale];
  return all.filter(({ slot, badge }) => slot >= FIRST_USER_SLOT && badge !== 0 && !skipped.has(badge) && nowAt(x, badge) !== null);
}

export const installSlot = procedure<{ [key: string]: Plain; item: InstallItem; pd: number }>('rtcr.install_slot', {
  start: (x, { item, pd }) =>
    rpc(Native_pd.install, domainAccess(x, pd).native, { cap: nowAt(x, item.badge), selector: (item.slot << 12) >>> 0 }, 'installed', 'absent'),
  absent: (_x, _l, failure: Failure) => (isAbsent(failure) ? raise(EXTENSION_ABSENT, absent('install', 'the capability space; cap-space="skip" does without')) : raise('Restore_refused', failure.text)),
  installed: (x, { item, pd }) => {
    if (!capValid(x, item.slot, domainAccess(x, pd).task)) return raise('Restore_refused', `slot 0x${item.slot.toString(16)} cannot be filled`);
    usedForRestore(x, 'install');
    restoration.update(x, { installed: restoration.get(x).installed + 1 });
    return done();
  },
});

/** Tells core where the map of a domain is, as the start-up of the target once did: the next checkpoint asks for it. */
export const publishCapMap = procedure<{ [key: string]: Plain; item: number }>('rtcr.publish_cap_map', {
  start: (x, l) => {
    const { cap_map_address } = spaceAt(x, l.item);
    return l.item !== 0 && cap_map_address === 0 ? done() : rpc(Native_pd.set_cap_map_info, domainAccess(x, l.item).native, { address: cap_map_address }, 'published', 'absent');
  },
  published: (x) => {
    usedForRestore(x, 'cap_map_info');
    return done();
  },
  absent: (x, _l, failure: Failure) => {
    if (!isAbsent(failure)) return raise('Restore_refused', failure.text);
    lost(x, { purpose: 'the published address of the capability map, without which there is no further checkpoint' });
    return done();
  },
});

/** Puts the restored capabilities of a domain at their old slots. */
export const installCapSpace = procedure<{ [key: string]: Plain; item: number }>('rtcr.install_cap_space', {
  start: (x, l) => each(installSlot, toInstall(x, l.item), { pd: l.item }, 'installed'),
  installed: () => done(),
});

/** Notes every slot that was occupied and is not, with what it held. */
export function noteLostSlots(x: Execution): void {
  const snapshot = snapshotOf(x);
  const irqs = semaphores(snapshot);
  for (const { pd, cap_map, occupied, stale } of spacesOf(snapshot)) {
    const { task } = domainAccess(x, pd);
    const domain = pd === 0 ? {} : { domain: domainName(snapshot, pd) };
    const isThere = (slot: number): boolean => slot < FIRST_USER_SLOT || (task !== 0 && capValid(x, slot, task));
    for (const { slot, id } of cap_map) {
      if (!occupied.includes(slot) || isThere(slot)) continue;
      lost(x, { slot, ...domain, badge: id, type: irqs.has(id) ? 'IRQ' : 'Gate', purpose: purposeOf(snapshot, id) });
    }
    for (const { slot, badge } of stale) {
      if (!isThere(slot)) lost(x, { slot, ...domain, badge, type: 'stale', purpose: badge === 0 ? 'unknown; it has no record' : `${purposeOf(snapshot, badge)}; it has no record` });
    }
  }
}

/** What an object was to the target, from the stored records. */
function purposeOf(snapshot: Snapshot, badge: number): string {
  for (const pd of snapshot.pd_sessions) {
    if (pd.badge === badge) return 'PD session';
    if (pd.native_pd_badge === badge) return 'native PD session';
    if (pd.sources.some((source) => source.badge === badge)) return 'signal source';
    if (pd.sources.some((source) => source.semaphore_badge === badge)) return 'signal semaphore on which the signal handler waits';
    if (pd.contexts.some((context) => context.badge === badge)) return 'signal context';
    if (pd.native_caps.some((cap) => cap.badge === badge)) return 'RPC object of the target';
  }
  for (const map of [...snapshot.pd_sessions, ...snapshot.rm_sessions].flatMap((session) => session.region_maps)) {
    if (map.badge === badge) return `region map (${map.role})`;
    if (map.ds_badge === badge) return `dataspace of a region map (${map.role})`;
  }
  for (const cpu of snapshot.cpu_sessions) {
    if (cpu.badge === badge) return 'CPU session';
    if (cpu.trace_control_badge === badge) return 'trace-control dataspace';
    const thread = cpu.threads.find((candidate) => candidate.badge === badge);
    if (thread !== undefined) return `thread "${thread.name}"`;
  }
  if (snapshot.ram_sessions.some((ram) => ram.badge === badge)) return 'RAM session';
  if (snapshot.ram_sessions.some((ram) => ram.dataspaces.some((ds) => ds.badge === badge))) return 'RAM dataspace';
  if (snapshot.log_sessions.some((log) => log.badge === badge)) return 'LOG session';
  if (snapshot.timer_sessions.some((timer) => timer.badge === badge)) return 'Timer session';
  if (snapshot.rom_sessions.some((rom) => rom.badge === badge)) return 'ROM session';
  if (snapshot.rm_sessions.some((rm) => rm.badge === badge)) return 'RM session';
  return 'an object that the checkpointer never saw';
}
