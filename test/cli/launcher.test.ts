// The built program starts with its code cache, without one, and with one that is of no use; each time it says the same.
// Works on a copy of dist/; skipped where nothing is built.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../kit.ts';

const test = suite('launcher');
const ROOT = join(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'dist');
const TIMEOUT_MS = 60_000;

const isBuilt = existsSync(join(BUILT, 'rescap.mjs'));
const folder = isBuilt ? mkdtempSync(join(tmpdir(), 'rescap-launcher-')) : '';
const dist = join(folder, 'dist');

function rescap(...args: string[]): { readonly status: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(dist, 'rescap.mjs'), ...args], { cwd: folder, encoding: 'utf8', timeout: TIMEOUT_MS });
  return { status, out: stdout, err: stderr };
}

const caches = () => readdirSync(dist).filter((file) => file.endsWith('.cache'));

if (isBuilt) {
  test.before(() => {
    mkdirSync(dist);
    for (const file of ['rescap.mjs', 'rescap.main.cjs', 'rescap.engine.wasm']) copyFileSync(join(BUILT, file), join(dist, file));
    copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  });
  test.after(() => rmSync(folder, { recursive: true, force: true }));

  test('a run leaves one cache, other commands leave none, and none is needed', () => {
    const { status, out, err } = rescap('--help');
    assert.is(err, '');
    assert.is(status, 0);
    assert.match(out, 'rescap run sheep_counter');
    assert.equal(caches(), []);
    assert.is(rescap('run').status, 6);
    assert.is(caches().length, 1);
  });

  test('a cache that is cut off, empty or a folder changes nothing in what comes out', () => {
    const good = rescap('--help');
    const cache = join(dist, caches()[0] ?? '');
    truncateSync(cache, statSync(cache).size >>> 1);
    assert.equal(rescap('--help'), good);
    writeFileSync(cache, '');
    assert.equal(rescap('--help'), good);
    rmSync(cache);
    mkdirSync(cache);
    assert.equal(rescap('--help'), good);
    assert.is(rescap('run').status, 6);
    assert.equal(readdirSync(dist).length, 4);
  });
} else test.skip('starting with and without a code cache', 'the program is not built: dist/rescap.mjs is missing');

test.run();
