// For how long others ran on during a checkpoint, as a frozen thread's timeouts see it. Source modelled: src/runtime/rtcr/capture.ts.

import * as assert from 'uvu/assert';
import { ranWithout } from '../../../src/runtime/rtcr/capture.ts';
import { suite } from '../../kit.ts';

const test = suite('capture');

/** Stopped at 100, 130 and 190 ms; thread 1 was let run for 10 ms, then thread 2 for 20 ms. */
const captured = { stills: [{ from_ms: 100, to_ms: 120, nudged: [1], thawed_ms: 0 }, { from_ms: 130, to_ms: 170, nudged: [2], thawed_ms: 0 }], still_since_ms: 190 };

test('timeouts of a thread that was never let run are nearer by all the time in which others ran', () => {
  assert.is(ranWithout(captured, 3), 30);
});

test('a thread that was let run first has only what came behind that to make up for', () => {
  assert.is(ranWithout(captured, 1), 20);
});

test('a timeout that a thread set when it was let run last loses nothing for what others did before', () => {
  assert.is(ranWithout(captured, 2), 0);
});

test('what all threads ran together the kernel has taken from their timeouts already', () => {
  const [first, second] = captured.stills;
  if (first === undefined || second === undefined) throw new Error('two stills');
  const thawed = { ...captured, stills: [{ ...first, thawed_ms: 4 }, { ...second, thawed_ms: 7 }] };
  assert.is(ranWithout(thawed, 3), 19);
  assert.is(ranWithout(thawed, 1), 13);
  assert.is(ranWithout(thawed, 2), 0);
});

test.run();
