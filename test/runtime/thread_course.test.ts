// What a thread does next: where one goes on whose registers do not say it.

import * as assert from 'uvu/assert';
import { Thread } from '../../src/emu/fiasco/thread.ts';
import { courseOf } from '../../src/runtime/thread_course.ts';
import { CODE, createGate, ScriptedBoard, sleep, startCode, startLocal, touch } from '../emu/fiasco/scripted.ts';
import { suite } from '../kit.ts';

const test = suite('runtime/thread_course');

test('a thread in the exception of an undefined instruction goes on at that instruction, others where their registers say', () => {
  const board = new ScriptedBoard(
    (at) => ({
      main: [
        ...startLocal(at, 0x200, 1, 'handler'),
        createGate(0x210, 0x148, 0x200),
        touch(CODE),
        ...startCode(0x201, 2),
        sleep(0),
      ],
      handler: [sleep(0)],
    }),
    { code: [0xeeb7_0a00] },
  );
  board.finish(5_000_000);
  const { kernel } = board.machine;
  const courses = kernel.objects.all().flatMap((object) => (object instanceof Thread && object.internal === null ? [courseOf(kernel, object)] : []));
  assert.equal(courses.filter(({ kind }) => kind === 'exception').map(({ goes_on_at }) => goes_on_at), [CODE]);
  assert.equal(courses.filter(({ kind }) => kind !== 'exception').map(({ goes_on_at }) => goes_on_at).filter((at) => at !== null), []);
});

test.run();
