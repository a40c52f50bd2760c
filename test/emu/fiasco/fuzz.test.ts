// Random system calls with arbitrary arguments: the host never fails, and the kernel's invariants hold after every call.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { EXTENSIONS } from '../../../src/emu/fiasco/extensions.ts';
import { suite } from '../../kit.ts';
import { ScriptedBoard, type Step, createGate, createIrq, createTask, fill, startLocal } from './scripted.ts';

const test = suite('system-call fuzz', { timeout_ms: 30_000 });

const slot = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 0x200, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, 0x207, 0x300, 0xfffff);
const op = fc.oneof(fc.constantFrom(0, 1, 2, 3, 6, 7, 9, 0xb, 0xf), fc.constantFrom(0x803, 0x802, 0x80f, 0x806, 0x801));
const label = fc.constantFrom(0, 1, -1, -2, -5, -6, -10, -11, -12, -13, -14, -15, -21);
const objectPage = fc.tuple(slot, fc.constantFrom(0, 0, 0, 2, 5, 20), fc.nat({ max: 15 })).map(([s, order, rights]) => ((s << 12) | (order << 6) | 0x30 | rights) >>> 0);
const memoryPage = fc
  .tuple(fc.constantFrom(0x7049_0, 0x7100_0, 0x7050_0, 0xbfff_0, 0x2800_0, 0), fc.constantFrom(11, 12, 12, 14, 20, 32, 63), fc.nat({ max: 15 }))
  .map(([page, order, rights]) => ((page << 12) | (order << 6) | 0x10 | rights) >>> 0);
const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 0x11, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0xffff_ffff) },
  { weight: 2, arbitrary: objectPage },
  { weight: 2, arbitrary: memoryPage },
  { weight: 2, arbitrary: fc.constantFrom(0x1_0001, 0x2_0001, 0x3_0001, 0x121_0000, 0x8000_0000, 0xc000_0000, 0x20_0000, 0x1_0000, 0xbfff_0600, 0x2800_0000) },
  { weight: 1, arbitrary: fc.nat({ max: 0xffff_ffff }) },
  { weight: 2, arbitrary: fc.constantFrom(-1, -11, -12, -15, -16, -20).map((code) => code >>> 0) },
  { weight: 2, arbitrary: slot.map((s) => ((s << 12) | 8) >>> 0) },
);
const timeout = fc.constantFrom(0x0400_0400, 0x0400_0400, 0x0400_0000, 0x0000_0400, 0x0801_0801, 0x8003_8003, 0);

const call = fc.record({
  target: fc.tuple(slot, op).map(([s, o]) => ((s << 12) | o) >>> 0),
  tag: fc.tuple(label, fc.nat({ max: 12 }), fc.nat({ max: 3 }), fc.constantFrom(0, 0, 0x1000, 0x2000, 0x8000)).map(([l, w, i, f]) => ((l << 16) | f | (i << 6) | w) >>> 0),
  timeouts: timeout,
  mrs: fc.array(word, { minLength: 10, maxLength: 10 }),
  buffers: fc.tuple(fc.constantFrom(0, 0, 0, 0x21, 0x1f, 0xffff_ffff), fc.oneof(slot.map((s) => ((s << 12) | 0xa) >>> 0), slot.map((s) => ((s << 12) | 0xe) >>> 0), fc.constant(8)), word, word),
});
type Call = { target: number; tag: number; timeouts: number; mrs: number[]; buffers: [number, number, number, number] };

const stepOf = ({ target, tag, timeouts, mrs, buffers }: Call): Step => (cpu) => {
  fill(cpu, { tag, to: target, timeouts, mrs, buffers });
  return { kind: 'invoke', used: 100 };
};

test('no sequence of system calls breaks the kernel', () => {
  const calls = fc.tuple(fc.array(call, { maxLength: 14 }), fc.array(call, { maxLength: 14 }), fc.array(call, { maxLength: 14 }));
  fc.assert(
    fc.property(calls, fc.boolean(), ([first, second, third], extended) => {
      const board = new ScriptedBoard(
        (at) => ({
          main: [
            ...startLocal(at, 0x200, 1, 'second'),
            ...startLocal(at, 0x201, 2, 'third'),
            createGate(0x202, 0x148, 0x200),
            createGate(0x203, 0x150, 3),
            createIrq(0x204),
            createTask(0x205),
            ...first.map((c) => stepOf(c as Call)),
          ],
          second: second.map((c) => stepOf(c as Call)),
          third: third.map((c) => stepOf(c as Call)),
        }),
        { extensions: extended ? EXTENSIONS.map(({ name }) => name) : [] },
      );
      for (let i = 0; i < 80 && board.machine.run({ instructions: 90 }) === 'instruction_limit'; i++) {
        const wrong = board.machine.kernel.check();
        if (wrong.length > 0) assert.unreachable(wrong.join('; '));
      }
      board.machine.run({ time_us: 20_000 });
      assert.equal(board.machine.kernel.check(), []);
      board.machine.save();
    }),
    { numRuns: 120 },
  );
});

test.run();
