// Incremental checkpoints by managed dataspaces: what is copied, what a restore from one gives, and what background copies leave.

import * as assert from 'uvu/assert';
import type { ControlOutcome } from '../../../src/runtime/system.ts';
import { partSizes } from '../../../src/runtime/rtcr/managed_dataspaces.ts';
import { suite } from '../../kit.ts';
import { boot, type Driver } from './driver.ts';

const test = suite('incremental checkpoint', { timeout_ms: 60_000 });

interface Facts {
  readonly bytes: number;
  readonly copied_bytes: number;
  readonly copied_parts: number;
  readonly parts: number;
  readonly part_faults?: number;
}

function factsOf(outcome: ControlOutcome): Facts {
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.facts as unknown as Facts;
}

const messageOf = (outcome: ControlOutcome): string => (outcome.ok ? '' : outcome.message);
const TARGET = 'rtcr -> sheep_counter';

const counters = new Map<string, Driver>();
/** A counter in parts that sleeps between its second and its third line. */
function counter(attributes: string): Driver {
  let made = counters.get(attributes);
  if (made === undefined) {
    made = boot({ attributes });
    assert.is(made.until('2 sheeps. zzZ', 6000), true);
    made.run(300_000);
    counters.set(attributes, made);
  }
  const copy = made.fork();
  copy.forget();
  return copy;
}

const increment = (driver: Driver, name: string, base: string): ControlOutcome => driver.command({ kind: 'checkpoint', of: TARGET, name, strategy: {}, base });

test('a dataspace is cut into whole granules and a remainder of pages', () => {
  assert.equal(partSizes(20480, 4096), [4096, 4096, 4096, 4096, 4096]);
  assert.equal(partSizes(20480, 8192), [8192, 8192, 4096]);
  assert.equal(partSizes(10000, 4096), [4096, 4096, 4096]);
});

for (const track of ['accesses', 'writes']) {
  test(`a second checkpoint copies what changed only, and a restore from it goes on (tracking ${track})`, () => {
    const driver = counter(`granularity="1" track="${track}"`);
    const first = factsOf(driver.checkpoint('a'));
    assert.is(first.copied_parts, first.parts);
    assert.is(driver.until('3 sheeps. zzZ', 4000), true);
    driver.run(300_000);
    const second = factsOf(increment(driver, 'b', 'a'));
    assert.is(second.parts, first.parts);
    assert.ok(second.copied_parts > 0 && second.copied_parts < first.parts / 3, `${second.copied_parts} of ${first.parts} parts`);
    assert.is(driver.kill().ok, true);
    driver.forget();
    factsOf(driver.restore('b'));
    assert.is(driver.until('5 sheeps. zzZ', 6000), true);
    assert.equal(driver.lines(), ['4 sheeps. zzZ', '5 sheeps. zzZ']);
  });
}

test('an earlier checkpoint stays as it was when later ones build on it', () => {
  const driver = counter('granularity="1" track="writes"');
  factsOf(driver.checkpoint('a'));
  assert.is(driver.until('3 sheeps. zzZ', 4000), true);
  factsOf(increment(driver, 'b', 'a'));
  assert.is(driver.kill().ok, true);
  driver.forget();
  factsOf(driver.restore('a'));
  assert.is(driver.until('4 sheeps. zzZ', 6000), true);
  assert.equal(driver.lines(), ['3 sheeps. zzZ', '4 sheeps. zzZ']);
});

test('tracking of writes copies no more than tracking of accesses, and a checkpoint tells what faults the tracking has cost', () => {
  const second = (track: string): Facts => {
    const driver = counter(`granularity="1" track="${track}"`);
    factsOf(driver.checkpoint('a'));
    assert.is(driver.until('3 sheeps. zzZ', 4000), true);
    driver.run(300_000);
    return factsOf(increment(driver, 'b', 'a'));
  };
  const [accesses, writes] = [second('accesses'), second('writes')];
  assert.ok(writes.copied_bytes <= accesses.copied_bytes, `${writes.copied_bytes} against ${accesses.copied_bytes}`);
  // Each part that was touched has faulted once.
  assert.is(accesses.part_faults, accesses.copied_parts);
  assert.ok((writes.part_faults ?? 0) >= writes.copied_parts, `${writes.part_faults} faults for ${writes.copied_parts} parts`);
  assert.is(factsOf(counter('').checkpoint('whole')).part_faults, undefined);
});

test('a copy in the background gives the same snapshot, although the child goes on meanwhile', () => {
  const driver = counter('granularity="1" track="writes"');
  factsOf(driver.checkpoint('a', { copy: 'background' }));
  assert.is(driver.until('4 sheeps. zzZ', 4000), true);
  assert.is(driver.kill().ok, true);
  driver.forget();
  factsOf(driver.restore('a'));
  assert.is(driver.until('4 sheeps. zzZ', 6000), true);
  assert.equal(driver.lines(), ['3 sheeps. zzZ', '4 sheeps. zzZ']);
});

test('what cannot be done is refused in words and leaves the child running', () => {
  const whole = counter('');
  assert.match(messageOf(increment(whole, 'b', 'a')), /granularity/);
  assert.match(messageOf(whole.checkpoint('a', { copy: 'background' })), /granularity/);
  const parts = counter('granularity="1"');
  assert.match(messageOf(increment(parts, 'b', 'a')), /no checkpoint "a" to build on/);
  factsOf(parts.checkpoint('a'));
  factsOf(parts.checkpoint('b'));
  assert.match(messageOf(increment(parts, 'c', 'a')), /the last checkpoint of "sheep_counter" is "b"/);
  assert.is(parts.until('3 sheeps. zzZ', 4000), true);
});

test.run();
