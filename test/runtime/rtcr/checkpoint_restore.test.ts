// The checkpointer at work in a whole system: what it captures, what comes back, what each strategy loses.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { ControlOutcome } from '../../../src/runtime/system.ts';
import { suite } from '../../kit.ts';
import { boot, type Driver, EXTENSIONS, root } from './driver.ts';

const test = suite('checkpoint and restore', { timeout_ms: 60_000 });

interface Facts {
  readonly threads: number;
  readonly lost: readonly { readonly slot?: number; readonly type?: string; readonly purpose: string }[];
  readonly extensions: readonly string[];
}

function factsOf(outcome: ControlOutcome): Facts {
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.facts as unknown as Facts;
}

/** As much of a saved machine as it takes to count a component's rows. */
interface SavedMachine {
  readonly kernel: { readonly hosted: { readonly components: readonly { readonly program: string; readonly store: Readonly<Record<string, { readonly rows: readonly unknown[] }>> }[] } };
}

const messageOf = (outcome: ControlOutcome): string => (outcome.ok ? '' : outcome.message);

/** A counter that sleeps between its second and its third line. */
let counting: Driver | undefined;
function counter(): Driver {
  if (counting === undefined) {
    counting = boot();
    assert.is(counting.until('2 sheeps. zzZ', 4000), true);
    counting.run(300_000);
  }
  const copy = counting.fork();
  copy.forget();
  return copy;
}

/** Checkpoints, kills and restores; the strategies are those of the restore. */
function cycle(driver: Driver, strategy: Record<string, string> = {}): ControlOutcome {
  factsOf(driver.checkpoint('a'));
  assert.is(driver.kill().ok, true);
  driver.forget();
  return driver.restore('a', strategy);
}

test('a restored counter goes on with the next number and has the same types in the same slots', () => {
  const driver = counter();
  const before = driver.shape();
  const facts = factsOf(cycle(driver));
  assert.is(facts.threads, 3);
  assert.equal(facts.lost, []);
  assert.is(driver.shape(), before);
  assert.is(driver.until('4 sheeps. zzZ', 4000), true);
  assert.equal(driver.lines(), ['3 sheeps. zzZ', '4 sheeps. zzZ']);
});

test('no object of the killed child is left in the restored one', () => {
  const driver = counter();
  const before = new Set(driver.slots().map(({ id }) => id));
  factsOf(cycle(driver));
  assert.equal(driver.slots().filter(({ id }) => before.has(id)), []);
});

test('who observes keeps notes of living tasks and threads only: after further cycles there are as many', () => {
  const driver = counter();
  const first = driver.system.noted();
  factsOf(cycle(driver));
  driver.run(20_000);
  const before = driver.system.noted();
  assert.is(before.tasks, first.tasks);
  assert.ok(before.threads < first.threads, 'the restored threads have not called anybody yet');
  for (let i = 0; i < 3; i++) {
    assert.is(driver.command({ kind: 'drop', of: 'rtcr -> sheep_counter', name: 'a' }).ok, true);
    factsOf(cycle(driver));
  }
  driver.run(20_000);
  const after = driver.system.noted();
  assert.equal([after.tasks, after.threads], [before.tasks, before.threads]);
  assert.is(after.labels, before.labels + 3, 'the label of each task that was killed is remembered, up to a limit');
  assert.is(driver.kill().ok, true);
  driver.run(20_000);
  assert.is(driver.system.noted().tasks, before.tasks - 1);
});

test('a child that is to get more RAM than there is does not start, and its RAM session is named', () => {
  const driver = boot({ attributes: 'ram="100M"' });
  assert.is(driver.until('cannot be started', 2000), true);
  driver.run(20_000);
  assert.match(driver.text, /child "sheep_counter" cannot be started: the RAM session "sheep_counter" cannot be given 104857600 bytes/);
  assert.equal(driver.slots(), []);
});

test('a checkpoint leaves its target running', () => {
  const driver = counter();
  factsOf(driver.checkpoint('a'));
  assert.is(driver.until('4 sheeps. zzZ', 4000), true);
  assert.equal(driver.lines(), ['3 sheeps. zzZ', '4 sheeps. zzZ']);
});

