// The memory mapping database: derivation and revocation, rights, sections, grants (fiasco-kernel.md 3.5, 8.3, Appendix B).

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { MappingDatabase, SECTION_BYTES } from '../../../src/emu/memory/mapping_database.ts';
import { MemorySpace } from '../../../src/emu/memory/memory_space.ts';
import { RIGHT_EXECUTE, RIGHT_READ, RIGHT_WRITE } from '../../../src/emu/memory/translation.ts';
import type { PlainRecord } from '../../../src/emu/plain.ts';
import { suite } from '../../kit.ts';

const test = suite('memory mapping database');
const RWX = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE;
const PAGE = 0x1000;
const BASE = 0x7000_0000;

/** A root with four sections, and the spaces 2.. derived from it. */
function world(spaces: number) {
  const database = new MappingDatabase();
  const all = Array.from({ length: spaces }, (_, i) => new MemorySpace(i + 1));
  const [root] = all;
  if (root === undefined) throw new Error('no root');
  for (let i = 0; i < 4; i++) database.mapRoot(root, BASE + i * SECTION_BYTES, 20, i * SECTION_BYTES, RWX);
  const space = (index: number): MemorySpace => {
    const found = all[index];
    if (found === undefined) throw new Error(`no space ${index}`);
    return found;
  };
  return { database, root, space, all };
}

const map = (from: number, to: number, size: number, rights = RWX, grant = false) => ({ from, to, size, rights, cache: 0, grant });

test('sections are mapped as sections where both sides are aligned, else as pages', () => {
  const { database, root, space } = world(3);
  database.map(root, space(1), map(BASE, BASE, 2 * SECTION_BYTES));
  assert.is(space(1).sections.size, 2);
  database.map(root, space(2), map(BASE, 0x1000, SECTION_BYTES));
  assert.equal([space(2).sections.size, space(2).pages.size], [0, 256]);
  assert.is(space(2).table.entry(2), PAGE | RWX);
});

test('revoking from "other spaces" takes only what was derived from the named page, at any depth', () => {
  const { database, root, space } = world(4);
  database.map(root, space(1), map(BASE, BASE, SECTION_BYTES));
  database.map(space(1), space(2), map(BASE + PAGE, 0x5000, PAGE));
  database.map(space(1), space(2), map(BASE + 2 * PAGE, 0x6000, PAGE));
  database.map(space(2), space(3), map(0x5000, 0x9000, PAGE));
  database.unmap(space(1), BASE + PAGE, PAGE, RWX, false);
  assert.equal([space(2).table.entry(5), space(3).table.entry(9)], [0, 0]);
  assert.is(space(2).table.entry(6), (2 * PAGE) | RWX);
  assert.is(space(1).table.entry((BASE + PAGE) >>> 12), PAGE | RWX);
});

test('rights are the intersection on the way down and only grow on mapping the same frame again', () => {
  const { database, root, space } = world(3);
  database.map(root, space(1), map(BASE, 0x5000, PAGE, RIGHT_READ));
  database.map(space(1), space(2), map(0x5000, 0x5000, PAGE, RWX));
  assert.is(space(2).table.entry(5) & 7, RIGHT_READ);
  const version = space(1).table.version;
  database.map(root, space(1), map(BASE, 0x5000, PAGE, RIGHT_READ | RIGHT_WRITE));
  assert.is(space(1).table.entry(5) & 7, RIGHT_READ | RIGHT_WRITE);
  assert.is(space(1).table.version, version);
  database.unmap(root, BASE, PAGE, RIGHT_WRITE, false);
  assert.is(space(1).table.entry(5) & 7, RIGHT_READ);
  assert.ok(space(1).table.version > version);
});

test('mapping another frame takes away the old page with all that was derived from it', () => {
  const { database, root, space } = world(3);
  database.map(root, space(1), map(BASE, 0x5000, PAGE));
  database.map(space(1), space(2), map(0x5000, 0x7000, PAGE));
  database.map(root, space(1), map(BASE + PAGE, 0x5000, PAGE));
  assert.is(space(1).table.entry(5), PAGE | RWX);
  assert.is(space(2).table.entry(7), 0);
});

