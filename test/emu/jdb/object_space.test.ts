// Object-space listings: printers against captured text, parser against printers, mail forms and errors.
// Source modelled: fiasco-kernel.md 2.3 and C.5.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { parseObjectSpace, printObjectSpace, printObjectSpaceScreen } from '../../../src/emu/jdb/object_space.ts';
import type { ObjectSpace } from '../../../src/emu/jdb/model.ts';
import type { DebugId, Slot } from '../../../src/emu/numbers.ts';
import { suite } from '../../kit.ts';
import { captured, fixture, NO_CAPTURES, objectSpace } from './arbitrary.ts';

const test = suite('object space listing');
const errorsOf = (text: string) => parseObjectSpace(text).errors.map(({ line, column, message }) => `${line}:${column} ${message}`);

test('what is printed is read back as it was', () => {
  void fc.assert(
    fc.property(objectSpace, (space) => {
      const text = printObjectSpace(space);
      assert.equal(parseObjectSpace(text), { value: space, errors: [] });
      assert.not.match(text, /[ ]$/m);
    }),
  );
});

test('the canonical text of a parsed listing is the listing', () => {
  for (const name of ['target.caps', 'restored.caps', 'log_only.caps']) {
    const { value, errors } = parseObjectSpace(fixture(name));
    assert.equal(errors, []);
    assert.is(printObjectSpace(value), fixture(name));
  }
});

const listings = captured(/objspace_.*\.txt$/);
if (listings.length === 0) test.skip('every captured listing is printed as it was captured', NO_CAPTURES);
else
  test('every captured listing is printed as it was captured', () => {
    for (const { name, text } of listings) {
      const { value, errors } = parseObjectSpace(text);
      assert.equal(errors, [], name);
      assert.is(printObjectSpace(value), text.replace(/^#.*\n/gm, ''), name);
    }
  });

test('the screen shows every row with all its padding, colours and the codes that end a line', () => {
  const space: ObjectSpace = {
    slots: [
      { slot: 4 as Slot, id: 0xb as DebugId, rights: '*', type: 'Gate' },
      { slot: 5 as Slot, id: 0x33 as DebugId, rights: '-', type: 'Vlog' },
      { slot: 7 as Slot, id: 0x12_3456 as DebugId, rights: 'w', type: 'Factory' },
    ],
  };
  assert.is(
    printObjectSpaceScreen(space, 0 as Slot, 2),
    '000000 :       --               --               --               --       \u001b[K\n' +
      '000004 :0000b* \u001b[35mGate\u001b[m      00033- Vlog             --        123456w \u001b[33;1mFactory\u001b[m  \u001b[K\n',
  );
  assert.is(printObjectSpaceScreen(space, 0xf_fffc as Slot, 5).split('\n').length, 2);
});

test('a screen is read back like the canonical form', () => {
  void fc.assert(
    fc.property(objectSpace, (space) => {
      const inScreen = space.slots.filter((entry) => entry.slot < 0x200);
      assert.equal(parseObjectSpace(printObjectSpaceScreen(space, 0 as Slot, 0x80)), { value: { slots: inScreen }, errors: [] });
    }),
    { numRuns: 30 },
  );
});

test('collapsed blanks, quotes of any depth and wrapped rows do not matter', () => {
  void fc.assert(
    fc.property(objectSpace, fc.constantFrom('', '> ', '>> ', '> > >', '  '), fc.boolean(), (space, prefix, wrap) => {
      const collapsed = printObjectSpace(space)
        .replace(/ +/g, ' ')
        .replace(/^(.{30,}?) /gm, wrap ? '$1\n' : '$1 ')
        .replace(/^(?=.)/gm, prefix);
      assert.equal(parseObjectSpace(collapsed), { value: space, errors: [] });
    }),
  );
});

test('comments and empty lines are ignored, and a row label without cells says nothing', () => {
  const { value, errors } = parseObjectSpace('# task: 142\n\n000204 :\n000208 :00154w Gate -- -- --\r\n');
  assert.equal(errors, []);
  assert.equal(value.slots, [{ slot: 0x208 as Slot, id: 0x154 as DebugId, rights: 'w', type: 'Gate' }]);
});

test('bad text is told with line and column', () => {
  assert.equal(errorsOf('hello\n'), ['1:1 this is no row of an object space: "hello"']);
  assert.equal(errorsOf('> 000204 :0016e* Gate -- --\n'), ['1:3 row 000204 has 3 cells instead of 4']);
  assert.equal(errorsOf('000204 :0016e* Gate -- -- -- --'), ['1:1 row 000204 has 5 cells instead of 4']);
  assert.equal(errorsOf('000204 :0016e* Goat -- -- --'), ['1:16 unknown object type "Goat"']);
  assert.equal(errorsOf('000204 :-- -- -- 0016e*'), ['1:18 0016e* has no object type']);
  assert.equal(errorsOf('000205 :-- -- -- --'), ['1:1 no row starts at slot 000205']);
  assert.equal(errorsOf('100000 :-- -- -- --'), ['1:1 no row starts at slot 100000']);
  assert.equal(errorsOf('000204 :f11a8fa8 -- -- --'), ['1:9 f11a8fa8 is a kernel pointer: the listing is in raw mode (the space bar changes the mode)']);
  assert.match(errorsOf('000204 :00027DSW Gate -- -- --')[0] ?? '', /another kernel version|unexpected/);
  assert.equal(errorsOf('000204 :00027DSW -- -- --'), ['1:9 00027DSW has three rights characters: a listing of another kernel version']);
  assert.equal(errorsOf('000204 :000016e* Gate -- -- --'), ['1:9 unexpected "000016e*" in a row']);
});

test('duplicate rows and rows out of order are errors', () => {
  assert.equal(errorsOf('000204 :-- -- -- --\n000204 :-- -- -- --'), ['2:1 row 000204 appears twice']);
  assert.equal(errorsOf('000208 :-- -- -- --\n000204 :-- -- -- --'), ['2:1 row 000204 is out of order']);
});

test('no text makes the parser throw, and the number of errors is limited', () => {
  void fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'0f24 :*-wxGateIRQ\n\r>#\u001b[H;1m') }), (text) => void parseObjectSpace(text)));
  assert.is(parseObjectSpace('nonsense\n'.repeat(1000)).errors.length, 100);
});

test.run();
