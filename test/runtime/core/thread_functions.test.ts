// Functions of CPU sessions and their threads that no captured program needs: single steps, affinity, handlers of one thread, quotas; and of PD
// sessions what this board has no use for. Source modelled: base-foc's core at 16.08 (platform_thread, cpu_session_component).

import * as assert from 'uvu/assert';
import { cpuThreads } from '../../../src/runtime/core/cpu_thread.ts';
import { platformThreads } from '../../../src/runtime/core/platform_thread.ts';
import { STATE } from '../../../src/runtime/core/thread_state.ts';
import { Cpu_session, Cpu_thread, Dataspace, Pd_session, Region_map, Rm_session } from '../../../src/runtime/rpc/interfaces.ts';
import { Irq } from '../../../src/emu/fiasco/irq.ts';
import { suite } from '../../kit.ts';
import { type Line, type Ran, runScript } from './script.ts';
import { made, REST, session, start, work } from './worker_script.ts';

const test = suite('core thread functions');
const ADD_R0_1_AND_LOOP = [0xe280_0001, 0xeaff_fffd];
const UNDEFINED = 0xe7ff_dede;

const paused = (name: string): Line[] => [
  [`pause ${name}`, (s) => [Cpu_thread.pause, s.cap('thread'), {}]],
  [name, (s) => [Cpu_thread.state, s.cap('thread'), {}]],
  [`resume ${name}`, (s) => [Cpu_thread.resume, s.cap('thread'), {}]],
];
const r0 = (ran: Ran, name: string): number => (ran.answer(name).value as readonly number[])[0] ?? 0;

test('single stepping is accepted and does nothing on ARM: a thread that is not started stays so, a running one runs on', () => {
  const step = (name: string, enable: boolean): Line => [name, (s) => [Cpu_thread.single_step, s.cap('thread'), { enable }]];
  const ran = runScript([...made(ADD_R0_1_AND_LOOP), step('early', true), work, ['before', (s) => [Cpu_thread.state, s.cap('thread'), {}]], start, work, step('on', true), ...paused('first'), work, step('off', false), ...paused('second')]);
  assert.equal(['early', 'on', 'off'].map((name) => ran.answer(name).error), ['', '', '']);
  assert.is((ran.answer('before').value as readonly number[])[STATE.exceptions], 0);
  // A thread in single steps would raise an exception after each instruction: there are those of the two pauses.
  assert.is((ran.answer('second').value as readonly number[])[STATE.exceptions], 2);
  assert.ok(r0(ran, 'first') > 0 && r0(ran, 'second') > r0(ran, 'first'));
});

test('the affinity space is one processor, and a thread that is placed there runs on', () => {
  const ran = runScript([
    ...made(ADD_R0_1_AND_LOOP),
    ['space of CPUs', (s) => [Cpu_session.affinity_space, s.cap('cpu'), {}]],
    start,
    work,
    ...paused('first'),
    ['affinity', (s) => [Cpu_thread.affinity, s.cap('thread'), { location: [0, 0, 1, 1] }]],
    work,
    ...paused('second'),
  ]);
  assert.equal(ran.answer('space of CPUs').value, [1, 1]);
  assert.is(ran.answer('affinity').error, '');
  assert.ok(r0(ran, 'second') > r0(ran, 'first'));
});

test("a thread's own handler of exceptions comes before its session's, and an invalid one gives way to it", () => {
  const handlers = (thread: 'own' | 'none'): Line[] => [
    ['own', ({ env }) => [Pd_session.alloc_context, env.pd, { source: null, imprint: 0x77 }]],
    ['sessions', ({ env }) => [Pd_session.alloc_context, env.pd, { source: null, imprint: 0x88 }]],
    ...made([UNDEFINED]),
    ['sigh', (s) => [Cpu_session.exception_sigh, s.cap('cpu'), { sigh: s.cap('sessions') }]],
    ['thread sigh', (s) => [Cpu_thread.exception_sigh, s.cap('thread'), { sigh: thread === 'own' ? s.cap('own') : null }]],
    // A context that is gone cannot be signalled: core says so, which tells whose it tried.
    ['free', (s) => [Pd_session.free_context, s.env.pd, { context: s.cap('own') }]],
    start,
    work,
    ['state', (s) => [Cpu_thread.state, s.cap('thread'), {}]],
  ];
  const said = (which: 'own' | 'none'): boolean => runScript(handlers(which)).console().includes('invalid signal-context capability');
  assert.equal([said('own'), said('none')], [true, false]);
});

