// The whole system brought back to random moments inside one process, checkpoint and restore in progress included, goes on to the
// same bytes, and says the same of where its capabilities came from.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { encodeMachineState } from '../../src/emu/machine_state.ts';
import type { SystemSnapshot } from '../../src/runtime/system.ts';
import { suite } from '../kit.ts';
import { boot, type DriverState, drive, type Run } from './counting_run.ts';

const test = suite('runtime/rewind_anywhere', { timeout_ms: 120_000 });
const MOMENTS = 24;
const VISITS = 16;

interface Kept {
  readonly snapshot: SystemSnapshot;
  readonly driver: DriverState;
  readonly bytes: Uint8Array;
}

function goTo(run: Run, { snapshot, driver }: Kept): void {
  run.system.rewind(snapshot);
  Object.assign(run.state, driver);
}

test(`${VISITS} visits to ${MOMENTS} random instructions of checkpoint and restore go on to the same bytes`, () => {
  const whole = boot();
  drive(whole, Number.POSITIVE_INFINITY);
  const last = whole.system.machine.instructions;
  const end = encodeMachineState(whole.system.save());

  const run = boot();
  const at = fc.sample(fc.integer({ min: 1, max: last - 1 }), { seed: 2016, numRuns: MOMENTS / 2 });
  const early = fc.sample(fc.integer({ min: 1, max: 3_000_000 }), { seed: 2017, numRuns: MOMENTS / 2 });
  const kept: Kept[] = [];
  for (const moment of [...at, ...early].sort((a, b) => a - b)) {
    drive(run, moment);
    kept.push({ snapshot: run.system.snapshot(), driver: { ...run.state }, bytes: encodeMachineState(run.system.save()) });
  }
  for (const visit of fc.sample(fc.nat(MOMENTS - 1), { seed: 2018, numRuns: VISITS })) {
    const moment = kept[visit] as Kept;
    goTo(run, moment);
    assert.equal(Buffer.compare(encodeMachineState(run.system.save()), moment.bytes), 0, `moment ${visit} is not what it was`);
    drive(run, Number.POSITIVE_INFINITY);
    assert.is(run.state.console, whole.state.console);
    assert.equal(Buffer.compare(encodeMachineState(run.system.save()), end), 0, `from moment ${visit} on another end is reached`);
  }
  for (const { snapshot } of kept) run.system.release(snapshot);
  assert.is(run.system.machine.memory.snapshot_bytes, 0);
});

test.run();
