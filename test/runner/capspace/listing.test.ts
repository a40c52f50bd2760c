// Tests of listings as JSON, of differences by component, and of the formats for other tools. Owns no state.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { diffCapdl, diffDot, diffJson, spacesCapdl, spacesDot } from '../../../src/report/caps_formats.ts';
import { diffText } from '../../../src/report/caps_text.ts';
import type { ObjectSpace } from '../../../src/emu/jdb/model.ts';
import type { DebugId } from '../../../src/emu/numbers.ts';
import { type Listing, parseListings, printListings } from '../../../src/runner/capspace/listing.ts';
import { diffSpaces } from '../../../src/runner/capspace/space_diff.ts';
import { objectSpace } from '../../emu/jdb/arbitrary.ts';
import { suite } from '../../kit.ts';
import { slotEntry } from '../scripted_system.ts';

const test = suite('capability listings');

const listing = (name: string, space: ObjectSpace, words: ReadonlyMap<number, string> = new Map(), point = ''): Listing => ({ name, point, space, rows: [], partial: false, words });
const arbitrary = fc.record({ name: fc.string(), point: fc.string(), space: objectSpace, told: fc.array(fc.string(), { maxLength: 5 }) }).map(({ name, point, space, told }) => {
  const words = new Map(space.slots.slice(0, told.length).map(({ slot }, index) => [slot as number, told[index] ?? '']));
  return listing(name, space, words, point);
});

const BEFORE = listing('sheep', { task: 0x142 as DebugId, slots: [slotEntry(1, 0x142, 'Task'), slotEntry(8, 0x17b), slotEntry(0x20, 0x50, 'Sched'), slotEntry(0x217, 0x144, 'IRQ', 'x')] }, new Map([[0x217, 'the "semaphore"\nof it']]));
const AFTER = listing('sheep', { task: 0x1d8 as DebugId, slots: [slotEntry(1, 0x1d8, 'Task'), slotEntry(8, 0x27b, 'Thread'), slotEntry(0x20, 0x50, 'Sched'), slotEntry(0x218, 0x1ff)] });

function diffOf(before: readonly Listing[], after: readonly Listing[]) {
  const diff = diffSpaces(before, after, 'isomorphic');
  if ('error' in diff) throw new Error(diff.error);
  return diff;
}

test('listings go through JSON unchanged', () => {
  fc.assert(fc.property(fc.array(arbitrary, { maxLength: 3 }), (listings) => {
    assert.equal(parseListings(printListings(listings)), listings);
  }), { numRuns: 100 });
  const part: Listing = { ...BEFORE, partial: true, rows: [0 as never, 8 as never] };
  assert.equal(parseListings(printListings([part])), [part]);
});

test('what is no listing in JSON is refused with its place', () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['{', /^no JSON/], ['[]', /'spaces' is expected/], ['{"format":2,"spaces":[]}', /^format 2/], ['{"format":1,"spaces":[5]}', /^spaces\[0\] is no object/],
    ['{"format":1,"spaces":[{"task":"a","slots":[{"slot":1,"id":1,"rights":"?","type":"Gate"}]}]}', /^spaces\[0\]\.slots\[0\] is no slot/],
    ['{"format":1,"spaces":[{"task":"a","slots":[{"slot":1,"id":1,"rights":"*","type":"Gate"},{"slot":1,"id":1,"rights":"*","type":"Gate"}]}]}', /slots ascend/],
  ];
  for (const [text, message] of wrong) {
    const parsed = parseListings(text);
    assert.match('error' in parsed ? parsed.error : 'accepted', message);
  }
});

test('the verdict comes first, and names components where there are several', () => {
  const diff = diffOf([BEFORE, listing('timer', BEFORE.space)], [AFTER, listing('timer', BEFORE.space)]);
  assert.is(diff.verdict, '1 lost, 1 new, 1 retargeted in sheep');
  const text = diffText(diff, { before: 'a', after: 'b' });
  assert.match(text, /^1 lost, 1 new, 1 retargeted in sheep \(isomorphic\)\nsheep: 1 lost, 1 new, 1 retargeted\nlost: 0x217 IRQ, the "semaphore"/);
  assert.match(text, /\ntimer: same\n/);
});

test('components are matched by name, else by order, else not at all', () => {
  const other = listing('other', { slots: [] });
  assert.equal(diffOf([BEFORE, other], [other, BEFORE]).components.map(({ name, differences }) => [name, differences.length]), [['sheep', 0], ['other', 0]]);
  assert.is(diffOf([BEFORE, other], [{ ...AFTER, name: 'x' }, { ...other, name: 'y' }]).components.length, 2);
  assert.ok('error' in diffSpaces([BEFORE, other], [BEFORE], 'exact'));
});

test('JSON of a difference names every kind and every slot', () => {
  const value = JSON.parse(diffJson(diffOf([BEFORE], [AFTER]))) as { same: boolean; components: { counts: Record<string, number>; differences: { kind: string; slots: number[] }[] }[] };
  assert.is(value.same, false);
  assert.equal(value.components[0]?.counts, { lost: 1, new: 1, retargeted: 1, rights: 0, aliasing: 0, id: 0 });
  assert.equal(value.components[0]?.differences.map(({ kind, slots }) => [kind, slots]), [['lost', [0x217]], ['new', [0x218]], ['retargeted', [8]]]);
});

test('Graphviz text is balanced, has an edge for every slot, and quotes whatever stands in words', () => {
  fc.assert(fc.property(arbitrary, (one) => {
    const text = spacesDot([one]);
    assert.is(text.split('\n').filter((line) => / -> "/.test(line) && / \[label=/.test(line)).length >= one.space.slots.length, true);
    const outside = text.replace(/"(?:[^"\\]|\\.)*"/g, '');
    assert.not.match(outside, /"/);
    assert.is(outside.split('{').length, outside.split('}').length);
  }), { numRuns: 100 });
  const diff = diffDot(diffOf([BEFORE], [AFTER]));
  assert.match(diff, /label="0x217 x", color="red", style="dashed"/);
  assert.match(diff, /label="0x218 \*", color="darkgreen"/);
  assert.not.match(diff, /"0x1 /);
});

test('capDL declares every object once, lists every slot once, and what it cannot say is a comment', () => {
  fc.assert(fc.property(fc.array(arbitrary, { maxLength: 3 }), (listings) => {
    const lines = spacesCapdl(listings).split('\n');
    const code = lines.map((line) => line.replace(/ *--.*$/, '')).filter((line) => line !== '');
    assert.is(code[0], 'arch arm11');
    const declared = code.flatMap((line) => /^ {2}(\w+) = [a-z]+( \(\d+ bits\))?$/.exec(line)?.[1] ?? []);
    assert.is(new Set(declared).size, declared.length);
    const used = code.flatMap((line) => /^ {4}0x[0-9a-f]+: (\w+)( \([RWG]+\))?$/.exec(line)?.[1] ?? []);
    for (const name of used) assert.ok(declared.includes(name), name);
    const slots = lines.filter((line) => /^ {4}(0x[0-9a-f]+: |-- 0x)/.test(line));
    assert.is(slots.length, listings.flatMap(({ space }) => space.slots).length);
  }), { numRuns: 100 });
  const text = diffCapdl(diffOf([BEFORE], [AFTER]));
  assert.match(text, /\n-- sheep: lost: 0x217 IRQ/);
  assert.match(text, /\n {4}0x8: tcb_27b -- 0027b\* Thread\n {4}-- 0x20 00050\* Sched\n {4}0x218: ep_1ff \(RWG\) -- 001ff\* Gate\n/);
});

test.run();
