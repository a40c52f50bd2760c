// The system call to the kernel debugger, through its entry: names, numbers, and what the trace buffer calls its events
// (fiasco-kernel.md 5.10).

import * as assert from 'uvu/assert';
import { objectAddress } from '../../../src/emu/fiasco/object_address.ts';
import { suite } from '../../kit.ts';
import { RootCaller } from './root_caller.ts';
import { sel } from './scripted.ts';

const test = suite('debugger calls');
const ENTRY = 0xffff_ffec;
const NONE = 0xffff_ffff;

/** The text's bytes as words, the last one filled up with zeros. */
const wordsOf = (text: string): number[] => [...new Uint32Array(Uint8Array.from({ length: (text.length + 4) & ~3 }, (_, i) => text.charCodeAt(i) || 0).buffer)];
const textOf = (words: readonly number[]): string => Buffer.from(Uint32Array.from(words).buffer).toString('latin1');

function asker(): (slot: number, ...words: readonly number[]) => string {
  const caller = new RootCaller(ENTRY);
  return (slot, ...words) => {
    const { r, words: result, error } = caller.call([words.length, 0, sel(slot)], words);
    const tag = r[0] ?? 0;
    return `${tag.toString(16)}${(tag & 0x8000) === 0 ? '' : `/${error}`}${(tag & 0x3f) === 1 ? ` ${result[0]?.toString(16)}` : ''}`;
  };
}

test('an object tells its number, whatever slot it is in, and an empty slot that there is none', () => {
  const ask = asker();
  assert.equal([ask(1, 1), ask(2, 1), ask(3, 1), ask(0x300, 1)], ['1 9', '1 0', '1 a', '8000/4']);
});

test('a name is cut at its end or behind sixteen characters, is told by number, and is that of the listings', () => {
  const caller = new RootCaller(ENTRY);
  const { kernel } = caller.machine;
  const name = (slot: number, text: string) => caller.call([1 + wordsOf(text).length, 0, sel(slot)], [0, ...wordsOf(text)]).r[0];
  assert.equal([name(1, 'roottask'), name(3, 'a thread with a long name')], [0, 0]);
  assert.equal([9, 10].map((id) => kernel.objects.name(kernel.objects.require(id))), ['roottask', 'a thread with a ']);
  const told = caller.call([2, 0, sel(1)], [5, 9]);
  assert.equal([told.r[0], textOf(told.words.slice(0, 4))], [0, 'roottask'.padEnd(16, '\0')]);
  // One that has no name, and one that is not there.
  assert.equal([2, 0x99].map((id) => caller.call([2, 0, sel(1)], [5, id]).r[0]), [0xfffe_0000, 0xfffe_0000]);
});

test('the address that listings show of an object leads to its number, another one to none', () => {
  const caller = new RootCaller(ENTRY);
  const address = objectAddress(caller.machine.kernel.objects.require(4));
  const ask = (at: number) => caller.call([2, 0, sel(1)], [2, at]).words[0];
  assert.equal([ask(address), ask(address + 4), ask(0)], [4, NONE, NONE]);
});

test('the events of the trace buffer have names, short ones too, and numbers behind the built-in types', () => {
  const caller = new RootCaller(ENTRY);
  const nameOf = (index: number) => {
    const { r, words } = caller.call([2, 0, sel(1)], [6, index]);
    return r[0] === 0 ? textOf(words).split('\0').slice(0, 2).join('|') : r[0]?.toString(16);
  };
  assert.equal([nameOf(0), nameOf(8), nameOf(22), nameOf(23)], ['Context switch|csw', 'IRQ-Object triggers|irq', 'VCPU events|vcpu', 'ffea0000']);
  const typeOf = (from: number, text: string) => {
    const { r, words } = caller.call([2 + wordsOf(text).length, 0, sel(1)], [3, from, ...wordsOf(text)]);
    return r[0] === 1 ? words[0] : r[0];
  };
  assert.equal([typeOf(0, 'Context switch'), typeOf(0, 'drq'), typeOf(2, 'drq'), typeOf(3, 'drq'), typeOf(0, 'no such event'), typeOf(23, 'csw')], [12, 13, 14, NONE, NONE, 0xffea_0000]);
  // Switching an event is accepted; without a name it is not.
  const control = (...words: readonly number[]) => caller.call([words.length, 0, sel(1)], words).r[0];
  assert.equal([control(4, 1, ...wordsOf('csw')), control(4, 1)], [0, 0xffea_0000]);
});

test('a call without operation and one with an unknown operation are refused', () => {
  const ask = asker();
  assert.equal([ask(1), ask(1, 7), ask(1, 0xffff)], ['ffea0000', 'ffda0000', 'ffda0000']);
});

test.run();
