// Tests of the line difference: what it says leads from the one text to the other, and nothing is said of equal ones.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { diffLineText, lineDiff } from '../../src/runner/line_diff.ts';
import { suite } from '../kit.ts';

const test = suite('line difference');
const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });

test('taken together, what is the same and what went is the one text, what is the same and what came the other', () => {
  fc.assert(fc.property(text, text, (before, now) => {
    // With a difference at every third line or so, nothing is far from one: all lines are told.
    const [a, b] = [before.flatMap((line) => [line, 'x']), now.flatMap((line) => [line, 'y'])];
    const difference = lineDiff(a, b);
    if (a.length === 0 || b.length === 0) return;
    assert.equal(difference.filter(({ kind }) => kind !== 'new').map((line) => line.text), a);
    assert.equal(difference.filter(({ kind }) => kind !== 'lost').map((line) => line.text), b);
  }));
});

test('equal texts have no difference, and lines far from one are left out', () => {
  const long = Array.from({ length: 40 }, (_, i) => `line ${i}`);
  assert.equal(lineDiff(long, long), []);
  assert.equal(lineDiff(long, long.filter((_, i) => i !== 20)).map(diffLineText), ['  line 18', '  line 19', '- line 20', '  line 21', '  line 22']);
});

test('texts that differ in more lines than are looked through are told as replaced', () => {
  const many = (name: string) => Array.from({ length: 1500 }, (_, i) => `${name} ${i}`);
  const difference = lineDiff(['same', ...many('a')], ['same', ...many('b')]);
  assert.is(difference.filter(({ kind }) => kind === 'lost').length, 1500);
  assert.is(difference.filter(({ kind }) => kind === 'new').length, 1500);
});

test.run();
