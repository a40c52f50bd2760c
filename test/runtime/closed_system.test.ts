// Machines on RAM and engine that another machine had before, against one on new ones: the same bytes.
// Owns no state.

import * as assert from 'uvu/assert';
import { encodeMachineState } from '../../src/emu/machine_state.ts';
import { suite } from '../kit.ts';
import { boot, drive } from './counting_run.ts';

const test = suite('systems after others', { timeout_ms: 60_000 });

/** Instructions: in core's start, in the counter's, and between. */
const MOMENTS = [200_000, 2_500_000, 5_000_000];

function statesOf(run: ReturnType<typeof boot>): readonly Uint8Array[] {
  return MOMENTS.map((at) => {
    drive(run, at);
    return encodeMachineState(run.system.save());
  });
}

test('a system that boots where others have run is the same at every moment', () => {
  const [first, second] = [boot(), boot()];
  const expected = statesOf(first);
  statesOf(second);
  drive(second, 9_000_000);
  // Another state than the first one's lies in the RAM, which the first has given back as well.
  second.system.close();
  first.system.close();
  for (const run of [boot(), boot()]) statesOf(run).forEach((state, i) => assert.is(Buffer.compare(state, expected[i] ?? state.subarray(1)), 0, `at ${MOMENTS[i] ?? 0}`));
});

test('a closed system cannot run, and closing it again does nothing', () => {
  const { system } = boot();
  system.close();
  system.close();
  assert.throws(() => system.machine.run({ instructions: 1 }), /was closed/);
  assert.throws(() => system.machine.memory, /was closed/);
});

test.run();
