// The built program starts with its code caches, without them, and with ones that are of no use; each time it says the same.
// Works on a copy of dist/; skipped where nothing is built.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../kit.ts';

const test = suite('launcher');
const ROOT = join(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'dist');
const TIMEOUT_MS = 60_000;

const isBuilt = existsSync(join(BUILT, 'rescap.cjs'));
const folder = isBuilt ? mkdtempSync(join(tmpdir(), 'rescap-launcher-')) : '';
const dist = join(folder, 'dist');

const rescap = (...args: string[]) => rescapIn(process.env, ...args);

function rescapIn(env: NodeJS.ProcessEnv, ...args: string[]): { readonly status: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(dist, 'rescap.cjs'), ...args], { cwd: folder, env, encoding: 'utf8', timeout: TIMEOUT_MS });
  return { status, out: stdout, err: stderr };
}

const isCache = (file: string) => file.endsWith('.cache');
const cacheOf = (script: string) => readdirSync(dist).find((file) => isCache(file) && file.startsWith(`rescap.${script}.`)) ?? '';

if (isBuilt) {
  test.before(() => {
    mkdirSync(dist);
    for (const file of readdirSync(BUILT)) if (!isCache(file)) copyFileSync(join(BUILT, file), join(dist, file));
    copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  });
  test.after(() => rmSync(folder, { recursive: true, force: true }));

  test('a run leaves a cache of what runs, other commands leave none of it, and none is needed', () => {
    const { status, out, err } = rescap('--help');
    assert.is(err, '');
    assert.is(status, 0);
    assert.match(out, 'rescap run sheep_counter');
    assert.is(cacheOf('start'), '');
    assert.is.not(cacheOf('more'), '');
    assert.is(rescap('run').status, 6);
    assert.is.not(cacheOf('start'), '');
  });

  test('a cache is left as it is by another command, but where a build asks for more: then what that one compiled is added', () => {
    const bytes = () => readFileSync(join(dist, cacheOf('start')));
    const before = bytes();
    const plain = rescap('replay', '--help');
    assert.is(plain.status, 0);
    assert.equal(bytes(), before);
    assert.equal(rescapIn({ ...process.env, RESCAP_ADD_CODE: 'true' }, 'replay', '--help'), plain);
    assert.ok(bytes().length > before.length);
  });

  test('a cache that is cut off, empty, damaged or a folder changes nothing in what comes out, and the next run makes it anew', () => {
    const good = rescap('--help');
    const cache = join(dist, cacheOf('start'));
    const size = statSync(cache).size;
    const bytes = readFileSync(cache);
    const spoil: readonly (() => void)[] = [
      () => truncateSync(cache, size >>> 1),
      () => writeFileSync(cache, ''),
      () => writeFileSync(cache, bytes.map((byte, at) => (at % 1009 === 1008 ? byte ^ 0x55 : byte))),
      () => writeFileSync(cache, bytes.map((byte, at) => (at === size - 9 ? byte ^ 1 : byte))),
    ];
    for (const [k, make] of spoil.entries()) {
      make();
      assert.equal(rescap('--help'), good, `way ${k}`);
      assert.is(rescap('run').status, 6, `way ${k}`);
      assert.ok(statSync(cache).size > size >>> 1, `way ${k}`);
    }
    rmSync(cache);
    mkdirSync(cache);
    assert.equal(rescap('--help'), good);
    assert.is(rescap('run').status, 6);
    assert.is(readdirSync(dist).filter((file) => /\.\d+$/.test(file)).length, 0);
  });
} else test.skip('starting with and without a code cache', 'the program is not built: dist/rescap.cjs is missing');

test.run();
