// Who may become a hosted program: threads that enter its image with their first instruction, in tasks that run no machine code.

import * as assert from 'uvu/assert';
import { HOSTED_TRAP } from '../../../src/emu/hosted.ts';
import { HostedRuntime } from '../../../src/runtime/native/port.ts';
import { suite } from '../../kit.ts';
import { CODE, IMAGE, SELF, ScriptedBoard, type Step, WAIT, createGate, halt, invoke, local, sleep, startCode, startLocal, touch } from './scripted.ts';

const test = suite('hosted entries');
const BRANCH_SELF = 0xeaff_fffe;
const NOP = 0xe1a0_0000;

/** Others come before it. */
const start = (slot: number, index: number, ip: number): Step[] => startCode(slot, index, { ip, priority: 100 });
const handler: readonly Step[] = [
  invoke({ tag: 0, to: (SELF | WAIT) >>> 0 }),
  local((cpu, script) => script.note(`${cpu.r[0]?.toString(16)} error ${cpu.utcb[1]?.toString(16)} pc ${((cpu.utcb[19] ?? 0) - CODE).toString(16)}`)),
];
const board = (code: readonly number[], more: (entry: (name: string) => number) => readonly Step[]): ScriptedBoard =>
  new ScriptedBoard(
    (at) => ({
      main: [...startLocal(at, 0x200, 1, 'handler'), createGate(0x210, 0x148, 0x200), sleep((10 << 10) | 2), touch(CODE), ...more((name) => at.entry(name)), halt()],
      handler,
      late: [local((_cpu, script) => script.note('became hosted'))],
    }),
    { code },
  );

test('the trap is an undefined instruction for a thread that has executed others before', () => {
  const run = board([NOP, HOSTED_TRAP, IMAGE + 8, BRANCH_SELF], () => start(0x201, 2, CODE));
  assert.equal(run.finish(3_000_000), ['fffb1014 error 100000 pc 8']);
});

test('the first instruction of a thread may be the trap', () => {
  assert.equal(board([BRANCH_SELF], (entry) => start(0x201, 2, entry('late'))).finish(3_000_000), ['became hosted']);
});

test('a task that runs machine code gets no hosted threads', () => {
  const run = board([BRANCH_SELF], (entry) => [...start(0x201, 2, CODE), sleep((10 << 10) | 3), ...start(0x202, 3, entry('late')), sleep((10 << 10) | 3)]);
  const [first, ...more] = run.finish(10_000_000);
  assert.match(first ?? '', /^fffb1014 error 100000 /);
  assert.equal(more, []);
});

test('the runtime admits the entries of the images that it knows, under their own names', () => {
  const runtime = new HostedRuntime({ images: [{ program: 'init', text: 0x1000 }] });
  const admitted = [['init', 0x1000], ['init', 0x1008], ['init', 0x1004], ['init', 0x2000], ['core', 0x1000]] as const;
  assert.equal(admitted.map(([program, index]) => runtime.admits(program, index)), [true, true, false, false, false]);
});

test.run();
