// Threads in machine code: aliens, and what a return address in Thumb state means (fiasco-kernel.md 4.6, 5.1, 5.2).

import * as assert from 'uvu/assert';
import { Thread } from '../../../src/emu/fiasco/thread.ts';
import { suite } from '../../kit.ts';
import { CODE, REPLY_AND_WAIT, SELF, ScriptedBoard, type Step, WAIT, createGate, halt, invoke, local, sleep, startCode, startLocal, touch } from './scripted.ts';

const test = suite('aliens and Thumb return addresses');

/** Waits for itself without time, that is yields; then 42 goes to r7 and the thread stays where it is. */
const yieldCode = (returnBit: 0 | 1): readonly number[] => [
  0xe3a0_0000, // mov r0, #0
  0xe59f_2014, // ldr r2, [pc, #20]
  0xe59f_3014, // ldr r3, [pc, #20]
  0xe28f_e004 | returnBit, // add lr, pc, #4
  0xe1a0_0000, // nop
  0xe3e0_f00b, // mvn pc, #11: 0xfffffff4
  0xe3a0_702a, // mov r7, #42
  0xeaff_fffe, // b .
  0xffff_f802,
  0x0400_0400,
];
const RETURN = CODE + 6 * 4;
const SVC = 0xffff_fff4;
/** An address at which nothing is mapped. */
const HOLE = 0x1000_0000;

const create = (slot: number, index: number, flags: number, ip = CODE): Step[] => startCode(slot, index, { ip, flags });
const threadBehind = (board: ScriptedBoard, slot: number): Thread => {
  const object = board.machine.kernel.objects.all().find((each) => each.mappings.some((mapping) => mapping.slot === slot));
  if (object instanceof Thread) return object;
  throw new Error('no thread');
};

test('a system call of an alien raises an exception at the svc, and one behind the call once it was allowed', () => {
  const noteException = local((cpu, script) => script.note(`${cpu.r[0]?.toString(16)} ${[1, 3, 5, 17, 19].map((i) => cpu.utcb[i]?.toString(16)).join(' ')}`));
  const answer = (label: number): Step => invoke({ tag: (label << 16) >>> 0, to: (SELF | REPLY_AND_WAIT) >>> 0, timeouts: 0x0400_0000 });
  const board = new ScriptedBoard(
    (at) => ({
      main: [...startLocal(at, 0x200, 1, 'handler'), createGate(0x210, 0x148, 0x200), sleep((10 << 10) | 2), touch(CODE), ...create(0x201, 2, 0x40_0000), halt()],
      handler: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0 }), noteException, answer(0), noteException, answer(1), noteException, answer(0)],
    }),
    { code: yieldCode(0) },
  );
  const hex = (value: number): string => value.toString(16);
  // Words: error, r0, r2, lr, pc. Not allowed at first: the same svc raises the same exception again.
  assert.equal(board.finish(5_000_000), [
    `fffb1014 300000 0 fffff802 ${hex(RETURN)} ${hex(SVC)}`,
    `fffb1014 300000 0 fffff802 ${hex(RETURN)} ${hex(SVC)}`,
    `fffb1014 310000 8000 fffff802 ${hex(RETURN)} ${hex(RETURN)}`,
  ]);
  assert.is(threadBehind(board, 0x201).registers.r[7], 42);
});

test('a page fault of an alien is an exception, not a message to its pager', () => {
  const board = new ScriptedBoard(
    (at) => ({
      main: [...startLocal(at, 0x200, 1, 'handler'), createGate(0x210, 0x148, 0x200), sleep((10 << 10) | 2), ...create(0x201, 2, 0x40_0000, HOLE), halt()],
      handler: [invoke({ tag: 0, to: (SELF | WAIT) >>> 0 }), local((cpu, script) => script.note(`${cpu.r[0]?.toString(16)} ${cpu.utcb[0]?.toString(16)} ${((cpu.utcb[1] ?? 0) & 0xffff_0000).toString(16)}`))],
    }),
    { code: yieldCode(0) },
  );
  assert.equal(board.finish(5_000_000), [`fffb1014 ${HOLE.toString(16)} 330000`]);
});

test('quirk (return in ARM state): bit 0 of a return address does not bring a caller back to Thumb state: it goes on in ARM state at the aligned address', () => {
  const board = new ScriptedBoard(() => ({ main: [touch(CODE), ...create(0x201, 1, 0), sleep((10 << 10) | 2), halt()] }), { code: yieldCode(1) });
  board.finish(5_000_000);
  const { registers } = threadBehind(board, 0x201);
  assert.is(registers.r[14], RETURN + 1);
  assert.is(registers.r[7], 42);
  assert.is(registers.thumb, false);
});

test.run();
