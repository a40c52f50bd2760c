// Tests of moments that events bring: what counts, for whom, and that the machine stops there. A scripted system emits the events.
// Owns no state; that real components reach these moments is run/moments.xml's to show.

import * as assert from 'uvu/assert';
import type { ThreadRow } from '../../src/emu/jdb/model.ts';
import type { DebugId } from '../../src/emu/numbers.ts';
import { type EventMoment, watchMoment } from '../../src/runner/moment_watch.ts';
import { isRpc } from '../../src/runtime/rpc/rpc_name.ts';
import type { KernelState, RpcName } from '../../src/runtime/system.ts';
import { suite } from '../kit.ts';
import { type Script, ScriptedSystem } from './scripted_system.ts';

const test = suite('moments');
const SHEEP = 0x150 as DebugId;
const OTHER = 0x160 as DebugId;
const row = (id: DebugId, task: number, name: string): ThreadRow => ({ id, cpu: 0, name, priority: 128, task: task as DebugId, wait: { kind: 'open' }, timeout: { kind: 'none' }, states: [], cut: false });
const THREADS = [row(SHEEP, 0x142, 'ep'), row(OTHER, 0x143, 'ep')];
const COMPONENTS = [{ label: 'init -> rtcr -> sheep', task: 0x142, alive: true, slots: [] }, { label: 'init -> other', task: 0x143, alive: true, slots: [] }];

const transfer = (phase: 'request' | 'reply', from: DebugId, to: DebugId) => (system: ScriptedSystem) => system.emit({ kind: 'ipc_transfer', phase, from, to, object: 0 as DebugId, tag: 0, label: 0, words: [0, 0] }, 0, from);
const fault = (thread: DebugId, address: number, pc: number, write: boolean) => (system: ScriptedSystem) => system.emit({ kind: 'page_fault', address, pc, write }, 0, thread);
const enter = (thread: DebugId, tag: number) => (system: ScriptedSystem) => system.emit({ kind: 'syscall_enter', tag, selector: 0, timeouts: 0, op: 0 }, 0, thread);
const schedule = (to: DebugId) => (system: ScriptedSystem) => system.emit({ kind: 'schedule', to }, 0, to);

/** Milliseconds at which the moment came; null if it never did. */
function cameAt(moment: EventMoment, at: Script['at'], more: Partial<Script> = {}): number | null {
  const system = new ScriptedSystem({ at, components: COMPONENTS, threads: THREADS, ...more });
  const watch = watchMoment(moment, system, 0x1001);
  for (;;) {
    if (watch.reached) {
      watch.close();
      return system.machine.time_us / 1000;
    }
    if (system.machine.run(watch.instructions_left === Number.POSITIVE_INFINITY ? {} : { instructions: watch.instructions_left }) === 'idle_forever' && !watch.reached) return null;
  }
}

test('an RPC counts at its entry or reply, of the component that calls, by interface or function', () => {
  const calls = new Map<number, RpcName>([[SHEEP, { interface: 'Log_session', function: 'write', opcode: 0 }], [OTHER, { interface: 'Log_session', function: 'write', opcode: 0 }]]);
  const at: Script['at'] = [[1, transfer('request', OTHER, SHEEP)], [2, transfer('request', SHEEP, OTHER)], [3, transfer('reply', OTHER, SHEEP)], [4, transfer('request', SHEEP, OTHER)], [5, transfer('reply', OTHER, SHEEP)]];
  const rpc = (more: Partial<Extract<EventMoment, { kind: 'rpc' }>>): EventMoment => ({ kind: 'rpc', function: 'Log::write', edge: 'entry', count: 1, ...more });
  assert.is(cameAt(rpc({}), at, { calls }), 1);
  assert.is(cameAt(rpc({ of: 'rtcr -> sheep' }), at, { calls }), 2);
  assert.is(cameAt(rpc({ of: 'rtcr -> sheep', count: 2 }), at, { calls }), 4);
  assert.is(cameAt(rpc({ of: 'rtcr -> sheep', edge: 'reply' }), at, { calls }), 3);
  assert.is(cameAt(rpc({ function: 'Log::other' }), at, { calls }), null);
  assert.is(cameAt(rpc({ thread: 'main' }), at, { calls }), null);
});

test('an interface may be written with and without its ending, and alone stands for all its functions', () => {
  const rpc: RpcName = { interface: 'Ram_session', function: 'alloc', opcode: 0 };
  for (const written of ['Ram::alloc', 'Ram_session::alloc', 'Ram', 'Ram_session']) assert.ok(isRpc(written, rpc), written);
  for (const written of ['Ram::free', 'Rm::alloc', 'alloc']) assert.not(isRpc(written, rpc), written);
  assert.not(isRpc('Ram', { ...rpc, interface: null }));
  assert.not(isRpc('Ram', undefined));
});

