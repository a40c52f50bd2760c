// One thread before and after: each part of its state that can be wrong is told, and what a restored thread has in another way is not.

import * as assert from 'uvu/assert';
import { threadDifference, type ThreadState } from '../../../src/runner/sweep/thread_comparison.ts';
import { suite } from '../../kit.ts';

const test = suite('thread comparison');

const same = (before: number, after: number): boolean => before === after;
const UTCB = [7, 8, 9];

/** Registers with other values at some places. */
const registers = (other: Readonly<Record<number, number>> = {}): number[] => Array.from({ length: 16 }, (_, i) => other[i] ?? 0x100 + i);

const thread = (parts: Partial<ThreadState> = {}): ThreadState => ({
  name: 'ep', kind: 'user', partner: undefined, owes: undefined, left_us: null, paused: false, triggered: false, calls: false, registers: registers(), cpsr: 0x10, utcb: UTCB, ...parts,
});

const INVOKE = 0xffff_fff4;
const SLOT_CALL = 0x0021_7003;
const ANYBODY = 0xffff_f806;
/** 5 ms: mantissa 625, exponent 3. */
const FIVE_MS = (3 << 10) | 625;

/** A thread that waits within a system call, and one that makes the same call. */
const waits = (parts: Partial<ThreadState>, other: Readonly<Record<number, number>> = {}): ThreadState => thread({ calls: true, registers: registers({ 2: SLOT_CALL, 3: 0, ...other }), ...parts });
const repeats = (other: Readonly<Record<number, number>> = {}): ThreadState => thread({ registers: registers({ 2: SLOT_CALL, 3: 0, 15: INVOKE, ...other }) });

const between = (before: ThreadState, after: ThreadState): string | null => threadDifference(before, after, same);

test('a thread in user mode has all registers and all words again', () => {
  assert.is(between(thread(), thread()), null);
  for (let i = 0; i < 16; i++) assert.match(String(between(thread(), thread({ registers: registers({ [i]: 1 }) }))), new RegExp(i === 15 ? 'the instruction pointer is 0x1' : `r${i} is 0x1 instead of`));
  assert.match(String(between(thread(), thread({ cpsr: 0x6000_0010 }))), /its status register is 0x60000010 instead of 0x10/);
  assert.match(String(between(thread(), thread({ utcb: [7, 8, 1] }))), /word 2 of its UTCB is 0x1 instead of 0x9/);
  assert.match(String(threadDifference(thread(), undefined, same)), /is missing/);
});

test('a thread whose call is over and that has not come back has the result, and all else, already', () => {
  const over = thread({ calls: true });
  assert.is(between(over, thread()), null);
  for (const i of [0, 1, 2, 3, 4, 12, 14, 15]) assert.match(String(between(over, thread({ registers: registers({ [i]: 1 }) }))), / is 0x1 instead of/);
  const waits_still = registers({ 0: 0xffff_0001, 15: INVOKE });
  assert.is(between(over, thread({ registers: waits_still })), null, 'the IRQ came while the rest was being read');
  assert.match(String(between(over, thread({ registers: waits_still.map((word, i) => (i === 13 ? 1 : word)) }))), /r13 is 0x1/);
  assert.match(String(between(thread(), thread({ registers: waits_still }))), /r0 is 0xffff0001/, 'one in user mode waits for nothing');
});

test('a thread that waits for an IRQ makes the very call again', () => {
  assert.is(between(waits({ kind: 'irq' }), repeats()), null);
  assert.match(String(between(waits({ kind: 'irq' }), repeats({ 15: 0x1000 }))), /the instruction pointer is 0x1000 instead of 0xfffffff4/);
  assert.match(String(between(waits({ kind: 'irq' }), repeats({ 2: 0x0021_8003 }))), /r2 is 0x218003 instead of 0x217003/);
  assert.match(String(between(waits({ kind: 'irq' }), repeats({ 0: 3 }))), /r0 is 0x3 instead of 0x100/);
  assert.match(String(between(waits({ kind: 'irq' }), repeats({ 14: 3 }))), /r14 is 0x3/, 'it comes back to where it called from');
  assert.match(String(between(waits({ kind: 'irq' }), thread({ kind: 'open_wait', calls: true }))), /it waits for anybody instead of what it did: it waits for an IRQ/);
});

