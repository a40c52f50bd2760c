// A checkpoint that pauses its target, when core does not resume a thread of it: once, which is asked again; twice, which is told.

import * as assert from 'uvu/assert';
import { suite } from '../../kit.ts';
import { boot, type Driver } from './driver.ts';

const test = suite('resuming a target', { timeout_ms: 60_000 });
const LABEL = 'init -> rtcr';
const PAUSED = { stop: 'pause', blocked: 'restart' };

/** Takes checkpoints in which one RPC fails, the last one first, until that is a request to resume a thread. */
function failing(driver: Driver, times: number) {
  const { equipment } = driver.system;
  equipment.failRpc(LABEL, 0, 'denied');
  assert.is(driver.checkpoint('a', PAUSED).ok, true);
  const made = equipment.rpcsMade(LABEL)?.made ?? 0;
  for (let nth = made; nth > made - 15; nth--) {
    equipment.failRpc(LABEL, nth, 'denied', times);
    const outcome = driver.checkpoint('a', PAUSED);
    if (equipment.rpcsMade(LABEL)?.failed === 'Cpu_thread.resume') return outcome;
  }
  throw new Error('none of the last RPCs resumes a thread');
}

function counter(): Driver {
  const driver = boot();
  assert.is(driver.until('2 sheeps. zzZ', 4000), true);
  driver.run(300_000);
  return driver;
}

test('a thread that is not resumed at the first request is asked for again', () => {
  const driver = counter();
  const outcome = failing(driver, 1);
  assert.is(outcome.ok, true, outcome.ok ? '' : outcome.message);
  assert.is(driver.until('5 sheeps. zzZ', 4000), true);
});

test('a thread that cannot be resumed is named, the others run, the checkpoint is kept, and the next one sets the thread off', () => {
  const driver = counter();
  const outcome = failing(driver, 2);
  assert.is(outcome.ok, false);
  assert.match(outcome.ok ? '' : outcome.message, /the checkpoint is taken, but thread "[^"]+" cannot be resumed, and stands still/);
  const again = driver.checkpoint('again', PAUSED);
  assert.is(again.ok, true, again.ok ? '' : again.message);
  driver.forget();
  assert.is(driver.until('sheeps. zzZ', 4000), true, 'the component counts on');
});

test.run();
