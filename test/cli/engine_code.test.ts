// The code that V8 made for the fast engine when the program was built is taken back, and what comes out is the same without it and with
// one that is of no use. Works on a copy of dist/; skipped where nothing is built or this V8 hands out none.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { v8Flags } from '../../src/cli/v8_flags.ts';
import { suite } from '../kit.ts';

const test = suite('engine_code', { timeout_ms: 120_000 });
const ROOT = join(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'dist');
const SCENARIO = 'log_only';

/** Loaded before the program: says how many modules of WebAssembly are compiled. */
const HOOK = `
const { Module } = WebAssembly;
let compiled = 0;
WebAssembly.Module = function (bytes) { compiled++; return new Module(bytes); };
process.on('exit', () => require('node:fs').writeFileSync('compiled', String(compiled)));
`;

const folder = mkdtempSync(join(tmpdir(), 'rescap-engine-code-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

interface Seen {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  readonly compiled: number;
}

function replay(...flags: readonly string[]): Seen {
  const args = ['-r', './hook.cjs', ...flags, 'dist/rescap.cjs', 'replay', SCENARIO, '--to', '30_000_000', '--regs', '--threads', '--objects', '--log'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 });
  return { status, out: stdout, err: stderr, compiled: Number(readFileSync(join(folder, 'compiled'), 'utf8')) };
}

const keptIn = (dist: string): string | undefined => readdirSync(dist).find((file) => /^rescap\.engine\..*\.cache$/.test(file));

if (!existsSync(join(BUILT, 'rescap.cjs'))) test.skip('the code of the engine', 'the program is not built: dist/rescap.cjs is missing');
else if (v8Flags(process.versions.v8).open.length === 0) test.skip('the code of the engine', 'this V8 hands out no code of WebAssembly');
else {
  test.before(() => {
    cpSync(BUILT, join(folder, 'dist'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(ROOT, 'src'), join(folder, 'src'));
    mkdirSync(join(folder, 'run'));
    cpSync(join(ROOT, `run/${SCENARIO}.xml`), join(folder, `run/${SCENARIO}.xml`));
    writeFileSync(join(folder, 'hook.cjs'), HOOK);
  });

  test('a build keeps it, and a run with it compiles no engine', () => {
    assert.is.not(keptIn(BUILT), undefined);
    const { status, err, compiled } = replay();
    assert.equal([status, err, compiled], [0, '', 0]);
  });

  test('with other flags of V8, damaged, cut off, empty or missing it is done without: the engine is compiled, what comes out is the same, and the file is left', () => {
    const good = replay();
    const file = join(folder, 'dist', keptIn(join(folder, 'dist')) ?? '');
    const bytes = readFileSync(file);
    const half = bytes.length / 2;
    const compiled: Seen = { ...good, compiled: 1 };
    assert.equal(replay('--stack-size=900'), compiled, 'other flags');
    assert.equal(readFileSync(file), bytes);
    const spoilt: Readonly<Record<string, Buffer>> = {
      'a bit of the first half': Buffer.from(bytes.map((byte, at) => (at === half >>> 1 ? byte ^ 4 : byte))),
      'the last byte': Buffer.from(bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 0x80 : byte))),
      'cut off': bytes.subarray(0, bytes.length - 2),
      'one half': bytes.subarray(0, half),
      'one byte': bytes.subarray(0, 1),
      'other bytes, twice': Buffer.alloc(2000, 7),
      empty: Buffer.alloc(0),
    };
    for (const [way, content] of Object.entries(spoilt)) {
      writeFileSync(file, content);
      assert.equal(replay(), compiled, way);
      assert.equal(readFileSync(file), content, way);
    }
    rmSync(file);
    assert.equal(replay(), compiled, 'missing');
    mkdirSync(file);
    assert.equal(replay(), compiled, 'a folder');
    rmSync(file, { recursive: true });
  });
}

test.run();