test('a grant moves the page and what was derived from it stays', () => {
  const w = world(4);
  const { database, root, space } = w;
  database.map(root, space(1), map(BASE, 0x5000, PAGE));
  database.map(space(1), space(2), map(0x5000, 0x7000, PAGE));
  database.map(space(1), space(3), map(0x5000, 0x8000, PAGE, RWX, true));
  consistent(w);
  assert.equal([space(1).table.entry(5), space(3).table.entry(8), space(2).table.entry(7)], [0, RWX, RWX]);
  database.unmap(space(3), 0x8000, PAGE, RWX, false);
  assert.is(space(2).table.entry(7), 0);
});

test('pages that the kernel put into a space are neither overwritten nor unmapped', () => {
  const { database, root, space } = world(2);
  space(1).setFixed(0x5000, 0x3000 | RIGHT_READ);
  database.map(root, space(1), map(BASE, 0x5000, PAGE));
  database.unmap(space(1), 0, 0xc000_0000, RWX, true);
  assert.is(space(1).table.entry(5), 0x3000 | RIGHT_READ);
});

test('of a section no part is taken: its own space loses the whole of it, and so do those to whom it was mapped as a section', () => {
  const { database, root, space } = world(4);
  database.map(root, space(1), map(BASE, BASE, SECTION_BYTES));
  database.map(space(1), space(2), map(BASE, 2 * SECTION_BYTES, SECTION_BYTES));
  database.map(space(2), space(3), map(2 * SECTION_BYTES + 5 * PAGE, 0x5000, PAGE));
  database.map(space(1), space(3), map(BASE + 3 * PAGE, 0x3000, PAGE));
  database.map(space(1), space(3), map(BASE + 4 * PAGE, 0x4000, PAGE));
  // From others: the page that was mapped by itself, and the section with all that comes from it.
  database.unmap(space(1), BASE + 3 * PAGE, PAGE, RWX, false);
  assert.equal([space(2).sections.size, ...[3, 4, 5].map((page) => space(3).table.entry(page))], [0, 0, (4 * PAGE) | RWX, 0]);
  assert.is(space(1).table.entry((BASE + 3 * PAGE) >>> 12), (3 * PAGE) | RWX);
  database.unmap(space(1), BASE + 9 * PAGE, PAGE, RWX, true);
  assert.equal([space(1).sections.size, space(3).table.entry(4), root.sections.size], [0, 0, 4]);
});

test('rights are taken from a part of a section as the part itself is', () => {
  const { database, root, space } = world(4);
  database.map(root, space(1), map(BASE, BASE, SECTION_BYTES));
  database.map(space(1), space(2), map(BASE, 2 * SECTION_BYTES, SECTION_BYTES));
  database.map(space(2), space(3), map(2 * SECTION_BYTES + 5 * PAGE, 0x5000, PAGE));
  database.map(space(1), space(3), map(BASE + 4 * PAGE, 0x4000, PAGE));
  database.unmap(space(1), BASE + 3 * PAGE, PAGE, RIGHT_WRITE, false);
  const rights = [space(1).table.entry(BASE >>> 12), space(2).table.entry(2 * 256 + 9), space(3).table.entry(5), space(3).table.entry(4)].map((entry) => entry & 7);
  assert.equal(rights, [RWX, RIGHT_READ | RIGHT_EXECUTE, RIGHT_READ | RIGHT_EXECUTE, RWX]);
  database.unmap(space(1), BASE + 3 * PAGE, PAGE, RIGHT_WRITE, true);
  assert.equal([space(1).table.entry(BASE >>> 12) & 7, space(3).table.entry(4) & 7], [RIGHT_READ | RIGHT_EXECUTE, RIGHT_READ | RIGHT_EXECUTE]);
});

