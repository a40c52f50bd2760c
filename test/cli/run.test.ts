// Tests of `rescap run` over several scenarios: selection, attempts, workers, what is left behind. A scripted system runs them.
// Owner of one temporary folder, removed at the end.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/cli/context.ts';
import { main } from '../../src/cli/main.ts';
import { answerJob } from '../../src/cli/run/execution.ts';
import type { Job } from '../../src/cli/run/one_scenario.ts';
import type { BootSystem } from '../../src/runtime/system.ts';
import { suite } from '../kit.ts';
import { bootScripted } from '../runner/scripted_system.ts';

const test = suite('run command');
const root = mkdtempSync(join(tmpdir(), 'rescap-run-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

let folder = root;
let number = 0;
test.before.each(() => {
  number += 1;
  folder = join(root, String(number));
  mkdirSync(join(folder, 'run'), { recursive: true });
});

const CONFIG = '<config><start name="sheep"/></config>';
const PASSING = '<succeed log="2 sheeps"/>';
const FAILING = '<fail log="2 sheeps"/><succeed log="never"/>';
const LATE = '<succeed log="never"/><fail after_ms="250"/>';

function put(name: string, inside: string): void {
  const file = join(folder, 'run', `${name}.xml`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `<scenario name="${name}">${CONFIG}${inside}</scenario>`);
}

const get = (file: string) => readFileSync(join(folder, file), 'utf8');
const steady = () => bootScripted(() => ({ at: [[100, '1 sheep\n'], [200, '2 sheeps\n'], [300, () => undefined]], components: [] })).boot;

interface World {
  readonly env?: Record<string, string>;
  readonly boot?: BootSystem;
  readonly more?: Partial<Context>;
}

async function rescap(args: readonly string[], { env = {}, boot = steady(), more = {} }: World = {}): Promise<{ status: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const context: Context = {
    cwd: folder, env, boot, terminal: false, packageRoot: folder, wall_ms: () => 0,
    hostedProgram: () => new Uint8Array(4),
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    ...more,
  };
  return { status: await main(['run', ...args], context), out, err };
}

/** Answers in the order in which jobs come, but each later than the one before. */
const inProcess = (boot: BootSystem): Partial<Context> => ({
  parallelism: 3,
  startWorker: () => ({
    run: async (job) => structuredClone(answerJob(job as Job, { cwd: folder, env: {}, boot, terminal: false, packageRoot: folder, wall_ms: () => 0, hostedProgram: () => new Uint8Array(4), out: () => undefined, err: () => undefined })),
    kill: () => undefined,
  }),
});

test('several scenarios are told in one line each, in order, and closed by a count', async () => {
  for (const name of ['b', 'a', 'folder/c']) put(name, PASSING);
  const { status, out } = await rescap([]);
  assert.is(status, 0);
  assert.is(out, 'PASS    a         0 steps, 0.200 s\nPASS    b         0 steps, 0.200 s\nPASS    folder/c  0 steps, 0.200 s\n3 passed, 0 failed\n');
});

test('workers give the same bytes in the same order as one process', async () => {
  for (const name of ['a', 'c', 'd']) put(name, PASSING);
  put('b', FAILING);
  const boot = steady();
  const alone = await rescap(['-j', '1'], { boot });
  const results = get('reports/b/result.json');
  const parallel = await rescap([], { boot, more: inProcess(boot) });
  assert.equal(parallel, alone);
  assert.is(get('reports/b/result.json'), results);
  assert.is(alone.status, 1);
});

test('a worker that dies costs its scenario as an internal error, and the others go on', async () => {
  for (const name of ['a', 'b']) put(name, PASSING);
  let started = 0;
  const boot = steady();
  const worker = inProcess(boot).startWorker;
  const more: Partial<Context> = {
    startWorker: async () => {
      started += 1;
      if (started === 1) return { run: () => Promise.reject(new Error('the process that ran it ended by SIGSEGV')), kill: () => undefined };
      if (worker === undefined) throw new Error('no worker');
      return worker();
    },
  };
  const { status, out, err } = await rescap(['-j', '2'], { boot, more });
  assert.is(status, 5);
  assert.match(out, /INTERNAL? +a +the process that ran it ended by SIGSEGV/);
  assert.match(out, /PASS +b/);
  assert.match(err, /^rescap: exit 5 \(a: the process that ran it ended by SIGSEGV\)\n$/);
});

test('patterns choose by name; one that matches nothing executes nothing', async () => {
  for (const name of ['lost_a', 'lost_b', 'kept', 'folder/lost_c']) put(name, PASSING);
  assert.match((await rescap(['lost_*'])).out, /lost_a[^]*lost_b[^]*\n2 passed/);
  assert.match((await rescap(['**lost_?'])).out, /\n3 passed/);
  const none = await rescap(['zz*']);
  assert.is(none.status, 6);
  assert.is(none.err, 'rescap: exit 6 (no scenario matches zz*)\n');
});

test('only what failed last is run again, and nothing failed is not green', async () => {
  put('good', PASSING);
  put('bad', FAILING);
  assert.match((await rescap(['--failed'])).err, /exit 6 \(no earlier run is known\)/);
  assert.is((await rescap([])).status, 1);
  assert.match((await rescap(['--failed'])).out, /^FAIL +bad/);
  put('bad', PASSING);
  assert.match((await rescap(['--failed'])).out, /\n1 passed, 0 failed\n$/);
  assert.match((await rescap(['--failed'])).err, /exit 6 \(none of them failed when it ran last\)/);
});

test('shards are balanced by recorded durations', async () => {
  for (const name of ['a', 'b', 'c', 'd']) put(name, PASSING);
  writeFileSync(join(folder, 'timings.json'), JSON.stringify({ format: 1, scenarios: { a: { class: 'PASS', wall_ms: 900 }, b: { class: 'PASS', wall_ms: 300 }, c: { class: 'PASS', wall_ms: 300 }, d: { class: 'PASS', wall_ms: 300 } } }));
  const first = await rescap(['--shard', '1/2', '--timings', 'timings.json']);
  const second = await rescap(['--shard', '2/2', '--timings', 'timings.json']);
  assert.match(first.out, /^PASS +a [^]*\n1 passed/);
  assert.match(second.out, /^PASS +b [^]*\n3 passed/);
  assert.is((await rescap(['--shard', '9/9', '--timings', 'timings.json'])).status, 6);
  writeFileSync(join(folder, 'timings.json'), '{');
  assert.match((await rescap(['--timings', 'timings.json'])).err, /'timings\.json' is no JSON/);
});

test('a failure that passes at another attempt is flaky', async () => {
  put('a', PASSING);
  let boots = 0;
  const boot: BootSystem = (config) => {
    boots += 1;
    return bootScripted(() => ({ at: boots < 3 ? [] : [[200, '2 sheeps\n']], components: [] })).boot(config);
  };
  const { status, out } = await rescap(['--retry', '3', '-t', '!x'], { boot });
  assert.is(status, 0);
  assert.is(boots, 3);
  assert.match(out, /^FLAKY +a +passed at attempt 3; the first: nothing can happen any more/);
  assert.match(out, /\n1 flaky\n1 passed, 0 failed\n$/);
});

test('repeated runs have to be the same, byte for byte', async () => {
  put('a', PASSING);
  assert.is((await rescap(['a', '--repeat', '3'])).status, 0);
  let boots = 0;
  const boot: BootSystem = (config) => {
    boots += 1;
    return bootScripted(() => ({ at: [[100, boots < 3 ? '1 sheep\n' : '1 lamb\n'], [200, '2 sheeps\n']], components: [] })).boot(config);
  };
  const { status, err } = await rescap(['a', '--repeat', '5'], { boot });
  assert.is(status, 5);
  assert.is(err, 'rescap: exit 5 (run 3 differs from the first: log line 1 was "1 sheep", is "1 lamb")\n');
});

test('bail begins no more scenarios, and says how many are left', async () => {
  put('a', FAILING);
  put('b', FAILING);
  put('c', PASSING);
  const { out } = await rescap(['--bail']);
  assert.match(out, /\nstopped early: 2 of 3 were not run\n0 passed, 1 failed\n$/);
  assert.match((await rescap(['--bail=2'])).out, /stopped early: 1 of 3/);
});

test('a seed of the command line replaces that of the scenario', async () => {
  put('a', PASSING);
  const scripted = bootScripted(() => ({ at: [[200, '2 sheeps\n']], components: [] }));
  await rescap(['a', '--seed', '7'], { boot: scripted.boot });
  assert.is(scripted.configs[0]?.seed, 7);
});

test('traces are kept of all, of failures, or of none', async () => {
  put('good', PASSING);
  put('bad', FAILING);
  const kept = () => ['good', 'bad'].map((name) => existsSync(join(folder, `reports/${name}/result.json`)));
  await rescap([]);
  assert.equal(kept(), [true, true]);
  await rescap(['--keep', 'failed']);
  assert.equal(kept(), [false, true]);
  await rescap(['--keep', 'never']);
  assert.equal(kept(), [false, false]);
});

test("the exit statuses of Genode's run tool stand in where they are asked for", async () => {
  put('good', PASSING);
  put('bad', FAILING);
  put('late', LATE);
  const { status, out } = await rescap(['good', '--run-tool-exit-codes']);
  assert.is(status, 0);
  assert.match(out, /\nRun script execution successful\.\n$/);
  assert.is((await rescap(['bad', '--run-tool-exit-codes'])).status, 255);
  const late = await rescap(['late', '--run-tool-exit-codes']);
  assert.is(late.status, 254);
  assert.match(late.err, /^rescap: exit 254 \(fail: 250 ms of virtual time are over\)/);
  assert.is((await rescap(['zz*', '--run-tool-exit-codes'])).status, 248);
});

test('the look of autopilot is one line a scenario and its own last line', async () => {
  put('good', PASSING);
  put('bad', FAILING);
  const { out } = await rescap(['--compat']);
  assert.match(out, /^ +foc_pbxa9 foc: bad +-> ERROR \(0:00\)\n +foc_pbxa9 foc: good +-> OK \(0:00\)\n--- done \(errors occurred\) ---\n$/);
});

test('a report on the standard output has it for itself', async () => {
  put('a', PASSING);
  const { out, err } = await rescap(['a', '--tap', '-']);
  assert.is(out, 'TAP version 13\n1..1\nok 1 - a\n');
  assert.match(err, /passed: a/);
  assert.is((JSON.parse((await rescap(['a', '--json', '-'])).out) as { exit_status: number }).exit_status, 0);
});

test('on GitHub failures are annotated and summed up', async () => {
  put('a', FAILING);
  const { out } = await rescap(['a'], { env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: 'summary.md' } });
  assert.match(out, /\n::error file=run\/a\.xml,line=1,col=1,title=a%3A failed::fail: log "2 sheeps": 2 sheeps\n$/);
  assert.match(get('summary.md'), /^## Rescap: 0 passed, 1 failed\n/);
});

test('a slip in an option is told with what it should be', async () => {
  put('a', PASSING);
  for (const args of [['--jobs', '0'], ['--shard', '3/2'], ['--retry', 'x'], ['--keep', 'some'], ['--timeout', '0'], ['--seed', '1.5'], ['--repeat', 'often']]) {
    const { status, err } = await rescap(['a', ...args]);
    assert.is(status, 2, args.join(' '));
    assert.match(err, new RegExp(`^${args[0] ?? ''}: `));
  }
});

const MATRIX = '<matrix><axis name="mode" values="one two"/></matrix><succeed log="${mode}"/><fail after_ms="250"/>';

test('every variant of a matrix is a run of its own, with traces and name of its own', async () => {
  put('m', MATRIX);
  const boot = bootScripted(() => ({ at: [[100, 'one\n'], [200, 'x\n'], [900, () => undefined]], components: [] })).boot;
  const { status, out } = await rescap([], { boot });
  assert.is(status, 4);
  assert.match(out, /^PASS +m\[one\] /);
  assert.match(out, /\nTIMEOUT m\[two\] +fail: 250 ms/);
  assert.ok(existsSync(join(folder, 'reports/m/one/result.json')) && existsSync(join(folder, 'reports/m/two/serial.log')));
  assert.is((await rescap(['m[one]'], { boot })).status, 0);
  assert.match((await rescap(['m[too]'], { boot })).err, /'m' has no variant 'too'\nhelp: did you mean 'm\[two\]'\?/);
});

test('an expected failure is green, an unexpected pass is not, a variant may be the only one expected to fail', async () => {
  put('a', `${FAILING}<xfail reason="known"/>`);
  assert.match((await rescap(['a'])).out, /\nfailed as expected: a: fail: log "2 sheeps": 2 sheeps \(expected: known\)\n$/);
  put('a', `${PASSING}<xfail reason="known"/>`);
  const passed = await rescap(['a']);
  assert.is(passed.status, 1);
  assert.match(passed.err, /exit 1 \(it passed, but was expected to fail: known\)/);
  put('m', `${MATRIX}<xfail reason="no two" variant="two"/>`);
  const boot = bootScripted(() => ({ at: [[100, 'one\n'], [900, () => undefined]], components: [] })).boot;
  assert.match((await rescap(['m'], { boot })).out, /PASS +m\[one\][^]*XFAIL +m\[two\]/);
});

test('what is required and not there is skipped with the reason, and alone that is not green', async () => {
  writeFileSync(join(folder, 'run/s.xml'), `<scenario name="s" requires="a_real_board">${CONFIG}${PASSING}</scenario>`);
  const alone = await rescap(['s']);
  assert.is(alone.status, 6);
  assert.match(alone.out, /skipped: s: it requires 'a_real_board', which is not there/);
  put('a', PASSING);
  const both = await rescap([]);
  assert.is(both.status, 0);
  assert.match(both.out, /\n1 passed, 0 failed, 1 skipped\n$/);
});

test('tags choose, and a tag with ! leaves out', async () => {
  for (const [name, tags] of [['a', 'smoke'], ['b', 'smoke slow'], ['c', '']] as const) writeFileSync(join(folder, `run/${name}.xml`), `<scenario name="${name}"${tags === '' ? '' : ` tags="${tags}"`}>${CONFIG}${PASSING}</scenario>`);
  assert.match((await rescap(['--tag', 'smoke'])).out, /PASS +a[^]*PASS +b[^]*\n2 passed/);
  assert.match((await rescap(['--tag', 'smoke', '--tag', '!slow'])).out, /^PASS +a[^]*\n1 passed/);
  assert.match((await rescap(['--tag', 'none'])).err, /exit 6 \(no scenario has the tags none\)/);
});

test('patterns see log lines as the normalisers leave them, the log keeps them as they were', async () => {
  put('a', '<unify pattern="[0-9]+ sheeps?" replace="N sheep"/><fail log="2 sheeps"/><steps><await log="N sheep" count="2"/></steps>');
  assert.is((await rescap(['a'])).status, 0);
  assert.is(get('reports/a/serial.log'), '1 sheep\n2 sheeps\n');
});

test("criteria of depot autopilot: lines in order, exits, and an exit that no criterion is about", async () => {
  const lines = ['[init -> t] begin\n', 'other\n', '[init -> t] end\n', '[init] child "t" exited with exit value 3\n'];
  const boot = bootScripted(() => ({ at: lines.map((line, i) => [i + 1, line] as const), components: [] })).boot;
  const status = async (inside: string) => {
    put('d', inside);
    return (await rescap(['d'], { boot })).status;
  };
  assert.is(await status('<succeed exit="3">\n[init -> t] begin\n*end\n</succeed><fail after_seconds="1"/>'), 0);
  assert.is(await status('<succeed>\n*end\n*begin\n</succeed><fail after_seconds="1"/>'), 1, 'no criterion is about the exit with 3');
  assert.is(await status('<succeed>\n*end\n*begin\n</succeed><succeed exit="5"/><fail exit="3"/>'), 1);
  assert.is(await status('<succeed exit="3"/>'), 0);
  assert.is(await status('<succeed exit="0"/><fail after_seconds="1"/>'), 1);
  assert.is(await status('<fail exit="3"/><succeed log="never"/>'), 1);
});

test.run();
