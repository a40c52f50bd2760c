// Session-argument strings and labels: the original's rules, and properties of set, remove and find.
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  boolArgument, hasArgument, labelOf, labelPrefix, lastLabelElement, numberArgument, prefixedLabel, removeArgument, setArgument, setStringArgument,
  signedArgument, stringArgument, withLabelPrefix,
} from '../../src/runtime/arg_string.ts';
import { suite } from '../kit.ts';

const test = suite('session arguments');

const KEYS = ['ram_quota', 'label', 'priority', 'phys_start', 'phys_size', 'base', 'wc', 'irq_number'] as const;
const key = fc.constantFrom(...KEYS);
const number = fc.nat({ max: 0xffff_ffff });
const plain = fc.stringMatching(/^[A-Za-z0-9 >._-]{0,20}$/);
const args = fc.uniqueArray(fc.tuple(key, fc.oneof(number.map(String), plain.map((text) => `"${text}"`))), { selector: ([name]) => name }).map((pairs) =>
  pairs.map(([name, value]) => `${name}=${value}`).join(', '),
);

test('numbers are read in decimal and hexadecimal with units', () => {
  const text = 'ram_quota=128K, priority=0x1fF, base=3M, irq_number=2G, label="x"';
  assert.is(numberArgument(text, 'ram_quota', 7), 131_072);
  assert.is(numberArgument(text, 'priority', 7), 0x1ff);
  assert.is(numberArgument(text, 'base', 7), 3 << 20);
  assert.is(numberArgument(text, 'irq_number', 7), 2 ** 31);
  assert.is(numberArgument(text, 'wc', 7), 7);
});

test('a number with something unexpected behind it counts as missing', () => {
  assert.is(numberArgument('ram_quota=4KB, label="x"', 'ram_quota', 9), 9);
  assert.is(numberArgument('ram_quota=4K , label="x"', 'ram_quota', 9), 4096);
  assert.is(numberArgument('ram_quota="4K"', 'ram_quota', 9), 9);
});

test('a negative number is the default of an unsigned reader and a value of a signed one', () => {
  assert.is(numberArgument('irq_number=-1', 'irq_number', 5), 5);
  assert.is(signedArgument('irq_number=-1', 'irq_number', 5), -1);
  assert.is(signedArgument('irq_number=+3', 'irq_number', 5), 3);
});

test('the first of several arguments with one key wins', () => {
  assert.is(numberArgument('base=1, base=2', 'base', 0), 1);
  assert.is(removeArgument('base=1, base=2', 'base'), 'base=2');
});

test('a written key answers for every key that it is the beginning of', () => {
  assert.is(numberArgument('ram=5', 'ram_quota', 0), 5);
  assert.is(numberArgument('ram_quota_x=5', 'ram_quota', 0), 0);
});

test('commas and equal signs inside a quoted label separate nothing', () => {
  const text = 'label="a, ram_quota=1 -> b", ram_quota=4K';
  assert.is(numberArgument(text, 'ram_quota', 0), 4096);
  assert.is(labelOf(text), 'a, ram_quota=1 -> b');
});

test('an escaped quote belongs to the string', () => {
  assert.is(stringArgument('label="say \\"hi\\"", x=1', 'label', ''), 'say "hi"');
});

test('a string without end hides everything behind it', () => {
  assert.is(labelOf('ram_quota=1, label="abc'), '');
  assert.is(numberArgument('label="abc, ram_quota=1', 'ram_quota', 3), 3);
});

test('a string is cut two characters before its buffer ends', () => {
  assert.is(stringArgument('label="abcdefgh"', 'label', '', 6), 'abcd');
  assert.is(stringArgument('label=abcdefgh', 'label', '', 6), 'abcde');
});

test('truth values are words or numbers', () => {
  for (const [written, expected] of [['yes', true], ['"on"', true], ['false', false], ['0', false], ['1', true]] as const) {
    assert.is(boolArgument(`wc=${written}`, 'wc', !expected), expected, written);
  }
  assert.is(boolArgument('wc=maybe', 'wc', true), true);
});

test('a parent rewrites the label at the end of the string', () => {
  assert.is(withLabelPrefix('ram_quota=8K, label=""', 'log_only'), 'ram_quota=8K, label="log_only"');
  assert.is(withLabelPrefix('label="x", ram_quota=4K', 'init'), 'ram_quota=4K, label="init -> x"');
  assert.is(withLabelPrefix('', 'init'), 'label="init"');
});

test('an argument that does not fit into the buffer is lost', () => {
  const long = 'x'.repeat(150);
  assert.is(withLabelPrefix(`label="${long}"`, 'abcdefgh'), '');
  assert.is(setArgument('base=1', 'wc', 'yes', 10), 'base=1');
});

test('the last element of a label stands behind the last separator', () => {
  assert.is(lastLabelElement('init -> a -> b'), 'b');
  assert.is(lastLabelElement('config'), 'config');
  assert.is(lastLabelElement(' -> b'), ' -> b');
  assert.is(labelPrefix('init -> a -> b'), 'init -> a');
  assert.is(labelPrefix('b'), '');
});

test('what was set is found, and removing it restores its absence', () => {
  fc.assert(
    fc.property(args, key, number, (text, name, value) => {
      const set = setArgument(text, name, `0x${value.toString(16)}`, 1000);
      assert.is(numberArgument(set, name, -1), value);
      assert.is(set, setArgument(set, name, `0x${value.toString(16)}`, 1000));
      assert.not(hasArgument(removeArgument(set, name), name));
    }),
  );
});

test('setting one argument leaves the others as they are', () => {
  fc.assert(
    fc.property(args, key, key, plain, (text, name, other, value) => {
      fc.pre(name !== other);
      const set = setStringArgument(text, name, value, 1000);
      assert.is(stringArgument(set, other, '?', 100), stringArgument(text, other, '?', 100));
      assert.is(numberArgument(set, other, -1), numberArgument(text, other, -1));
      assert.is(stringArgument(set, name, '?', 100), value);
    }),
  );
});

test('prefix and last element put together give the label again', () => {
  const element = fc.stringMatching(/^[a-z0-9_]{1,8}$/);
  fc.assert(
    fc.property(fc.array(element, { minLength: 2, maxLength: 5 }), (elements) => {
      const label = elements.join(' -> ');
      assert.is(prefixedLabel(labelPrefix(label), lastLabelElement(label)), label);
    }),
  );
});

test('reading and rewriting arbitrary text never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 60 }), key, (text, name) => {
      numberArgument(text, name, 0);
      stringArgument(text, name, '');
      boolArgument(text, name, false);
      assert.ok(removeArgument(text, name).length <= text.length);
      assert.ok(withLabelPrefix(text, 'child').length <= Math.max(text.length, 160));
    }),
  );
});

test.run();
