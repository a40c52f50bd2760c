// Every exit status end to end: the built program as a process, real scenarios on the real board, the last line on the error output.
// Owner of one temporary folder, removed at the end.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../kit.ts';

const test = suite('exit status', { timeout_ms: 120_000 });
const bundle = join(dirname(fileURLToPath(import.meta.url)), '../../dist/rescap.cjs');
const folder = mkdtempSync(join(tmpdir(), 'rescap-exit-'));
mkdirSync(join(folder, 'run'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const CONFIG = '<config><parent-provides><service name="ROM"/><service name="RAM"/><service name="CPU"/><service name="RM"/><service name="PD"/><service name="LOG"/></parent-provides><default-route><any-service><parent/></any-service></default-route><start name="log_only"><resource name="RAM" quantum="1M"/></start></config>';
const HELLO = '<steps><await log="* log_only: hello" within_ms="2000"/></steps>';

const SCENARIOS: Readonly<Record<string, string>> = {
  passing: HELLO,
  failing: `${HELLO}<fail log="* log_only: hello"/>`,
  misspelt: '<steps><awiat log="x"/></steps>',
  golden: '<steps><await log="* log_only: hello"/><dump name="d" task="log_only"/><expect-caps at="d" golden="d.caps"/></steps>',
  late: '<steps><await time_ms="500"/></steps><fail after_ms="200"/>',
};
for (const [name, inside] of Object.entries(SCENARIOS)) writeFileSync(join(folder, 'run', `${name}.xml`), `<scenario name="${name}">${CONFIG}${inside}</scenario>`);

function rescap(...args: readonly string[]): { readonly status: number | null; readonly last: string; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], { cwd: folder, encoding: 'utf8', env: { ...process.env, CI: '', GITHUB_ACTIONS: '', NO_COLOR: '' }, timeout: 100_000 });
  return { status, last: stderr.trimEnd().split('\n').at(-1) ?? '', out: stdout, err: stderr };
}

/** What a pipe of Linux holds while nobody reads it. */
const PIPE_BYTES = 65_536;
/** A file that nothing can be written to. */
const FULL = '/dev/full';

/** What a shell command writes; "$@" in it is the program with these arguments. */
function shell(command: string, ...args: readonly string[]): string {
  return spawnSync('sh', ['-c', command, 'sh', process.execPath, bundle, ...args], { cwd: folder, encoding: 'utf8', env: { ...process.env, CI: '', GITHUB_ACTIONS: '', NO_COLOR: '1' }, timeout: 100_000 }).stdout;
}

