// The table of many sweeps: counts of each record, and their sums.

import * as assert from 'uvu/assert';
import { sweepTable } from '../../src/report/sweep_table.ts';
import type { Outcome } from '../../src/runner/sweep/experiment.ts';
import { emptyRecord, type SweepRecord, withResults } from '../../src/runner/sweep/record.ts';
import { suite } from '../kit.ts';

const test = suite('table of sweeps');

const record = (scenario: string, outcomes: readonly Outcome[]): SweepRecord =>
  withResults(emptyRecord({ scenario, hash: 'h', component: 'rtcr -> a, b', moments_of: 'every fault', strategy: { checkpoint: {}, restore: {} } }, 9),
    outcomes.map((outcome, i) => ({ moment: i + 1, outcome, reason: outcome === 'ok' ? [] : ['a | reason'], threads: [] })));

test('each sweep is a row with its counts and reasons, sorted by scenario, and the last row has the sums', () => {
  const lines = sweepTable([record('z', ['ok', 'ok', 'failed']), record('b', ['refused', 'refused', 'reordered', 'renumbered', 'renumbered', 'ok'])]).trimEnd().split('\n').slice(2);
  assert.equal(lines, [
    '| `b` | rtcr -> a, b | 9 | 6 | 1 | 1 | 2 | 0 | 2 | 0 | 2: a / reason |',
    '| `z` | rtcr -> a, b | 9 | 3 | 2 | 0 | 0 | 0 | 0 | 1 | failed first at 3: a / reason |',
    '| all | | 18 | 9 | 3 | 1 | 2 | 0 | 2 | 1 | |',
  ]);
});

test.run();
