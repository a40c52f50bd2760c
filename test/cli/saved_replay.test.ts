// Saving the machine of a replay to a file and going on from there: the same as without the file. Other files are refused in words.
// Owner of one temporary folder, removed at the end.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/cli/context.ts';
import { main } from '../../src/cli/main.ts';
import { decodeStateFile, encodeStateFile } from '../../src/cli/state_file.ts';
import { bootSystem, restoreSystem } from '../../src/runtime/boot_system.ts';
import { programNamed } from '../../src/runtime/native/component.ts';
import { hostedImage } from '../../src/runtime/native/image.ts';
import { suite } from '../kit.ts';

const test = suite('saved replays', { timeout_ms: 60_000 });
const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'rescap-saved-'));
const FILE = join(folder, 'a.state');
test.after(() => rmSync(folder, { recursive: true, force: true }));

async function replay(...args: readonly string[]): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const context: Context = {
    cwd: ROOT, env: { CI: '1' }, boot: bootSystem, restore: restoreSystem, terminal: false, packageRoot: ROOT, wall_ms: () => 0,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    hostedProgram: (name) => {
      const program = programNamed(name);
      return program === undefined ? undefined : hostedImage(program);
    },
  };
  const status = await main(['replay', ...args], context);
  return { status, out, err };
}

const VIEWS = ['--threads', '--caps=log_only', '--objects', '--log=5', '--mem', 'log_only 0x1000000 64'];

test('a machine that was saved shows what it showed, and goes on as it would have', async () => {
  const saved = await replay('log_only', '--to', '170ms', '--save-state', FILE, ...VIEWS);
  assert.is(saved.status, 0, saved.err);
  assert.match(saved.out, /^saved: .*a\.state, \d+ bytes\n/);
  const opened = await replay('--from', FILE, ...VIEWS);
  assert.is(opened.status, 0, opened.err);
  assert.is(opened.out, saved.out.replace(/^saved: .*\n\n/, ''));
  for (const to of ['* log_only: hello*', '172ms', 'line:65', 'event:3700', '500ms']) {
    const straight = await replay('log_only', '--to', to, ...VIEWS);
    assert.is(straight.status, 0, straight.err);
    assert.equal(await replay('--from', FILE, '--to', to, ...VIEWS), straight, to);
    assert.equal(await replay('--from', FILE, '--to', to, '--back', '1000', ...VIEWS), await replay('log_only', '--to', to, '--back', '1000', ...VIEWS), `${to}, and back`);
  }
});

test('a moment after going back is saved as it is there, half a log line included', async () => {
  const file = join(folder, 'b.state');
  const saved = await replay('log_only', '--to', 'line:65', '--back', '40 events', '--save-state', file, '--log=3');
  const opened = await replay('--from', file, '--log=3');
  assert.is(opened.out, saved.out.replace(/^saved: .*\n\n/, ''));
  assert.equal(await replay('--from', file, '--to', 'line:66', ...VIEWS), await replay('log_only', '--to', 'line:66', ...VIEWS));
});

test('what was before the saved moment is not in the file, and that is said', async () => {
  for (const to of ['1', 'event:1', 'line:3']) {
    const { status, err } = await replay('--from', FILE, '--to', to);
    assert.is(status, 1, to);
    assert.match(err, /what was before is not in the file/);
  }
  assert.match((await replay('--from', FILE, '--to', '* never printed *')).err, /"\* never printed \*" does not come: the run ends at instruction \d+ .*nothing will happen any more/);
});

test('files that are damaged, cut, foreign, of another version or missing are refused in one line with exit status 2', async () => {
  const good = readFileSync(FILE);
  const damaged = Buffer.from(good);
  damaged[good.length >>> 1] = (good[good.length >>> 1] as number) ^ 4;
  const state = decodeStateFile(good) as { readonly system: { readonly [name: string]: never } };
  const bad: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['damaged', damaged, /checksum does not match, the file is damaged/],
    ['cut', good.subarray(0, 100), /the file is cut or has something behind it/],
    ['empty', new Uint8Array(), /shorter than its header/],
    ['foreign', readFileSync(join(ROOT, 'README.md')), /this is no saved system/],
    ['later', encodeStateFile({ ...state, version: 2 }), /saved state of replay: unknown version 2/],
    ['other', encodeStateFile({ ...state, system: { ...state.system, version: 99 } }), /version 99/],
    ['strange', encodeStateFile({ ...state, system: {} }), /cannot be opened/],
  ];
  for (const [name, bytes, words] of bad) {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    const { status, out, err } = await replay('--from', file);
    assert.equal([status, out], [2, ''], name);
    assert.match(err, words, name);
    assert.is(err.trimEnd().split('\n').length, 1, name);
  }
  assert.match((await replay('--from', join(folder, 'none'))).err, /there is no file/);
});

test('what cannot go together is refused, and a state that cannot be written is told', async () => {
  for (const args of [['log_only', '--from', FILE], ['--from', FILE, '--boot-dir', ROOT], ['--from', FILE, '--to', 'x'], ['--save-state', FILE]]) {
    const { status } = await replay(...args);
    assert.is(status, 2, args.join(' '));
  }
  const { status, err } = await replay('log_only', '--to', '1', '--save-state', join(FILE, 'inside', 'a.state'));
  assert.is(status, 2);
  assert.match(err, /--save-state: .* cannot be written/);
  assert.ok(existsSync(FILE));
});

test.run();