if (existsSync(bundle)) {
  test('0: the scenario passed, and nothing is said about an exit', () => {
    const { status, last, out } = rescap('run', 'passing');
    assert.equal([status, last], [0, '']);
    assert.match(out, /\n\[init -> log_only\] log_only: hello\n✓ 1\. await log [^]*\npassed: passing, 1 step in /);
  });

  test('2: a report that cannot be written is told by its name, and the others are written', () => {
    const { status, last, out } = rescap('run', 'passing', '--junit', 'run/passing.xml/junit.xml', '--tap', 'tap');
    assert.is(status, 2);
    assert.match(last, /^rescap: exit 2 \('.*\/run\/passing\.xml\/junit\.xml' cannot be written: [A-Z]+: .*\)$/);
    assert.match(out, /passed: passing/);
    assert.match(readFileSync(join(folder, 'tap'), 'utf8'), /ok 1 - passing/);
    assert.match(rescap('run', 'passing', '--reports', 'run/passing.xml').last, /^rescap: exit 2 \('.*\/run\/passing\.xml\/passing\/result\.json' cannot be written: /);
  });

  const UNMAKEABLE = '2: a folder that cannot be made ends the command, where the host would try for ever';
  if (!existsSync('/proc/self')) test.skip(UNMAKEABLE, 'there is no /proc here');
  else test(UNMAKEABLE, () => {
    assert.is(rescap('run', 'passing', '--keep', 'never', '--junit', '/proc/rescap/junit.xml').status, 2);
  });

  test('1: a criterion failed', () => {
    const { status, last } = rescap('run', 'failing');
    assert.equal([status, last], [1, 'rescap: exit 1 (fail: log "* log_only: hello": [init -> log_only] log_only: hello)']);
  });

  test('2: the scenario is invalid, or the command line is', () => {
    assert.match(rescap('run', 'misspelt').last, /^rescap: exit 2 \(unknown element <awiat> inside <steps>\)$/);
    assert.is(rescap('run', 'misspelt').status, 2);
    assert.is(rescap('run', '--no-such-option').status, 2);
  });

  test('3: a golden is missing; accepted, it is the same', () => {
    const missing = rescap('run', 'golden');
    assert.equal([missing.status, missing.last], [3, 'rescap: exit 3 (golden missing: run/golden.golden/d.caps)']);
    assert.is(rescap('accept', 'golden').status, 0);
    assert.is(rescap('run', 'golden').status, 0);
  });

  test('4: the virtual deadline came', () => {
    const { status, last } = rescap('run', 'late');
    assert.equal([status, last], [4, 'rescap: exit 4 (fail: 200 ms of virtual time are over)']);
  });

  test('5: something inside went wrong', () => {
    const told = shell('GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=run "$@" 2>&1; echo status $?', 'run', 'passing');
    assert.match(told, /\nrescap: exit 5 \(internal error: .*\)\nstatus 5\n$/);
  });

  test('6: nothing was executed', () => {
    const { status, last } = rescap('run', 'no_such_*');
    assert.equal([status, last], [6, 'rescap: exit 6 (no scenario matches no_such_*)']);
  });

  test('several at once, in processes of their own: the gravest decides, every run leaves its traces', () => {
    const { status, last, out } = rescap('run', 'passing', 'late', 'failing', '--jobs', '2');
    assert.equal([status, last.startsWith('rescap: exit 4 (late: ')], [4, true]);
    assert.match(out, /^PASS +passing[^]*\nTIMEOUT late[^]*\nFAIL +failing[^]*\n1 passed, 2 failed\n$/);
    for (const name of ['passing', 'late', 'failing']) {
      for (const file of ['result.json', 'record.json', 'serial.log']) assert.ok(existsSync(join(folder, 'reports', name, file)), `${name}/${file}`);
    }
    const record = JSON.parse(readFileSync(join(folder, 'reports/passing/record.json'), 'utf8')) as { timeline: { threads: { component: string; spans: unknown[] }[]; sessions: { service: string; outcome: string }[] } };
    assert.ok(record.timeline.threads.some(({ component, spans }) => component === 'init -> log_only' && spans.length > 0));
    assert.ok(record.timeline.sessions.some(({ service, outcome }) => service === 'LOG' && outcome === 'opened'));
  });
  test('a reader that comes late gets everything, one that goes early changes no exit status, and no reader of what is said beside the output does', () => {
    const trace = ['run', 'passing', '--keep', 'never', '--trace=syscalls'];
    const whole = rescap(...trace);
    assert.ok(whole.err.length > PIPE_BYTES, `${whole.err.length} characters are no more than a pipe holds`);
    assert.equal(shell('{ "$@" 2>&1 >out; echo "status $?"; } | (sleep 1; cat)', ...trace), `${whole.err}status 0\n`);
    assert.is(shell('{ "$@" 2>&1 >out; echo "status $?" >status; } | true; cat status', ...trace), 'status 0\n');
    assert.is(shell('{ "$@" 2>&1 >out; echo "status $?" >status; } | true; cat status', 'run', 'misspelt'), 'status 2\n');
    assert.is(shell('{ "$@" 2>err; echo "status $?" >status; } | true; cat status', 'run', 'passing', '--keep', 'never'), 'status 0\n');
  });

  if (existsSync(FULL)) {
    test('5: output that cannot be written is lost, which is said', () => {
      assert.is(shell(`"$@" 2>&1 >${FULL}; echo "status $?"`, 'list'), 'rescap: exit 5 (the output cannot be written: ENOSPC: no space left on device, write)\nstatus 5\n');
      assert.is(shell(`"$@" 2>${FULL} >out; echo "status $?"`, 'run', 'passing', '--keep', 'never'), 'status 0\n');
    });
  } else test.skip('output that cannot be written', `there is no ${FULL}`);
} else test.skip('every exit status', 'the program is not built: dist/rescap.cjs is missing');

test.run();
