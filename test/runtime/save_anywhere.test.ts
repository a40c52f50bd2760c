// The whole system saved at random instructions, checkpoint and restore in progress included, and loaded again in another
// process, goes on to the same bytes (architecture, law 2).

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from '../kit.ts';
import { boot, drive, load, save } from './counting_run.ts';

const MOMENTS = 100;
const test = suite('saving the system anywhere', { timeout_ms: 120_000 });
const folder = dirname(fileURLToPath(import.meta.url));

/** The undisturbed run, and where its busy parts are: instructions at which commands ran, and start-up. */
function reference(): { console: string; last: number; busy: readonly (readonly [number, number])[] } {
  const run = boot();
  const busy: [number, number][] = [[1, 3_000_000]];
  let begin: number | null = null;
  run.system.machine.events.listen(['note'], (event) => {
    if (event.kind !== 'note') return;
    if (event.what === 'control_begins') begin = event.instructions;
    if (event.what !== 'control_done' || begin === null) return;
    busy.push([begin - 2000, event.instructions + 20_000]);
    begin = null;
  });
  drive(run, Number.POSITIVE_INFINITY);
  return { console: run.state.console, last: run.system.machine.instructions, busy };
}

/** Random moments: most in the busy parts, where handlers are in mid-flight, the others anywhere. Reproducible. */
function moments({ last, busy }: { last: number; busy: readonly (readonly [number, number])[] }): number[] {
  const anywhere = fc.integer({ min: 1, max: last - 1 });
  const inBusy = fc.constantFrom(...busy).chain(([from, to]) => fc.integer({ min: from, max: Math.min(to, last - 1) }));
  const moment = fc.oneof({ arbitrary: inBusy, weight: 4 }, { arbitrary: anywhere, weight: 1 });
  return [...fc.sample(moment, { seed: 2017, numRuns: MOMENTS })].sort((a, b) => a - b);
}

test(`${MOMENTS} random instructions of checkpoint and restore, loaded in a fresh process, go on to the same bytes`, () => {
  const whole = reference();
  const store = mkdtempSync(join(tmpdir(), 'rescap-save-'));
  try {
    const run = boot();
    const files = moments(whole).map((at) => {
      drive(run, at);
      const file = join(store, `${at}.state`);
      writeFileSync(file, save(run));
      return file;
    });
    const listing = join(store, 'listing');
    writeFileSync(listing, files.join('\n'));
    const output = execFileSync(process.execPath, ['--import', 'tsx', join(folder, 'continue_saved.ts'), listing], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const consoles = JSON.parse(output) as readonly string[];
    assert.is(consoles.length, MOMENTS);
    consoles.forEach((text, i) => {
      if (text !== whole.console) assert.is(text, whole.console, `saved in ${files[i] ?? ''}`);
    });
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
});

test('a loaded system saves to the bytes that it was loaded from', () => {
  const run = boot();
  drive(run, 2_000_000);
  const bytes = save(run);
  assert.equal(Buffer.compare(Buffer.from(save(load(bytes))), Buffer.from(bytes)), 0);
});

test.run();
