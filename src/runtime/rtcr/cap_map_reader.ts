// The capability records of a component, as a checkpointer reads them from the component's memory.
// Pure: bytes in, records out. Source modelled: checkpoint-restore.md 4.1 (list variant, records of 8 bytes), 2.2 step 2.

/** One used record: position = kernel slot. */
export type CapMapRecord = {
  readonly slot: number;
  /** Global id (badge). */
  readonly id: number;
  readonly references: number;
};

export const CAP_MAP_RECORDS = 4096;
export const CAP_RECORD_BYTES = 8;
/** Word 0 is a vtable pointer, word 1 a spinlock; the records follow. */
export const CAP_ARRAY_OFFSET = 8;
/** The whole object: two words, the records, a pointer to them. */
export const CAP_MAP_BYTES = CAP_ARRAY_OFFSET + CAP_MAP_RECORDS * CAP_RECORD_BYTES + 4;

const REFERENCES_AT = 4;
const PADDING_AT = 5;
const ID_AT = 6;
const UNUSED = 0;
const INVALID = 0xffff;

/** `reserved` are records of receive windows: in use, without an id. Two records of one id are legal: a record outlives its link. */
export type CapMap =
  | { readonly ok: true; readonly records: readonly CapMapRecord[]; readonly reserved: readonly number[] }
  | { readonly ok: false; readonly error: string };

export const recordAddress = (map_address: number, slot: number): number => map_address + CAP_ARRAY_OFFSET + slot * CAP_RECORD_BYTES;

/** Address of a record's id, where a restorer writes the id of the restored capability. */
export const idAddress = (map_address: number, slot: number): number => recordAddress(map_address, slot) + ID_AT;

/**
 * Reads the object whose bytes begin at `address` in the component. Anything that a list of 8-byte records cannot be is an error:
 * a checkpointer that misreads another layout would restore nonsense (checkpoint-restore.md 3.5).
 */
export function readCapMap(bytes: Uint8Array, address: number): CapMap {
  if (bytes.length < CAP_MAP_BYTES) return wrong(`${bytes.length} bytes instead of ${CAP_MAP_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const array = address + CAP_ARRAY_OFFSET;
  const pointer = view.getUint32(CAP_MAP_BYTES - 4, true);
  if (pointer !== array >>> 0) return wrong(`pointer to the records is 0x${pointer.toString(16)} instead of 0x${array.toString(16)}`);
  const records: CapMapRecord[] = [];
  const reserved: number[] = [];
  for (let slot = 0; slot < CAP_MAP_RECORDS; slot++) {
    const at = CAP_ARRAY_OFFSET + slot * CAP_RECORD_BYTES;
    const next = view.getUint32(at, true);
    const id = view.getUint16(at + ID_AT, true);
    if (!isLink(next, array)) return wrong(`slot 0x${slot.toString(16)} links to 0x${next.toString(16)}`);
    if (view.getUint8(at + PADDING_AT) !== 0) return wrong(`slot 0x${slot.toString(16)} has padding that is not zero`);
    if (id === INVALID) reserved.push(slot);
    if (id === UNUSED || id === INVALID) continue;
    records.push({ slot, id, references: view.getUint8(at + REFERENCES_AT) });
  }
  if (records.length === 0) return wrong('no used record');
  return { ok: true, records, reserved };
}

/** Zero, or the address of another record. */
function isLink(next: number, array: number): boolean {
  if (next === 0) return true;
  const offset = next - array;
  return offset >= 0 && offset < CAP_MAP_RECORDS * CAP_RECORD_BYTES && offset % CAP_RECORD_BYTES === 0;
}

const wrong = (what: string): CapMap => ({ ok: false, error: `the capability map is not a list of ${CAP_RECORD_BYTES}-byte records: ${what}` });
