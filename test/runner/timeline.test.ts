// Tests of the recorded timeline: spans of threads, coarsening, sessions. A scripted system emits the events.

import * as assert from 'uvu/assert';
import type { ThreadRow } from '../../src/emu/jdb/model.ts';
import type { DebugId } from '../../src/emu/numbers.ts';
import { RECORD_SPANS_MAX } from '../../src/runner/limits.ts';
import { TimelineRecorder } from '../../src/runner/timeline.ts';
import { Parent } from '../../src/runtime/rpc/interfaces.ts';
import { encodeArguments, encodeMessage } from '../../src/runtime/rpc/wire.ts';
import { suite } from '../kit.ts';
import { ScriptedSystem } from './scripted_system.ts';

const test = suite('timeline');
const A = 0x150 as DebugId;
const B = 0x151 as DebugId;
const TASK = 0x142;

const row = (id: DebugId, name: string, states: ThreadRow['states']): ThreadRow => ({ id, cpu: 0, name, priority: 128, task: TASK as DebugId, wait: { kind: 'open' }, timeout: { kind: 'none' }, states, cut: false });
const schedule = (to: DebugId) => (system: ScriptedSystem) => system.emit({ kind: 'schedule', to }, TASK, to);

function record(at: ConstructorParameters<typeof ScriptedSystem>[0]['at'], calls: ConstructorParameters<typeof ScriptedSystem>[0]['calls'] = new Map()) {
  const system = new ScriptedSystem({ at, calls, components: [{ label: 'init -> sheep', task: TASK, alive: true, slots: [] }], threads: [row(A, 'ep', ['rcv_wait']), row(B, 'busy', ['ready'])] });
  const recorder = new TimelineRecorder(system);
  while (system.machine.run({}) !== 'idle_forever');
  return recorder.finish([{ index: 0, text: 'hello', time_us: 5 }], []);
}

test('a thread runs from its switch to the next, and its state says what it does after', () => {
  const { threads, end_us, resolution_us } = record([[1, schedule(A)], [3, schedule(B)], [4, schedule(A)], [10, () => undefined]]);
  assert.is(end_us, 10_000);
  assert.is(resolution_us, 0);
  assert.equal(threads.map(({ id, name, component, spans, running_us }) => ({ id, name, component, spans, running_us })), [
    { id: A, name: 'ep', component: 'init -> sheep', spans: [[1000, 3000, 'receiving'], [4000, 10_000, 'receiving']], running_us: 8000 },
    { id: B, name: 'busy', component: 'init -> sheep', spans: [[3000, 4000, 'ready']], running_us: 1000 },
  ]);
});

test('too many spans are coarsened, and the running time stays exact', () => {
  const count = RECORD_SPANS_MAX + 1000;
  const { threads, resolution_us } = record(Array.from({ length: count }, (_, i) => [i, schedule(i % 2 === 0 ? A : B)] as const));
  assert.ok(resolution_us > 0);
  assert.ok(threads.flatMap(({ spans }) => spans).length <= RECORD_SPANS_MAX);
  assert.is(threads.reduce((sum, { running_us }) => sum + running_us, 0), (count - 1) * 1000);
});

test('a session is a request for Parent.session, opened or refused by its reply', () => {
  const call = { interface: 'Parent', function: 'session', opcode: Parent.session.opcode };
  const words = encodeMessage({ protocol: 0, ids: [], payload: encodeArguments(Parent.session, { name: 'Timer', args: 'ram_quota=8K', affinity: [0, 0, 0, 0, 0, 0] }) });
  if (!Array.isArray(words)) throw new Error('not encoded');
  const transfer = (phase: 'request' | 'reply', content: readonly number[]) => (system: ScriptedSystem) =>
    system.emit({ kind: 'ipc_transfer', phase, from: phase === 'request' ? A : B, to: phase === 'request' ? B : A, object: 0x200 as DebugId, tag: 0, label: 0, words: content }, TASK, A);
  const { sessions } = record([[1, schedule(A)], [2, transfer('request', words)], [3, transfer('reply', [0, 1, 5])], [4, transfer('request', words)], [5, transfer('reply', [-1001 >>> 0, 0])], [6, transfer('request', words)]], new Map([[A, call]]));
  assert.equal(sessions.map(({ service, args, component, start_us, end_us, outcome }) => ({ service, args, component, start_us, end_us, outcome })), [
    { service: 'Timer', args: 'ram_quota=8K', component: 'init -> sheep', start_us: 2000, end_us: 3000, outcome: 'opened' },
    { service: 'Timer', args: 'ram_quota=8K', component: 'init -> sheep', start_us: 4000, end_us: 5000, outcome: 'refused' },
    { service: 'Timer', args: 'ram_quota=8K', component: 'init -> sheep', start_us: 6000, end_us: null, outcome: 'pending' },
  ]);
});

test.run();
