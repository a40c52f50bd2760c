// Reading capability records out of a component's memory (checkpoint-restore.md 4.1).

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { CAP_ARRAY_OFFSET, CAP_MAP_BYTES, CAP_RECORD_BYTES, type CapMapRecord, idAddress, readCapMap } from '../../../src/runtime/rtcr/cap_map_reader.ts';
import { suite } from '../../kit.ts';

const test = suite('capability map reader');

const ADDRESS = 0x0103_e830;

/** The object as a component has it: records linked in the given order. */
function written(records: readonly CapMapRecord[], reserved: readonly number[] = []): Uint8Array {
  const bytes = new Uint8Array(CAP_MAP_BYTES);
  const view = new DataView(bytes.buffer);
  const array = ADDRESS + CAP_ARRAY_OFFSET;
  view.setUint32(CAP_MAP_BYTES - 4, array, true);
  records.forEach(({ slot, id, references }, i) => {
    const at = CAP_ARRAY_OFFSET + slot * CAP_RECORD_BYTES;
    const next = records[i + 1];
    view.setUint32(at, next === undefined ? 0 : array + next.slot * CAP_RECORD_BYTES, true);
    view.setUint8(at + 4, references);
    view.setUint16(at + 6, id, true);
  });
  for (const slot of reserved) view.setUint16(CAP_ARRAY_OFFSET + slot * CAP_RECORD_BYTES + 6, 0xffff, true);
  return bytes;
}

const record = (slot: number, id: number): CapMapRecord => ({ slot, id, references: 1 });

function errorOf(bytes: Uint8Array): string {
  const map = readCapMap(bytes, ADDRESS);
  return map.ok ? '' : map.error;
}

test('what a component wrote is read back, in slot order', () => {
  const slots = fc.uniqueArray(fc.integer({ min: 0, max: 4095 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(slots, fc.infiniteStream(fc.integer({ min: 1, max: 0xfffe })), fc.infiniteStream(fc.integer({ min: 0, max: 255 })), (chosen, ids, references) => {
      const records = chosen.map((slot) => ({ slot, id: ids.next().value as number, references: references.next().value as number }));
      const map = readCapMap(written(records), ADDRESS);
      assert.is(map.ok, true);
      if (map.ok) assert.equal(map.records, [...records].sort((a, b) => a.slot - b.slot));
    }),
  );
});

test('records of receive windows are told apart from capabilities', () => {
  const map = readCapMap(written([record(8, 1472)], [0x200, 0x201, 0x202, 0x203]), ADDRESS);
  assert.is(map.ok, true);
  if (map.ok) assert.equal(map.reserved, [0x200, 0x201, 0x202, 0x203]);
});

test('an id is written where it was read', () => {
  const bytes = written([record(0x217, 1252)]);
  const view = new DataView(bytes.buffer);
  view.setUint16(idAddress(ADDRESS, 0x217) - ADDRESS, 2000, true);
  const map = readCapMap(bytes, ADDRESS);
  assert.equal(map.ok && map.records, [{ slot: 0x217, id: 2000, references: 1 }]);
});

test('records of 16 bytes, as the stock library has them, are no list of 8-byte records', () => {
  const bytes = new Uint8Array(CAP_MAP_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(CAP_MAP_BYTES - 4, ADDRESS + CAP_ARRAY_OFFSET, true);
  for (const slot of [8, 9, 0x204]) {
    const at = CAP_ARRAY_OFFSET + slot * 16;
    view.setUint32(at, ADDRESS + CAP_ARRAY_OFFSET + 0x205 * 16, true);
    view.setUint8(at + 12, 1);
    view.setUint8(at + 13, 1);
    view.setUint16(at + 14, 1300 + slot, true);
  }
  assert.match(errorOf(bytes), /not a list of 8-byte records/);
});

test('links out of the array, foreign pointers, short and empty objects are errors', () => {
  const wild = written([record(0x204, 1424)]);
  new DataView(wild.buffer).setUint32(CAP_ARRAY_OFFSET + 0x204 * CAP_RECORD_BYTES, 0xdead_bee0, true);
  assert.match(errorOf(wild), /slot 0x204 links to 0xdeadbee0/);
  const elsewhere = written([record(0x204, 1424)]);
  new DataView(elsewhere.buffer).setUint32(CAP_MAP_BYTES - 4, 0x1234, true);
  assert.match(errorOf(elsewhere), /pointer to the records/);
  assert.match(errorOf(new Uint8Array(100)), /100 bytes/);
  assert.match(errorOf(written([])), /no used record/);
});

test.run();
