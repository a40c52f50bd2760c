// Scenarios of run/oracle against the captured boards in place: goldens are the captured rows, and tables that can be exact are exact.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../kit.ts';
import { CAPTURES, capturedRows, compareCapture, compareFaults, compareThreads, isAtHand, rowsOf } from './captures.ts';

const test = suite('oracle');
const NOT_AT_HAND = 'the captures are not at hand';

/** Tables that are the captured ones, object numbers included. */
const EXACT: Readonly<Record<string, readonly string[]>> = {
  'oracle/log_only': ['core', 'init', 'log_only'],
  'oracle/multi_ep': ['core', 'init', 'multi_ep'],
  'oracle/sheep': ['core', 'init', 'timer', 'sheep_counter'],
  'oracle/rtcr_log_only': ['core', 'init', 'log_only'],
  'oracle/rtcr_sheep': ['core', 'init', 'timer', 'sheep_counter'],
  'oracle/restore_master': ['core', 'init', 'timer', 'sheep_counter', 'target_restorer-tester'],
  'oracle/restore_fixing_restore': ['core', 'init', 'timer', 'sheep_counter', 'target_restorer-tester'],
};

/** Tables after the restores that are the captured ones, object numbers included. */
const EXACT_AFTER: readonly string[] = ['core', 'init', 'timer', 'sheep_counter#1', 'target_restorer-tester', 'sheep_counter#2'];

for (const capture of CAPTURES) {
  const { scenario } = capture;
  const after = capture.point === 'post';
  const exact = after ? EXACT_AFTER : (EXACT[scenario] ?? []);
  const tables = `${scenario}@${capture.point}: ${exact.join(', ')} have the captured rows of ${capture.folder}`;
  const goldens = `the goldens of ${scenario}@${capture.point} are the captured rows of ${capture.folder}`;
  const faults = `after ${scenario} the same threads fault as on the board, in that order, with that access and at that address`;
  const threads = `${scenario}@${capture.point}: all threads are in the states in which the board had them, with the same partners`;
  if (!isAtHand(capture)) {
    test.skip(exact.length > 0 ? tables : goldens, NOT_AT_HAND);
    test.skip(threads, NOT_AT_HAND);
    if (after) test.skip(faults, NOT_AT_HAND);
    continue;
  }
  if (after) {
    test(faults, () => {
      const { captured, here } = compareFaults(capture);
      assert.equal(captured.length, scenario === 'oracle/restore_fixing_restore' ? 9 : 0);
      assert.equal(here, captured);
    });
  }
  test(threads, () => {
    const { captured, here } = compareThreads(capture);
    assert.ok(captured.length >= 15);
    assert.equal(here, captured);
  });
  if (exact.length > 0) {
    test(tables, () => {
      const compared = compareCapture(capture).filter(({ component }) => exact.includes(component));
      assert.equal(compared.map(({ component }) => component).sort(), [...exact].sort());
      assert.equal(compared.flatMap(({ different }) => different), []);
    });
  }
  if (!scenario.startsWith('oracle/')) continue;
  test(goldens, () => {
    for (const [task, component] of Object.entries(capture.tasks)) {
      const name = capture.goldens === undefined ? component : capture.goldens[component];
      if (name === undefined) continue;
      const golden = readFileSync(new URL(`../../run/${scenario}.golden/${name}.caps`, import.meta.url), 'utf8');
      assert.equal(rowsOf(golden), capturedRows(capture, task));
    }
  });
}

test.run();
