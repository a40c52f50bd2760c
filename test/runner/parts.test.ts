// Tests of the runner's small parts: log lines, patterns, task names, golden metadata, verdicts. Owns no state.
// Pattern semantics: init-run-tools.md 2.4.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { DebugId } from '../../src/emu/numbers.ts';
import { acceptPending, type GoldenMetadata, type GoldenStore, parseMetadata, printMetadata } from '../../src/runner/golden.ts';
import { LogLines } from '../../src/runner/log_lines.ts';
import { matches } from '../../src/runner/pattern.ts';
import { EXIT_STATUS, gravest } from '../../src/runner/result.ts';
import { findTask } from '../../src/runner/task_name.ts';
import { suite } from '../kit.ts';

const test = suite('runner parts');

test('lines are the same however the console output was cut', () => {
  const text = 'a\u001b[31mb\u001b[0m\r\nsecond \u001b[1;32mline\u001b[m\n\nlast';
  const whole = ['ab', 'second line', '', 'last'];
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 6 }), (cuts) => {
      const log = new LogLines();
      const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      at.slice(1).forEach((end, index) => log.append(text.slice(at[index], end), index));
      log.finish(99);
      assert.equal(log.all.map((line) => line.text), whole);
    }),
  );
});

test('a line of UTF-8 is shown as its characters wherever it was cut; another line stays byte by byte', () => {
  const onConsole = (text: string) => Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
  for (const text of ['133μs/op', 'a \u{1f411} sleeps', 'plain']) {
    const bytes = `${onConsole(text)}\n`;
    for (let cut = 0; cut <= bytes.length; cut++) {
      const log = new LogLines();
      log.append(bytes.slice(0, cut), 0);
      log.append(bytes.slice(cut), 1);
      assert.equal(log.all.map((line) => line.text), [text], `${text} cut at ${cut}`);
    }
  }
  const log = new LogLines();
  log.append('\u00e4lter\n\u03bcs\n', 0);
  assert.equal(log.all.map((line) => line.text), ['\u00e4lter', '\u03bcs']);
});

test('a pattern holds from the beginning of a line, its stars for any text, its end open', () => {
  const line = '[init -> rtcr -> sheep] 3 sheeps. zzZ';
  assert.equal(['* 3 sheeps', '[init*sheep]*zzZ', '3 sheeps', '* 3 sheeps*3', '[init -> rtcr', '**zzZ*', ''].map((pattern) => matches(pattern, line)), [true, true, false, false, true, true, true]);
});

test('a pattern made by putting stars into a line matches it', () => {
  const part = fc.stringMatching(/^[ab. ]{0,4}$/);
  fc.assert(fc.property(fc.array(fc.tuple(part, fc.boolean()), { maxLength: 6 }), part, (parts, rest) => {
    const line = parts.map(([text]) => text).join('') + rest;
    const pattern = parts.map(([text, star]) => (star ? '*' : text)).join('');
    assert.ok(matches(pattern, line), `${pattern} / ${line}`);
  }));
});

const task = (id: number) => id as DebugId;
const COMPONENTS = [
  { label: 'init', task: task(0x33), alive: true },
  { label: 'init -> timer', task: task(0x71), alive: true },
  { label: 'init -> rtcr', task: task(0xa5), alive: true },
  { label: 'init -> rtcr -> sheep', task: task(0x142), alive: false },
  { label: 'init -> rtcr -> sheep', task: task(0x1d8), alive: true },
  { label: 'init -> other -> sheep', task: task(0x200), alive: true },
];
const found = (name: string): number | string => {
  const result = findTask(name, COMPONENTS);
  return result.ok ? result.component.task : result.message;
};

test('a task is found by label, end of label, number and id', () => {
  assert.equal(['timer', 'init -> timer', 'rtcr->sheep', 'rtcr -> sheep#2', '0x71', 'init'].map(found), [0x71, 0x71, 0x1d8, 0x1d8, 0x71, 0x33]);
});

test('no number is given to a task when earlier ones of its name are not remembered', () => {
  const components = COMPONENTS.map((component) => (component.task === 0x142 ? { ...component, forgotten: 7 } : component));
  const refused = findTask('sheep#9', components);
  assert.match(refused.ok ? '' : refused.message, /^7 tasks called 'sheep' are so long gone/);
  assert.is(findTask('rtcr -> sheep', components).ok, true);
});

test('a task that could be several, is dead or unknown is refused in words', () => {
  assert.match(String(found('sheep')), /could mean 2 tasks: init -> rtcr -> sheep \(0x1d8\), init -> other -> sheep \(0x200\)/);
  assert.match(String(found('rtcr -> sheep#1')), /not alive any more/);
  assert.match(String(found('0x142')), /0x142 \(init -> rtcr -> sheep\) is not alive/);
  assert.match(String(found('rtcr -> sheep#3')), /only 2 tasks/);
  assert.match(String(found('wolf')), /no task is called 'wolf'/);
});

const text = fc.string({ maxLength: 12 });
const metadata: fc.Arbitrary<GoldenMetadata> = fc.record(
  { format: fc.constant(1), scenario: text, strategies: fc.array(fc.record({ step: text, strategy: fc.dictionary(text.filter((key) => key !== '__proto__'), text, { noNullPrototype: true }) }, { noNullPrototype: true }), { maxLength: 3 }) },
  { noNullPrototype: true },
);

test('printed metadata is read back as it was', () => {
  fc.assert(fc.property(metadata, (given) => assert.equal(parseMetadata(printMetadata(given)), given)));
});

test('metadata with an unknown field, format or type is refused, and no text makes the reader throw', () => {
  for (const wrong of ['', '[]', '{}', '{"format": 1, "scenario": "x", "strategies": [], "more": 1}', '{"format": 1, "scenario": 1, "strategies": []}', '{"format": 1, "scenario": "x", "strategies": [{"step": "a"}]}']) {
    assert.ok('error' in parseMetadata(wrong), wrong);
  }
  fc.assert(fc.property(fc.oneof(text, fc.json()), (given) => void parseMetadata(given)));
});

test('accepting takes the pending listings that are wanted and writes the metadata', () => {
  const files = new Map([['a.caps.new', 'A'], ['v/b.caps.new', 'B'], ['b.caps', 'old']]);
  const store: GoldenStore = { folder: 'g', list: () => [...files.keys()].sort(), read: (file) => files.get(file), write: (file, content) => void files.set(file, content), remove: (file) => void files.delete(file) };
  assert.equal(acceptPending(store, { name: 's', steps: [] }, (file) => file !== 'a.caps'), ['v/b.caps']);
  assert.equal([...files.keys()].sort(), ['a.caps.new', 'b.caps', 'golden.json', 'v/b.caps']);
});

test('of several verdicts the gravest decides', () => {
  assert.is(gravest(['passed', 'golden', 'failed']), 'failed');
  assert.is(gravest(['failed', 'timeout', 'invalid']), 'invalid');
  assert.is(gravest([]), 'nothing');
  assert.equal(Object.values(EXIT_STATUS), [0, 1, 2, 3, 4, 5, 6]);
});

test.run();
