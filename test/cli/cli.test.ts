// Tests of the command line in a folder of its own, with a scripted system behind it: words, exit statuses, files left behind.
// Owner of one temporary folder, removed at the end.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/cli/context.ts';
import { COMMANDS } from '../../src/cli/command_table.ts';
import { main } from '../../src/cli/main.ts';
import { suite } from '../kit.ts';
import { bootScripted, slotEntry } from '../runner/scripted_system.ts';

const test = suite('command line');
const root = mkdtempSync(join(tmpdir(), 'rescap-cli-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

let folder = root;
let number = 0;
test.before.each(() => {
  number += 1;
  folder = join(root, String(number));
  mkdirSync(join(folder, 'run'), { recursive: true });
});

const CONFIG = '<config><start name="rtcr"><config><child name="sheep"/></config></start></config>';
const DUMPING = '<steps><await log="* 2 sheeps"/><checkpoint name="c" of="rtcr -> sheep"/><expect-caps at="c" golden="c.caps"/></steps>';
const scenario = (name: string, inside: string) => `<scenario name="${name}" doc="Shows ${name}.">${CONFIG}${inside}</scenario>`;

function put(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

const get = (file: string) => readFileSync(join(folder, file), 'utf8');

async function rescap(args: readonly string[], env: Record<string, string> = {}): Promise<{ status: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const { boot } = bootScripted(() => ({
    at: [[100, '[init -> rtcr -> sheep] 1 sheep\n'], [200, '[init -> rtcr -> sheep] 2 sheeps\n'], [300, () => undefined]],
    components: [{ label: 'init -> rtcr -> sheep', task: 0x142, alive: true, slots: [slotEntry(1, 0x142, 'Task'), slotEntry(8, 0x17b)] }],
  }));
  const context: Context = {
    cwd: folder, env, boot, terminal: false, packageRoot: folder, wall_ms: () => 0,
    hostedProgram: () => new Uint8Array(4),
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  };
  const status = await main(args, context);
  return { status, out, err };
}

test('a passing scenario streams its log, ends in a verdict and leaves its traces', async () => {
  put('run/a.xml', scenario('a', '<steps><await log="* 2 sheeps"/></steps>'));
  const { status, out, err } = await rescap(['run', 'a']);
  assert.is(status, 0, err);
  assert.is(err, '');
  assert.match(out, /^a: Shows a\.\n\[init -> rtcr -> sheep\] 1 sheep\n/);
  assert.match(out, /\npassed: a, 1 step in 0\.200 s of virtual time\n$/);
  assert.is(get('reports/a/serial.log'), '[init -> rtcr -> sheep] 1 sheep\n[init -> rtcr -> sheep] 2 sheeps\n');
  assert.is((JSON.parse(get('reports/a/result.json')) as { verdict: string }).verdict, 'passed');
});

test('a scenario is named by name, by path and by file, and quiet shows log and verdict alone', async () => {
  put('run/a.xml', scenario('a', '<succeed log="* 2 sheeps"/>'));
  for (const name of ['a', 'run/a', 'run/a.xml']) assert.is((await rescap(['run', '--quiet', name])).status, 0);
  assert.is((await rescap(['run', '-q', 'a'])).out, '[init -> rtcr -> sheep] 1 sheep\n[init -> rtcr -> sheep] 2 sheeps\npassed: a, 0 steps in 0.200 s of virtual time\n');
});

test('without names all scenarios run, and the closing line counts them', async () => {
  put('run/a.xml', scenario('a', '<succeed log="* 2 sheeps"/>'));
  put('run/b.xml', scenario('b', '<fail log="* 1 sheep"/><succeed log="x"/>'));
  const { status, out, err } = await rescap(['run', '--junit', 'out/j.xml']);
  assert.is(status, 1);
  assert.match(out, /\n1 passed, 1 failed\n$/);
  assert.match(err, /^rescap: exit 1 \(b: fail: log "\* 1 sheep"/);
  assert.ok(existsSync(join(folder, 'out/j.xml')));
});

test('a golden is missing, accepted, then the same, and a changed one fails', async () => {
  put('run/a.xml', scenario('a', DUMPING));
  const missing = await rescap(['run', 'a']);
  assert.is(missing.status, 3);
  assert.is(missing.err, 'rescap: exit 3 (golden missing: run/a.golden/c.caps)\n');
  assert.match((await rescap(['accept', 'a'])).out, /^accepted run\/a\.golden\/c\.caps\n$/);
  assert.not(existsSync(join(folder, 'run/a.golden/c.caps.new')));
  assert.match(get('run/a.golden/golden.json'), /"scenario": "a"/);
  assert.is((await rescap(['run', 'a'])).status, 0);
  put('run/a.golden/c.caps', get('run/a.golden/c.caps').replace('0017b', '0017c'));
  const changed = await rescap(['run', 'a']);
  assert.is(changed.err, 'rescap: exit 3 (golden mismatch: c.caps)\n');
  assert.match(changed.out, /id: 0x8 Gate was object 0x17c, is 0x17b/);
});

test('with CI set nothing is written beside the scenario', async () => {
  put('run/a.xml', scenario('a', DUMPING));
  assert.is((await rescap(['run', 'a'], { CI: 'true' })).status, 3);
  assert.not(existsSync(join(folder, 'run/a.golden')));
  assert.is((await rescap(['accept', 'a'], { CI: 'true' })).status, 2);
});

test('an invalid scenario is told with its places, and exits 2', async () => {
  put('run/a.xml', scenario('a', '<steps><await lgo="x"/></steps>'));
  const { status, out, err } = await rescap(['run', 'a']);
  assert.is(status, 2);
  assert.match(out, /run\/a\.xml:1:\d+: error\[E012\]/);
  assert.is(err, "rescap: exit 2 (unknown attribute 'lgo' of <await>)\n");
  assert.match((await rescap(['lint'])).err, /error\[E012\]/);
});

test('a scenario whose name is not that of its file is refused', async () => {
  put('run/a.xml', scenario('b', '<succeed log="x"/>'));
  assert.match((await rescap(['lint', 'a'])).err, /run\/a\.xml:1:17: error\[E018\]: the scenario is called 'b', its file 'a'/);
});

test('two scenarios of one name in different syntaxes are an error', async () => {
  put('run/a.xml', scenario('a', '<succeed log="x"/>'));
  put('run/a.yaml', 'a: 1');
  assert.match((await rescap(['run'])).err, /two scenarios are called 'a'/);
  assert.match((await rescap(['run', 'a'])).err, /'a' is both run\/a\.xml and run\/a\.yaml/);
});

test('a timeout exits 4, a report that cannot be written 2 by its name, nothing to run 6', async () => {
  assert.is((await rescap(['run'])).status, 6);
  put('run/a.xml', scenario('a', '<succeed log="x"/><fail after_ms="250"/>'));
  assert.is((await rescap(['run', 'a'])).status, 4);
  const { status, err } = await rescap(['run', 'a', '--reports', 'run/a.xml']);
  assert.is(status, 2);
  assert.match(err, /^rescap: exit 2 \('[^\n]*' cannot be written: [^\n]*\)\n$/);
});

test('dump prints the listing at a point and nothing else', async () => {
  put('run/a.xml', scenario('a', DUMPING));
  const { status, out } = await rescap(['dump', 'a@c']);
  assert.is(status, 0);
  assert.is(out, '000000 :       --        00142* Task             --               --\n000008 :0017b* Gate             --               --               --\n');
  assert.match((await rescap(['dump', 'a@d'])).err, /no point 'd'\nhelp: did you mean 'c'\?/);
});

test('diff compares a listing with a quoted part of it, and says so', async () => {
  put('a.caps', '000000 :       --        00142* Task             --               --\n000204 :0016e* Gate      0015f* Gate             --               --\n');
  put('mail.txt', 'Hello,\n> 000204 :0016e* Gate 0015f* IRQ -- --\n');
  const { status, out } = await rescap(['diff', 'a.caps', 'mail.txt']);
  assert.is(status, 3);
  assert.match(out, /^mail\.txt shows part of a table: its 1 rows are compared\n1 retargeted \(isomorphic\)\nretargeted: 0x205 was Gate/);
  assert.is((await rescap(['diff', 'a.caps', 'a.caps'])).status, 0);
  assert.match((await rescap(['diff', 'a.caps', 'b.caps'])).err, /there is no file 'b\.caps'/);
  assert.match((await rescap(['diff', 'a.caps', 'a.caps', '-c', 'equal'])).err, /'equal' is no way to compare/);
});

test('list shows each scenario with its sentence', async () => {
  put('run/a.xml', scenario('a', '<succeed log="x"/>'));
  put('run/long_name.xml', '<');
  assert.is((await rescap(['list'])).out, 'a          Shows a.\nlong_name  (has errors: rescap lint)\n');
});

test('a slip on the command line gets a suggestion and exits 2', async () => {
  put('run/sheep.xml', scenario('sheep', '<succeed log="x"/>'));
  assert.match((await rescap(['rnu'])).err, /did you mean 'rescap run'\?/);
  assert.match((await rescap(['run', 'shep'])).err, /did you mean 'sheep'\?/);
  assert.match((await rescap(['run', '--quite'])).err, /did you mean '--quiet'\?/);
  for (const args of [['rnu'], ['run', 'shep'], ['run', '--quite'], ['dump'], ['diff', 'a'], []]) assert.is((await rescap(args)).status, 2, args.join(' '));
});

test('the version is the one that the package says of itself', async () => {
  put('package.json', '{ "name": "rescap", "version": "1.2.3" }');
  for (const asked of ['--version', '-V']) {
    const { status, out } = await rescap([asked]);
    assert.is(status, 0);
    assert.is(out, 'rescap 1.2.3\n');
  }
});

test('the help of every command begins with an example', async () => {
  for (const { name } of COMMANDS) {
    const { status, out } = await rescap([name, '--help']);
    assert.is(status, 0);
    assert.match(out, new RegExp(`^  rescap ${name}`));
  }
});

test.run();