test('one checkpoint becomes two children that count side by side, and both can be checkpointed again', () => {
  const driver = counter();
  factsOf(driver.checkpoint('a'));
  assert.match(messageOf(driver.restore('a')), /there is a child "sheep_counter" already/);
  factsOf(driver.restore('a', {}, 'dolly'));
  driver.forget();
  assert.is(driver.until('dolly] 4 sheeps. zzZ', 4000), true);
  assert.equal(driver.lines(), ['3 sheeps. zzZ', '4 sheeps. zzZ']);
  assert.equal(driver.lines('dolly'), ['3 sheeps. zzZ', '4 sheeps. zzZ']);
  factsOf(driver.checkpoint('b', {}, 'dolly'));
  assert.is(driver.kill('dolly').ok, true);
  factsOf(driver.restore('b', {}, 'dolly'));
  driver.forget();
  assert.is(driver.until('dolly] 5 sheeps. zzZ', 2000), true);
});

test('a cycle of checkpoint, kill and restore leaves nothing behind in the checkpointer', () => {
  const driver = counter();
  const rows = (): Record<string, number> => {
    const saved = driver.system.save().machine as unknown as SavedMachine;
    const store = saved.kernel.hosted.components.find(({ program }) => program === 'rtcr')?.store ?? {};
    return Object.fromEntries(Object.entries(store).map(([name, table]) => [name, table.rows.length]));
  };
  factsOf(cycle(driver));
  driver.run(800_000);
  const first = rows();
  factsOf(cycle(driver));
  driver.run(800_000);
  assert.equal(rows(), first);
});

const SEMAPHORE_SLOT = 0x217;

test('a semaphore that is installed but not attached wakes nobody: the counter stands still', () => {
  const driver = counter();
  const { lost } = factsOf(cycle(driver, { semaphore: 'install' }));
  assert.equal(lost.map(({ slot, type }) => [slot, type]), [[SEMAPHORE_SLOT, 'IRQ']]);
  assert.match(lost[0]?.purpose ?? '', /binding of the signal semaphore/);
  driver.run(1_500_000);
  assert.equal(driver.lines(), []);
});

test('without a semaphore the signal handler polls, to the surprise of core, and the outcome names the empty slot', () => {
  const driver = counter();
  const { lost } = factsOf(cycle(driver, { semaphore: 'skip' }));
  assert.equal(lost.map(({ slot, type }) => [slot, type]), [[SEMAPHORE_SLOT, 'IRQ']]);
  assert.match(lost[0]?.purpose ?? '', /on which the signal handler waits/);
  assert.is(driver.slots().some(({ slot }) => slot === SEMAPHORE_SLOT), false);
  driver.run(20_000);
  assert.match(driver.text, /unexpected call of wait_for_signal/);
});

test('without native capabilities exactly the gates that the target serves are missing', () => {
  const { lost } = factsOf(cycle(counter(), { 'native-caps': 'skip' }));
  assert.equal(lost.map(({ slot, purpose }) => [slot, purpose]), [0x212, 0x213, 0x218].map((slot) => [slot, 'RPC object of the target']));
});

test('leaving out the capability map and leaving out the capability space fail in different ways', () => {
  const unmapped = counter();
  factsOf(cycle(unmapped, { 'cap-map': 'skip' }));
  unmapped.run(1_200_000);
  assert.match(unmapped.text, /badge does not match label, ignoring request/);
  const empty = counter();
  factsOf(cycle(empty, { 'cap-space': 'skip' }));
  empty.run(1_200_000);
  assert.match(empty.text, /Ipc error: 00000004 occurred/);
  assert.equal(empty.lines(), []);
});

