// A checkpoint that pauses its target, when core does not resume a thread of it: once, which is asked again; twice, which is told.

import * as assert from 'uvu/assert';
import { suite } from '../../kit.ts';
import { inventoryDifferences } from '../../../src/runtime/inventory.ts';
import { boot, type Driver } from './driver.ts';

const test = suite('resuming a target', { timeout_ms: 60_000 });
const LABEL = 'init -> rtcr';
const PAUSED = { stop: 'pause', blocked: 'restart' };

/** Takes checkpoints in which one RPC fails, the last one first, until that is a request to resume a thread. */
function failing(driver: Driver, times: number, strategy: Record<string, string> = PAUSED, last = 15) {
  const { equipment } = driver.system;
  equipment.failRpc(LABEL, 0, 'denied');
  const whole = driver.checkpoint('a', strategy);
  assert.is(whole.ok, true, whole.ok ? '' : whole.message);
  const made = equipment.rpcsMade(LABEL)?.made ?? 0;
  for (let nth = made; nth > made - last; nth--) {
    const tried = driver.fork();
    tried.system.equipment.failRpc(LABEL, nth, 'denied', times);
    const outcome = tried.checkpoint('a', strategy);
    if (tried.system.equipment.rpcsMade(LABEL)?.failed === 'Cpu_thread.resume') return { outcome, driver: tried };
  }
  throw new Error('none of the last RPCs resumes a thread');
}

function counter(attributes = ''): Driver {
  const driver = boot({ attributes });
  assert.is(driver.until('2 sheeps. zzZ', 4000), true);
  driver.run(300_000);
  return driver;
}

test('a thread that is not resumed at the first request is asked for again', () => {
  const { driver, outcome } = failing(counter(), 1);
  assert.is(outcome.ok, true, outcome.ok ? '' : outcome.message);
  assert.is(driver.until('5 sheeps. zzZ', 4000), true);
});

test('a thread that cannot be resumed is named, the others run, the checkpoint is kept, and the next one sets the thread off', () => {
  const { driver, outcome } = failing(counter(), 2);
  assert.is(outcome.ok, false);
  assert.match(outcome.ok ? '' : outcome.message, /the checkpoint is taken, but thread "[^"]+" cannot be resumed, and stands still/);
  const again = driver.checkpoint('again', PAUSED);
  assert.is(again.ok, true, again.ok ? '' : again.message);
  driver.forget();
  assert.is(driver.until('sheeps. zzZ', 4000), true, 'the component counts on');
});

/** What there is when a component has been killed and its checkpoints dropped. */
function ended(driver: Driver, names: readonly string[]) {
  assert.is(driver.kill().ok, true);
  for (const name of names) driver.command({ kind: 'drop', of: 'rtcr -> sheep_counter', name });
  driver.run(50_000);
  return driver.system.inventory();
}

test('a thread that cannot be resumed while its memory is still to be copied ends that checkpoint, and leaves neither copies nor parts that cannot be written', () => {
  const IN_BACKGROUND = { ...PAUSED, copy: 'background' };
  const standing = counter('granularity="64" track="writes"');
  const undisturbed = standing.fork();
  assert.is(undisturbed.checkpoint('again', IN_BACKGROUND).ok, true);
  undisturbed.forget();
  assert.is(undisturbed.until('sheeps. zzZ', 4000), true);
  const { driver, outcome } = failing(standing, 2, IN_BACKGROUND, 80);
  assert.is(outcome.ok, false);
  assert.match(outcome.ok ? '' : outcome.message, /the checkpoint is given up, but thread "[^"]+" cannot be resumed, and stands still/);
  const earlier = driver.fork().restore('a', {}, 'other');
  assert.is(earlier.ok, true, 'the checkpoint of that name that there was before is kept');
  const again = driver.checkpoint('again', IN_BACKGROUND);
  assert.is(again.ok, true, again.ok ? '' : again.message);
  driver.forget();
  assert.is(driver.until('sheeps. zzZ', 4000), true, 'the component counts on');
  assert.equal(inventoryDifferences(ended(undisturbed, ['again']), ended(driver, ['a', 'again'])), []);
});

test('clients outside of a server of which a thread cannot be resumed are served by its others, and the next checkpoint sets that thread off', () => {
  const service = '<service name="Counter"> <called> <add name="total"/> <answer value="total"/> </called> </service>';
  const server = `<child name="server" binary="universal"> <provides> <service name="Counter" proxy="yes"/> </provides> <config> <set name="total" value="0"/> ${service} </config> </child>`;
  const calls = '<loop> <call to="s" answer="total"/> <log text="total {total}"/> <sleep ms="100"/> </loop>';
  const client = `<start name="client"> <binary name="universal"/> <resource name="RAM" quantum="2M"/> <config> <session name="s" service="Counter"/> ${calls} </config> </start>`;
  const standing = boot({ child: 'server', children: server, provides: ['Counter'], beside: client, modules: ['universal'] });
  // Core would poll for a thread that is between two calls (run/EXTENSIONS.md, freeze): both times the client is asleep.
  assert.is(standing.until('total 3', 4000), true);
  standing.run(50_000);
  const { driver, outcome } = failing(standing, 2);
  assert.match(outcome.ok ? '' : outcome.message, /the checkpoint is taken, but thread "signal handler" cannot be resumed, and stands still/);
  driver.forget();
  assert.is(driver.until('total ', 1000), true, 'the client is served');
  driver.run(50_000);
  const again = driver.checkpoint('again', PAUSED);
  assert.is(again.ok, true, again.ok ? '' : again.message);
  driver.forget();
  assert.is(driver.until('total ', 1000), true, 'the client is served again');
  assert.is(driver.checkpoint('whole').ok, true);
  driver.kill();
  assert.is(driver.restore('whole').ok, true);
  driver.forget();
  assert.is(driver.until('total ', 1000), true, 'the client is served by the restored server');
});

test.run();
