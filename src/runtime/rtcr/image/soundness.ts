// What the records of an image must be to each other, beyond their shapes: a restorer that took them as they are would write beside
// its attachments or make threads without end. Pure; owns no state. Source modelled: cap_map_reader.ts, core's stack slots.

import { CAP_MAP_BYTES } from '../cap_map_reader.ts';
import { REGISTER_COUNT } from '../thread_phase.ts';
import { dataspacesOf, regionMapsOf, type Snapshot, spacesOf, type StoredSpace, threadsOf } from '../target_state.ts';

/** @throws Error that names the first record of a snapshot that cannot be */
export function mustBeSound(snapshot: Snapshot, path: string): void {
  for (const space of spacesOf(snapshot)) capMap(snapshot, space, path);
  const pds = new Set(snapshot.pd_sessions.map(({ key }) => key));
  for (const thread of threadsOf(snapshot)) {
    if (!REGISTER_LISTS.includes(thread.registers.length)) refuse(path, `thread "${thread.name}" has ${thread.registers.length} registers instead of ${REGISTER_COUNT}`);
    if (!pds.has(thread.pd)) refuse(path, `thread "${thread.name}" is in no protection domain of it`);
  }
  once(path, 'protection domain', snapshot.pd_sessions.map(({ key }) => key));
  once(path, 'thread', threadsOf(snapshot).map(({ key }) => key));
  once(path, 'thread slot', threadsOf(snapshot).map(({ pd, index }) => `${pd}.${index}`));
  once(path, 'dataspace', dataspacesOf(snapshot).map(({ badge }) => badge));
  once(path, 'region map', regionMapsOf(snapshot).map(({ badge }) => badge));
  for (const { cap_map, stale } of spacesOf(snapshot)) once(path, 'slot', [...cap_map, ...stale].map(({ slot }) => slot));
  once(path, 'space of protection domain', spacesOf(snapshot).map(({ pd }) => pd));
  const astray = snapshot.spaces.find(({ pd }) => pd >= snapshot.pd_sessions.length);
  if (astray !== undefined) refuse(path, `a space belongs to protection domain ${astray.pd} of ${snapshot.pd_sessions.length}`);
  if (snapshot.pd_sessions.length === 0 || snapshot.cpu_sessions.length === 0 || snapshot.ram_sessions.length === 0) refuse(path, 'a component has at least one PD, CPU and RAM session');
}

/** Number of registers that a thread's record has: all, or none for one that never ran. */
const REGISTER_LISTS: readonly number[] = [0, REGISTER_COUNT];

function capMap(snapshot: Snapshot, { cap_map, cap_map_address, cap_map_ds_badge, cap_map_offset }: StoredSpace, path: string): void {
  if (cap_map_address === 0 && cap_map.length === 0) return;
  const ds = snapshot.ram_sessions.flatMap(({ dataspaces }) => dataspaces).find(({ badge }) => badge === cap_map_ds_badge);
  if (ds === undefined) refuse(path, `its capability map is in dataspace 0x${cap_map_ds_badge.toString(16)}, which is none of its own`);
  else if (cap_map_offset + CAP_MAP_BYTES > ds.size) refuse(path, `its capability map at 0x${cap_map_offset.toString(16)} does not fit into its dataspace of ${ds.size} bytes`);
}

function once(path: string, noun: string, keys: readonly (string | number)[]): void {
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice !== undefined) refuse(path, `${noun} ${typeof twice === 'number' ? `0x${twice.toString(16)}` : twice} is there twice`);
}

function refuse(path: string, what: string): never {
  throw new Error(`the records of ${path} do not fit each other: ${what}`);
}
