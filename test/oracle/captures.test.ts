// Scenarios of run/oracle against the captured boards in place: goldens are the captured rows, and tables that can be exact are exact.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../kit.ts';
import { CAPTURES, capturedRows, compareCapture, isAtHand, rowsOf } from './captures.ts';

const test = suite('oracle');
const NOT_AT_HAND = 'the captures are not at hand';

/** Tables that are the captured ones, object numbers included. */
const EXACT: Readonly<Record<string, readonly string[]>> = {
  'oracle/log_only': ['core', 'init', 'log_only'],
  'oracle/multi_ep': ['core', 'init', 'multi_ep'],
  'oracle/sheep': ['core', 'init', 'timer', 'sheep_counter'],
  'oracle/rtcr_log_only': ['core', 'init', 'log_only'],
  'oracle/rtcr_sheep': ['core', 'init', 'timer', 'sheep_counter'],
  'oracle/restore_master': ['core', 'init', 'sheep_counter'],
  'oracle/restore_fixing_restore': ['sheep_counter'],
};

for (const capture of CAPTURES) {
  const { scenario } = capture;
  const exact = EXACT[scenario] ?? [];
  const tables = `${scenario}: ${exact.join(', ')} have the captured rows of ${capture.folder}`;
  const goldens = `the goldens of ${scenario} are the captured rows of ${capture.folder}`;
  if (!isAtHand(capture)) {
    test.skip(exact.length > 0 ? tables : goldens, NOT_AT_HAND);
    continue;
  }
  if (exact.length > 0) {
    test(tables, () => {
      const compared = compareCapture(capture).filter(({ component }) => exact.includes(component));
      assert.equal(compared.map(({ component }) => component), exact);
      assert.equal(compared.flatMap(({ different }) => different), []);
    });
  }
  if (!scenario.startsWith('oracle/')) continue;
  test(goldens, () => {
    for (const [task, component] of Object.entries(capture.tasks)) {
      const golden = readFileSync(new URL(`../../run/${scenario}.golden/${component}.caps`, import.meta.url), 'utf8');
      assert.equal(rowsOf(golden), capturedRows(capture, task));
    }
  });
}

test.run();