test('a page of a section is not granted but mapped, and so is all that follows', () => {
  const { database, root, space } = world(3);
  database.map(root, space(1), map(BASE + SECTION_BYTES - PAGE, SECTION_BYTES - PAGE, PAGE));
  database.map(root, space(1), map(BASE + SECTION_BYTES, SECTION_BYTES, SECTION_BYTES));
  const { demoted } = database.map(space(1), space(2), map(SECTION_BYTES - PAGE, 0x4000, 3 * PAGE, RWX, true));
  assert.is(demoted, SECTION_BYTES);
  assert.equal([space(1).table.entry(255), space(1).table.entry(256), space(1).table.entry(257)], [0, SECTION_BYTES | RWX, (SECTION_BYTES + PAGE) | RWX]);
  assert.equal([4, 5, 6].map((page) => space(2).table.entry(page)), [SECTION_BYTES - PAGE, SECTION_BYTES, SECTION_BYTES + PAGE].map((frame) => frame | RWX));
});

test('rights are added only to what was mapped from the same place; the same frame from another place takes the old mapping away first', () => {
  const { database, root, space } = world(4);
  database.map(root, space(1), map(BASE, 0x5000, PAGE));
  database.map(root, space(2), map(BASE, 0x5000, PAGE, RIGHT_READ));
  database.map(space(1), space(3), map(0x5000, 0x9000, PAGE));
  database.map(space(2), space(3), map(0x5000, 0x9000, PAGE));
  assert.is(space(3).table.entry(9), RIGHT_READ);
  database.unmap(space(1), 0x5000, PAGE, RWX, false);
  assert.is(space(3).table.entry(9), RIGHT_READ);
  database.unmap(space(2), 0x5000, PAGE, RWX, false);
  assert.is(space(3).table.entry(9), 0);
});

test('a page that is granted to where its frame is mapped already is there once, and no longer where it came from', () => {
  const { database, root, space } = world(3);
  database.map(root, space(1), map(BASE, 0x5000, PAGE));
  database.map(space(1), space(2), map(0x5000, 0x9000, PAGE, RIGHT_READ));
  database.map(space(1), space(2), map(0x5000, 0x9000, PAGE, RWX, true));
  assert.equal([space(1).table.entry(5), space(2).table.entry(9), database.count], [0, RWX, 4 + 1]);
});

test('a page that is mapped to its own place, or over what it was derived from, is gone', () => {
  const { database, root, space } = world(3);
  database.map(root, space(1), map(BASE, 0x5000, PAGE));
  database.map(space(1), space(2), map(0x5000, 0x9000, PAGE));
  database.map(space(2), space(1), map(0x9000, 0x5000, PAGE));
  assert.equal([space(1).table.entry(5), space(2).table.entry(9)], [0, 0]);
  database.map(root, space(1), map(BASE, 0x5000, PAGE));
  database.map(space(1), space(1), map(0x5000, 0x5000, PAGE));
  assert.is(space(1).table.entry(5), 0);
});

test('a section goes as pages to a megabyte that has a table, and in the place of a section as a section', () => {
  const { database, root, space } = world(2);
  database.map(root, space(1), map(BASE, 0x5000, PAGE));
  database.map(root, space(1), map(BASE, 0, SECTION_BYTES));
  assert.equal([space(1).sections.size, space(1).pages.size], [0, 256]);
  database.map(root, space(1), map(BASE, SECTION_BYTES, SECTION_BYTES));
  database.map(root, space(1), map(BASE + SECTION_BYTES, SECTION_BYTES, SECTION_BYTES));
  assert.equal([space(1).sections.size, space(1).table.entry(256)], [1, SECTION_BYTES | RWX]);
});

test('nothing is mapped from or to addresses behind user memory', () => {
  const { database, root, space } = world(2);
  database.map(root, space(1), map(BASE, 0xbfff_f000, 2 * PAGE));
  database.map(root, space(1), map(BASE + PAGE, 0xc000_0000, PAGE));
  assert.equal([space(1).table.entry(0xbffff), space(1).table.entry(0xc0000)], [RWX, 0]);
  database.map(space(1), root, map(0xbfff_f000, 0, 2 * PAGE));
  assert.equal([root.table.entry(0), root.table.entry(1)], [RWX, 0]);
});

