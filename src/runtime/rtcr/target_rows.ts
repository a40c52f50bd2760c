// Selections from the online storage that belong to one target. Owns no state.
// In ascending order of keys, which is the order of creation.

import {
  type AttachedRegionRow, attachedRegions, type CpuThreadRow, cpuThreads, type Interposed, type RamDataspaceRow,
  ramDataspaces, ramSessions, type RegionMapRow, regionMaps,
} from './online_storage.ts';
import type { HasStore, Table } from '../native/store.ts';

type Keyed<Row> = readonly [key: number, row: Readonly<Row>];

/** Rows of one target in order of creation. */
export function ofTarget<Row extends Interposed>(rows: (owner: HasStore) => Table<Row>, x: HasStore, target: number): Keyed<Row>[] {
  return rows(x).entries().filter(([, row]) => row.target === target);
}

export const threadsOfTarget = (x: HasStore, target: number): Keyed<CpuThreadRow>[] => ofTarget(cpuThreads, x, target);

export const mapsOfPd = (x: HasStore, pd: number): Keyed<RegionMapRow>[] => regionMaps(x).entries().filter(([, row]) => row.pd === pd && row.rm === 0);
export const mapsOfRm = (x: HasStore, rm: number): Keyed<RegionMapRow>[] => regionMaps(x).entries().filter(([, row]) => row.rm === rm);
export const regionsOfMap = (x: HasStore, map: number): Keyed<AttachedRegionRow>[] => attachedRegions(x).entries().filter(([, row]) => row.map === map);

/** All regions attached anywhere in a target. */
export function regionsOfTarget(x: HasStore, target: number): Keyed<AttachedRegionRow>[] {
  const maps = new Set(ofTarget(regionMaps, x, target).map(([key]) => key));
  return attachedRegions(x).entries().filter(([, row]) => maps.has(row.map));
}

export function dataspacesOfTarget(x: HasStore, target: number): Keyed<RamDataspaceRow>[] {
  const sessions = new Set(ofTarget(ramSessions, x, target).map(([key]) => key));
  return ramDataspaces(x).entries().filter(([, row]) => sessions.has(row.ram));
}

/** Size of the RAM dataspace of a target in a slot; 0 if it is none. */
export const ramBytes = (x: HasStore, slot: number): number => ramDataspaces(x).find(({ cap }) => cap.slot === slot)?.[1].size ?? 0;
