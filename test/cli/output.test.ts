// What is said reaches its reader whole: in a file, through a pipe that is full and does not wait, and one that takes its time. Owner of
// one temporary folder.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../kit.ts';

const test = suite('output', { timeout_ms: 60_000 });
const OUTPUT = join(import.meta.dirname, '../../src/cli/output.ts');
const folder = mkdtempSync(join(tmpdir(), 'rescap-output-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Longer than a pipe holds, with characters of more than one byte across every boundary. */
const LINES = 40_000;
const TEXT = Array.from({ length: LINES }, (_, k) => `${k} Größe €\n`).join('');
const SPEAKER = join(folder, 'speaker.ts');
writeFileSync(SPEAKER, `
import { outputTo } from ${JSON.stringify(OUTPUT)};
const output = outputTo(1, (error) => { process.stderr.write(String(error.code)); process.exit(3); });
let text = '';
for (let k = 0; k < ${LINES}; k++) text += k + ' Gr\\u00f6\\u00dfe \\u20ac\\n';
const half = text.length >>> 1;
output.write(text.slice(0, half));
output.write(text.slice(half));
process.stderr.write(JSON.stringify([output.terminal === null, output.isDone()]));
process.exit(0);
`);
/** A socket of Node's sets the pipe, which is everybody's, so that it does not wait. */
const HURRY = join(folder, 'hurry.cjs');
writeFileSync(HURRY, "new (require('node:net').Socket)({ fd: 3, readable: false }).unref();");

const node = JSON.stringify(process.execPath);
const speaker = `${node} --import ${JSON.stringify(import.meta.resolve('tsx'))} ${JSON.stringify(pathToFileURL(SPEAKER).pathname)}`;
const shell = (command: string) => spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 24, timeout: 50_000 });

test('into a pipe of Node, which is a socket', () => {
  const { stdout, stderr } = shell(speaker);
  assert.is(stderr, '[true,true]');
  assert.ok(stdout === TEXT);
});

test('into a file', () => {
  const file = openSync(join(folder, 'file'), 'w');
  const { stderr } = spawnSync('sh', ['-c', speaker], { stdio: ['ignore', file, 'pipe'], encoding: 'utf8', timeout: 50_000 });
  closeSync(file);
  assert.is(stderr, '[true,true]');
  assert.ok(readFileSync(join(folder, 'file'), 'utf8') === TEXT);
});

test('through a pipe whose reader begins late', () => {
  const { stdout, stderr } = shell(`${speaker} | { sleep 1; cat; }`);
  assert.is(stderr, '[true,true]');
  assert.ok(stdout === TEXT);
});

test('through such a pipe that somebody has set not to wait', () => {
  const { stdout, stderr } = shell(`{ ${node} ${JSON.stringify(HURRY)} 3>&1; ${speaker}; } | { sleep 1; cat; }`);
  assert.is(stderr, '[true,true]');
  assert.ok(stdout === TEXT);
});

test('a pipe without reader is told to the caller', () => {
  const { status, stderr } = shell(`{ ${speaker}; echo "status $?" >&2; } | true`);
  assert.is(status, 0);
  assert.is(stderr, 'EPIPEstatus 3\n');
});

test('the null device takes everything', () => {
  assert.is(shell(`${speaker} >/dev/null`).stderr, '[true,true]');
});

test.run();
