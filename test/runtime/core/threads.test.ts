// Control of threads through core: pause, register images, resume, exceptions as signals; and signals themselves.
// Source modelled: genode-base-foc.md 4.1, 9; fiasco-kernel.md 8.6.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { flexpages } from '../../../src/runtime/native/unmap.ts';
import { afterException, emptyState, hasFlag, PAUSE_ERROR, replyImage, STATE, type StateFlag, withFlag } from '../../../src/runtime/core/thread_state.ts';
import { Cpu_session, Cpu_thread, Parent, Pd_session, Region_map, Signal_source } from '../../../src/runtime/rpc/interfaces.ts';
import { suite } from '../../kit.ts';
import { bootCore } from './core_system.ts';
import { type Line, linesAfterBoot, type Ran, runScript, scriptProgram, type Sight, sleep } from './script.ts';
import { CODE, PAGE, REST, session, worker } from './worker_script.ts';

const test = suite('core threads');
const state = (ran: Ran, name: string): readonly number[] => ran.answer(name).value as readonly number[];

const LOOP = 0xeaff_fffe;
const ADD_R0_1_AND_LOOP = [0xe280_0001, 0xeaff_fffd];

test('a running thread is paused with all its registers, and goes on with what was put into its image', () => {
  const ran = runScript([
    ...worker([0xe3a0_102a, LOOP]),
    ['pause', (s) => [Cpu_thread.pause, s.cap('thread'), {}]],
    ['paused', (s) => [Cpu_thread.state, s.cap('thread'), {}]],
    ['change', (s) => [Cpu_thread.set_state, s.cap('thread'), { state: (s.value('paused') as number[]).map((word, i) => (i === 5 ? 0x55 : word)) }]],
    ['resume', (s) => [Cpu_thread.resume, s.cap('thread'), {}]],
    ['run', { act: sleep }],
    ['pause again', (s) => [Cpu_thread.pause, s.cap('thread'), {}]],
    ['paused again', (s) => [Cpu_thread.state, s.cap('thread'), {}]],
  ]);
  const first = state(ran, 'paused');
  assert.equal([first[1], first[STATE.ip], first[STATE.sp]], [0x2a, CODE + 4, 0x7000]);
  assert.ok(hasFlag(first, 'paused') && hasFlag(first, 'in_exception'));
  assert.is(first[STATE.kcap], 0x9000);
  assert.is(first[STATE.utcb], 0x2800_0000);
  const second = state(ran, 'paused again');
  assert.equal([second[1], second[5], second[STATE.ip]], [0x2a, 0x55, CODE + 4]);
});

test('a paused thread does not run, a resumed one does', () => {
  const ran = runScript([
    ...worker(ADD_R0_1_AND_LOOP),
    ...['first', 'second'].flatMap((name): Line[] => [
      [`pause ${name}`, (s) => [Cpu_thread.pause, s.cap('thread'), {}]],
      [`at ${name}`, (s) => [Cpu_thread.state, s.cap('thread'), {}]],
      [`sleep ${name}`, { act: sleep }],
      [`still ${name}`, (s) => [Cpu_thread.state, s.cap('thread'), {}]],
      [`resume ${name}`, (s) => [Cpu_thread.resume, s.cap('thread'), {}]],
      [`run ${name}`, { act: sleep }],
    ]),
    ['stop', (s) => [Cpu_session.kill_thread, s.cap('cpu'), { thread: s.cap('thread') }]],
  ]);
  assert.equal(state(ran, 'still first'), state(ran, 'at first'));
  assert.ok((state(ran, 'at second')[0] ?? 0) > (state(ran, 'at first')[0] ?? 0));
});

test('of a thread that is blocked in the kernel a pause tells ip and sp only', () => {
  const ran = runScript([
    ['main', ({ env }) => [Parent.main_thread_cap, env.parent]],
    // A caller counts as ready until it was scheduled once more; a pause would wait for it.
    ['idle', { act: sleep }],
    ['pause', (s) => [Cpu_thread.pause, s.cap('main'), {}]],
    ['paused', (s) => [Cpu_thread.state, s.cap('main'), {}]],
    ['resume', (s) => [Cpu_thread.resume, s.cap('main'), {}]],
    ['resumed', (s) => [Cpu_thread.state, s.cap('main'), {}]],
  ]);
  const image = state(ran, 'paused');
  assert.ok((image[STATE.ip] ?? 0) > 0);
  assert.equal(image.slice(0, 13), new Array(13).fill(0));
  assert.ok(hasFlag(image, 'paused') && !hasFlag(image, 'in_exception'));
  assert.not(hasFlag(state(ran, 'resumed'), 'paused'));
});

test('a domain that goes while its threads are there leaves nested maps behind, with a warning; without threads it goes quietly', () => {
  const run = (before: readonly Line[]): readonly string[] =>
    linesAfterBoot(
      runScript([
        ...worker([LOOP]),
        ['stack', (s) => [Pd_session.stack_area, s.cap('pd'), {}]],
        ['nested', (s) => [Region_map.dataspace, s.cap('stack'), {}]],
        ['at', (s) => [Region_map.attach, s.cap('space'), { ds: s.cap('nested'), ...REST, use_local_addr: true, local_addr: 0x2000_0000 }]],
        ...before,
        ['close', (s) => [Parent.close, s.env.parent, { session: s.cap('pd') }]],
      ]),
    ).filter((line) => line.startsWith('Warning'));
  assert.equal(run([]), ['Warning: unmapping of managed dataspaces not yet supported']);
  assert.equal(run([['kill', (s) => [Cpu_session.kill_thread, s.cap('cpu'), { thread: s.cap('thread') }]]]), []);
});