test('a system call counts by the protocol in its tag', () => {
  const at: Script['at'] = [[1, enter(SHEEP, 0)], [2, enter(OTHER, -12 << 16)], [3, enter(SHEEP, -12 << 16)]];
  const call = (name: string, of?: string): EventMoment => ({ kind: 'syscall', call: name, edge: 'entry', count: 1, ...(of === undefined ? {} : { of }) });
  assert.is(cameAt(call('any'), at), 1);
  assert.is(cameAt(call('ipc'), at), 1);
  assert.is(cameAt(call('thread'), at), 2);
  assert.is(cameAt(call('thread', 'rtcr -> sheep'), at), 3);
  assert.is(cameAt(call('factory'), at), null);
});

test('a page fault counts by access, place and component', () => {
  const at: Script['at'] = [[1, fault(OTHER, 0x1000, 0x100, false)], [2, fault(SHEEP, 0x2000, 0x100, true)], [3, fault(SHEEP, 0x3000, 0x3000, false)], [4, fault(SHEEP, 0x1004, 0x100, false)]];
  const moment = (more: Partial<Extract<EventMoment, { kind: 'page_fault' }>>): EventMoment => ({ kind: 'page_fault', access: 'any', count: 1, of: 'rtcr -> sheep', ...more });
  assert.is(cameAt(moment({}), at), 2);
  assert.is(cameAt(moment({ access: 'execute' }), at), 3);
  assert.is(cameAt(moment({ access: 'read' }), at), 4);
  assert.is(cameAt(moment({ at: { first: 0x1000, last: 0x1fff } }), at), 4);
  assert.is(cameAt(moment({ count: 4 }), at), null);
});

test('a kernel state counts when a thread comes into it, and at once where it is already there', () => {
  const states = (state: KernelState) => ({ states: new Map<number, KernelState>([[SHEEP, state], [OTHER, 'call']]) });
  const moment: EventMoment = { kind: 'state', state: 'call', of: 'rtcr -> sheep', count: 1 };
  const becomes = (state: KernelState) => (system: ScriptedSystem) => {
    system.script.states?.set(SHEEP, state);
    schedule(OTHER)(system);
  };
  assert.is(cameAt(moment, [[1, schedule(SHEEP)], [2, becomes('call')]], states('user')), 2);
  assert.is(cameAt(moment, [], states('call')), 0);
  assert.is(cameAt({ ...moment, count: 2 }, [[1, becomes('user')], [2, becomes('call')]], states('call')), 2);
});

test('instructions are counted exactly, of all or of one component while it runs', () => {
  const later: Script['at'] = [[1, schedule(OTHER)], [3, schedule(SHEEP)], [4, schedule(OTHER)], [6, schedule(SHEEP)], [9, () => undefined]];
  assert.is(cameAt({ kind: 'instructions', instructions: 62_500 * 5 }, later), 5);
  assert.is(cameAt({ kind: 'instructions', instructions: 62_500 * 2, of: 'rtcr -> sheep' }, later), 7);
  // What runs already when the watch begins counts from there.
  assert.is(cameAt({ kind: 'instructions', instructions: 62_500 * 2, of: 'rtcr -> sheep' }, later.slice(2), { current: SHEEP }), 2);
});

test('execution comes to an address of the component, also of one that begins later, and the breakpoint goes with the watch', () => {
  const set: string[] = [];
  const came = (task: number, thread: DebugId, address: number) => (system: ScriptedSystem) => system.emit({ kind: 'breakpoint', address }, task, thread);
  const system = new ScriptedSystem({ at: [[1, came(0x143, OTHER, 0x1000)], [2, came(0x142, SHEEP, 0x2000)], [3, came(0x142, SHEEP, 0x1000)], [4, came(0x142, SHEEP, 0x1000)]], components: COMPONENTS, threads: THREADS });
  Object.defineProperty(system.machine, 'breakpoints', { value: { add: (task: number, address: number) => set.push(`+${task.toString(16)}:${address.toString(16)}`), remove: (task: number) => set.push(`-${task.toString(16)}`) } });
  const watch = watchMoment({ kind: 'code', place: { kind: 'address', address: 0x1001 }, of: 'rtcr -> sheep', count: 2 }, system, 0x1001);
  while (!watch.reached && system.machine.run({}) !== 'idle_forever');
  watch.close();
  assert.is(system.machine.time_us, 4000);
  assert.equal(set, ['+142:1000', '-142']);
});

test.run();
