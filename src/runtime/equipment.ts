// Test equipment on a running system: memory of a component through its region maps, its RAM account, its threads and slots.
// Owns no state; what it changes is what a probe on the board would change.

import type { Machine } from '../emu/machine.ts';
import { RAM_BASE } from '../emu/machine.ts';
import { type DebugId, PAGE_BYTES } from '../emu/numbers.ts';
import { KIP_PAGE } from './core/board_memory.ts';
import { takeFreshIds } from './core/cap_ids.ts';
import { dataspaces } from './core/dataspace.ts';
import { resolveFault } from './core/fault_resolution.ts';
import { objectSpaceOf } from '../emu/jdb/view.ts';
import { pdSessions } from './core/pd_session.ts';
import { ramSessions } from './core/ram_account.ts';
import { replaceModule } from './core/replace_module.ts';
import { INIT_PROGRAM } from './init/program.ts';
import { initState } from './inspection.ts';
import type { Component } from './native/component.ts';
import { env } from './native/env.ts';
import { putRpcFault, rpcFault } from './native/rpc_fault.ts';
import { objects } from './native/service.ts';
import type { HasStore } from './native/store.ts';
import { isCheckpointer } from './rtcr/names.ts';
import { pausedThreads } from './paused_threads.ts';
import { signalEquipment } from './signal_equipment.ts';
import type { RpcDenials } from './rpc_denials.ts';
import type { Equipment } from './system.ts';

/** `componentOf` finds a hosted component by its label. */
export function equipmentOf(machine: Machine, core: () => Component | undefined, componentOf: (label: string) => Component | undefined, denials: RpcDenials): Equipment {
  /** Byte index in the board's RAM of an address in an address space, null where nothing is attached. */
  const indexOf = (owner: HasStore, space: number, address: number): number | null => {
    const found = resolveFault(owner, space, address >>> 0, false);
    return found.kind === 'mapping' ? found.from + (address - found.to) - RAM_BASE : null;
  };
  /** The address space of a component; of several with one label that of the given task, else the newest. */
  const spaceOf = (owner: Component, label: string, task: DebugId | undefined): number | undefined => {
    const named = pdSessions(owner).entries().flatMap(([, row]) => (row.label === label ? [row] : []));
    if (named.length < 2 || task === undefined) return named.at(-1)?.address_space;
    const slots = objectSpaceOf(machine.kernel, owner.task)?.slots ?? [];
    return named.findLast((row) => slots.some(({ slot, id }) => slot === row.task.slot && id === task))?.address_space;
  };
  /** Calls back for the pieces of a range, page by page; false where one is not attached. */
  const pieces = (place: { readonly label: string; readonly task: DebugId | undefined }, address: number, bytes: number, each: (index: number, at: number, length: number) => void): boolean => {
    const owner = core();
    const space = owner === undefined ? undefined : spaceOf(owner, place.label, place.task);
    if (owner === undefined || space === undefined) return false;
    for (let at = 0; at < bytes; ) {
      const length = Math.min(bytes - at, PAGE_BYTES - ((address + at) % PAGE_BYTES));
      const index = indexOf(owner, space, address + at);
      if (index === null || index < 0 || index + length > machine.memory.size_bytes) return false;
      each(index, at, length);
      at += length;
    }
    return true;
  };
  /**
   * The RAM session that a component got from its parent, which is the other side of its account: further ones of the label exchange quota
   * with that. Of several components with one label that of the given task, as many after the first as its protection domain, else the newest.
   */
  const ramOf = (owner: Component, label: string, task?: DebugId) => {
    const named = ramSessions(owner).entries().filter(([, row]) => row.label === label);
    const given = named.filter(([, row]) => !named.some(([key]) => key === row.ref_account));
    const spaces = pdSessions(owner).entries().flatMap(([, row]) => (row.label === label ? [row.address_space] : []));
    const rank = task === undefined ? -1 : spaces.indexOf(spaceOf(owner, label, task) ?? -1);
    return given.at(rank === -1 ? -1 : Math.min(rank, given.length - 1));
  };
  return {
    readMemory: (label, address, bytes, task) => {
      const content = new Uint8Array(bytes);
      return pieces({ label, task }, address, bytes, (index, at, length) => content.set(machine.memory.u8.subarray(index, index + length), at)) ? content : null;
    },
    writeMemory: (label, address, content, task) => {
      const writes: (() => void)[] = [];
      const whole = pieces({ label, task }, address, content.length, (index, at, length) => void writes.push(() => machine.memory.write(index, content.subarray(at, at + length))));
      if (whole) for (const write of writes) write();
      return whole;
    },
    ramAccount: (label, task) => {
      const owner = core();
      const row = owner === undefined ? undefined : ramOf(owner, label, task)?.[1];
      return row === undefined ? null : { quota: row.quota, used: row.payload };
    },
    exhaustRam: (label) => {
      const owner = core();
      const found = owner === undefined ? undefined : ramOf(owner, label);
      if (owner === undefined || found === undefined) return false;
      ramSessions(owner).update(found[0], { quota: found[1].payload });
      return true;
    },
    ...signalEquipment(machine, core),
    pausedThreads: () => pausedThreads(machine, core()),
    freeze: (thread, frozen) => machine.kernel.equipment.freeze(thread, frozen),
    hold: (thread, held) => machine.kernel.equipment.hold(thread, held),
    takeExclusive: (thread) => machine.kernel.equipment.takeExclusive(thread),
    admit: (admission) => machine.kernel.equipment.admit(admission),
    revoke: (task, slot) => machine.kernel.equipment.revoke(task, slot),
    breakThread: (thread) => machine.kernel.equipment.breakThread(thread),
    denyRpc: (task, rpc, nth, by) => denials.add(task, rpc, nth, by),
    denialsToCome: () => denials.toCome(),
    failRpc: (label, nth, kind, times) => {
      const component = componentOf(label);
      if (component === undefined || !isCheckpointer(component.program.name)) return false;
      putRpcFault(component, env.get(component).ep, nth, kind, times);
      return true;
    },
    rpcsMade: (label) => {
      const component = componentOf(label);
      if (component === undefined) return null;
      const { made, failed } = rpcFault.get(component);
      return { made, failed };
    },
    dataspaceContent: (id) => {
      const owner = core();
      const object = owner === undefined ? undefined : objects(owner).get(id);
      const row = owner === undefined || object?.interface !== 'Dataspace' ? undefined : dataspaces(owner).get(object.ref);
      const index = row === undefined ? -1 : machine.memory.index(row.phys);
      return row === undefined || row.managed_by !== 0 || row.phys === KIP_PAGE.base || index < 0 ? null : machine.memory.u8.slice(index, index + row.size);
    },
    takeFreshIds: () => {
      const owner = core();
      if (owner !== undefined) takeFreshIds(owner);
    },
    initState: (label) => {
      const owner = core();
      const init = componentOf(label);
      return owner === undefined || init?.program !== INIT_PROGRAM ? null : initState(init, owner, label);
    },
    replaceModule: (name, content) => {
      const owner = core();
      if (owner === undefined) return 'core does not run';
      const semaphores = replaceModule(owner, machine.memory, name, content);
      if ('error' in semaphores) return semaphores.error;
      const slots = objectSpaceOf(machine.kernel, owner.task)?.slots ?? [];
      for (const { slot, id } of slots) if (semaphores.includes(slot)) machine.kernel.equipment.triggerIrq(id);
      return null;
    },
  };
}
