// Tests of value types, suggestions and source positions. Owns no state.
// Value grammars: init-run-tools.md 1.2.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { editDistance, nearest } from '../../src/scenario/nearest.ts';
import { Source } from '../../src/scenario/source.ts';
import { BOOLEAN, CHILD_PATH, inRanges, MILLISECONDS, SIZE, SLOTS, TASK } from '../../src/scenario/value.ts';
import type { ValueType } from '../../src/scenario/value_type.ts';
import { suite } from '../kit.ts';

const test = suite('scenario values');

function value<T>(type: ValueType<T>, text: string): T | undefined {
  const parsed = type.parse(text);
  return parsed.ok ? parsed.value : undefined;
}

test('sizes are bytes with an upper-case unit, and nothing behind it', () => {
  assert.equal(['64K', '1M', '2G', '0x1000', '0', '0x10K'].map((text) => value(SIZE, text)), [65536, 1048576, 2147483648, 4096, 0, 16384]);
  assert.equal(['1MB', '1m', '1.5M', '', '-1', 'M', ' 1M', '99999999999999G'].map((text) => value(SIZE, text)), Array(8).fill(undefined));
  const parsed = SIZE.parse('1mb');
  assert.is(parsed.ok ? '' : parsed.help, "did you mean '1M'?");
});

test('booleans are yes, no, true and false', () => {
  assert.equal(['yes', 'true', 'no', 'false', '1', 'YES', 'on'].map((text) => value(BOOLEAN, text)), [true, true, false, false, undefined, undefined, undefined]);
});

test('milliseconds are whole numbers up to a day', () => {
  assert.equal(['0', '5000', '86400000', '86400001', '5s', '1.5', '-1'].map((text) => value(MILLISECONDS, text)), [0, 5000, 86400000, undefined, undefined, undefined, undefined]);
});

test('a component path has one form, with or without init', () => {
  assert.equal(['init -> rtcr -> sheep', 'rtcr->sheep', ' rtcr -> sheep '].map((text) => value(CHILD_PATH, text)), Array(3).fill('rtcr -> sheep'));
  assert.is(value(CHILD_PATH, 'init'), 'init');
  assert.is(value(CHILD_PATH, 'rtcr -> '), undefined);
});

test('tasks are named by label, number or id', () => {
  assert.equal(['sheep', 'rtcr -> sheep#2', '0x1d8', '#2', 'sheep#0', '0x'].map((text) => value(TASK, text) !== undefined), [true, true, true, false, false, true]);
});

test('slots are ranges in either notation', () => {
  assert.equal(value(SLOTS, '0x217, 8-0xb 5'), [{ first: 0x217, last: 0x217 }, { first: 8, last: 11 }, { first: 5, last: 5 }]);
  assert.equal(['', '9-8', 'x', '0x100000'].map((text) => value(SLOTS, text)), Array(4).fill(undefined));
  assert.ok(inRanges(9, [{ first: 8, last: 11 }]) && !inRanges(12, [{ first: 8, last: 11 }]));
});

test('a slip of the pen finds the name that was meant, a different word none', () => {
  assert.is(nearest('chekcpoint', ['checkpoint', 'restore', 'await']), 'checkpoint');
  assert.is(nearest('wihtin_ms', ['log', 'within_ms', 'time_ms']), 'within_ms');
  assert.is(nearest('banana', ['log', 'within_ms']), undefined);
});

test('the edit distance is a distance', () => {
  const word = fc.stringMatching(/^[abc]{0,6}$/);
  fc.assert(
    fc.property(word, word, (a, b) => {
      assert.is(editDistance(a, b) === 0, a === b);
      assert.is(editDistance(a, b), editDistance(b, a));
      assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
    }),
  );
});

test('every offset has the position that counting characters gives', () => {
  const text = fc.array(fc.constantFrom('a', '\n', '\r\n', '\t', 'ä', '😀'), { maxLength: 30 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (given) => {
      const source = new Source('t', given);
      for (let offset = 0; offset <= given.length; offset++) {
        if (given[offset - 1] === '\r' && given[offset] === '\n') continue;
        const before = given.slice(0, offset).split(/\r\n|\n|\r/);
        assert.equal(source.position(offset), { line: before.length, column: (before.at(-1) ?? '').length + 1 });
      }
    }),
  );
});

test('a byte-order mark is no column', () => {
  assert.equal(new Source('t', '\ufeffab').position(2), { line: 1, column: 2 });
  assert.is(new Source('t', '\ufeffab').line(1), 'ab');
});

test.run();