test("a thread's objects go in the original's order, on which the ids of later objects depend", () => {
  const system = bootCore(
    scriptProgram([...worker([LOOP]), ['kill', (s) => [Cpu_session.kill_thread, s.cap('cpu'), { thread: s.cap('thread') }]]]),
  );
  const gone: string[] = [];
  system.machine.events.listen(['object_deleted'], (event) => {
    if (event.kind === 'object_deleted') gone.push(event.type);
  });
  system.machine.run({ instructions: 40_000_000 });
  // The record of the pager's pool (a dataspace), lock, pager gate, own gate; the gate of Cpu_thread with the request, and the thread when the kernel lets go of it.
  assert.equal(gone, ['Gate', 'IRQ', 'Gate', 'Gate', 'Gate', 'Thread']);
});

test('an undefined instruction becomes a signal to the session, and the thread stays where it is', () => {
  const ran = runScript([
    ['context', ({ env }) => [Pd_session.alloc_context, env.pd, { source: null, imprint: 0x77 }]],
    ...worker([0xe7ff_dede]).flatMap((line): Line[] =>
      line[0] === 'cpu' ? [line, ['sigh', (s) => [Cpu_session.exception_sigh, s.cap('cpu'), { sigh: s.cap('context') }]]] : [line],
    ),
    ['state', (s) => [Cpu_thread.state, s.cap('thread'), {}]],
  ]);
  const image = state(ran, 'state');
  // The original never stores the exception's number: the word stays as it was made.
  assert.is(image[STATE.cpu_exception], 0);
  assert.is(image[STATE.exceptions], 1);
  assert.ok(hasFlag(image, 'in_exception'));
});

test('signals accumulate in their context and are delivered in the order of the contexts', () => {
  const submit = (name: string, count: number) => (s: Sight) => [Pd_session.submit, s.env.pd, { context: s.cap(name), count }] as const;
  const ran = runScript([
    ['pd', session('PD', 'ram_quota=81920, label="x"')],
    ['source', (s) => [Pd_session.alloc_signal_source, s.cap('pd'), {}]],
    ['same', (s) => [Pd_session.alloc_signal_source, s.cap('pd'), {}]],
    ['a', (s) => [Pd_session.alloc_context, s.cap('pd'), { source: null, imprint: 0xa }]],
    ['b', (s) => [Pd_session.alloc_context, s.cap('pd'), { source: null, imprint: 0xb }]],
    ['b1', submit('b', 1)],
    ['a1', submit('a', 2)],
    ['b2', submit('b', 5)],
    ['first', (s) => [Signal_source.wait_for_signal, s.cap('source'), {}]],
    ['second', (s) => [Signal_source.wait_for_signal, s.cap('source'), {}]],
    ['third', (s) => [Signal_source.wait_for_signal, s.cap('source'), {}]],
    ['c1', submit('a', 1)],
    ['free', (s) => [Pd_session.free_context, s.cap('pd'), { context: s.cap('a') }]],
    ['fourth', (s) => [Signal_source.wait_for_signal, s.cap('source'), {}]],
    ['wrong', (s) => [Pd_session.free_context, s.cap('pd'), { context: s.env.ram }]],
  ]);
  assert.is(ran.answer('same').cap, ran.answer('source').cap);
  assert.equal(['first', 'second', 'third', 'fourth'].map((name) => ran.answer(name).value), [[0xb, 6], [0xa, 2], [0, 0], [0, 0]]);
  assert.equal(linesAfterBoot(ran).slice(1), [
    'Warning: unexpected call of wait_for_signal',
    'Warning: unexpected call of wait_for_signal',
    'Warning: specified signal-context capability has wrong type',
  ]);
});

test('with the extension all_registers the state is the real one even of a blocked thread', () => {
  const lines: Line[] = [
    ['main', ({ env }) => [Parent.main_thread_cap, env.parent]],
    ['state', (s) => [Cpu_thread.state, s.cap('main'), {}]],
  ];
  const ran = runScript(lines, { extensions: new Set(['all_registers']) });
  // Main waits for the construction: a call of its constructor gate at slot 218.
  assert.is(state(ran, 'state')[2], 0x21_8003);
});

test('an exception is counted and its registers are those of the reply', () => {
  const word = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(
    fc.property(fc.array(word, { minLength: 21, maxLength: 21 }), (words) => {
      const image = afterException(emptyState(), words);
      assert.is(image[STATE.exceptions], 1);
      const reply = replyImage(image, words);
      assert.equal(reply, words);
    }),
  );
});

test('flags of an image do not disturb each other', () => {
  const flags: StateFlag[] = ['unresolved_page_fault', 'exception', 'paused', 'in_exception'];
  fc.assert(
    fc.property(fc.subarray(flags), (on) => {
      const image = on.reduce((next: readonly number[], flag) => withFlag(next, flag, true), emptyState());
      assert.equal(flags.filter((flag) => hasFlag(image, flag)), flags.filter((flag) => on.includes(flag)));
    }),
  );
  assert.is(PAUSE_ERROR, 0x50_0000);
});

test('flexpages cover a range exactly, each aligned to its size', () => {
  const page = fc.integer({ min: 0, max: 0x3_ffff }).map((n) => n * PAGE);
  fc.assert(
    fc.property(page, fc.integer({ min: 1, max: 5000 }), (base, pages) => {
      let at = base;
      for (const word of flexpages(base, pages * PAGE)) {
        const size = 2 ** ((word >>> 6) & 0x3f);
        const address = (word & 0xffff_f000) >>> 0;
        assert.is(address, at);
        assert.is(address % size, 0);
        at += size;
      }
      assert.is(at, base + pages * PAGE);
    }),
  );
});

test.run();
