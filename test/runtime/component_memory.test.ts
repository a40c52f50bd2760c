// The capability map of a component whose memory lies in parts, as somebody with probes on the board puts it together.

import * as assert from 'uvu/assert';
import { recordsAt } from '../../src/runtime/component_memory.ts';
import { CAP_ARRAY_OFFSET, CAP_MAP_BYTES, idAddress } from '../../src/runtime/rtcr/cap_map_reader.ts';
import { suite } from '../kit.ts';

const test = suite('component memory');

/** Not at the beginning of a page, as in a program's data. */
const ADDRESS = 0x100_0e40;
const PAGE = 0x1000;
const IDS = new Map([[0x10, 0x104], [0x300, 0x208], [0xffe, 0x30c]]);

/** The pages that the map lies in. */
function pages(): { readonly address: number; readonly bytes: Uint8Array }[] {
  const first = ADDRESS - (ADDRESS % PAGE);
  const memory = new Uint8Array(Math.ceil((ADDRESS + CAP_MAP_BYTES - first) / PAGE) * PAGE);
  const view = new DataView(memory.buffer);
  view.setUint32(ADDRESS + CAP_MAP_BYTES - 4 - first, ADDRESS + CAP_ARRAY_OFFSET, true);
  for (const [slot, id] of IDS) view.setUint16(idAddress(ADDRESS, slot) - first, id, true);
  return Array.from({ length: memory.length / PAGE }, (_, i) => ({ address: first + i * PAGE, bytes: memory.subarray(i * PAGE, (i + 1) * PAGE) }));
}

const idsIn = (pieces: readonly { readonly address: number; readonly bytes: Uint8Array }[]): Map<number, number> => new Map(recordsAt(pieces, ADDRESS).records.map(({ slot, id }) => [slot, id]));

test('a map that lies across pieces is read as one', () => {
  assert.equal(idsIn(pages()), IDS);
});

test('records in a part that is not attached are not known, all others are', () => {
  const page = idAddress(ADDRESS, 0x300);
  assert.equal([...idsIn(pages().filter(({ address }) => page < address || page >= address + PAGE)).keys()], [0x10, 0xffe]);
});

test('where there is no map there are no records', () => {
  assert.equal(recordsAt(pages(), 0).records, []);
  assert.equal(recordsAt(pages(), ADDRESS + PAGE).records, []);
  assert.equal(recordsAt([], ADDRESS).records, []);
});

test.run();
