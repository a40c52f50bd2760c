// The timer interrupt between an exclusive load and its store: told when it takes a mark, and the store then fails.

import * as assert from 'uvu/assert';
import { Machine } from '../../src/emu/machine.ts';
import { suite } from '../kit.ts';

const test = suite('lost exclusive marks');
const IMAGE = 0x7049_0000;
const DATA = IMAGE + 0x100;
/** mov r1, pc; add r1, r1, #0xf8; then a loop: ldrex r2, [r1]; add r2, r2, #1; strex r3, r2, [r1]; add r4, r4, r3; b to the load. */
const LOOP = [0xe1a0_100f, 0xe281_10f8, 0xe191_2f9f, 0xe282_2001, 0xe181_3f92, 0xe084_4003, 0xeaff_fffa];
const STORE_FAILS = 4;

function machine(): Machine {
  const bytes = new Uint8Array(0x1000);
  const view = new DataView(bytes.buffer);
  LOOP.forEach((word, k) => view.setUint32(4 * k, word, true));
  return new Machine({ ram_bytes: 64 << 20, boot: { root_entry: IMAGE, images: [{ address: IMAGE, bytes }] } });
}

test('each mark that the timer interrupt takes is told, and makes one store fail', () => {
  const board = machine();
  board.run({ instructions: 1000 });
  const { registers } = board.kernel.processor.current;
  assert.is(registers.r[1], DATA);
  assert.is(registers.r[STORE_FAILS], 0);
  let lost = 0;
  board.events.listen(['exclusive_lost'], () => { lost += 1; });
  const begin = board.kernel.ticks;
  board.run({ instructions: 20 * 62_500 });
  const ticks = board.kernel.ticks - begin;
  assert.ok(lost > 0 && lost < ticks, `${lost} marks at ${ticks} interrupts`);
  assert.is(registers.r[STORE_FAILS], lost);
});

test('a mark that test equipment takes makes one store fail, where there is one', () => {
  const board = machine();
  const { kernel } = board;
  board.run({ instructions: 1000 });
  const { id, registers } = kernel.processor.current;
  while (registers.r[15] !== IMAGE + 0x10) board.run({ instructions: 1 });
  assert.ok(kernel.equipment.takeExclusive(id));
  assert.not(kernel.equipment.takeExclusive(id), 'it is taken');
  assert.not(kernel.equipment.takeExclusive(0xffff), 'there is no such thread');
  board.run({ instructions: 100 });
  assert.is(registers.r[STORE_FAILS], 1);
});

test.run();
