// TRACE sessions: subjects, policies and buffers, what they cost and when they are refused.
// The texts, ids and refusals are those of the compiled core on the same kernel.

import * as assert from 'uvu/assert';
import { goto } from '../../../src/runtime/native/procedure.ts';
import { Cpu_session, Cpu_thread, Dataspace, Parent, Region_map, Trace_session } from '../../../src/runtime/rpc/interfaces.ts';
import { suite } from '../../kit.ts';
import { type Line, linesAfterBoot, type Ran, runScript, type Sight } from './script.ts';

const test = suite('core trace');
const BUFFER_AT = 0x5000_0000;
const CONTROL_AT = 0x5001_0000;
const CONTROL_BYTES = 8;
const STATE = { untraced: 1, traced: 2, dead: 5 };
const session = (args: string) => ({ env }: Sight) => [Parent.session, env.parent, { name: 'TRACE', args, affinity: [0, 0, 0, 0, 0, 0] }] as const;
const thread = (name: string) => ({ env }: Sight) => [Cpu_session.create_thread, env.cpu, { pd: env.pd, name, location: [0, 0, 0, 0], weight: 10, utcb: 0 }] as const;
const attach = (ds: string, at: number) => (s: Sight) => [Region_map.attach, s.env.address_space, { ds: s.cap(ds), size: 0, offset: 0, use_local_addr: true, local_addr: at, executable: false }] as const;
const subjects = (s: Sight) => [Trace_session.subjects, s.cap('trace')] as const;
const info = (subject: number) => (s: Sight) => [Trace_session.subject_info, s.cap('trace'), { subject }] as const;
const about = (ran: Ran, name: string): readonly [label: string, thread: string, state: number, policy: number] => {
  const words = ran.answer(name).value as readonly number[];
  const bytes = new Uint8Array(Uint32Array.from(words).buffer);
  const string = (from: number, capacity: number): string => new TextDecoder().decode(bytes.subarray(from, from + (words[(from + capacity) / 4] ?? 1) - 1));
  return [string(0, 160), string(164, 32), words[50] ?? -1, words[51] ?? -1];
};

const OPENED: readonly Line[] = [['trace', session('ram_quota=256K, arg_buffer_size=4K, parent_levels=0')], ['arguments', (s) => [Trace_session.dataspace, s.cap('trace')]], ['at', attach('arguments', BUFFER_AT)]];

test('threads become subjects, the newest with the lowest id; the list begins with the oldest', () => {
  let listed: readonly number[] = [];
  const ran = runScript([
    ['first', thread('first')],
    ['second', thread('second')],
    ...OPENED,
    ['count', subjects],
    ['third', thread('third')],
    ['later', subjects],
    ['look', { act: (x) => ((listed = [0, 1, 2, 3, 4].map((word) => x.readWord(BUFFER_AT + 4 * word))), goto('acted')) }],
    ['newest', info(0)],
    ['second of all', info(1)],
    ['kill', (s) => [Cpu_session.kill_thread, s.env.cpu, { thread: s.cap('second') }]],
    ['dead', info(0)],
    ['unknown', info(77)],
  ]);
  const count = Number(ran.answer('count').value);
  assert.is(ran.answer('later').value, count + 1);
  assert.equal(listed.slice(0, 2), [count, count - 1]);
  assert.equal(about(ran, 'newest'), ['init', 'second', STATE.untraced, 0]);
  assert.equal(about(ran, 'second of all'), ['init', 'first', STATE.untraced, 0]);
  assert.equal(about(ran, 'dead'), ['init', 'second', STATE.dead, 0]);
  assert.is(ran.answer('unknown').error, 'Nonexistent_subject');
});

