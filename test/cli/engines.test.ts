// The engines from the command line: the same bytes whichever runs, and names that there are not are refused.
// Owner of one temporary folder, removed at the end.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { main } from '../../src/cli/main.ts';
import { ENGINES } from '../../src/emu/arm/engine.ts';
import { suite } from '../kit.ts';
import { realContext } from './context.ts';

const test = suite('engines');
const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const root = mkdtempSync(join(tmpdir(), 'rescap-engines-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

/** Cheap scenarios that between them checkpoint, restore, fault, and run undefined instructions and endless loops. */
const SCENARIOS = ['sheep_counter', 'lost_semaphore', 'page_fault', 'undefined_instruction'];

async function rescap(...args: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  const { context, output, errors } = realContext(packageRoot, { env: { CI: '1' } });
  const status = await main(args, context);
  return { status, out: output(), err: errors() };
}

function filesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'utf8')]));
}

for (const scenario of SCENARIOS) {
  test(`${scenario} leaves the same bytes on every engine`, async () => {
    const results = [];
    for (const engine of ENGINES) {
      const reports = join(root, engine, scenario);
      const { status, out } = await rescap('run', scenario, `--engine=${engine}`, '--reports', reports);
      results.push({ status, out, files: filesOf(reports) });
    }
    const [first, ...others] = results;
    assert.is(first?.status, 0);
    assert.ok(Object.keys(first?.files ?? {}).length > 2);
    for (const other of others) assert.equal(other, first);
  });
}

test('coverage counts the rows that a run executes, the same on every engine', async () => {
  const [first, ...others] = await Promise.all(ENGINES.map((engine) => rescap('coverage', 'undefined_instruction', `--engine=${engine}`)));
  assert.is(first?.status, 0, first?.err);
  assert.match(first?.out ?? '', /^ *1  A32  vfp \(data processing, transfer\)$/m);
  assert.match(first?.out ?? '', /\nA32: \d+ of \d+ rows, T32: 0 of \d+ rows\n$/);
  for (const other of others) assert.equal(other, first);
});

test('an engine that there is not is refused, with a suggestion where one is near', async () => {
  const near = await rescap('run', 'sheep_counter', '--engine=refrence');
  assert.is(near.status, 2);
  assert.match(near.err, /there is no engine 'refrence'\nhelp: did you mean 'reference'\?/);
  const far = await rescap('sweep', 'sheep_counter', '--engine=qemu');
  assert.is(far.status, 2);
  assert.match(far.err, /there is no engine 'qemu'\nhelp: there are reference, fast and jit/);
});

test.run();
