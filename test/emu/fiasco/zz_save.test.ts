// Saving and restoring at any instruction, and in bytes, changes nothing of what happens (architecture, law 2).

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { Machine } from '../../../src/emu/machine.ts';
import { decodeMachineState, encodeMachineState } from '../../../src/emu/machine_state.ts';
import { suite } from '../../kit.ts';
import { ScriptedBoard } from './scripted.ts';
import { programsOf, trace, workloads } from './workload.ts';

const test = suite('saving and restoring', {timeout_ms: 100000});
const LENGTH = 3_000_000;

test('a run that is cut and restored at arbitrary instructions gives the same trace and the same state', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(workloads, cuts, (workload, lengths) => {
      const whole = new ScriptedBoard(programsOf(workload));
      const expected: string[] = [];
      trace(whole.machine, expected);
      whole.machine.run({ instructions: LENGTH });

      const seen: string[] = [];
      let board = new ScriptedBoard(programsOf(workload));
      trace(board.machine, seen);
      let left = LENGTH;
      for (const length of [...lengths, LENGTH]) {
        const now = Math.min(length, left);
        const before = board.machine.instructions;
        const reason = board.machine.run({ instructions: now });
        if (reason === 'instruction_limit') assert.is(board.machine.instructions, before + now);
        left -= now;
        assert.equal(board.machine.kernel.check(), []);
        const state = decodeMachineState(encodeMachineState(board.machine.save()));
        board = new ScriptedBoard(programsOf(workload), { state });
        assert.equal(board.machine.save(), state);
        trace(board.machine, seen);
      }
      assert.equal(seen, expected);
      assert.equal(board.notes, whole.notes);
      assert.equal(board.machine.save(), whole.machine.save());
    }),
    { numRuns: 300, interruptAfterTimeLimit: 60000 },
  );
});

test('bytes that were damaged, cut or are of another version are refused with a reason', () => {
  const bytes = encodeMachineState(new ScriptedBoard(() => ({ main: [] })).machine.save());
  const changed = (at: number, value: number) => bytes.map((byte, i) => (i === at ? value : byte));
  assert.throws(() => decodeMachineState(bytes.subarray(0, 10)), /shorter than its header/);
  assert.throws(() => decodeMachineState(changed(0, 0)), /magic/);
  assert.throws(() => decodeMachineState(changed(4, 99)), /format version 99/);
  assert.throws(() => decodeMachineState(changed(bytes.length - 1, 0xee)), /checksum/);
  assert.throws(() => decodeMachineState(bytes.subarray(0, bytes.length - 1)), /bytes of content/);
});

test('a state with an unknown field or version is refused', () => {
  const state = new ScriptedBoard(() => ({ main: [] })).machine.save();
  assert.throws(() => Machine.restore({ ...state, extra: 1 }), /unknown field extra/);
  assert.throws(() => Machine.restore({ ...state, version: 2 }), /unknown version 2/);
  const { kernel, ...rest } = state;
  assert.throws(() => Machine.restore(rest), /field kernel is missing/);
  assert.ok(kernel);
});

test.run();
