// Code as a thread's listing and the trace of instructions show it: inside an IT block with the condition that the block gives.

import * as assert from 'uvu/assert';
import { itState } from '../../src/emu/arm/registers.ts';
import { Machine } from '../../src/emu/machine.ts';
import { Inspector } from '../../src/runtime/inspector.ts';
import { TraceNames } from '../../src/runtime/trace/names.ts';
import { describe } from '../../src/runtime/trace/event_words.ts';
import { suite } from '../kit.ts';

const test = suite('runtime/inspector');
const IMAGE = 0x7049_0000;
const BLOCK = IMAGE + 8;

/** add r0, pc, #1; bx r0; then in Thumb state cmp r0, r0; itete ne; adds, adds, movs, add.w (which sets flags); adds; b to itself. */
const A32 = [0xe28f_0001, 0xe12f_ff10];
const T32 = [0x4280, 0xbf15, 0x3001, 0x3002, 0x2203, 0xf110, 0x0004, 0x3005, 0xe7fe];
const SHOWN = ['cmp r0, r0', 'itete ne', 'addne r0, r0, #1', 'addeq r0, r0, #2', 'movne r2, #3', 'addseq r0, r0, #4', 'adds r0, r0, #5', 'b 0x70490018'];

function machine(): Machine {
  const bytes = new Uint8Array(0x1000);
  const view = new DataView(bytes.buffer);
  A32.forEach((word, k) => view.setUint32(4 * k, word, true));
  T32.forEach((half, k) => view.setUint16(8 + 2 * k, half, true));
  return new Machine({ ram_bytes: 64 << 20, boot: { root_entry: IMAGE, images: [{ address: IMAGE, bytes }] } });
}

const texts = (lines: readonly { readonly text: string }[]): readonly string[] => lines.map(({ text }) => text.replace(/^\S+ +/, ''));

test('a listing of Thumb code gives instructions of a block their condition, from its it on or from within', () => {
  const board = machine();
  const inspector = new Inspector(board.kernel);
  const seen: (readonly string[])[] = [];
  const first: (readonly string[])[] = [];
  board.events.listen(['instruction'], (event) => {
    if (event.kind !== 'instruction' || !event.thumb) return;
    if (seen.length === SHOWN.length) return board.stop();
    const view = inspector.thread(event.thread);
    seen.push(texts(inspector.code(event.task, event.pc, true, SHOWN.length - seen.length, itState(view?.cpsr ?? 0))));
    first.push(texts(inspector.code(event.task, BLOCK, true, SHOWN.length)));
  });
  board.run({ time_us: 10_000 });
  assert.is(seen.length, SHOWN.length);
  seen.forEach((lines, k) => assert.equal(lines, SHOWN.slice(k)));
  for (const lines of first) assert.equal(lines, SHOWN);
});

test('the trace of instructions shows them with the condition of their block', () => {
  const board = machine();
  const names = new TraceNames();
  const seen: string[] = [];
  board.events.listen(['instruction'], (event) => {
    if (seen.length > SHOWN.length) board.stop();
    if (event.kind === 'instruction' && event.thumb) seen.push(describe(event, names).replace(/^\S+ +\S+ +/, ''));
  });
  board.run({ time_us: 10_000 });
  assert.equal(seen.slice(0, SHOWN.length), SHOWN);
});

test.run();
