// Plain data as bytes: decoding gives back what was encoded, and bytes that are not from here are refused with a reason.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { decodeMachineState, encodeMachineState } from '../../src/emu/machine_state.ts';
import type { Plain } from '../../src/emu/plain.ts';
import { suite } from '../kit.ts';

const test = suite('machine state as bytes');

const { plain } = fc.letrec<{ plain: Plain }>((tie) => ({
  plain: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Plain>(null, true, false, -0, 0.5, 2 ** 31, -(2 ** 31), 2 ** 53, Infinity),
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.bigInt(),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array(),
    fc.uint32Array(),
    fc.array(tie('plain'), { maxLength: 4 }),
    fc.dictionary(fc.string().filter((name) => name !== '__proto__'), tie('plain'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

test('decoding gives back what was encoded', () => {
  fc.assert(fc.property(fc.record({ first: plain, second: plain }, { noNullPrototype: true }), (state) => assert.equal(decodeMachineState(encodeMachineState(state)), state)));
});

test('texts are kept to the last character: a byte order mark in front, long ones, ones beyond ASCII behind a long beginning', () => {
  const texts = ['\ufeffmarked', '', 'x'.repeat(64), 'x'.repeat(65), `${'x'.repeat(63)}é`, `${'x'.repeat(64)}é`, '\0', '\u{1f411}'];
  const state = { version: 1, texts, ...Object.fromEntries(texts.map((name) => [name, name])) };
  assert.equal(decodeMachineState(encodeMachineState(state)), state);
});

test('names that share a hash are told apart', () => {
  // Two names of one length that the decoder's hash takes for the same.
  const hashOf = (name: string): number => [...name].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x0100_0193), name.length);
  const seen = new Map<number, string>();
  let pair: readonly string[] = [];
  for (let i = 0; pair.length === 0; i++) {
    const name = (Math.imul(i, 0x9e37_79b1) >>> 0).toString(36).padStart(8, 'a');
    const other = seen.get(hashOf(name));
    if (other !== undefined && other !== name) pair = [other, name];
    seen.set(hashOf(name), name);
  }
  const [first = '', second = ''] = pair;
  const state = [first, second, first].map((name) => ({ [name]: name }));
  assert.equal(decodeMachineState(encodeMachineState({ state })), { state });
});

test('a changed byte is found, wherever it is', () => {
  const bytes = encodeMachineState({ version: 1, text: 'some text', words: Uint32Array.of(1, 2, 3), list: [1, null, { deep: true }] });
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    assert.throws(() => decodeMachineState(damaged), /machine state/);
  }
});

test('nesting has a limit', () => {
  let deep: Plain = null;
  for (let i = 0; i < 100; i++) deep = [deep];
  assert.throws(() => encodeMachineState({ deep }), /nested too deeply/);
});

test.run();
