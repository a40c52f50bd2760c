// The capability map of a component, for people who look on: from the memory of a guest, or from the tables of a component in TypeScript.
// Owns no state. Source modelled: checkpoint-restore.md 4.1 (records in the map).

import { type ComponentMemory, recordsAt } from './component_memory.ts';
import { capId, capReferences, RESERVED_ID } from './native/cap_space.ts';
import type { HasStore } from './native/store.ts';
import { recordAddress } from './rtcr/cap_map_reader.ts';
import type { CapRecords, CapRecordView } from './system.ts';

/** @param map_address where the map is, if the component has not told core */
export function recordsInMemory(memory: ComponentMemory | undefined, map_address: number): CapRecords {
  const at = memory?.cap_map_address || map_address;
  if (memory === undefined || at === 0) return { of: () => ({ kind: 'unknown', reason: 'the component has not told core where its capability map is' }), slots: [] };
  const { records, reserved } = recordsAt(memory.pieces, at);
  const views = new Map<number, CapRecordView>([
    ...records.map(({ slot, id, references }) => [slot, { kind: 'record', id, references, address: recordAddress(at, slot), map_address: at }] as const),
    ...reserved.map((slot) => [slot, { kind: 'reserved', map_address: at }] as const),
  ]);
  return { of: (slot) => views.get(slot) ?? { kind: 'none', map_address: at }, slots: [...views.keys()].sort((a, b) => a - b) };
}

export const recordsOfHosted = (hosted: HasStore): CapRecords => ({ of: (slot) => hostedRecord(hosted, slot), slots: [] });

function hostedRecord(hosted: HasStore, slot: number): CapRecordView {
  const id = capId(hosted, slot);
  if (id === RESERVED_ID) return { kind: 'reserved', map_address: null };
  return id === 0 ? { kind: 'none', map_address: null } : { kind: 'record', id, references: capReferences(hosted, slot), address: null, map_address: null };
}
