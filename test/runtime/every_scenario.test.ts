// Every scenario of run/, cut at a random instruction: saved and loaded in a fresh process, or remembered and brought back in this one,
// it goes on to the same console, listings and memory (architecture, law 2). Once each; RESCAP_EVERY=1 cuts each at ten instructions.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { encodeStateFile } from '../../src/cli/state_file.ts';
import { suite } from '../kit.ts';
import { goOn, root, scenarioFiles, systemAt } from './scenario_states.ts';

const test = suite('runtime/every_scenario', { timeout_ms: 600_000 });
const SEED = 20170323;
/** Two seconds of virtual time, of which the start-up is the busy part. */
const LATEST = 130_000_000;
const EARLY = 8_000_000;
const MORE = 1_500_000;
const CUTS = process.env['RESCAP_EVERY'] === '1' ? 10 : 1;

type Seen = ReturnType<typeof goOn>;

/** Tells where the first difference is, not all of it. */
function same(seen: Seen, expected: Seen, where: string): void {
  for (const part of ['console', 'listings', 'hash'] as const) {
    const [have, want] = [seen[part].split('\n'), expected[part].split('\n')];
    const at = want.findIndex((line, i) => line !== have[i]);
    if (at >= 0 || have.length !== want.length) assert.unreachable(`${where}: ${part} differs in line ${at + 1}: "${have[at] ?? ''}", not "${want[at] ?? ''}"`);
  }
}

/** Each file cut at one of `moments`, this process's way on compared with what it does once brought back; then the same in another process. */
function cutAll(files: readonly string[], moments: readonly number[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'rescap-every-'));
  try {
    const cases = files.map((file, i) => {
      const system = systemAt(file, moments[i] as number);
      const path = join(folder, `${i}.state`);
      writeFileSync(path, encodeStateFile(system.save()));
      const where = `${file} at instruction ${system.machine.instructions}`;
      const start = system.snapshot();
      const first = goOn(system, MORE);
      system.rewind(start);
      same(goOn(system, MORE), first, `${where}, brought back`);
      return { where, path, first };
    });
    const listing = join(folder, 'listing');
    writeFileSync(listing, cases.map(({ path }) => path).join('\n'));
    const output = execFileSync(process.execPath, ['--import', 'tsx', join(root, 'test/runtime/continue_scenarios.ts'), listing, String(MORE)], { encoding: 'utf8', maxBuffer: 1 << 28, cwd: root });
    const seen = JSON.parse(output) as Seen[];
    cases.forEach(({ where, first }, i) => {
      same(seen[i] as Seen, first, `${where}, loaded in another process`);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const files = scenarioFiles();
const moments = fc.sample(fc.oneof(fc.integer({ min: 1, max: EARLY }), fc.integer({ min: 1, max: LATEST })), { seed: SEED, numRuns: files.length * CUTS });
for (let cut = 0; cut < CUTS; cut++) {
  test(`every scenario goes on to the same bytes in a fresh process and after a rewind, from a random instruction (${cut + 1} of ${CUTS})`, () => {
    cutAll(files, moments.slice(cut * files.length));
  });
}

test.run();
