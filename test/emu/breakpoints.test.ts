// Breakpoints: told before the instruction, once each time it is reached, and without any change to the run.

import * as assert from 'uvu/assert';
import { Machine } from '../../src/emu/machine.ts';
import { suite } from '../kit.ts';

const test = suite('breakpoints');
const IMAGE = 0x7049_0000;
/** add r0, r0, #1; add r1, r1, #2; b to the start. */
const LOOP = [0xe280_0001, 0xe281_1002, 0xeaff_fffc];

function machine(): Machine {
  const bytes = new Uint8Array(0x1000);
  const view = new DataView(bytes.buffer);
  LOOP.forEach((word, k) => view.setUint32(4 * k, word, true));
  return new Machine({ ram_bytes: 64 << 20, boot: { root_entry: IMAGE, images: [{ address: IMAGE, bytes }] } });
}

test('a breakpoint stops the machine before its instruction, each time it is reached', () => {
  const board = machine();
  board.run({ instructions: 1000 });
  const { processor } = board.kernel;
  const { task, registers } = processor.current;
  board.breakpoints.add(task.id, IMAGE + 4);
  const seen: number[] = [];
  const stop = board.events.listen(['breakpoint'], (event) => {
    if (event.kind === 'breakpoint') seen.push(event.address, event.instructions);
    board.stop();
  });
  assert.is(board.run({ instructions: 100 }), 'stopped');
  assert.is(registers.r[15], IMAGE + 4);
  const first = [registers.r[0] as number, registers.r[1] as number];
  assert.is(first[1], 2 * ((first[0] as number) - 1));
  assert.is(board.run({ instructions: 100 }), 'stopped');
  assert.equal([registers.r[0], registers.r[1]], [(first[0] as number) + 1, (first[1] as number) + 2]);
  assert.equal(seen.filter((_, k) => k % 2 === 0), [IMAGE + 4, IMAGE + 4]);
  assert.is((seen[3] as number) - (seen[1] as number), 3);
  board.breakpoints.remove(task.id, IMAGE + 4);
  assert.is(board.run({ instructions: 100 }), 'instruction_limit');
  stop();
});

test('breakpoints that nobody stops at change nothing', () => {
  const plain = machine();
  const watched = machine();
  for (const board of [plain, watched]) board.run({ instructions: 1000 });
  watched.breakpoints.add(watched.kernel.processor.current.task.id, IMAGE);
  let count = 0;
  watched.events.listen(['breakpoint'], () => count++);
  for (const board of [plain, watched]) board.run({ instructions: 200_000 });
  assert.ok(count > 10_000);
  assert.equal(watched.save(), plain.save());
});

test.run();