test('with instruction and stack pointer alone the restored threads fault', () => {
  const driver = counter();
  factsOf(cycle(driver, { registers: 'ip-sp' }));
  driver.run(1_200_000);
  assert.match(driver.text, /no RM attachment \(WRITE pf_addr=0 /);
  assert.equal(driver.lines(), []);
});

test('an ordinary bootstrap begins to count anew', () => {
  const driver = counter();
  factsOf(cycle(driver, { bootstrap: 'elf' }));
  assert.is(driver.until('2 sheeps. zzZ', 4000), true);
  assert.is(driver.lines().includes('1 sheep. zzZ'), true);
});

test('a pending trigger is set again with what was left of it, or in full', () => {
  const wake = (strategy: Record<string, string>): number => {
    const driver = counter();
    factsOf(cycle(driver, strategy));
    const begin = driver.system.machine.time_us;
    assert.is(driver.until('3 sheeps. zzZ', 4000), true);
    return driver.system.machine.time_us - begin;
  };
  const remaining = wake({});
  const full = wake({ timer: 'full' });
  assert.is(remaining > 600_000 && remaining < 750_000, true, `remaining: ${remaining}`);
  assert.is(full > 980_000 && full < 1_050_000, true, `full: ${full}`);
});

test('each extension that is off is named by the refusal, and the target runs on unharmed', () => {
  for (const without of EXTENSIONS) {
    const driver = boot({ without, attributes: without === 'attach_readonly' ? 'granularity="1" track="writes"' : '' });
    assert.is(driver.until('1 sheep. zzZ', 4000), true);
    driver.run(100_000);
    const taken = driver.checkpoint('a');
    const refusal = taken.ok ? (driver.kill().ok ? messageOf(driver.restore('a')) : '') : messageOf(taken);
    assert.match(refusal, new RegExp(`extension '${without}'`), without);
    if (!taken.ok) assert.is(driver.until('2 sheeps. zzZ', 3000), true, without);
    else assert.equal(driver.slots(), [], 'nothing of a refused restore remains');
  }
});

test('a component with several entrypoints and a never started thread is restored at moments of its start-up', () => {
  const start = boot({ child: 'multi_ep' });
  assert.is(start.until('multi_ep] Initializing LOG session', 2000), true);
  for (let moment = 0; moment < 6; moment++) {
    start.system.machine.run({ instructions: 31_013 });
    const undisturbed = start.fork();
    undisturbed.run(200_000);
    const driver = start.fork();
    factsOf(driver.checkpoint('a'));
    const shape = driver.shape();
    const seen = driver.text;
    assert.is(driver.kill().ok, true);
    assert.equal(factsOf(driver.restore('a')).lost, []);
    assert.is(driver.shape(), shape);
    driver.run(200_000);
    assert.equal(driver.lines(), undisturbed.lines(), `moment ${moment}: ${seen.length}`);
  }
});

const captured = join(root, '../shared/oracle/rtcr-master/rtcr_restore/objspace_142_x.pre.icount.txt');

/** The ends of time slices on the board decided who of timer (a5) and tester (71) went first; the same as in run/oracle/restore_master. */
const CAPTURED_TURNS = [
  { task: 0xa5, until: 0xdf },
  { task: 0x71, until: 0xe9 },
  { task: 0xa5, until: 0xf4 },
  { task: 0x71, until: 0xff },
  { task: 0xa5, until: 0x101 },
  { task: 0x71, until: 0x103 },
  { task: 0xa5, until: 0x106 },
  { task: 0x71, until: 0x112 },
  { task: 0x71, hold: [0x90] },
];

if (existsSync(captured)) {
  test('the capability space of the historic target has the captured objects in the captured slots', () => {
    const driver = boot({ program: 'target_restorer-tester', turns: CAPTURED_TURNS });
    assert.is(driver.until('2 sheeps. zzZ', 4000), true);
    const expected = readFileSync(captured, 'utf8').split('\n').flatMap((line) => {
      const row = /^([0-9a-f]{6}) :(.*)$/.exec(line);
      if (row === null) return [];
      return [...(row[2] ?? '').matchAll(/([0-9a-f]{5})\* (\w+)|--/g)].flatMap(([, id, type], i) =>
        id === undefined ? [] : [`${(Number.parseInt(row[1] ?? '', 16) + i).toString(16)}: ${Number.parseInt(id, 16).toString(16)} ${type}`],
      );
    });
    assert.equal(driver.slots('sheep_counter').map(({ slot, type, id }) => `${slot.toString(16)}: ${id.toString(16)} ${type}`), expected);
  });
} else {
  test.skip('the capability space of the historic target has the captured objects in the captured slots', 'the captures are not beside this repository');
}

test.run();
