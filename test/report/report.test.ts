// Tests of reports: the terminal's words, the JSON result, JUnit. Owns no state.
// Nothing of a result may carry colours into a file.

import * as assert from 'uvu/assert';
import { readXml } from '../../src/scenario/syntax/xml.ts';
import { DiagnosticList } from '../../src/scenario/diagnostic.ts';
import { Source } from '../../src/scenario/source.ts';
import { useColors } from '../../src/report/colors.ts';
import { reportFiles, resultJson } from '../../src/report/files.ts';
import { junit } from '../../src/report/junit.ts';
import { TerminalReport } from '../../src/report/terminal.ts';
import { closingLine } from '../../src/report/words.ts';
import { notRun, type RunResult } from '../../src/runner/result.ts';
import { suite } from '../kit.ts';

const test = suite('reports');

const RESULT: RunResult = {
  ...notRun('t', 'run/t.xml', 'golden', 'golden mismatch: third.caps'),
  time_us: 3_012_000,
  steps: [
    { number: 1, kind: 'checkpoint', words: 'checkpoint third of rtcr -> sheep', place: 'run/t.xml:3:5', state: 'passed', start_us: 0, end_us: 3_000_000, message: [], facts: { threads: 3, big: 5n, bytes: new Uint8Array([1, 255]) } },
    { number: 2, kind: 'expect-caps', words: 'expect-caps third', place: 'run/t.xml:4:5', state: 'failed', start_us: 3_000_000, end_us: 3_012_000, message: ['golden mismatch: third.caps', 'lost: 0x217 IRQ <"semaphore"> & more'] },
    { number: 3, kind: 'mark', words: 'mark m', place: 'run/t.xml:5:5', state: 'not reached', start_us: 3_012_000, end_us: 3_012_000, message: [] },
  ],
  faults: [{ time_us: 5000, task: 0x142, thread: 0x173, pc: 0x100ed34, component: 'init -> rtcr -> sheep', message: 'no RM attachment' }],
  dumps: [{ point: 'third', task: 'init -> rtcr -> sheep', task_id: 0x142, time_us: 0, file: 'third.caps', text: '000000 :\n' }],
  extensions_used: ['install'],
};

function terminal(colors: boolean): string {
  useColors(colors);
  let text = '';
  const report = new TerminalReport({ write: (part) => void (text += part), quiet: false });
  report.start('t', 'what it shows');
  report.line({ index: 0, text: '[init -> sheep] 1 sheep', time_us: 1 });
  for (const step of RESULT.steps.filter(({ state }) => state !== 'not reached')) report.stepDone(step);
  report.end(RESULT);
  useColors(false);
  return text;
}

test('the terminal tells log, steps, faults and the verdict in plain words', () => {
  assert.is(
    terminal(false),
    [
      't: what it shows',
      '[init -> sheep] 1 sheep',
      '✓ 1. checkpoint third of rtcr -> sheep at 3.000 s',
      '    threads 3',
      '✗ 2. expect-caps third at 3.012 s (run/t.xml:4:5)',
      '    golden mismatch: third.caps',
      '    lost: 0x217 IRQ <"semaphore"> & more',
      'fault at 0.005 s: no RM attachment (task 0x142 init -> rtcr -> sheep, thread 0x173, pc 0x100ed34)',
      'extensions used: install',
      '1 of 3 steps were not reached',
      'golden mismatch: t: golden mismatch: third.caps',
      '',
    ].join('\n'),
  );
});

test('colours change no word', () => {
  const colored = terminal(true);
  assert.match(colored, /\u001b\[/);
  assert.is(colored.replaceAll(/\u001b\[[0-9;]*m/g, ''), terminal(false));
});

test('the result file holds verdict, exit status, steps and facts, without colours', () => {
  useColors(true);
  const value = JSON.parse(resultJson(RESULT)) as Record<string, unknown>;
  useColors(false);
  assert.is(value['verdict'], 'golden');
  assert.is(value['exit_status'], 3);
  assert.is(value['format'], 1);
  const [first] = value['steps'] as readonly { facts: unknown }[];
  assert.equal(first?.facts, { threads: 3, big: '5', bytes: '01ff' });
  assert.not.match(JSON.stringify(value), /\\u001b/);
});

test('a report folder holds result, serial log and dumps', () => {
  assert.equal(reportFiles(RESULT, ['a', 'b']).map(({ name, text }) => [name, text.length > 0]), [['result.json', true], ['record.json', true], ['serial.log', true], ['third.caps', true]]);
  assert.is(reportFiles(RESULT, ['a', 'b'])[2]?.text, 'a\nb\n');
});

test('the JUnit file is well-formed whatever the messages hold, one case per step and one for the verdict', () => {
  const text = junit([RESULT, notRun('broken', 'run/b.xml', 'invalid', 'control \u0001 & <tag>')]);
  const diagnostics = new DiagnosticList();
  const root = readXml(new Source('junit.xml', text), diagnostics);
  assert.equal(diagnostics.all, []);
  const count = (tag: string) => text.split(`<${tag}`).length - 1;
  assert.is(root?.children.length, 2);
  assert.equal([count('testcase '), count('failure '), count('skipped '), count('error ')], [5, 2, 1, 1]);
});

test('the closing line counts what passed, failed and was not executed', () => {
  assert.is(closingLine([RESULT, { ...RESULT, verdict: 'passed' }]), '1 passed, 1 failed');
  assert.is(closingLine([{ ...RESULT, verdict: 'nothing' }]), '0 passed, 0 failed, 1 skipped');
});

test.run();
