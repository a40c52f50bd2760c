// `rescap sweep` on a few moments of the counter: nothing is missed by default, a losing strategy is found out, arguments are checked.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { bootText } from '../../src/cli/bench/systems.ts';
import { REPORT } from '../../src/cli/commands/report.ts';
import { SWEEP } from '../../src/cli/commands/sweep.ts';
import { losingStrategies } from '../../src/cli/commands/sweep_losing.ts';
import { UsageError } from '../../src/cli/command.ts';
import type { Context } from '../../src/cli/context.ts';
import { type EventMoment, watchMoment } from '../../src/runner/moment_watch.ts';
import { parseRecord } from '../../src/runner/sweep/record.ts';
import { suite } from '../kit.ts';
import { realContext } from './context.ts';

const test = suite('rescap sweep', { timeout_ms: 120_000 });
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = mkdtempSync(join(tmpdir(), 'rescap-sweep-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

async function sweep(values: Readonly<Record<string, string | boolean>>, scenario = 'sheep_counter') {
  const { context, output } = realContext(root);
  const exit = await SWEEP.run({ values: { output: join(folder, 'sweep.json'), ...values }, positionals: [scenario] }, context);
  return { out: output(), ...exit };
}

const record = () => {
  const parsed = parseRecord(readFileSync(join(folder, 'sweep.json'), 'utf8'));
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
};

/** Where something happens first in the undisturbed run of a scenario, as `--only` wants it. */
function momentOf(scenario: string, moment: EventMoment): string {
  const system = bootText(readFileSync(join(root, 'run', `${scenario}.xml`), 'utf8'), realContext(root).context);
  try {
    const watch = watchMoment(moment, system, 0);
    while (!watch.reached) assert.ok(system.machine.run({ time_us: 100_000 }) !== 'idle_forever' && system.machine.time_us < 5_000_000, 'it does not happen');
    watch.close();
    return String(system.machine.instructions);
  } finally {
    system.close();
  }
}

/** Moments that the first test tried. */
let moments: readonly number[] = [];

test('the counter passes at every system call, and a resumed sweep tries only the others', async () => {
  const first = await sweep({});
  assert.is(first.verdict, 'passed', first.out);
  const { tried, ok, total } = record();
  moments = tried;
  assert.is(tried.length, total);
  assert.is(ok, total, 'also before the component has told where its capability map is');
  await sweep({ resume: true });
  assert.equal(record().tried, tried);
});

test('a strategy that loses something fails, with the moment, the reason and a command that shows it again', async () => {
  const moment = record().tried.at(-1) ?? 0;
  const { verdict, out } = await sweep({ only: String(moment), restore: 'semaphore=skip' });
  assert.is(verdict, 'failed');
  assert.match(out, new RegExp(`smallest failing moment: instruction ${moment}\\n.*\\n.*lost: 0x217 IRQ`));
  assert.match(out, new RegExp(`again: rescap sweep sheep_counter --restore "semaphore=skip" --only ${moment}\\n`));
});

test('shards of one sweep merge into its whole, and a missing one is told', async () => {
  const parts = [0, 1].map((i) => join(folder, `shard-${i}.json`));
  for (const [i, output] of parts.entries()) await sweep({ shard: `${i + 1}/2`, only: moments.slice(-3).join(','), output });
  const merge = (files: readonly string[]) => {
    let out = '';
    const exit = REPORT.run({ values: { merge: true, output: join(folder, 'whole.json') }, positionals: files }, { cwd: root, out: (text: string) => { out += text; } } as unknown as Context);
    if (exit instanceof Promise) throw new Error('report answers at once');
    return { out, ...exit };
  };
  const whole = merge(parts);
  assert.match(whole.out, /3 moments:/);
  const part = merge(parts.slice(0, 1));
  assert.is(part.verdict, 'failed');
  assert.match(part.reason, /1 of 3 moments were not tried: a shard is missing/);
  assert.throws(() => merge([...parts, ...parts]), /moment \d+ is in two of the records/);
});

test('components that a scenario checkpoints together are swept together', async () => {
  const { verdict, out } = await sweep({ shard: '1/100', output: join(folder, 'group.json') }, 'restore/client_and_server');
  assert.is(verdict, 'passed', out);
  assert.match(out, /restore of rtcr -> server, client at every system call/);
  assert.match(out, /4 of \d+ moments: [1-4] ok/);
});

test('where no step checkpoints, what runs under a checkpointer is swept; where nothing does, that is said', async () => {
  const { verdict, out } = await sweep({ shard: '2/160', output: join(folder, 'mail.json') }, 'mail_2017');
  assert.is(verdict, 'passed', out);
  assert.match(out, /restore of target_restorer-tester -> sheep_counter at/);
  const none = await sweep({}, 'log_only');
  assert.is(none.verdict, 'invalid');
  assert.match(none.reason ?? '', /no component of this scenario runs under a checkpointer/);
});

test('clients outside whose requests come in another order are no loss; a strategy that loses something is one at the same moment', async () => {
  await sweep({ shard: '61/155' }, 'restore/client_outside_back');
  const example = record().explained.find(({ outcome }) => outcome === 'reordered')?.example;
  assert.ok(example !== undefined, 'no moment came to another order');
  // This one restores the same capability space; what it loses shows in what the component says and holds.
  const { verdict, out } = await sweep({ only: String(example?.moment), restore: 'registers=ip-sp' }, 'restore/client_outside_back');
  assert.is(verdict, 'failed', out);
  assert.match(out, /1 moments: 0 ok, 0 refused, 1 failed/);
  assert.match(out, /and with its threads in that order, without a checkpoint:/);
});

test('a service that works for a client works on in the control run, so that a refused checkpoint did no harm', async () => {
  const { verdict, out } = await sweep({ checkpoint: 'copy=background', shard: '1/40' }, 'restore/client_outside_back');
  assert.is(verdict, 'passed', out);
  assert.match(out, /12 of \d+ moments: 0 ok, 12 refused, 0 failed/);
});

test('where core hands out an id that a component still has a record of, the moment is told as renumbered', async () => {
  const { verdict, out } = await sweep({ shard: '1/40' }, 'restore/clients_outside');
  assert.is(verdict, 'passed', out);
  assert.match(out, / [1-9]\d* renumbered, 0 refused, 0 failed/);
  assert.match(out, /hands out no capability id twice/);
});

test('a control run follows threads that are interrupted within a lock, and signals in the order in which they came', async () => {
  for (const scenario of ['restore/entrypoints', 'restore/thread_holes']) {
    const { verdict, out } = await sweep({ shard: '5/36' }, scenario);
    assert.is(verdict, 'passed', out);
    assert.match(out, / [1-9]\d* reordered/);
  }
});

test('a thread that has been given a capability and has not put it into the map yet is let run on before it is checkpointed', async () => {
  // Among these there is one at which the configuration would be lost.
  const { verdict, out } = await sweep({ shard: '1/6' }, 'restore/attachments');
  assert.is(verdict, 'passed', out);
  assert.match(out, / 0 refused, 0 failed/);
});

test('a session that was closed while there was no server is closed at the restored one in the recorded order', async () => {
  for (const of of ['one', 'three']) {
    const closes = momentOf('restore/clients_outside', { kind: 'rpc', function: 'Parent::close', edge: 'entry', of, count: 1 });
    const { verdict, out } = await sweep({ only: closes }, 'restore/clients_outside');
    assert.is(verdict, 'passed', out);
    assert.match(out, / 1 reordered| 1 renumbered/);
  }
});

test('a request that the server has got but not answered is not taken for one still to be passed on', async () => {
  // The other way round: test/runner/sweep/outside.test.ts.
  const opens = momentOf('restore/client_outside_back', { kind: 'rpc', function: 'Pd::alloc_rpc_cap', edge: 'entry', of: 'rtcr -> server', count: 7 });
  const { verdict, out } = await sweep({ only: opens }, 'restore/client_outside_back');
  assert.is(verdict, 'passed', out);
  assert.match(out, / 1 reordered/);
});

test('a timeout that comes due while a checkpoint waits for another one is not lost', async () => {
  const { verdict, out } = await sweep({ only: '64074791' }, 'restore/many_sessions');
  assert.is(verdict, 'passed', out);
  assert.match(out, /1 moments: 1 ok/);
});

test('where the server of a ROM module gives another content to the restored component, that is told', async () => {
  const { verdict, out } = await sweep({ only: '88087635' }, 'restore/rom_changed');
  assert.is(verdict, 'passed', out);
  assert.match(out, /1 moments: 0 ok, 1 other_module, 0 refused, 0 failed/);
});

test('cycles of checkpoint, kill and restore leave every count as it was', async () => {
  const { verdict, out } = await sweep({ cycles: '50' });
  assert.is(verdict, 'passed', out);
  assert.match(out, /50 cycles of .*\nnothing grew: \d\d+ counts.*\nhost memory .*\n {2}after 25 cycles \d+\.\d MB, \d+\.\d MB\n {2}after 50 cycles /);
});

test('a checkpoint of parts and a restore that break off give back contents, maps and contexts that they had made', async () => {
  const { verdict, out } = await sweep({ faults: true, only: 'checkpoint:31:denied,checkpoint:49:denied,restore:53:denied,restore:138:denied' }, 'background_copy');
  assert.is(verdict, 'passed', out);
  assert.match(out, /checkpoint: 2 faults: 2 undone/);
  assert.match(out, /restore: 2 faults: 2 undone/);
});

test('a failing RPC loses no pending signal and no handler, and leaves no capability of a ROM module behind', async () => {
  const group = await sweep({ faults: true, only: 'checkpoint:46:denied,restore:182:denied,restore:184:denied,restore:186:denied' }, 'restore/group_image');
  assert.is(group.verdict, 'passed', group.out);
  const handler = await sweep({ faults: true, only: 'restore:96:denied' }, 'restore/managed_dataspace');
  assert.is(handler.verdict, 'passed', handler.out);
});

test('a component that is silent, with a child in a domain of its own that speaks, is judged by what that child says', async () => {
  const { verdict, out } = await sweep({ faults: true, only: 'checkpoint:20:denied,restore:150:denied' }, 'restore/parent');
  assert.is(verdict, 'passed', out);
  assert.match(out, /restore: 1 faults: 1 undone/);
});

test('a checkpoint or restore in which an RPC fails leaves the component running or nothing of it', async () => {
  const { verdict, out } = await sweep({ faults: true, shard: '5/24' });
  assert.is(verdict, 'passed', out);
  assert.match(out, /checkpoint: \d+ faults: [1-9]\d* undone/);
  assert.match(out, /restore: \d+ faults: [1-9]\d* undone/);
});

test('the table of losing strategies in the README has a row for each, and no other', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const table = readme.slice(readme.indexOf('<!-- losing:'), readme.indexOf('<!-- end of losing'));
  assert.equal([...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name), losingStrategies().map(({ name }) => name));
});

test('wrong arguments are told in words', async () => {
  const refused = async (values: Readonly<Record<string, string>>, words: RegExp, scenario = 'sheep_counter'): Promise<void> => {
    try {
      await sweep(values, scenario);
    } catch (thrown) {
      assert.ok(thrown instanceof UsageError, String(thrown));
      assert.match(thrown.message, words);
      return;
    }
    assert.unreachable(`nothing was said of ${JSON.stringify(values)}`);
  };
  await refused({ at: 'lunch' }, /no class of moments 'lunch'/);
  await refused({ every: '0' }, /--every takes a whole number/);
  await refused({ shard: '3/2' }, /--shard takes I\/N/);
  await refused({ restore: 'semaphore' }, /--restore takes ATTRIBUTE=VALUE/);
  await refused({ restore: 'nonsense=1' }, /^--restore: unknown strategy attribute 'nonsense'/);
  await refused({ restore: 'resume=no' }, /^--restore: strategy attribute 'resume' belongs to checkpoint/);
  await refused({ checkpoint: 'cap-space=skip' }, /^--checkpoint: strategy attribute 'cap-space' belongs to restore/);
  await refused({ restore: 'timer=half' }, /^--restore: strategy timer='half' is unknown; offered: remaining, full/);
  await refused({ restore: 'timer=full,timer=remaining' }, /^--restore has two values for 'timer'/);
  await refused({ restore: 'defects=D-06 D-99' }, /^--restore: .*D-99/);
  await refused({ with: 'client' }, /--with needs --of/);
  await refused({ cycles: 'many' }, /--cycles takes a whole number/);
});

test('a moment outside of the component\'s life is refused', async () => {
  const { verdict, reason } = await sweep({ only: '5' });
  assert.is(verdict, 'failed');
  assert.match(reason, /moment 5 lies outside/);
});

test.run();
