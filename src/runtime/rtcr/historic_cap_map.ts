// How the historic restorer wrote the capability map: it links every restored record in behind an anchor, although the record that
// came back with the memory is linked already (defect D-13). Pure: bytes in, other bytes out. Source: checkpoint-restore.md 4.2.

import { CAP_ARRAY_OFFSET, CAP_MAP_RECORDS, CAP_RECORD_BYTES } from './cap_map_reader.ts';

const ANCHOR_FIRST = 0x200;
const ANCHOR_LAST = 0x27f;
const REFERENCES = 2;
const REFERENCES_AT = 4;
const ID_AT = 6;

/**
 * Links records in as the historic program did, in the given order.
 * @param object its bytes, beginning with its two leading words
 * @param address where the object lies in the component
 * @returns the object as it is written back
 */
export function spliceRecords(object: Uint8Array, address: number, entries: readonly { readonly slot: number; readonly id: number }[]): Uint8Array {
  const bytes = object.slice();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (slot: number): number => CAP_ARRAY_OFFSET + slot * CAP_RECORD_BYTES;
  let previous = ANCHOR_FIRST;
  while (previous <= ANCHOR_LAST && view.getUint32(at(previous), true) === 0) previous++;
  if (previous > ANCHOR_LAST) return bytes;
  for (const { slot, id } of entries) {
    if (slot <= 0 || slot >= CAP_MAP_RECORDS) continue;
    view.setUint32(at(slot), view.getUint32(at(previous), true), true);
    view.setUint8(at(slot) + REFERENCES_AT, REFERENCES);
    view.setUint16(at(slot) + ID_AT, id, true);
    view.setUint32(at(previous), address + at(slot), true);
    previous = slot;
  }
  return bytes;
}
