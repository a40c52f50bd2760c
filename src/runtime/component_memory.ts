// The memory of a component as somebody with probes on the board sees it: what core has attached where, and its bytes.
// Owns no state; reads core's tables and the RAM, changes nothing. For comparing runs, never for a checkpoint.

import type { PhysicalMemory } from '../emu/memory/physical_memory.ts';
import { dataspaces } from './core/dataspace.ts';
import { pdSessions } from './core/pd_session.ts';
import { regionMaps } from './core/region_map.ts';
import type { HasStore } from './native/store.ts';
import { CAP_MAP_BYTES, type CapMapRecord, readCapMap } from './rtcr/cap_map_reader.ts';

/** One attached range of RAM, as the component addresses it. */
export interface MemoryPiece {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What is attached to the address space, its stack area and its linker area; in managed dataspaces only what they are attached as. */
export interface AttachedRegion {
  readonly address: number;
  readonly bytes: number;
  readonly writable: boolean;
}

export interface ComponentMemory {
  /** Writable memory, ascending by address; read-only segments are the program's. */
  readonly pieces: readonly MemoryPiece[];
  /** Ascending by address. */
  readonly regions: readonly AttachedRegion[];
  /** The capability records, empty where the component has told nobody where they are. */
  readonly records: readonly CapMapRecord[];
  /** Where the object with these records is; 0 where the component has told nobody. */
  readonly cap_map_address: number;
  /** Of all its threads, ascending. */
  readonly stack_pointers: readonly number[];
}

const NO_RECORDS = { records: [], reserved: [] };
/** Region maps may be nested so deep. */
const LEVELS_MAX = 5;

/** @param task_slot slot of the component's task in core's capability table; undefined if core knows no such component */
export function componentMemory(core: HasStore, task_slot: number, ram: PhysicalMemory, stack_pointers: readonly number[]): ComponentMemory | undefined {
  const pd = pdSessions(core).find((row) => row.task.slot === task_slot)?.[1];
  if (pd === undefined) return undefined;
  const pieces: MemoryPiece[] = [];
  const regions: AttachedRegion[] = [];
  collect(core, pd.address_space, 0, { from: 0, to: 2 ** 32 }, 0, ram, pieces);
  listRegions(core, pd.address_space, 0, 0, regions);
  pieces.sort((a, b) => a.address - b.address);
  regions.sort((a, b) => a.address - b.address);
  return { pieces, regions, records: recordsAt(pieces, pd.cap_map_info).records, cap_map_address: pd.cap_map_info, stack_pointers };
}

/** Adds what is attached to a map; `base` is the address of the map's address 0, `window` what of it can be seen. */
function collect(core: HasStore, map: number, base: number, window: { from: number; to: number }, level: number, ram: PhysicalMemory, pieces: MemoryPiece[]): void {
  if (level >= LEVELS_MAX) return;
  for (const region of regionMaps(core).get(map)?.regions ?? []) {
    const source = dataspaces(core).get(region.ds);
    const from = Math.max(window.from, base + region.base);
    const to = Math.min(window.to, base + region.base + region.size);
    if (source === undefined || from >= to) continue;
    const origin = base + region.base - region.offset;
    if (source.managed_by !== 0) {
      collect(core, source.managed_by, origin, { from, to }, level + 1, ram, pieces);
      continue;
    }
    const index = ram.index(source.phys + (from - origin));
    if (source.writable && index >= 0) pieces.push({ address: from, bytes: ram.u8.slice(index, index + (to - from)) });
  }
}

function listRegions(core: HasStore, map: number, base: number, level: number, regions: AttachedRegion[]): void {
  for (const region of regionMaps(core).get(map)?.regions ?? []) {
    const source = dataspaces(core).get(region.ds);
    if (source === undefined) continue;
    regions.push({ address: base + region.base, bytes: region.size, writable: source.writable && region.writable });
    const inner = regionMaps(core).get(source.managed_by);
    if (inner !== undefined && inner.kind !== 'managed' && level < LEVELS_MAX) listRegions(core, source.managed_by, base + region.base - region.offset, level + 1, regions);
  }
}

/**
 * The capability records of the map at an address, and the slots that it keeps for receive windows; empty where there is none. Parts
 * of a managed dataspace that nobody has needed yet are not attached: records there are not known.
 */
export function recordsAt(pieces: readonly MemoryPiece[], address: number): { readonly records: readonly CapMapRecord[]; readonly reserved: readonly number[] } {
  if (address === 0) return NO_RECORDS;
  const bytes = new Uint8Array(CAP_MAP_BYTES);
  for (const piece of pieces) {
    const [from, to] = [Math.max(piece.address, address), Math.min(piece.address + piece.bytes.length, address + CAP_MAP_BYTES)];
    if (from < to) bytes.set(piece.bytes.subarray(from - piece.address, to - piece.address), from - address);
  }
  const map = readCapMap(bytes, address);
  return map.ok ? map : NO_RECORDS;
}