test('a CPU session without shares of others tells its quota; a device address for a domain is refused', () => {
  const ran = runScript([
    ['pd', session('PD', 'ram_quota=81920, label="x"')],
    ['cpu', session('CPU', 'priority=0x0, ram_quota=128K, label="x"')],
    ['quota', (s) => [Cpu_session.quota, s.cap('cpu'), {}]],
    ['pci', (s) => [Pd_session.assign_pci, s.cap('pd'), { address: 0x1000, bdf: 8 }]],
  ]);
  assert.is(ran.answer('quota').error, '');
  assert.is((ran.answer('quota').value as readonly number[]).length, 2);
  assert.is(Number(ran.answer('pci').value), 0);
});

/** Triggers of the semaphore on which a worker's locks block that nobody has taken. */
function triggersOf(ran: Ran): number {
  const worker = cpuThreads(ran.core).find(({ name }) => name === 'worker')?.[1];
  if (worker === undefined) throw new Error('no worker');
  const { irq } = platformThreads(ran.core).require(worker.platform);
  const object = ran.machine.kernel.tasks().find(({ id }) => id === ran.core.task)?.objects.get(irq.slot)?.object;
  if (!(object instanceof Irq)) throw new Error('no semaphore');
  return object.queued;
}

test('cancelling what blocks a thread triggers its semaphore, once each time, and leaves a thread that runs alone', () => {
  const cancel = (name: string): Line => [name, (s) => [Cpu_thread.cancel_blocking, s.cap('thread'), {}]];
  const lines = (count: number): Line[] => [...made(ADD_R0_1_AND_LOOP), start, work, ...Array.from({ length: count }, (_, n) => cancel(`cancel ${n}`)), work, ...paused('then')];
  const [none, twice] = [runScript(lines(0)), runScript(lines(2))];
  assert.equal([triggersOf(none), triggersOf(twice)], [0, 2]);
  assert.equal(['cancel 0', 'cancel 1'].map((name) => twice.answer(name).error), ['', '']);
  assert.ok(r0(twice, 'then') > 0);
});

test('freeing the signal source of a domain changes nothing: it is the same one as before, and its contexts are signalled', () => {
  const context = (name: string): Line => [name, ({ env, cap }) => [Pd_session.alloc_context, env.pd, { source: cap('source'), imprint: 7 }]];
  const submit = (name: string, to: string): Line => [name, (s) => [Pd_session.submit, s.env.pd, { context: s.cap(to), count: 1 }]];
  const source = (name: string): Line => [name, ({ env }) => [Pd_session.alloc_signal_source, env.pd, {}]];
  const ran = runScript([
    source('source'), context('one'), ['free', (s) => [Pd_session.free_signal_source, s.env.pd, { source: s.cap('source') }]],
    submit('submit', 'one'), context('two'), submit('submit two', 'two'), source('again'),
  ]);
  assert.equal(['free', 'submit', 'two', 'submit two', 'again'].map((name) => ran.answer(name).error), ['', '', '', '', '']);
  assert.is(ran.answer('again').cap, ran.answer('source').cap);
  assert.not.match(ran.console(), /invalid signal-context capability/);
});

test('a region map that its session destroys is no dataspace any more', () => {
  const ran = runScript([
    ['rm', session('RM', 'ram_quota=64K, label="x"')],
    ['map', (s) => [Rm_session.create, s.cap('rm'), { size: 0x1_0000 }]],
    ['ds', (s) => [Region_map.dataspace, s.cap('map'), {}]],
    ['size', (s) => [Dataspace.size, s.cap('ds'), {}]],
    ['destroy', (s) => [Rm_session.destroy, s.cap('rm'), { region_map: s.cap('map') }]],
    ['attach', (s) => [Region_map.attach, s.env.address_space, { ds: s.cap('ds'), ...REST, use_local_addr: false, local_addr: 0 }]],
  ]);
  assert.is(ran.answer('size').value, 0x1_0000);
  assert.is(ran.answer('attach').error, 'Invalid_dataspace');
});

test.run();
