// Lists of kernel objects, tasks and threads: printers against captured text, parsers against printers.
// Source modelled: fiasco-kernel.md 2.4 and 2.6.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { ObjectRow, ThreadRow } from '../../../src/emu/jdb/model.ts';
import { denseObjectText, objectText, parseObjects, printObjects } from '../../../src/emu/jdb/objects.ts';
import { parseTasks, printTasks } from '../../../src/emu/jdb/tasks.ts';
import { parseThreads, printThreads, threadRowText } from '../../../src/emu/jdb/threads.ts';
import type { DebugId } from '../../../src/emu/numbers.ts';
import { suite } from '../../kit.ts';
import { captured, fixture, NO_CAPTURES, objectRow, objectRows, threadRow, threadRows } from './arbitrary.ts';

const test = suite('object, task and thread lists');
const id = (value: number) => value as DebugId;
/** A captured screen without its empty lines and status line. */
const body = (text: string) => text.replace(/^(?:Objs: |present list: |#).*\n/gm, '').replace(/\n+/g, '\n');

test('objects that are printed are read back as they were', () => {
  void fc.assert(fc.property(objectRows, (rows) => assert.equal(parseObjects(printObjects(rows)), { value: rows, errors: [] })));
});

test('colours change nothing that is read', () => {
  void fc.assert(fc.property(objectRow, (row) => assert.equal(parseObjects(objectText(row, true)), { value: [row], errors: [] })));
});

test('tasks that are printed are read back as they were', () => {
  void fc.assert(
    fc.property(objectRows, (rows) => assert.equal(parseTasks(printTasks(rows)), { value: rows.filter((row) => row.type === 'Task'), errors: [] })),
  );
});

test('threads that are printed are read back as they were', () => {
  void fc.assert(fc.property(threadRows, (rows) => assert.equal(parseThreads(printThreads(rows)), { value: rows, errors: [] })));
});

test('committed captured lists are printed as they were captured', () => {
  assert.is(printObjects(parseObjects(fixture('objects.txt')).value), fixture('objects.txt'));
  assert.is(printTasks(parseTasks(fixture('tasks.txt')).value), fixture('tasks.txt'));
  assert.is(printThreads(parseThreads(fixture('threads.txt')).value), fixture('threads.txt'));
});

const lists = captured(/jdb_.*\.txt$/);
if (lists.length === 0) test.skip('every captured list is printed as it was captured', NO_CAPTURES);
else
  test('every captured list is printed as it was captured', () => {
    for (const { name, text } of lists) {
      const again = name.includes('jdb_threads') ? parseThreads(text) : name.includes('jdb_tasks') ? parseTasks(text) : parseObjects(text);
      assert.equal(again.errors, [], name);
      const printed = name.includes('jdb_threads') ? printThreads(parseThreads(text).value) : printObjects(parseObjects(text).value);
      assert.is(printed, body(text), name);
    }
  });

test('a line with colours is the one of the real screen', () => {
  const thread: ObjectRow = { id: id(6), address: 0xf11e_5108, type: 'Thread', home: { kind: 'kernel', cpu: 0 }, references: 1, current: true };
  assert.is(objectText(thread, true), '       6 f11e5108 [\u001b[32mThread\u001b[m ] {KERNEL} C=0 R=1 \u001b[32mcurrent\u001b[m');
  const gate: ObjectRow = { id: id(0xe), address: 0xf11c_8760, type: 'Gate', name: '', label: 0x1c, thread: id(0xd) };
  assert.is(objectText(gate, true), '       e f11c8760 [\u001b[35mGate\u001b[m   ] {                } L=0000001c\u001b[0m D=d');
  const user: ObjectRow = { id: id(8), address: 0xf11f_5108, type: 'Thread', name: 'sigma0', home: { kind: 'task', task: id(7), cpu: 0 }, references: 3, current: false };
  assert.is(objectText(user, true), '       8 f11f5108 [\u001b[32mThread\u001b[m ] {sigma0          } C=0 S=D:7 R=3 ');
  assert.is(denseObjectText(gate), 'e f11c8760 [Gate   ] {                } L=0000001c D=d');
});

test('a thread list shows timeouts, senders and cut states as specified', () => {
  const row: ThreadRow = { id: id(0x23), cpu: 0, name: 'worker', priority: 0x80, task: id(0x22), wait: { kind: 'to', receiver: id(0x29) }, timeout: { kind: 'none' }, states: ['ready', 'send'], cut: false };
  assert.is(threadRowText(row), '   23 0   worker           80     22    29       ready,send');
  const waiting: ThreadRow = { ...row, wait: { kind: 'from', partner: id(0x29), is: 'thread' }, timeout: { kind: 'left', value: 999, unit: 'ms' }, states: ['rcv_wait'] };
  assert.is(threadRowText(waiting), '   23 0   worker           80     22    29  999m rcv_wait');
  const many: ThreadRow = { ...row, wait: { kind: 'none' }, states: ['ready', 'drq_rdy', 'rcv_wait', 'rcv_in_progr'] };
  assert.is(threadRowText(many), '   23 0   worker           80     22             ready,drq_rdy,rcv_wait,...');
});

test('bad lines are told with line and column', () => {
  const first = (text: string, parse: (text: string) => { errors: readonly { line: number; message: string }[] }) => parse(text).errors[0];
  assert.equal(first('[Objects]\n       1 f006e870 [Task   ] R=2\n       1 f006e870 [Task   ] R=2\n', parseObjects), { line: 3, column: 1, message: 'object 1 appears twice' });
  assert.match(first('       1 f006e870 [Goat   ] R=2', parseObjects)?.message ?? '', /unknown object type "Goat"/);
  assert.match(first('       1 f006e870 [Gate   ] R=2', parseObjects)?.message ?? '', /cannot follow an object of type Gate/);
  assert.match(first('       1 f006e870 [Gate   ] L=00000001 D=1', parseTasks)?.message ?? '', /in a list of tasks is of type Gate/);
  assert.match(first('   23 0   worker           80     22    29       ready,sned', parseThreads)?.message ?? '', /unknown thread state "sned"/);
  assert.match(first('nonsense', parseThreads)?.message ?? '', /no line of a thread list/);
});

test('no text makes the parsers throw', () => {
  const text = fc.string({ unit: fc.constantFrom(...'0f2 []{}=DRL-\n*?,') });
  void fc.assert(fc.property(text, (source) => void [parseObjects(source), parseThreads(source), parseTasks(source)]));
  void fc.assert(fc.property(threadRow, fc.nat({ max: 60 }), (row, at) => void parseThreads(threadRowText(row).slice(at))));
});

test.run();
