// Children: creation of the Parent object and the process, start of the main thread, and destruction.
// Source modelled: genode-16.08-abi.md 4.2 steps 9 to 11; Genode's Child and Child::Process.

import type { Plain } from '../../emu/plain.ts';
import { Cpu_thread } from '../rpc/interfaces.ts';
import { dec } from '../native/cap_space.ts';
import { dissolve, manage, type Managed } from '../native/entrypoint.ts';
import type { HasStore } from '../native/store.ts';
import { call, done, type Failure, procedure, raise } from '../native/procedure.ts';
import { rpc } from '../native/rpc_client.ts';
import { destroyChildHeap } from './child_heap.ts';
import { endChildRequests, forgetChildRequest } from './child_request.ts';
import { type ChildRow, children } from './child_table.ts';
import { makeProcess, type ProcessMade } from './loader.ts';
import type { Policy } from './policy.ts';
import { removeServicesOf } from './services.ts';
import { closeAllSessions } from './session_close.ts';

export interface NewChild {
  readonly name: string;
  readonly ep: number;
  readonly pd: number;
  readonly ram: number;
  /** Where quota goes back to, if `ram` is not core's own object. */
  readonly account?: number;
  readonly cpu: number;
  readonly main_thread: number;
  readonly policy: Policy;
  /** Services behind the environment sessions, where the own parent does not provide them. */
  readonly pd_service?: number;
  readonly ram_service?: number;
  readonly cpu_service?: number;
}

/** Registers a child whose environment sessions and entrypoint exist; returns its key. */
export function newChild(owner: HasStore, child: NewChild): number {
  const row: ChildRow = {
    name: child.name, ep: child.ep, pd: child.pd, ram: child.ram, account: child.account ?? child.ram, cpu: child.cpu, main_thread: child.main_thread, policy: child.policy,
    pd_service: child.pd_service ?? 0, ram_service: child.ram_service ?? 0, cpu_service: child.cpu_service ?? 0,
    parent_id: 0, parent_cap: 0, resource_avail_sigh: 0, yield_sigh: 0, yield_args: '',
  };
  return children(owner).insert(row);
}

type StartLocals = {
  [key: string]: Plain;
  child: number;
  /** Dataspace of the executable; null makes an empty process whose main thread is not started. */
  elf: number | null;
  ldso: number | null;
  region_map: number;
  /** Whether the child's RAM comes as managed dataspaces. */
  managed?: boolean;
};

/** Fails with Process_startup_failed, or with what the child's RAM session raised while the program was loaded. */
export const startChild = procedure<StartLocals>('child.start_child', {
  start: (x, l) => call(manage, { interface: 'Parent', ref: l.child, ep: children(x).require(l.child).ep }, 'managed'),
  managed: (x, l, { id, cap }: Managed) => {
    children(x).update(l.child, { parent_id: id, parent_cap: cap });
    const { pd, ram } = children(x).require(l.child);
    const what = { elf: l.elf, ldso: l.ldso, pd, ram, region_map: l.region_map, managed: l.managed ?? false };
    return call(makeProcess, { ...what, parent_id: id, parent_cap: cap }, 'made', 'failed');
  },
  made: (x, l, { entry }: ProcessMade) =>
    entry === null ? done() : rpc(Cpu_thread.start, children(x).require(l.child).main_thread, { ip: entry, sp: 0 }, 'started'),
  started: () => done(),
  failed: (_x, _l, failure: Failure) => {
    const startup = ['Invalid_executable', 'Missing_dynamic_linker', 'Attach_failed'];
    return raise(startup.includes(failure.name) ? 'Process_startup_failed' : failure.name, failure.text);
  },
});

type DestroyLocals = { [key: string]: Plain; child: number };

/**
 * Withdraws the Parent object, closes all sessions of the child and frees its heap. Its environment sessions, main thread and
 * entrypoint belong to whoever made them.
 */
export const destroyChild = procedure<DestroyLocals>('child.destroy_child', {
  start: (x, l) => {
    removeServicesOf(x, l.child);
    return call(endChildRequests, { child: l.child }, 'dissolve');
  },
  dissolve: (x, l) => call(dissolve, { id: children(x).require(l.child).parent_id }, 'sessions'),
  sessions: (_x, l) => call(closeAllSessions, { child: l.child }, 'heap'),
  heap: (_x, l) => call(destroyChildHeap, { child: l.child }, 'remove'),
  remove: (x, l) => {
    const { parent_cap, resource_avail_sigh, yield_sigh } = children(x).require(l.child);
    for (const slot of [parent_cap, resource_avail_sigh, yield_sigh]) dec(x, slot);
    children(x).delete(l.child);
    forgetChildRequest(x, l.child);
    return done();
  },
});
