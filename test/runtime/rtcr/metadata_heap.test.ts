// What stored checkpoints take of the checkpointer's heap: it grows with their number, and what is dropped is used again.

import * as assert from 'uvu/assert';
import { suite } from '../../kit.ts';
import { boot, type Driver } from './driver.ts';

const test = suite('heap of the checkpointer', { timeout_ms: 60_000 });

/** Dataspaces that the checkpointer holds and that are no contents of a checkpoint: chunks of its heap among them. */
function chunksIn(driver: Driver): number {
  const inventory = driver.system.inventory();
  const count = (name: string): number => [...inventory].filter(([key]) => key.endsWith(name)).reduce((sum, [, value]) => sum + value, 0);
  return count('core: table core_dataspaces') - count('rtcr: table rtcr_contents');
}

function counter(): Driver {
  const driver = boot();
  assert.is(driver.until('1 sheep. zzZ', 4000), true);
  return driver;
}

const take = (driver: Driver, name: string): void => assert.is(driver.checkpoint(name).ok, true, name);
const drop = (driver: Driver, name: string): void => assert.is(driver.command({ kind: 'drop', of: 'rtcr -> sheep_counter', name }).ok, true, name);

test('many checkpoints make the heap grow; dropped ones make room for as many others', () => {
  const driver = counter();
  take(driver, 'first');
  const one = chunksIn(driver);
  const names = Array.from({ length: 12 }, (_unused, n) => `more ${n}`);
  for (const name of names) take(driver, name);
  const many = chunksIn(driver);
  assert.ok(many > one, `${many} dataspaces beside ${one}`);
  for (const name of names) drop(driver, name);
  for (const name of names) take(driver, `${name} again`);
  assert.is(chunksIn(driver), many);
});

test('a checkpoint in the place of another one takes no more than that one', () => {
  const driver = counter();
  for (let n = 0; n < 2; n++) take(driver, 'same');
  const few = chunksIn(driver);
  for (let n = 0; n < 12; n++) take(driver, 'same');
  assert.is(chunksIn(driver), few);
});

test.run();
