// The trace: what it prints of a real boot, whom its filters let through, and that listening changes nothing of what happens.

import * as assert from 'uvu/assert';
import { EventStream, type StampedEvent } from '../../../src/emu/event.ts';
import { encodeMachineState } from '../../../src/emu/machine_state.ts';
import { debugId, type Instructions, type Microseconds } from '../../../src/emu/numbers.ts';
import { type NameSource, TraceNames } from '../../../src/runtime/trace/names.ts';
import { LEVEL_KINDS, type TraceFormat, type TraceLevel } from '../../../src/runtime/trace/levels.ts';
import { traceEvents } from '../../../src/runtime/trace/trace.ts';
import { suite } from '../../kit.ts';
import { boot, drive } from '../counting_run.ts';

const test = suite('runtime/trace');
/** Far enough into the boot for the timer to have asked for its first session. */
const END = 12_000_000;

interface Asked {
  readonly levels?: readonly TraceLevel[];
  readonly format?: TraceFormat;
  readonly task?: string;
  readonly thread?: string;
}

/** Lines of a real run from the first event of init on. */
function traced({ levels = [], format = 'text', task, thread }: Asked): { readonly lines: readonly string[]; readonly state: Uint8Array } {
  const run = boot();
  const names = new TraceNames();
  names.attach(run.system);
  const lines: string[] = [];
  traceEvents(run.system.machine.events, names, { levels: new Set(levels), format, task: task ?? null, thread: thread ?? null }, (line) => lines.push(line));
  drive(run, END);
  return { lines, state: encodeMachineState(run.system.machine.save()) };
}

const stamp = { instructions: 7 as Instructions, time_us: 1 as Microseconds, task: debugId(0x71), thread: debugId(0x72) };
const SOURCE: NameSource = {
  components: () => [{ label: 'init -> rtcr', task: debugId(0x71) }, { label: 'core', task: debugId(4) }],
  debuggerName: (id) => (id === 0x72 ? 'ep' : undefined),
  objectType: () => undefined,
  taskOf: (thread) => (thread === 0x72 ? debugId(0x71) : debugId(4)),
  interfaceOf: (gate) => (gate === 0x90 ? 'Ram_session' : null),
  capMap: () => null,
};

/** Lines of hand-made events. */
function linesOf(events: readonly Record<string, unknown>[], { levels = [], format = 'text', task, thread }: Asked): readonly string[] {
  const stream = new EventStream();
  const names = new TraceNames();
  names.attach(SOURCE);
  const lines: string[] = [];
  traceEvents(stream, names, { levels: new Set(levels), format, task: task ?? null, thread: thread ?? null }, (line) => lines.push(line.trim().replace(/ +/g, ' ')));
  for (const event of events) stream.emit({ ...stamp, ...event } as unknown as StampedEvent);
  return lines;
}

const request = { kind: 'ipc_transfer', from: 0x72, to: 0x10, object: 0x90, phase: 'request', tag: 5, label: 0x148, words: [0x24c, 0, 0, 0x4000, 0] };
const reply = { kind: 'ipc_transfer', task: 4, thread: 0x10, from: 0x10, to: 0x72, object: 0, phase: 'reply', tag: 3, label: 0, words: [0, 1, 0x1ec] };

test('the column of task and thread grows with the names, and stays as wide as it was', () => {
  const labels = new Map([[0x71, 'a'], [0x74, `init -> ${'b'.repeat(40)}`], [0x75, 'c'.repeat(70)]]);
  const stream = new EventStream();
  const names = new TraceNames();
  names.attach({ ...SOURCE, components: () => [...labels].map(([task, label]) => ({ label, task: debugId(task) })), taskOf: () => debugId(0x71) });
  const starts: number[] = [];
  traceEvents(stream, names, { levels: new Set(['faults']), format: 'text', task: null, thread: null }, (line) => starts.push(line.indexOf(' unsupported') - line.search(/(a|init|ccc)/)));
  for (const task of [0x71, 0x74, 0x71, 0x75, 0x71]) stream.emit({ ...stamp, task: debugId(task), kind: 'unsupported', what: 'this' } as StampedEvent);
  assert.equal(starts, [30, 51, 51, 73, 51]);
});

test('an RPC is one line for its request and one for its reply, decoded by the table', () => {
  assert.equal(linesOf([request, reply], { levels: ['rpc'] }), [
    '0.000001 7 init -> rtcr/ep rpc Ram_session.alloc(size=0x4000, cached=0) to 10',
    '0.000001 7 core/10 rpc Ram_session.alloc returns capability 492',
  ]);
});

test('an exception of an RPC is told by its name, an interface that nobody declares by its gate', () => {
  const failed = { ...reply, words: [-1002 >>> 0, 0] };
  assert.match(linesOf([request, failed], { levels: ['rpc'] })[1] ?? '', /returns (Quota_exceeded|Out_of_metadata)$/);
  assert.match(linesOf([{ ...request, object: 0x91 }], { levels: ['rpc'] })[0] ?? '', /rpc gate 91\.0\(0x4000, 0x0\) to 10$/);
});

