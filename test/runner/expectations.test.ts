// Tests of expectations about threads, memory, quota and sessions, each with what they say when they fail.
// A scripted system stands for the board; run/expectations.xml shows the same on the real one.

import * as assert from 'uvu/assert';
import type { ThreadRow } from '../../src/emu/jdb/model.ts';
import { printThreads } from '../../src/emu/jdb/threads.ts';
import type { DebugId } from '../../src/emu/numbers.ts';
import type { ComponentMemory } from '../../src/runtime/component_memory.ts';
import { CodePlaces } from '../../src/runner/code_places.ts';
import { Expectations } from '../../src/runner/expectations.ts';
import { NO_GOLDENS } from '../../src/runner/golden.ts';
import { GoldenCheck } from '../../src/runner/golden_check.ts';
import type { SessionRecord } from '../../src/runner/run_record.ts';
import { lastingThreads } from '../../src/runner/thread_list.ts';
import type { KernelState } from '../../src/runtime/system.ts';
import { DiagnosticList, type Span } from '../../src/scenario/diagnostic.ts';
import type { StepOf } from '../../src/scenario/model_steps.ts';
import { Source } from '../../src/scenario/source.ts';
import { readXml } from '../../src/scenario/syntax/xml.ts';
import { suite } from '../kit.ts';
import { type Script, ScriptedSystem } from './scripted_system.ts';

const test = suite('expectations');
const source = new Source('t', '<config><start name="sheep"/></config>');
const span: Span = { source, start: 0, end: 0 };
const config = readXml(source, new DiagnosticList());
const TASK = 0x142;
const EP = 0x150;
const SIGNAL = 0x151;
const row = (id: number, name: string): ThreadRow => ({ id: id as DebugId, cpu: 0, name, priority: 128, task: TASK as DebugId, wait: { kind: 'open' }, timeout: { kind: 'none' }, states: [], cut: false });

const MEMORY: StepOf<'expect-memory'> = { kind: 'expect-memory', of: 'sheep', span, expected: { kind: 'same-as', point: 'c', place: { kind: 'address', address: 0x100 }, size_bytes: 4 } };

const ALL_MEMORY: StepOf<'expect-memory'> = { ...MEMORY, expected: { kind: 'same-as', point: 'c' } };

function expectations(more: Partial<Script>, sessions: readonly SessionRecord[] = [], goldens = NO_GOLDENS): Expectations {
  const system = new ScriptedSystem({
    at: [], components: [{ label: 'init -> sheep', task: TASK, alive: true, slots: [] }],
    threads: [row(EP, 'ep'), row(SIGNAL, 'signal handler')], states: new Map<number, KernelState>([[EP, 'call'], [SIGNAL, 'irq']]), ...more,
  });
  if (config === undefined) throw new Error('no config');
  return new Expectations(system, new CodePlaces(config, []), new Map(), new GoldenCheck('t', goldens, true), () => sessions, [MEMORY, ALL_MEMORY]);
}

const session = (service: string, args: string, outcome: SessionRecord['outcome'], provider: string | null): SessionRecord => ({ service, args, thread: EP, component: 'init -> sheep', start_us: 0, end_us: 1, outcome, provider });

test('threads are expected by name, state and number', () => {
  const check = (threads: readonly { name: string; states?: readonly KernelState[]; count: number }[]) =>
    expectations({}).threads({ kind: 'expect-threads', of: 'sheep', span, expected: { kind: 'threads', threads: threads as never } });
  assert.is(check([{ name: 'ep', states: ['call', 'user'], count: 1 }, { name: 'signal handler', count: 1 }]).verdict, 'passed');
  assert.equal(check([{ name: 'ep', states: ['irq'], count: 1 }]).message, ["thread 'ep' is in call, not in irq", 'threads now: ep (call), signal handler (irq)']);
  assert.match(check([{ name: 'ep', count: 2 }]).message[0] ?? '', "1 threads are called 'ep', not 2");
});

test('threads are those of a golden, whatever they do at the moment, and a difference is told in words', () => {
  const check = (text: string | undefined) => {
    const one = expectations({}, [], { ...NO_GOLDENS, folder: 'run/t.golden', read: () => text });
    return one.threads({ kind: 'expect-threads', of: 'sheep', span, expected: { kind: 'golden', file: 'a.threads' } });
  };
  const listing = lastingThreads([row(EP, 'ep'), row(SIGNAL, 'signal handler')]);
  assert.is(check(listing).verdict, 'passed');
  // As pasted from a debugger: the header, threads of other tasks, and what was waited for then.
  const busy = printThreads([{ ...row(EP, 'ep'), wait: { kind: 'from', partner: 0x11d as DebugId, is: 'thread' }, states: ['ready', 'rcv_wait'] }, row(SIGNAL, 'signal handler'), { ...row(7, 'core'), task: 9 as DebugId }]);
  assert.is(check(busy).verdict, 'passed');
  assert.equal(check(undefined), { verdict: 'golden', message: ['golden missing: run/t.golden/a.threads'] });
  assert.match(check(`${listing}nonsense`).message[0] ?? '', /^golden unreadable: run\/t\.golden\/a\.threads:3:1: /);
  assert.equal(check(lastingThreads([{ ...row(EP, 'ep'), priority: 1 }, row(0x160, 'gone')])).message, [
    'golden mismatch: a.threads', 'lost: thread 0x160 (gone)', `thread 0x${EP.toString(16)} (ep) has priority 0x80, not 0x1`, `new: thread 0x${SIGNAL.toString(16)} (signal handler)`,
  ]);
  assert.match(check(lastingThreads([{ ...row(EP, 'ep'), task: 5 as DebugId }])).message[1] ?? '', /^the golden has no thread of task 0x/);
});