test('what is beyond the limit is not mapped, and that is told; what is taken back makes room', () => {
  const database = new MappingDatabase(3);
  const [root, other] = [new MemorySpace(1), new MemorySpace(2)];
  database.mapRoot(root, BASE, 20, 0, RWX);
  assert.is(database.map(root, other, map(BASE, 0x5000, 4 * PAGE)).complete, false);
  assert.equal([5, 6, 7].map((page) => other.table.entry(page)), [RWX, PAGE | RWX, 0]);
  database.unmap(other, 0x5000, PAGE, RWX, true);
  assert.is(database.map(root, other, map(BASE + 2 * PAGE, 0x7000, PAGE)).complete, true);
});

test('where nothing is mapped, the last hole is told', () => {
  const { database, space } = world(3);
  assert.equal(database.map(space(1), space(2), map(0x10_0000, 0, PAGE)), { complete: true, hole: 0x10_0000, demoted: null });
  assert.is(database.map(space(1), space(2), map(0x10_0000, 0, 4 * SECTION_BYTES)).hole, 0x40_0000);
  // A page of the kernel is none that could be mapped, but no hole.
  space(1).setFixed(0x5000, RIGHT_READ);
  assert.is(database.map(space(1), space(2), map(0, 0, 4 * PAGE)).hole, 3 * PAGE);
  assert.is(database.map(space(1), space(2), map(0, 0, 16 * PAGE)).hole, null);
});

const operation = fc.record({
  kind: fc.constantFrom('map', 'grant', 'unmap', 'unmap_own'),
  from: fc.nat({ max: 3 }),
  to: fc.nat({ max: 3 }),
  source: fc.nat({ max: 600 }),
  target: fc.nat({ max: 600 }),
  order: fc.constantFrom(12, 13, 16, 20, 21),
  rights: fc.constantFrom(RWX, RIGHT_READ, RIGHT_READ | RIGHT_WRITE, RIGHT_WRITE),
});

/** Every page of every space has a derivation that ends at the root and never gains rights or changes the frame. */
function consistent({ database, all }: ReturnType<typeof world>): void {
  let count = 0;
  for (const mapping of database.trees.mappings()) {
    count++;
    const { space, address, frame, rights, parent } = mapping;
    assert.is(space.table.entry(address >>> 12), frame | rights);
    assert.is(space.find(address), mapping);
    for (const child of mapping.children ?? []) assert.is(child.parent, mapping);
    if (parent !== null) assert.ok(frame >= parent.frame && frame < parent.frame + (parent.order === 20 ? SECTION_BYTES : PAGE));
  }
  assert.is(count, database.count);
  assert.is(count, all.reduce((sum, space) => sum + space.pages.size + space.sections.size, 0));
}

test('random maps, grants and unmaps keep the tree consistent, and saving and restoring keeps it the same', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 25 }), (operations) => {
      const w = world(4);
      for (const { kind, from, to, source, target, order, rights } of operations) {
        const size = 2 ** order;
        const align = (page: number) => BASE + page * PAGE - ((BASE + page * PAGE) % size);
        if (kind === 'map' || kind === 'grant') w.database.map(w.space(from), w.space(to), map(align(source), align(target), size, rights, kind === 'grant'));
        else w.database.unmap(w.space(from), align(source), size, rights, kind === 'unmap_own');
        consistent(w);
      }
      const state = w.database.trees.save() as PlainRecord;
      const restored = new MappingDatabase();
      const spaces = w.all.map((space) => new MemorySpace(space.id));
      restored.trees.restore(state, (id) => spaces[id - 1] as MemorySpace);
      assert.equal(restored.trees.save(), state);
      w.all.forEach((space, i) => {
        for (let page = BASE >>> 12; page < (BASE >>> 12) + 1024; page++) assert.is(spaces[i]?.table.entry(page), space.table.entry(page));
      });
    }),
    { numRuns: 60 },
  );
});

test.run();
