// A hosted thread's stack of frames: what was captured stays as it was while the thread goes on, and a thread made of it is the same.

import * as assert from 'uvu/assert';
import { debugId } from '../../../src/emu/numbers.ts';
import type { Plain } from '../../../src/emu/plain.ts';
import { HostedThread } from '../../../src/runtime/native/hosted_thread.ts';
import { call, done, goto, invoke, procedure, raise } from '../../../src/runtime/native/procedure.ts';
import { suite } from '../../kit.ts';

const test = suite('hosted thread');

const outer = procedure<Record<string, Plain>>('test.thread_outer', { start: () => done(), taken: () => done(), failed: () => done() });
const inner = procedure<{ list: readonly number[]; bytes?: Uint8Array }>('test.thread_inner', { start: () => done(), filling: () => done() });

function begun(): HostedThread {
  const thread = new HostedThread(debugId(4), 0);
  thread.begin(outer.name, {});
  thread.perform(call(inner, { list: [1, 2] }, 'taken', 'failed'));
  return thread;
}

test('bytes that a procedure is filling do not change in what was captured before', () => {
  const thread = begun();
  const bytes = new Uint8Array(2);
  (thread.top.locals as { bytes?: Uint8Array }).bytes = bytes;
  thread.perform(goto('filling', 7));
  const { state } = thread.capture();
  bytes[0] = 9;
  assert.equal(state.frames[1]?.locals['bytes'], new Uint8Array(2));
  assert.equal(thread.save().frames[1]?.locals['bytes'], new Uint8Array([9, 0]));
});

test('a thread that did not run since it was captured is itself after a rewind, one that ran is made anew as it was', () => {
  const thread = begun();
  const captured = thread.capture();
  assert.is(thread.capture(), captured);
  assert.is(thread.rewound(captured), thread);
  thread.captured = null;
  thread.perform(done(5));
  assert.is(thread.rewound(captured), null);
  assert.equal(HostedThread.rewound(captured).save(), captured.state);
});

test('a saved thread is restored in every phase', () => {
  const thread = begun();
  const check = (kind: string): void => {
    const saved = thread.save();
    assert.is(saved.phase.kind, kind);
    assert.equal(HostedThread.restore(saved).save(), saved);
  };
  check('step');
  thread.touch(0x1000, true);
  check('touch');
  thread.perform(invoke('filling'));
  check('enter');
  thread.doing = 'returned';
  check('returned');
  thread.perform(done(3));
  check('step');
  assert.is(thread.top.step, 'taken');
  thread.perform(done());
  check('ended');
});

test('a failure goes to the frame that names a step for it, and one that nobody wants is told', () => {
  const thread = begun();
  assert.is(thread.perform(raise('Refused', 'why')), null);
  assert.is(thread.top.step, 'failed');
  assert.equal(thread.input, { name: 'Refused', text: 'why' });
  assert.equal(thread.perform(raise('Refused')), { name: 'Refused', text: '' });
  assert.is(thread.doing, 'ended');
});

test.run();