test('threads and memory are compared with what a checkpoint kept', () => {
  let content = Uint8Array.of(1, 2, 3, 4);
  const one = expectations({ equipment: { readMemory: () => content } });
  one.keep('c', { label: 'init -> sheep', task: TASK as DebugId, alive: true });
  assert.is(one.threads({ kind: 'expect-threads', of: 'sheep', span, expected: { kind: 'same-as', point: 'c' } as never }).verdict, 'passed');
  assert.is(one.memory(MEMORY).verdict, 'passed');
  content = Uint8Array.of(1, 2, 9, 4);
  assert.equal(one.memory(MEMORY).message, ['memory of init -> sheep differs at 0x102', 'expected: 01 02 03 04', 'there is: 01 02 09 04']);
});

test('all memory is compared up to the ids of capabilities and what is below a stack pointer', () => {
  const STACK = 0x4010_0000;
  const memoryOf = (id: number, live: number, dead: number): ComponentMemory => ({
    pieces: [{ address: 0x1000, bytes: Uint8Array.of(id, 0, live, 0) }, { address: STACK, bytes: Uint8Array.of(dead, 0, 7, 0) }],
    regions: [], records: [{ slot: 8, id, references: 1 }], cap_map_address: 0, stack_pointers: [STACK + 2],
  });
  let present: ComponentMemory | undefined = memoryOf(0x31, 1, 5);
  const one = expectations({ memory: () => present });
  assert.equal(one.memory(ALL_MEMORY).message, ["no memory of init -> sheep is known at 'c'"]);
  one.keep('c', { label: 'init -> sheep', task: TASK as DebugId, alive: true });
  for (const same of [memoryOf(0x31, 1, 5), memoryOf(0x77, 1, 5), memoryOf(0x31, 1, 9)]) {
    present = same;
    assert.is(one.memory(ALL_MEMORY).verdict, 'passed');
  }
  present = memoryOf(0x31, 2, 5);
  assert.equal(one.memory(ALL_MEMORY).message, ["memory of init -> sheep differs from 'c': 0x1002 holds 0x2 instead of 0x1"]);
  present = undefined;
  assert.equal(one.memory(ALL_MEMORY).message, ['no memory of init -> sheep is known now']);
});

test('memory that is not attached is no equal memory', () => {
  const step: StepOf<'expect-memory'> = { kind: 'expect-memory', of: 'sheep', span, expected: { kind: 'bytes', place: { kind: 'address', address: 0x100 }, bytes: [0] } };
  assert.equal(expectations({}).memory(step).message, ['0x100 is not attached in init -> sheep']);
  const symbol: StepOf<'expect-memory'> = { ...step, expected: { kind: 'bytes', place: { kind: 'symbol', symbol: 'main', offset: 0 }, bytes: [0] } };
  assert.equal(expectations({}).memory(symbol).message, ["there is no boot module 'sheep'"]);
});

test('quota has bounds on both sides', () => {
  const check = (quota: StepOf<'expect-quota'>['quota']) => expectations({ equipment: { ramAccount: () => ({ quota: 4096, used: 1024 }) } }).quota({ kind: 'expect-quota', of: 'sheep', span, quota });
  assert.is(check({ quota_min: 4096, quota_max: 4096, used_max: 1024 }).verdict, 'passed');
  assert.equal(check({ quota_min: 5000, used_max: 1000 }).message, ['the quota is 4096 bytes, less than 5000', 'what is used is 1024 bytes, more than 1000']);
  assert.equal(expectations({}).quota({ kind: 'expect-quota', of: 'sheep', span, quota: {} }).message, ['init -> sheep has no RAM session']);
});

test('sessions went where the routes say: to the parent, a sibling, init itself, or nowhere', () => {
  const sessions = [session('LOG', 'label=""', 'opened', 'core'), session('Timer', '', 'opened', 'init -> timer'), session('ROM', 'label="config"', 'opened', null), session('Nic', '', 'refused', null)];
  const check = (service: string, to: string, label?: string) => expectations({}, sessions).routes({ kind: 'expect-routes', of: 'sheep', span, routes: [{ service, to, span, ...(label === undefined ? {} : { label }) }] });
  for (const [service, to] of [['LOG', 'parent'], ['Timer', 'timer'], ['ROM', 'local'], ['Nic', 'denied']] as const) assert.is(check(service, to).verdict, 'passed', service);
  assert.match(check('Timer', 'parent').message[0] ?? '', /^Timer went to timer, not to parent$/);
  assert.match(check('ROM', 'local', 'other').message[0] ?? '', /^no session ROM "other" was asked for$/);
});

test.run();
