// The captured times that `rescap bench capture` prints beside its own against the timing files of the captures.
// Owns nothing; the captures lie in ../shared/oracle.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { CAPTURED_RESTORES, capturedRestores } from '../../src/cli/bench/captured_restores.ts';
import { realContext } from '../cli/context.ts';
import { suite } from '../kit.ts';

const test = suite('oracle timing');
const folder = fileURLToPath(new URL('../../../shared/oracle/', import.meta.url));
const FOLDERS: Readonly<Record<string, string>> = { 'oracle/restore_master': 'rtcr-master', 'oracle/restore_fixing_restore': 'rtcr-fixing_restore' };

const cpu_ms = (set: string, point: string): number =>
  Math.round(1000 * Number((JSON.parse(readFileSync(join(folder, set, 'rtcr_restore', `timing.${point}.icount.json`), 'utf8')) as Record<string, unknown>)['qemu_cpu_s_at_match']));

const beside = (name: string, body: () => void): void => void (existsSync(folder) ? test(name, body) : test.skip(name, '../shared/oracle is not here'));

for (const { scenario, pre_ms, post_ms } of CAPTURED_RESTORES)
  beside(`${scenario}: the captured times are those of the timing files`, () => {
    const set = FOLDERS[scenario] ?? '';
    assert.equal([pre_ms, post_ms], [cpu_ms(set, 'pre'), cpu_ms(set, 'post')]);
  });

test('a restore is timed in two parts, each beside the captured one', () => {
  const { context } = realContext('.', { wall_ms: () => performance.now() });
  const figures = capturedRestores(1, context, CAPTURED_RESTORES.slice(1));
  assert.is(figures.length, 6);
  for (const { name, samples } of figures) assert.ok(samples.every((sample) => sample > 0), `${name}: ${samples.join(' ')}`);
  assert.is(figures[4]?.samples[0], 1510 - 930);
});

test.run();
