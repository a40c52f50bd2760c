// Capturing an object's fields by their kinds: each kind comes back, and what nobody would bring back is refused.

import * as assert from 'uvu/assert';
import { captureFields, References, rewindFields } from '../../src/emu/rewind.ts';
import { suite } from '../kit.ts';

const test = suite('emu/rewind');

class Part {
  #value = 1;
  set(value: number): void {
    this.#value = value;
  }
  get(): number {
    return this.#value;
  }
  capture(): number {
    return this.#value;
  }
  rewind(value: number): void {
    this.#value = value;
  }
}

class Other {
  #value = 0;
  next(): number {
    return ++this.#value;
  }
}
class Derived extends Other {}

const NONE = new References([]);

test('values, records, lists and parts come back, and a reference refers to what it did', () => {
  const other = new Derived();
  const object = { value: 1, record: { a: 1 }, list: [1, 2], empty: [] as number[], part: new Part(), other: other as Derived | null };
  const { record, list, part } = object;
  const captured = captureFields(object, new References([[Other, 'for this test']]));
  for (let round = 0; round < 2; round++) {
    object.value = 2;
    object.record = { a: 7 };
    record.a = 2;
    list.push(3);
    object.empty.push(1);
    part.set(2);
    other.next();
    object.other = null;
    rewindFields(object, captured);
    assert.equal({ ...object, part: part.get(), other: null }, { value: 1, record: { a: 1 }, list: [1, 2], empty: [], part: 1, other: null });
    assert.is(object.record, record);
    assert.is(object.other, other);
  }
  assert.is(other.next(), 3);
});

test('a field that nobody can capture is refused by name', () => {
  assert.throws(() => captureFields({ things: new Map() }, NONE), /field 'things' cannot be captured: Map needs an owner/);
  assert.throws(() => captureFields({ bytes: new Uint8Array(1) }, NONE), /field 'bytes' cannot be captured: Uint8Array/);
});

test('an object that can neither capture itself nor is named as a reference is refused, with its class', () => {
  assert.throws(() => captureFields({ other: new Derived() }, NONE), /field 'other' cannot be captured: Derived needs an owner/);
  assert.throws(() => captureFields({ other: new Other() }, new References([[Derived, 'for this test']])), /Other needs an owner/);
});

test.run();
