// Snapshots inside one process: a machine that is brought back to any of them, in any order, goes on as it did the first time.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { MachineSnapshot, MachineState } from '../../../src/emu/machine.ts';
import { IpcGate } from '../../../src/emu/fiasco/ipc_gate.ts';
import { debugId } from '../../../src/emu/numbers.ts';
import { suite } from '../../kit.ts';
import { ScriptedBoard } from './scripted.ts';
import { programsOf, trace, workloads } from './workload.ts';

const test = suite('emu/fiasco/rewind');
const LENGTH = 3_000_000;

interface Moment {
  readonly at: number;
  readonly snapshot: MachineSnapshot;
  readonly state: MachineState;
  /** Lines of the trace before it. */
  readonly lines: number;
}

test('going back to random snapshots in random order gives the saved state, and the same trace from there on', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 8 });
  const order = fc.array(fc.nat(100), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(workloads, cuts, order, (workload, lengths, visits) => {
      const board = new ScriptedBoard(programsOf(workload));
      const { machine } = board;
      const whole: string[] = [];
      trace(machine, whole);
      const moments: Moment[] = [];
      for (const length of lengths) {
        machine.run({ instructions: length });
        moments.push({ at: machine.instructions, snapshot: machine.snapshot(), state: machine.save(), lines: whole.length });
      }
      machine.run({ instructions: LENGTH - machine.instructions });
      const last = machine.save();
      const expected = [...whole];
      for (const visit of visits) {
        const moment = moments[visit % moments.length] as Moment;
        machine.rewind(moment.snapshot);
        assert.equal(machine.kernel.check(), []);
        assert.equal(machine.save(), moment.state);
        whole.length = 0;
        if (visit % 3 === 0) continue;
        machine.run({ instructions: LENGTH - machine.instructions });
        assert.equal(whole, expected.slice(moment.lines));
        assert.equal(machine.save(), last);
      }
      for (const { snapshot } of moments) machine.release(snapshot);
      assert.is(machine.memory.snapshot_bytes, 0);
    }),
    { numRuns: 20 },
  );
});

test('memory that was mapped, taken back and granted after a snapshot is as it was behind it', () => {
  const { machine } = new ScriptedBoard(programsOf([[{ do: 'compute', cost: 10 }], [], []]));
  const { memoryMappings } = machine.kernel;
  const owner = [...memoryMappings.trees.mappings()].map(({ space }) => space).find((space) => space.sections.size > 4);
  if (owner === undefined) throw new Error('nobody has memory');
  const [first = 0, second = 0] = [...owner.sections.keys()].map((section) => (section << 20) >>> 0);
  const [snapshot, state] = [machine.snapshot(), machine.save()];
  const change = (grant: boolean): void => {
    memoryMappings.map(owner, owner, { from: first, to: 0x3000_0000, size: 0x10_0000, rights: 7, cache: 0, grant });
    memoryMappings.unmap(owner, second + 0x1000, 0x1000, 7, true);
  };
  change(false);
  assert.is.not(JSON.stringify(machine.save().kernel), JSON.stringify(state.kernel));
  machine.rewind(snapshot);
  assert.equal(machine.save(), state);
  assert.equal(machine.kernel.check(), []);
  change(true);
  machine.rewind(snapshot);
  assert.equal(machine.save(), state);
  machine.release(snapshot);
});

test('objects created after a snapshot are gone behind it, their numbers are given again', () => {
  const board = new ScriptedBoard(programsOf([[{ do: 'compute', cost: 10 }], [], []]));
  const { machine } = board;
  const start = machine.snapshot();
  machine.run({ instructions: 1_000_000 });
  const ids = machine.kernel.objects.all().map(({ id }) => id);
  machine.rewind(start);
  assert.ok(machine.kernel.objects.all().length < ids.length);
  machine.run({ instructions: 1_000_000 });
  assert.equal(machine.kernel.objects.all().map(({ id }) => id), ids);
});

test('what a gate says of itself covers all its fields but those that never change', () => {
  const gate = new IpcGate(debugId(7), 0x148);
  const left = Object.keys(gate).filter((name) => !(name in gate.capture()) && !['id', 'type', 'account'].includes(name));
  assert.equal(left, []);
});

test.run();
