// Every scenario of run/, cut at a random instruction: saved and loaded in a fresh process, or remembered and brought back in this one,
// it goes on to the same console, listings and memory (architecture, law 2). A sample by default; RESCAP_EVERY=1 takes all.

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
const SAMPLE = 4;
/** Two seconds of virtual time, of which the start-up is the busy part. */
const LATEST = 130_000_000;
const EARLY = 8_000_000;
const MORE = 1_500_000;
const ALL = (process.env['RESCAP_EVERY'] ?? '') !== '';

type Seen = ReturnType<typeof goOn>;

/** Tells where the first difference is, not all of it. */
function same(seen: Seen, expected: Seen, where: string): void {
  for (const part of ['console', 'listings', 'hash'] as const) {
    const [have, want] = [seen[part].split('\n'), expected[part].split('\n')];
    const at = want.findIndex((line, i) => line !== have[i]);
    if (at >= 0 || have.length !== want.length) assert.unreachable(`${where}: ${part} differs in line ${at + 1}: "${have[at] ?? ''}", not "${want[at] ?? ''}"`);
  }
}

test(`${ALL ? 'every scenario' : `${SAMPLE} scenarios`} at random instructions go on to the same bytes in a fresh process and after a rewind`, () => {
  const all = scenarioFiles();
  const moments = fc.sample(fc.oneof(fc.integer({ min: 1, max: EARLY }), fc.integer({ min: 1, max: LATEST })), { seed: SEED, numRuns: all.length });
  const chosen = ALL ? all.map((_, i) => i) : fc.sample(fc.shuffledSubarray(all.map((_, i) => i), { minLength: SAMPLE, maxLength: SAMPLE }), { seed: SEED, numRuns: 1 })[0] ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'rescap-every-'));
  try {
    const cases = chosen.flatMap((i) => {
      const [file, moment] = [all[i] ?? '', moments[i] ?? 1];
      const system = systemAt(file, moment);
      if (system === null) return [];
      const path = join(folder, `${i}.state`);
      writeFileSync(path, encodeStateFile(system.save()));
      const where = `${file} at instruction ${system.machine.instructions}`;
      const start = system.snapshot();
      const first = goOn(system, MORE);
      system.rewind(start);
      same(goOn(system, MORE), first, `${where}, brought back`);
      return [{ where, path, first }];
    });
    assert.ok(cases.length >= Math.min(SAMPLE, chosen.length) - 2, 'too few scenarios could be cut');
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
});

test.run();
