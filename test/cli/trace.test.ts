// `rescap run --trace` on a real scenario: levels, filters, the file, and what is refused.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { main } from '../../src/cli/main.ts';
import { suite } from '../kit.ts';
import { realContext } from './context.ts';

const test = suite('cli/trace');
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = mkdtempSync(join(tmpdir(), 'rescap-trace-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

async function rescap(...args: string[]): Promise<{ status: number; err: string }> {
  const { context, errors } = realContext(root);
  const status = await main(['run', ...args, '--reports', folder], context);
  return { status, err: errors() };
}

test('the trace of a task goes to the error output, from the first object to the end', async () => {
  const { status, err } = await rescap('log_only', '--trace=rpc', '--trace-task', 'log_only');
  assert.is(status, 0, err);
  assert.match(err, /init -> log_only\/log_only +rpc Parent\.session\(name="Env::cpu_session"/);
  assert.match(err, /rpc Log_session\.write\("?.*/);
});

test('a trace goes to a file, with the objects that the kernel makes at boot', async () => {
  const file = join(folder, 'inner', 'trace.json');
  const { status, err } = await rescap('log_only', '--trace=objects', '--trace-format', 'json', '--trace-file', file);
  assert.is(status, 0, err);
  const events = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { kind: string; object?: number });
  assert.equal(events[0]?.object, 0);
  assert.ok(events.length > 200);
});

test('texts that are UTF-8 are shown as such', async () => {
  const { err } = await rescap('log_utf8', '--trace=rpc', '--trace-task', 'worker');
  assert.match(err, /rpc Log_session\.write\(string="created 30 empty files, 133μs\/op/);
});

test('an unknown level, and filters without a trace, are refused in words', async () => {
  const wrong = await rescap('log_only', '--trace=rpcs');
  assert.is(wrong.status, 2);
  assert.match(wrong.err, /there is no level 'rpcs'\nhelp: did you mean 'rpc'/);
  assert.match((await rescap('log_only', '--trace-task', 'x')).err, /--trace-task without --trace/);
});

test('a trace that stays empty says so, with the names that there were', async () => {
  const wrong = await rescap('log_only', '--trace=rpc', '--trace-task', 'lgo_only');
  assert.is(wrong.status, 0, 'the run itself is as good as without a trace');
  assert.match(wrong.err, /rescap: the trace is empty: nothing at rpc of task 'lgo_only'; components that did something: core, init, init -> log_only \(did you mean 'log_only'\?\)\n$/);
  const thread = (await rescap('log_only', '--trace=faults', '--trace-thread', 'log_onyl')).err;
  assert.match(thread, /nothing at faults of thread 'log_onyl'; threads that did something: .*log_only.* \(did you mean 'log_only'\?\)\n$/);
});

test('of a scenario with several machines each line says whose it is', async () => {
  const { status, err } = await rescap('migration', '--trace=objects', '--trace-task', 'core');
  assert.is(status, 0, err);
  const [first, second] = [/ core\/a +created IRQ c\n/g, / b: core\/a +created IRQ c\n/g].map((line) => err.match(line)?.length);
  assert.equal([first, second], [2, 1]);
  const json = await rescap('migration', '--trace=objects', '--trace-task', 'core', '--trace-format', 'json');
  const machines = new Set(json.err.trim().split('\n').map((line) => (JSON.parse(line) as { machine?: string }).machine ?? ''));
  assert.equal([...machines], ['', 'b']);
});

test.run();
