// Two memories of one component: equal up to the names of capabilities and dead stack, and in nothing else.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { compareMemory } from '../../src/runner/memory_comparison.ts';
import type { ComponentMemory } from '../../src/runtime/component_memory.ts';
import { suite } from '../kit.ts';

const test = suite('memory comparison');

const memory = (bytes: readonly number[], ids: Readonly<Record<number, number>> = {}): ComponentMemory => ({
  pieces: [{ address: 0x1000, bytes: Uint8Array.from(bytes) }],
  records: Object.entries(ids).map(([slot, id]) => ({ slot: Number(slot), id, references: 1 })),
  regions: [], cap_map_address: 0,
  stack_pointers: [],
});

test('a memory is equal to itself', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => compareMemory(memory([...bytes]), memory([...bytes]), []) === null));
});

test('a changed byte is told with its address', () => {
  assert.equal(compareMemory(memory([1, 2, 3, 4]), memory([1, 2, 3, 5]), []), { address: 0x1002, words: '0x1002 holds 0x503 instead of 0x403' });
});

test('a renamed capability may stand wherever its id stood', () => {
  assert.is(compareMemory(memory([0x34, 0x12, 9, 9], { 8: 0x1234 }), memory([0x78, 0x56, 9, 9], { 8: 0x5678 }), []), null);
});

test('another id than the renamed one is a difference', () => {
  assert.match(compareMemory(memory([0x34, 0x12], { 8: 0x1234 }), memory([0x79, 0x56], { 8: 0x5678 }), [])?.words ?? '', /0x5679 instead of 0x1234/);
});

test('an id that a component was given and has dropped may be another one, and then always is', () => {
  const given = { expected: new Set([0x1234, 0x2000]), actual: new Set([0x5678, 0x3000]) };
  assert.is(compareMemory(memory([0x34, 0x12, 0, 0, 0x34, 0x12]), memory([0x78, 0x56, 0, 0, 0x78, 0x56]), [], given), null);
  assert.match(compareMemory(memory([0x34, 0x12, 0x34, 0x12]), memory([0x78, 0x56, 0, 0x30]), [], given)?.words ?? '', /0x3000 instead of 0x1234/);
  assert.match(compareMemory(memory([0x35, 0x12]), memory([0x78, 0x56]), [], given)?.words ?? '', /0x5678 instead of 0x1235/);
});

test('an id that was checkpointed in memory still names its object after the restore, and no other', () => {
  const given = { expected: new Set<number>(), actual: new Set<number>(), former: { expected: new Map<number, number>(), actual: new Map([[0x2222, 0x5678]]) } };
  const undisturbed = memory([0x34, 0x12], { 8: 0x1234, 9: 0x1238 });
  assert.is(compareMemory(undisturbed, memory([0x22, 0x22], { 8: 0x5678, 9: 0x567c }), [], given), null);
  assert.match(compareMemory(undisturbed, memory([0x22, 0x22], { 8: 0x567c, 9: 0x5678 }), [], given)?.words ?? '', /0x2222 instead of 0x1234/);
  assert.match(compareMemory(undisturbed, memory([0x23, 0x22], { 8: 0x5678, 9: 0x567c }), [], given)?.words ?? '', /0x2223 instead of 0x1234/);
});

test('one object that became two, or two that became one, is a difference', () => {
  assert.match(compareMemory(memory([], { 8: 1, 9: 1 }), memory([], { 8: 1, 9: 2 }), [])?.words ?? '', /slot 0x9 names another object/);
  assert.match(compareMemory(memory([], { 8: 1, 9: 2 }), memory([], { 8: 3, 9: 3 }), [])?.words ?? '', /slot 0x9 names another object/);
});

test('missing and new records, pieces and bytes are differences', () => {
  assert.match(compareMemory(memory([], { 8: 1 }), memory([]), [])?.words ?? '', /slot 0x8 is missing/);
  assert.match(compareMemory(memory([]), memory([], { 8: 1 }), [])?.words ?? '', /slot 0x8 is new/);
  assert.match(compareMemory(memory([1]), { ...memory([]), pieces: [] }, [])?.words ?? '', /missing/);
  assert.match(compareMemory({ ...memory([]), pieces: [] }, memory([1]), [])?.words ?? '', /new/);
});

test('what lies in dead stack does not count, and what lies above the pointer does', () => {
  const dead = [{ from: 0x1000, to: 0x1002 }];
  assert.is(compareMemory(memory([1, 2, 3, 4]), memory([9, 9, 3, 4]), dead), null);
  assert.is.not(compareMemory(memory([1, 2, 3, 4]), memory([9, 9, 3, 9]), dead), null);
});

test.run();
