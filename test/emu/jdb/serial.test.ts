// Finding listings: in the bytes of a whole debugger session, in mails and logs, in goldens pasted by hand.
// Source modelled: fiasco-kernel.md 2.3.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { ObjectSpace } from '../../../src/emu/jdb/model.ts';
import { printObjectSpace, printObjectSpaceScreen } from '../../../src/emu/jdb/object_space.ts';
import { objectText } from '../../../src/emu/jdb/objects.ts';
import { findObjectSpaces, readObjectSpace } from '../../../src/emu/jdb/serial.ts';
import type { DebugId, Slot } from '../../../src/emu/numbers.ts';
import { suite } from '../../kit.ts';
import { captured, fixture, NO_CAPTURES, objectSpace } from './arbitrary.ts';

const test = suite('listings inside other text');
const target = fixture('target.caps');
const HOME = '\u001b[1;1H';

/** A session as the debugger writes it: the task list, a task selected, its table page by page, back to the list. */
function session(tasks: readonly number[], row: number, space: ObjectSpace, pages: readonly Slot[]): string {
  const list = tasks.map((task) => `${objectText({ id: task as DebugId, address: 0xf12e_4680, type: 'Task', kernel: false, references: 4 }, true)}\u001b[K\n`);
  const screens = pages.map((first) => `${HOME}${printObjectSpaceScreen(space, first, 24)}\u001b[25;1H\u001b[32mobjs: \u001b[m${first.toString(16)}: -- INVALID --   <Space>=mode\u001b[1;10H`);
  const text = `\u001b[25;1H\u001b[32mjdb: \u001b[m\u001b[Ks${HOME}[Objects]\u001b[K\n\u001b[2;1H${list.join('')}\u001b[25;1HObjs: [Objects]\u001b[2;1H\u001b[${row};1H${screens.join('')}\u001b[25;6H\u001b[K${HOME}[Objects]\n`;
  return text.replaceAll('\n', '\r\n');
}

test('a table is put together from the pages of a session, redrawn ones included, and its task is the selected one', () => {
  void fc.assert(
    fc.property(objectSpace, fc.integer({ min: 0, max: 3 }), fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 8 }), (full, selected, extra) => {
      const slots = full.slots.filter((entry) => entry.slot < 96 * 8);
      const pages = [0, 1, 2, 3, 4, 5, 6, 7, ...extra].map((page) => (page * 96) as Slot);
      const source = new TextEncoder().encode(session([1, 7, 0x33, 0x71], selected + 2, { slots }, pages));
      const { value, errors } = findObjectSpaces(source);
      assert.equal(errors, []);
      assert.is(value.length, 1);
      assert.equal(value[0]?.space, { task: [1, 7, 0x33, 0x71][selected], slots });
      assert.is(value[0]?.rows.length, 8 * 24);
      assert.is(value[0]?.partial, false);
    }),
    { numRuns: 30 },
  );
});

const raw = captured(/log_only\.raw$/)[0];
if (raw === undefined) test.skip('the captured session yields the five tables that were looked at, with their tasks', NO_CAPTURES);
else
  test('the captured session yields the five tables that were looked at, with their tasks', () => {
    const { value, errors } = findObjectSpaces(raw.bytes);
    assert.equal(errors, []);
    assert.equal(value.map(({ space }) => space.task), [1, 7, 9, 0x33, 0x71].map((task) => task as DebugId));
    for (const { space } of value.slice(1)) {
      const rendered = captured(new RegExp(`vanilla/log_only/objspace_${(space.task ?? 0).toString(16)}_`))[0];
      assert.is(printObjectSpace(space), rendered?.text.replace(/^#.*\n/gm, ''));
    }
  });

test('the quoted, collapsed listing of a mail is found as a part of a table', () => {
  const { value, errors } = findObjectSpaces(fixture('quoted.txt'));
  assert.equal(errors, []);
  assert.is(value.length, 1);
  assert.equal(value[0]?.where, { first_line: 4, last_line: 10 });
  assert.equal(value[0]?.rows, [0x204, 0x208, 0x20c, 0x210, 0x214, 0x218, 0x21c].map((row) => row as Slot));
  assert.ok(value[0]?.partial);
  assert.equal(value[0]?.space.slots.find(({ slot }) => slot === 0x217), { slot: 0x217 as Slot, id: 0x144 as DebugId, rights: '*', type: 'IRQ' });
});

test('listings between other lines are found wherever they stand', () => {
  const restored = fixture('restored.caps');
  const text = `before\n${target}[init -> rtcr] restored\n${restored}\n# a third\n${target}`;
  const { value, errors } = findObjectSpaces(text);
  assert.equal(errors, []);
  assert.equal(value.map(({ space }) => printObjectSpace(space)), [target, restored, target]);
  assert.is(value[0]?.where.first_line, 2);
});

test('an empty line separates two listings where the rows start over', () => {
  assert.is(findObjectSpaces(`${target}\n${target}`).value.length, 2);
  const { errors } = findObjectSpaces(target + target);
  assert.match(errors[0]?.message ?? '', /row 000000 appears twice/);
});

test('a row that changes within one listing is an error', () => {
  const { errors } = findObjectSpaces('000204 :0016e* Gate -- -- --\n000204 :0016f* Gate -- -- --\n');
  assert.equal(errors, [{ line: 2, column: 1, message: 'row 000204 appears twice, with different contents' }]);
});

test('a golden may be canonical, pasted from a session, taken from a mail, or empty', () => {
  assert.is(printObjectSpace(readObjectSpace(target).value.space), target);
  assert.is(printObjectSpace(readObjectSpace(`# comment\r\n${target.replaceAll('\n', '\r\n')}`).value.space), target);
  assert.is(readObjectSpace(fixture('quoted.txt')).value.space.slots.length, 18);
  assert.equal(readObjectSpace('# nothing is left\n').value.space.slots, []);
  assert.equal(readObjectSpace('# nothing is left\n').errors, []);
});

test('a golden in canonical form is complete even if row 0 is empty, any other listing that begins later is a part', () => {
  const tail = target.slice(target.indexOf('000204'));
  assert.not.ok(readObjectSpace(`# comment\n${tail}`).value.partial);
  assert.ok(readObjectSpace(tail.replace(/ +/g, ' ')).value.partial);
  assert.ok(readObjectSpace(`a log line\n${tail}`).value.partial);
  assert.not.ok(readObjectSpace(`a log line\n${target}`).value.partial);
});

test('a golden without a listing or with two is an error', () => {
  assert.match(readObjectSpace('hello\n').errors[0]?.message ?? '', /no row of an object space/);
  assert.match(readObjectSpace(`${target}\n${target}`).errors[0]?.message ?? '', /2 listings were found/);
});

test('whatever is printed is found in noise', () => {
  void fc.assert(
    fc.property(
      objectSpace.filter((space) => space.slots.length > 0),
      fc.array(fc.constantFrom('[init] hello', '', 'jdb: ', '00021c', '\u001b[32mgreen\u001b[m', '> quoted')),
      (space, noise) => {
        const { value, errors } = findObjectSpaces([...noise, printObjectSpace(space), ...noise].join('\n'));
        assert.equal(errors, []);
        assert.equal(value.map((found) => found.space), [space]);
      },
    ),
  );
});

test('no bytes make the search throw', () => {
  void fc.assert(fc.property(fc.uint8Array(), (bytes) => void findObjectSpaces(bytes)));
  void fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'0f4 :*-GateIRQ\n\r>\u001b[H;12mK') }), (text) => void findObjectSpaces(text)));
});

test.run();
