// Tests of what the engines are measured beside: where it is missing or does not work, that is told in words.
// Owns no state.

import * as assert from 'uvu/assert';
import { qemuProblem } from '../../../src/cli/bench/engines.ts';
import { suite } from '../../kit.ts';
import { realContext } from '../context.ts';

const test = suite('engines to measure beside');

test('an emulator that is not installed, and one that gives another result, are told apart', () => {
  const { context } = realContext('.');
  assert.is(qemuProblem(context, 'an-emulator-that-nobody-has'), 'it is not installed (Debian: qemu-user)');
  // Any program that ends with a status of its own.
  assert.is(qemuProblem(context, 'false'), 'it ended with 1 instead of 26');
});

test.run();
