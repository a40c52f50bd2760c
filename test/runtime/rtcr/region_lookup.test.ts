// What lies at an address of a target, also through region maps inside region maps.

import * as assert from 'uvu/assert';
import { Store } from '../../../src/runtime/native/store.ts';
import { attachedRegions, type RegionMapRow, regionMaps } from '../../../src/runtime/rtcr/online_storage.ts';
import { placeAt } from '../../../src/runtime/rtcr/region_lookup.ts';
import { suite } from '../../kit.ts';

const test = suite('lookup of regions');

/** Map 1 is an address space; each pair says which dataspace stands for which map: maps 2 and 3. */
function space(regions: readonly { map: number; ds: number; address: number; size: number; offset?: number }[]): { readonly store: Store } {
  const owner = { store: new Store() };
  for (const id of [100, 200, 300]) regionMaps(owner).insert({ ds: { slot: 0, id } } as RegionMapRow);
  for (const { map, ds, address, size, offset = 0 } of regions) attachedRegions(owner).insert({ map, ds: { slot: ds, id: ds }, address, size, offset, executable: false });
  return owner;
}

test('an address lies in the plain dataspace that is attached there', () => {
  const place = placeAt(space([{ map: 1, ds: 7, address: 0x1000, size: 0x3000, offset: 0x8000 }]), 1, 0x2004);
  assert.is(place?.region.ds.id, 7);
  assert.is(place?.at, 0x9004);
  assert.is(place?.bytes, 0x1ffc);
});

test('an address in a nested map lies in what is attached inside that map, offsets of both added', () => {
  const owner = space([
    { map: 1, ds: 200, address: 0x10000, size: 0x8000, offset: 0x1000 },
    { map: 2, ds: 300, address: 0x2000, size: 0x4000 },
    { map: 3, ds: 9, address: 0, size: 0x2000, offset: 0x500_0000 },
  ]);
  const place = placeAt(owner, 1, 0x11010);
  assert.is(place?.region.ds.id, 9);
  assert.is(place?.at, 0x500_0010);
  assert.is(place?.bytes, 0x1ff0, 'the narrowest of the maps around it ends first');
});

test('the map outside ends what the inner region would reach', () => {
  const owner = space([{ map: 1, ds: 200, address: 0x10000, size: 0x1000 }, { map: 2, ds: 9, address: 0, size: 0x8000 }]);
  assert.is(placeAt(owner, 1, 0x10ff0)?.bytes, 0x10);
});

test('nothing lies in a gap of a nested map, and nothing in maps that contain each other', () => {
  assert.is(placeAt(space([{ map: 1, ds: 200, address: 0, size: 0x1000 }]), 1, 0x10), undefined);
  assert.is(placeAt(space([{ map: 1, ds: 200, address: 0, size: 0x1000 }, { map: 2, ds: 200, address: 0, size: 0x1000 }]), 1, 0x10), undefined);
});

test.run();
