// What is left of a trigger, and the configuration of the checkpointer.

import * as assert from 'uvu/assert';
import { readChildren } from '../../../src/runtime/rtcr/config_rom.ts';
import { remainingTime, waitsForTimers } from '../../../src/runtime/rtcr/drain.ts';
import { suite } from '../../kit.ts';

const test = suite('checkpointer inputs');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a one-shot trigger has its rest, or nothing once it is due', () => {
  const timer = { timeout_us: 1_000_000, periodic: false, armed_ms: 500 };
  assert.is(remainingTime(timer, 500), 1_000_000);
  assert.is(remainingTime(timer, 1250), 250_000);
  assert.is(remainingTime(timer, 1500), null);
  assert.is(remainingTime({ ...timer, timeout_us: 0 }, 600), null, 'never triggered');
});

test('a periodic trigger always has a rest of at most its period', () => {
  const timer = { timeout_us: 10_000, periodic: true, armed_ms: 100 };
  assert.is(remainingTime(timer, 100), 10_000);
  assert.is(remainingTime(timer, 104), 6_000);
  assert.is(remainingTime(timer, 131), 9_000);
});

test('children are named in the configuration, with their binary where it differs', () => {
  assert.equal(readChildren(bytes('<config> <child name="a"/> <child name="b" binary="sheep_counter"/> </config>\0\0')), [
    { name: 'a', binary: 'a', config: '', defects: '', granularity: 0, tracking: 'accesses', provides: [], proxied: [], ram_bytes: 0 },
    { name: 'b', binary: 'sheep_counter', config: '', defects: '', granularity: 0, tracking: 'accesses', provides: [], proxied: [], ram_bytes: 0 },
  ]);
  assert.equal(readChildren(bytes('<config/>')), []);
});

test('a child says what it provides by the names of its services', () => {
  const [child] = readChildren(bytes('<config> <child name="a"> <provides> <service name="Echo" proxy="yes"/> <service/> <service name="Log"/> </provides> </child> </config>')) as readonly { provides: readonly string[]; proxied: readonly string[] }[];
  assert.equal(child?.provides, ['Echo', 'Log']);
  assert.equal(child?.proxied, ['Echo'], 'offered outside');
});

test('a child without a name, a second child of a name and broken syntax are errors', () => {
  for (const text of ['<config><child/></config>', '<config><child name="a"/><child name="a"/></config>', '<config><child name="a"></config>', '<config><child name="a" granularity="1.5"/></config>', '<config><child name="a" track="both"/></config>', '<config><child name="a" ram="0M"/></config>', '<config><child name="a" ram="2G"/></config>', '<config><child name="a" ram="much"/></config>']) {
    assert.is('error' in readChildren(bytes(text)), true, text);
  }
});

test('a checkpoint waits a few rounds for late timers, and as long as needed for one that is just due', () => {
  const late = { after_us: 250_000, rounds_max: 4 };
  assert.is(waitsForTimers([-19_000, 4000], 3, late), true, 'the late one may not have had the processor');
  assert.is(waitsForTimers([-19_000, 3000], 4, late), false);
  for (const left_us of [0, -1000, -2000]) assert.is(waitsForTimers([-19_000, left_us], 4, late), true, `${left_us} us: nobody can tell whether it has fired`);
  assert.is(waitsForTimers([-19_000, -3000], 4, late), false, 'now it has');
  assert.is(waitsForTimers([1000], 4, late), false, 'it has not, and is set again');
  assert.is(waitsForTimers([], 0, late), false);
});

test.run();