test('a traced thread gets a buffer and its own copy of the policy, and is told through its control', () => {
  let controls: readonly number[] = [];
  let copied = 0;
  const control = (name: string): Line => [name, { act: (x, s) => {
    const at = CONTROL_AT + Number(s.value('index')) * CONTROL_BYTES;
    controls = [...controls, x.readWord(at), x.readWord(at + 4) & 0xffff];
    return goto('acted');
  } }];
  const ran = runScript([
    ['thread', thread('busy')],
    ['index', (s) => [Cpu_thread.trace_control_index, s.cap('thread')]],
    ['control', (s) => [Cpu_session.trace_control, s.env.cpu]],
    ['control at', attach('control', CONTROL_AT)],
    ...OPENED,
    ['count', subjects],
    control('before'),
    ['buffer of an untraced', (s) => [Trace_session.buffer, s.cap('trace'), { subject: 0 }]],
    ['policy id', (s) => [Trace_session.alloc_policy, s.cap('trace'), { size: 4096 }]],
    ['policy', (s) => [Trace_session.policy, s.cap('trace'), { policy: 1 }]],
    ['policy at', attach('policy', 0x5002_0000)],
    ['write', { act: (x) => (x.writeWords(0x5002_0000, [4711]), goto('acted')) }],
    ['no policy', (s) => [Trace_session.trace, s.cap('trace'), { subject: 0, policy: 2, buffer_size: 16384 }]],
    ['traced', (s) => [Trace_session.trace, s.cap('trace'), { subject: 0, policy: 1, buffer_size: 16384 }]],
    ['again', (s) => [Trace_session.trace, s.cap('trace'), { subject: 0, policy: 1, buffer_size: 16384 }]],
    control('traced control'),
    ['acknowledge', { act: (x, s) => (x.writeWords(CONTROL_AT + Number(s.value('index')) * CONTROL_BYTES + 4, [0x0202]), goto('acted')) }],
    ['state', info(0)],
    ['buffer', (s) => [Trace_session.buffer, s.cap('trace'), { subject: 0 }]],
    ['buffer size', (s) => [Dataspace.size, s.cap('buffer')]],
    ['own policy', (s) => [Cpu_thread.trace_policy, s.cap('thread')]],
    ['own buffer', (s) => [Cpu_thread.trace_buffer, s.cap('thread')]],
    ['own policy at', attach('own policy', 0x5003_0000)],
    ['read', { act: (x) => ((copied = x.readWord(0x5003_0000)), goto('acted')) }],
    ['pause', (s) => [Trace_session.pause, s.cap('trace'), { subject: 0 }]],
    control('paused control'),
    ['resume', (s) => [Trace_session.resume, s.cap('trace'), { subject: 0 }]],
    ['rule', (s) => [Trace_session.rule, s.cap('trace'), { label: new Array<number>(41).fill(0), name: new Array<number>(9).fill(0), policy: 1, buffer_size: 4096 }]],
    ['free', (s) => [Trace_session.free, s.cap('trace'), { subject: 0 }]],
    ['gone', (s) => [Trace_session.buffer, s.cap('trace'), { subject: 0 }]],
    ['unload', (s) => [Trace_session.unload_policy, s.cap('trace'), { policy: 1 }]],
    ['unloaded', (s) => [Trace_session.policy, s.cap('trace'), { policy: 1 }]],
    ['close', (s) => [Parent.close, s.env.parent, { session: s.cap('trace') }]],
  ]);
  assert.equal(controls, [0, 0x0101, 1, 0x0102, 1, 0x0201]);
  assert.is(ran.answer('buffer of an untraced').cap, null);
  assert.is(ran.answer('policy id').value, 1);
  assert.is(ran.answer('no policy').error, 'Nonexistent_policy');
  assert.is(ran.answer('traced').error, '');
  assert.is(ran.answer('again').error, 'Out_of_metadata');
  assert.equal(about(ran, 'state'), ['init', 'busy', STATE.traced, 1]);
  assert.is(ran.answer('buffer size').value, 16384);
  assert.is(ran.answer('own buffer').cap, ran.answer('buffer').cap);
  assert.is(copied, 4711);
  assert.equal(['pause', 'resume', 'rule', 'free', 'unload', 'close'].map((name) => ran.answer(name).error), ['', '', '', '', '', '']);
  assert.is(ran.answer('gone').cap, null);
  assert.is(ran.answer('unloaded').error, 'Nonexistent_policy');
  assert.equal(ran.machine.kernel.check(), []);
});

test('what a trace session needs and does not have is told in the words of the original', () => {
  const ran = runScript([
    ['poor', session('ram_quota=4160, arg_buffer_size=64, parent_levels=0')],
    ['small', session('ram_quota=8K, arg_buffer_size=8K, parent_levels=0')],
    ...Array.from({ length: 11 }, (_, i): Line => [`thread ${i}`, thread(`t${i}`)]),
    ['trace', session('ram_quota=20544, arg_buffer_size=64, parent_levels=0')],
    ['subjects', subjects],
    ['policy', (s) => [Trace_session.alloc_policy, s.cap('trace'), { size: 65536 }]],
  ]);
  assert.equal(['poor', 'small', 'trace', 'subjects', 'policy'].map((name) => ran.answer(name).error), ['Service_denied', 'Service_denied', '', 'Out_of_metadata', 'Out_of_metadata']);
  const said = linesAfterBoot(ran).filter((line) => /Quota|slab|TRACE/.test(line));
  assert.equal(said.slice(0, 2), ['Warning: Quota exceeded! amount=64, size=8192, consumed=0', 'Error: failed to obtain initial slab block']);
  assert.ok(said.includes('Warning: TRACE session ran out of memory'), said.join('\n'));
});

test.run();
