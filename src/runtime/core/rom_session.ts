// ROM sessions: boot modules and the kernel info page as read-only dataspaces.
// Owner of the table 'core_rom_sessions'. Source modelled: genode-16.08-abi.md 2.1, 4.1, 5.2.

import { dec, inc } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { cap, type RpcAnswer, type RpcRequest } from '../native/service.ts';
import { table } from '../native/store.ts';
import { pageAligned } from './board_memory.ts';
import { boot } from './config.ts';
import { dataspaces, newDataspace } from './dataspace.ts';
import { type CoreCap, NO_CAP } from './kernel_object.ts';
import { dissolveObject, manageObject } from './object.ts';
import { destroyDataspace } from './region_map.ts';
import { romModules } from './rom_modules.ts';

interface RomSessionRow {
  readonly module: string;
  readonly dataspace: number;
  /** Slot of the signal context for changes, which never come; 0 if none. */
  readonly sigh: number;
  readonly cap: CoreCap;
}

export const romSessions = table<RomSessionRow>('core_rom_sessions');

/** Null if no module has this name. */
export function newRomSession(x: Execution, name: string): number | null {
  const found = romModules(boot.get(x).modules).find((module) => module.name === name);
  if (found === undefined) return null;
  const dataspace = newDataspace(x, { phys: found.base, size: pageAligned(found.size), writable: false, cache: 'cached', ram_session: 0, managed_by: 0 });
  const key = romSessions(x).insert({ module: name, dataspace, sigh: 0, cap: NO_CAP });
  romSessions(x).update(key, { cap: manageObject(x, 'Rom_session', key) });
  return key;
}

export function destroyRomSession(x: Execution, key: number): void {
  const { cap: own, dataspace, sigh } = romSessions(x).require(key);
  dissolveObject(x, own);
  destroyDataspace(x, dataspace);
  if (sigh !== 0) dec(x, sigh);
  romSessions(x).delete(key);
}

const dataspace = (x: Execution, request: RpcRequest): RpcAnswer => ({
  cap: dataspaces(x).require(romSessions(x).require(request.ref).dataspace).cap.slot,
});

const update = (): RpcAnswer => ({ value: false });

const sigh = (x: Execution, request: RpcRequest): RpcAnswer => {
  const context = cap(request, 'sigh');
  const old = romSessions(x).require(request.ref).sigh;
  inc(x, context);
  if (old !== 0) dec(x, old);
  romSessions(x).update(request.ref, { sigh: context ?? 0 });
  return {};
};

export const romSessionService = { dataspace, update, sigh };
