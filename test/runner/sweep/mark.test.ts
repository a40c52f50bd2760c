// What a scenario's steps mark for a sweep.

import * as assert from 'uvu/assert';
import { labelsOf, marksOf, markWords, parentOf } from '../../../src/runner/sweep/mark.ts';
import type { Scenario } from '../../../src/scenario/model.ts';
import { suite } from '../../kit.ts';

const test = suite('mark of a sweep');

const scenario = (...steps: readonly object[]): Scenario => ({ steps: steps.map((step) => ({ kind: 'checkpoint', name: 'n', strategy: {}, ...step })) }) as unknown as Scenario;

test('a group is one mark, whichever member a step names first, and refused checkpoints are none', () => {
  const marks = marksOf(scenario({ of: 'rtcr -> a', with: ['b'] }, { of: 'rtcr -> b', with: ['a'] }, { of: 'rtcr -> a', refused: '*' }));
  assert.equal(marks, [{ path: 'rtcr -> a', with: ['b'] }]);
  assert.equal(marksOf(scenario({ of: 'rtcr -> a' }, { of: 'rtcr -> b' })).map(markWords), ['rtcr -> a', 'rtcr -> b']);
  assert.equal(marksOf({ steps: [{ kind: 'kill', child: 'rtcr -> a' }] } as unknown as Scenario), []);
});

test('members of a group are children of one checkpointer', () => {
  assert.equal(labelsOf({ path: 'rtcr -> a', with: ['b', 'c'] }), ['init -> rtcr -> a', 'init -> rtcr -> b', 'init -> rtcr -> c']);
  assert.is(parentOf({ path: 'rtcr -> a' }), 'init -> rtcr');
  assert.is(parentOf({ path: 'a' }), 'init');
});

test.run();