test('a filter lets through what a task does and takes part in, by label, end of label, or number', () => {
  const other = { kind: 'schedule', task: 4, thread: 0x10, to: 0x72 };
  for (const task of ['init -> rtcr', 'rtcr', '71', '0x71']) {
    assert.is(linesOf([request, reply, other], { levels: ['ipc', 'schedule'], task }).length, 2, task);
  }
  assert.is(linesOf([request, reply, other], { levels: ['ipc', 'schedule'], thread: 'ep' }).length, 2);
  assert.is(linesOf([request, reply, other], { levels: ['ipc', 'schedule'], task: 'timer' }).length, 0);
});

test('a reply is understood although its request was filtered away', () => {
  const lines = linesOf([{ ...request, from: 0x11, thread: 0x11, task: 4 }, { ...reply, to: 0x11 }], { levels: ['rpc'], thread: '11' });
  assert.match(lines[1] ?? '', /Ram_session\.alloc returns/);
});

test('the form cap_cr has the lines of the captured traces', () => {
  const events = [
    { kind: 'object_created', object: 0x90, type: 'Gate', bound: 0x72 },
    { kind: 'object_created', object: 0x91, type: 'Thread', bound: null },
    { kind: 'object_named', object: 0x91, name: 'signal handler' },
    { kind: 'irq_attached', irq: 0x92, to: 0x91 },
    { kind: 'syscall_enter', task: 4, thread: 0x10, tag: 0, selector: 0x21_2003, timeouts: 0, op: 1 },
    { kind: 'irq_attached', task: 4, thread: 0x10, irq: 0x93, to: 0x91 },
    { kind: 'irq_detached', irq: 0x93 },
    { kind: 'thread_pager', object: 0x91, pager: 0x90 },
    { kind: 'thread_pager', object: 0x91, pager: null },
    { kind: 'object_named', object: 0x91, name: 'a|b' },
    { kind: 'note', what: 'control_begins', detail: { kind: 'checkpoint' } },
    { kind: 'note', what: 'control_begins', detail: { kind: 'kill' } },
    { kind: 'cap_unmapped', object: 0x90, from: 4, slot: 0x217 },
  ];
  assert.equal(linesOf(events, { format: 'cap_cr' }), [
    'cap_cr|l4_factory_create_gate|90|72', 'cap_cr|l4_factory_create_thread|91', 'cap_cr|l4_debugger_set_object_name|91|signal handler',
    'cap_cr|l4_irq_attach|92|91', 'cap_cr|semaphore_irq|92|91', 'cap_cr|l4_irq_attach|93|91', 'cap_cr|l4_irq_attach_core_kcap|93|212000',
    'cap_cr|l4_irq_detach|93', 'cap_cr|platform_thread_pager|90|91', 'cap_cr|platform_thread_pager||91', 'cap_cr|l4_debugger_set_object_name|91|a?b',
    'cap_cr|STAGE|checkpointing', 'cap_cr|l4_task_unmap|90',
  ]);
});

test('every event of a level has words, in text as in JSON', () => {
  const levels = (Object.keys(LEVEL_KINDS) as TraceLevel[]).filter((level) => level !== 'instructions');
  const { lines } = traced({ levels });
  for (const what of ['syscall call', 'returns words', 'ipc request', 'ipc waits to receive', 'rpc Parent.session', 'created Gate', 'map ', 'irq ', 'page fault', 'switch to']) {
    assert.ok(lines.some((line) => line.includes(what)), what);
  }
  const json = traced({ levels: ['rpc'], format: 'json' }).lines.map((line) => JSON.parse(line) as { kind: string; rpc?: string });
  assert.ok(json.some(({ rpc }) => rpc?.startsWith('Parent.session') === true));
});

test('a send without answer returns nothing, a refusal returns its error', () => {
  const [call, send] = [3, 1].map((op) => ({ kind: 'syscall_enter', tag: 0xffff_0001, selector: (0xb << 12) | op, timeouts: 0, op: 2 }));
  const leave = (tag: number) => ({ kind: 'syscall_leave', tag, label: 0, error: 0 });
  const events = [send, leave(0xffff_0001), send, leave(0xffff_0000), call, leave(0xffff_0001)] as Record<string, unknown>[];
  assert.equal(linesOf(events, { levels: ['syscalls'] }).filter((line) => line.includes('returns')).map((line) => line.replace(/.*?returns/, 'returns')), ['returns', 'returns words 0, -1 (PERM)', 'returns words 1, -1 (PERM)']);
});

test('tracing instructions changes neither the machine nor its clock', () => {
  const quiet = traced({ levels: ['schedule'], task: 'nobody' });
  const loud = traced({ levels: ['instructions'], task: 'timer' });
  assert.ok(loud.lines.length > 100);
  assert.ok(loud.lines.every((line) => / init -> timer\/.+? +[0-9a-f]{8} {2}[0-9a-f]{4,8} +[a-z]/.test(line)));
  assert.equal(Buffer.compare(quiet.state, loud.state), 0);
});

test('nobody who listens to everything gets instructions', () => {
  const stream = new EventStream();
  stream.listen(null, () => undefined);
  assert.is(stream.wanted.instruction, false);
  assert.is(stream.wanted.schedule, true);
});

test.run();
