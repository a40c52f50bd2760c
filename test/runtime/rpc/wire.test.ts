// The RPC wire format: worked values of genode-16.08-abi.md and round trips of every function in the table.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { exceptionCode, exceptionName, type RpcFunction, type Value, type ValueType } from '../../../src/runtime/rpc/interface.ts';
import { Cpu_session, INTERFACES, Log_session, Parent, Region_map } from '../../../src/runtime/rpc/interfaces.ts';
import { decodeArguments, decodeMessage, decodeResult, encodeArguments, encodeMessage, encodeResult } from '../../../src/runtime/rpc/wire.ts';
import { suite } from '../../kit.ts';

const test = suite('rpc wire format');

const functions = Object.values(INTERFACES).flatMap((entry) => entry.functions);
const text = (max: number) => fc.string({ unit: fc.integer({ min: 1, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: max });
const word = fc.integer({ min: 0, max: 0xffff_ffff });

function values(type: ValueType): fc.Arbitrary<Value> {
  if (type === 'bool') return fc.boolean();
  if (type === 'u8') return fc.integer({ min: 0, max: 0xff });
  if (type === 'u16') return fc.integer({ min: 0, max: 0xffff });
  if (type === 'i32') return fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
  if (type === 'u32') return word;
  if ('words' in type) return fc.array(word, { minLength: type.words, maxLength: type.words });
  return text(('buffer' in type ? type.buffer : type.string) - 1);
}

function argumentsOf(fn: RpcFunction): fc.Arbitrary<Record<string, Value>> {
  return fc.record(Object.fromEntries(fn.args.flatMap(({ name, type }) => (type === 'cap' ? [] : [[name, values(type)] as const]))), { noNullPrototype: true });
}

test('the arguments of every function survive encoding and decoding', () => {
  for (const fn of functions) {
    fc.assert(fc.property(argumentsOf(fn), (args) => assert.equal(decodeArguments(fn, encodeArguments(fn, args)), args)), { numRuns: 20 });
  }
});

test('the result of every function survives encoding and decoding', () => {
  for (const fn of functions) {
    const { result } = fn;
    if (result === 'cap' || result === 'void') continue;
    fc.assert(fc.property(values(result), (value) => assert.equal(decodeResult(fn, encodeResult(fn, value)), value)), { numRuns: 20 });
  }
});

test('every request fits the 63 words of a message with its longest arguments', () => {
  for (const fn of functions) {
    const caps = fn.args.filter((arg) => arg.type === 'cap').length;
    const longest = fn.args.reduce((sum, { type }) => sum + (type === 'cap' ? 0 : longestWords(type)), 0);
    // Parent.session with two full buffers is the only one that may be too long: its client is refused then.
    if (fn !== Parent.session) assert.ok(2 + caps + 1 + longest <= 63, `${fn.interface}.${fn.name}`);
  }
});

function longestWords(type: ValueType): number {
  if (typeof type === 'string') return 1;
  if ('words' in type) return type.words;
  return 1 + ((('buffer' in type ? type.buffer : type.string) + 3) >>> 2);
}

test('attach_at of the stack area has the payload that the real client sends', () => {
  const args = { size: 0x1000_0000, offset: 0, use_local_addr: true, local_addr: 0x2000_0000, executable: false };
  assert.equal(encodeArguments(Region_map.attach, args), [0, 0x1000_0000, 0, 1, 0x2000_0000, 0]);
});

test('create_thread carries the name as an image of 36 bytes with its length including the NUL', () => {
  const payload = encodeArguments(Cpu_session.create_thread, { name: 'ep', location: [0, 0, 0, 0], weight: 10, utcb: 0 });
  assert.is(payload.length, 1 + 9 + 4 + 1 + 1);
  assert.is(payload[1], 0x7065);
  assert.is(payload[9], 3);
  assert.is(payload[14], 10);
});

test('a LOG write of 235 characters uses exactly 61 payload words', () => {
  assert.is(encodeArguments(Log_session.write, { string: 'x'.repeat(235) }).length, 61);
});

test('a void result is one zero word and a capability result has no payload', () => {
  assert.equal(encodeResult(Parent.exit, undefined), [0]);
  assert.equal(encodeResult(Parent.session, undefined), []);
});

test('declared exceptions count from the end of their list', () => {
  assert.is(exceptionCode(Parent.session, 'Service_denied'), -1003);
  assert.is(exceptionCode(Parent.session, 'Unavailable'), -1001);
  assert.is(exceptionName(Parent.session, -1002), 'Quota_exceeded');
  assert.is(exceptionCode(Parent.session, 'Region_conflict'), undefined);
});

test('messages survive encoding and decoding, invalid capabilities as all-ones ids', () => {
  const ids = fc.array(fc.option(fc.integer({ min: 1, max: 0xffff })), { maxLength: 4 });
  fc.assert(
    fc.property(fc.integer({ min: -2000, max: 0xffff }), ids, fc.array(word, { maxLength: 57 }), (protocol, given, payload) => {
      const encoded = encodeMessage({ protocol, ids: given, payload });
      assert.ok(Array.isArray(encoded));
      assert.equal(decodeMessage(encoded as number[]), { protocol, ids: given, payload });
    }),
  );
});

test('a message of more than 63 words is refused', () => {
  assert.ok('error' in encodeMessage({ protocol: 0, ids: [], payload: new Array(62).fill(0) }));
});

test('a message of fewer than two words means success without payload', () => {
  assert.equal(decodeMessage([]), { protocol: 0, ids: [], payload: [] });
});

test('a string without NUL at its end is taken as empty', () => {
  assert.is(decodeArguments(Log_session.write, [0, 2, 0x4142])['string'], '');
});

test.run();
