// Ends of two runs: what is a difference.

import * as assert from 'uvu/assert';
import type { ObjectSpace } from '../../../src/emu/jdb/model.ts';
import { difference, type End } from '../../../src/runner/sweep/ends.ts';
import { slotEntry } from '../scripted_system.ts';
import { suite } from '../../kit.ts';

const test = suite('ends of a sweep');

const end = (lines: readonly string[], slots: ObjectSpace['slots'] = [], complete = true): End => ({ lines, complete, final: { space: { task: 1, slots } as unknown as ObjectSpace, memory: undefined, given: new Set() } });
const words = (a: End, b: End): string => (difference(a, b) ?? []).join('; ');

test('an end is equal to itself, and to one whose objects have other numbers', () => {
  assert.is(difference(end(['a'], [slotEntry(0x200, 5)]), end(['a'], [slotEntry(0x200, 9)])), null);
});

test('another line, a missing line, a lost slot and an ended component are told', () => {
  assert.match(words(end(['a', 'b']), end(['a', 'c'])), /line 2 .* expected: b; came: +c/);
  assert.match(words(end(['a', 'b']), end(['a'], [], false)), /stopped after 1 of 2 lines/);
  assert.match(words(end(['a'], [slotEntry(0x217, 5)]), end(['a'])), /lost: 0x217/);
  assert.match(words(end(['a']), { ...end(['a']), final: 'ended' }), /ended/);
});

test.run();
