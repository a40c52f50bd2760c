// What lies at an address of a target: looked up through region maps that are attached inside others, down to a plain dataspace.
// Owns no state. Source modelled: genode-base-foc.md 6.1 (nested region maps: linker area, stack area, maps of RM sessions).

import type { HasStore } from '../native/store.ts';
import { type AttachedRegionRow, attachedRegions, regionMaps } from './online_storage.ts';

/** Region maps inside each other; the original gives up at the same depth. */
const NESTING_MAX = 8;

/** The region of a map that contains an address. */
export function regionAt(x: HasStore, map: number, address: number): readonly [number, Readonly<AttachedRegionRow>] | undefined {
  return attachedRegions(x).find((row) => row.map === map && address >= row.address && address < row.address + row.size);
}

/** A region whose dataspace is no region map, the offset of the address in that dataspace, and how far the region reaches from there. */
export interface Place {
  readonly region: Readonly<AttachedRegionRow>;
  readonly at: number;
  readonly bytes: number;
}

/** The place behind an address of a map; undefined if nothing is attached there. */
export function placeAt(x: HasStore, map: number, address: number): Place | undefined {
  let inside = map;
  let where = address;
  let bytes = Number.MAX_SAFE_INTEGER;
  for (let depth = 0; depth < NESTING_MAX; depth++) {
    const region = regionAt(x, inside, where)?.[1];
    if (region === undefined) return undefined;
    bytes = Math.min(bytes, region.address + region.size - where);
    where = where - region.address + region.offset;
    const nested = regionMaps(x).find((row) => row.ds.id === region.ds.id)?.[0];
    if (nested === undefined) return { region, at: where, bytes };
    inside = nested;
  }
  return undefined;
}