test('what is left of a timeout is what the repeated call asks for, up to what a timeout can say', () => {
  const sleeping = waits({ kind: 'sleep', left_us: 4999 }, { 3: 0x2c1 });
  assert.is(between(sleeping, repeats({ 3: FIVE_MS })), null);
  assert.match(String(between(sleeping, repeats({ 3: 0 }))), /it sleeps for ever instead of for 4999 us/);
  assert.match(String(between(sleeping, repeats({ 3: (4 << 10) | 625 }))), /it sleeps for 10000 us instead of for 4999 us/);
  assert.match(String(between(sleeping, repeats({ 3: (1 << 10) | 625 }))), /it sleeps for 1250 us/, 'nobody wakes too early');
  assert.match(String(between(waits({ kind: 'irq' }), repeats({ 3: FIVE_MS }))), /it waits for an IRQ for 5000 us instead of for ever/);
  assert.match(String(between(sleeping, repeats({ 3: (9 << 16) | FIVE_MS }))), /the send timeout of its call is 0x9 instead of 0x0/);
});

test('a queued message is sent again with what is left of its send timeout, and without the label of the gate', () => {
  const queued = waits({ kind: 'send', left_us: 5000 }, { 3: (0x801 << 16) | 5, 4: 0x1234 });
  assert.is(between(queued, repeats({ 3: (FIVE_MS << 16) | 5, 4: 0 })), null);
  assert.match(String(between(queued, repeats({ 3: (FIVE_MS << 16) | 6, 4: 0 }))), /the receive timeout of its call is 0x6 instead of 0x5/);
  assert.match(String(between(queued, repeats({ 3: 5, 4: 0 }))), /it sends for ever instead of for 5000 us/);
  assert.match(String(between(queued, repeats({ 3: (FIVE_MS << 16) | 5, 4: 0x1234 }))), /r4 is 0x1234 instead of 0x0/);
  assert.match(String(between(queued, { ...repeats({ 3: (FIVE_MS << 16) | 5, 4: 0 }), utcb: [1, 8, 9] })), /word 0 of its UTCB/);
});

test('a server that has replied only waits', () => {
  assert.is(between(waits({ kind: 'open_wait' }), repeats({ 2: ANYBODY })), null);
  assert.match(String(between(waits({ kind: 'open_wait' }), repeats())), /r2 is 0x217003 instead of 0xfffff806/, 'it would reply twice');
});

test('a call that was taken has the same partner and as much time again, and the partner owes it the reply', () => {
  const calls = waits({ kind: 'reply', partner: '0x28000200', left_us: 100 });
  assert.is(between(calls, calls), null);
  assert.match(String(between(calls, waits({ kind: 'reply', partner: '0x28000400', left_us: 100 }))), /a reply of 0x28000400 instead of 0x28000200/);
  assert.match(String(between(calls, waits({ kind: 'reply', partner: '0x28000200' }))), /it waits for a reply for ever instead of for 100 us/);
  assert.match(String(between(calls, repeats())), /it runs its program instead of what it did: it waits for a reply/, 'the server would get it twice');
  assert.match(String(between(thread({ owes: '0x28000000' }), thread())), /nobody waits for its reply instead of 0x28000000/);
});

test('a fault is forgotten or has been repeated, and the thread stands at the same instruction', () => {
  const faults = thread({ kind: 'page_fault' });
  assert.is(between(faults, thread()), null);
  assert.is(between(faults, thread({ kind: 'page_fault', utcb: [0, 0, 9] })), null, 'the message of the fault is no content of its own');
  assert.match(String(between(faults, thread({ registers: registers({ 15: 4 }) }))), /the instruction pointer is 0x4/);
  assert.match(String(between(thread(), thread({ kind: 'page_fault' }))), /it waits for its pager instead/);
});

test('a paused thread is paused, stops before its next instruction, and has all registers', () => {
  const paused = thread({ kind: 'exception', paused: true, triggered: true });
  const again = thread({ paused: true, triggered: true });
  assert.is(between(paused, again), null);
  assert.match(String(between(paused, thread({ triggered: true }))), /it is not paused any more/);
  assert.match(String(between(thread(), again)), /it is paused, and was not/);
  assert.match(String(between(paused, thread({ paused: true }))), /it is paused, and nothing stops it/);
  assert.match(String(between(thread(), thread({ triggered: true }))), /it stops, and is not paused/);
  for (const i of [0, 4, 13, 15]) assert.match(String(between(paused, { ...again, registers: registers({ [i]: 1 }) })), / is 0x1 instead of/);
});

test('a frozen thread may have less time left by what others ran on for, and no more than that', () => {
  const sleeping = (left_us: number): ThreadState => thread({ kind: 'reply', partner: 'x', left_us });
  assert.is(threadDifference(sleeping(50_000), sleeping(40_000), same, 10_000), null);
  assert.match(String(threadDifference(sleeping(50_000), sleeping(39_000), same, 10_000)), /for 39000 us instead of for 50000 us/);
  assert.match(String(threadDifference(sleeping(50_000), sleeping(40_000), same)), /for 40000 us instead of for 50000 us/);
});

test.run();
