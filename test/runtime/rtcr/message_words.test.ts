// Ids inside messages that wait in UTCBs (genode-16.08-abi.md 1.1), and inside registers and stacks.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { translateLabel, translateMessage } from '../../../src/runtime/rtcr/message_words.ts';
import { mentionedIds } from '../../../src/runtime/rtcr/transit.ts';
import { suite } from '../../kit.ts';

const test = suite('message words');

const renamed = new Map([[1364, 2060], [1336, 2040], [1492, 2200]]);
const rename = (id: number): number | undefined => renamed.get(id);

test('a request names its object and its capability arguments by new ids, its payload stays', () => {
  assert.equal(translateMessage([1364, 1, 1336, 0, 1364, 1492], rename), [2060, 1, 2040, 0, 1364, 1492]);
});

test('a reply that was not read yet brings new ids', () => {
  assert.equal(translateMessage([0, 1, 1492], rename), [0, 1, 2200]);
});

test('an invalid capability stays invalid', () => {
  assert.equal(translateMessage([1364, 2, 0xffff_ffff, 1336], rename), [2060, 2, 0xffff_ffff, 2040]);
});

test('kernel messages are left alone', () => {
  assert.equal(translateMessage([4, 0x0020_4000, 1336], rename), [4, 0x0020_4000, 1336]);
  assert.equal(translateMessage([0, 0x0020_e008, 0x0020_e037], rename), [0, 0x0020_e008, 0x0020_e037]);
});

test('words without any known id are never changed', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 0xffff_ffff }).filter((word) => !renamed.has(word)), { maxLength: 128 }), (words) => {
    assert.equal(translateMessage(words, rename), words);
  }));
});

test('a label keeps its rights bits', () => {
  assert.is(translateLabel(1364 | 3, rename), 2060 | 3);
  assert.is(translateLabel(77, rename), 77);
});

test('ids are found among numbers with and without rights bits, addresses and small numbers are not ids', () => {
  const ids = new Set([1364, 1492, 8]);
  assert.equal(mentionedIds([1492, 1364 | 2, 0x0103_e838, 8, 1364], ids), [1364, 1492]);
  assert.equal(mentionedIds([0x1_0000 + 1364, 1365 + 3], ids), []);
});

test.run();
