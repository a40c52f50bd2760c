// Tests of what is told of a log line that did not come: one explanation at most, and only what the log shows.

import * as assert from 'uvu/assert';
import { LogLines } from '../../src/runner/log_lines.ts';
import { missedLine } from '../../src/runner/missed_line.ts';
import { suite } from '../kit.ts';

const test = suite('missed line');

/** A line every 100 ms. */
function log(...texts: readonly string[]): LogLines {
  const lines = new LogLines();
  texts.forEach((text, at) => { lines.append(`${text}\n`, (at + 1) * 100_000); });
  return lines;
}

const LINES = log('[init -> a] ready', '[init -> a] round 1', '[init -> a] round 2', '[init -> b] done');
const told = (pattern: string, first = 0, count = 1): readonly string[] => missedLine({ pattern, count }, LINES.all, first);

test('a line that came too seldom is counted, from where the step began', () => {
  assert.equal(told('[init -> a] round', 0, 3), ['it came 2 of 3 times, last at 0.300 s']);
  assert.equal(told('[init -> a] round', 2, 2), ['it came 1 of 2 times, last at 0.300 s']);
});

test('a line that only came before the step is told with its time', () => {
  assert.equal(told('* round 1', 2), ['it had come before this step, at 0.200 s; a step waits for lines behind those of earlier steps']);
});

test('the same words of somebody else are told, but a pattern without words of its own is nobody\'s', () => {
  assert.equal(told('[init -> c] done'), ['somebody else printed it, at 0.400 s: [init -> b] done']);
  assert.equal(told('[init -> c] *'), []);
});

test('a slip of the pen is told, something else is not', () => {
  assert.equal(told('[init -> a] Raedy'), ['a line that is nearly the same came at 0.100 s: [init -> a] ready']);
  assert.equal(told('[init -> a] nothing like it'), []);
  assert.equal(told('dune'), []);
});

test('an empty log explains nothing', () => assert.equal(missedLine({ pattern: 'anything', count: 1 }, [], 0), []));

test.run();
