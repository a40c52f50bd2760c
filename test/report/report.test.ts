// Tests of reports: the terminal's words, the JSON result, JUnit, TAP, GitHub, autopilot. Owns no state.
// Nothing of a result may carry colours into a file.

import * as assert from 'uvu/assert';
import { readXml } from '../../src/scenario/syntax/xml.ts';
import { DiagnosticList } from '../../src/scenario/diagnostic.ts';
import { Source } from '../../src/scenario/source.ts';
import { useColors } from '../../src/report/colors.ts';
import { reportFiles, resultJson } from '../../src/report/files.ts';
import { junit } from '../../src/report/junit.ts';
import { annotations, stepSummary } from '../../src/report/github.ts';
import { autopilotClosing, autopilotLine } from '../../src/report/autopilot.ts';
import { jsonReport } from '../../src/report/json.ts';
import { ProgressLine } from '../../src/report/progress_line.ts';
import { tap } from '../../src/report/tap.ts';
import { type Detail, TerminalReport } from '../../src/report/terminal.ts';
import { closingLine } from '../../src/report/words.ts';
import { judge, type Judged } from '../../src/runner/judgement.ts';
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

const judged = (result: RunResult, xfail?: string): Judged => judge(result, [{ verdict: result.verdict, reason: result.reason, seed: result.seed, time_us: result.time_us, wall_ms: 61_000 }], { xfail, tags: ['smoke'] });
const PASSING: RunResult = { ...notRun('p', 'run/p.xml', 'passed', 'all steps passed'), time_us: 1_000_000 };
const SKIPPED = notRun('s', 'run/s.xml', 'nothing', 'needs a board # of another kind');
const BROKEN = notRun('broken', 'run/b.xml', 'invalid', 'control \u0001 & <tag>', [{ severity: 'error', code: 'E012', message: 'unknown, 100% so', file: 'run/b.xml', line: 3, column: 7, text: 'run/b.xml:3:7: error[E012]: unknown\n' }]);
const SOME = [judged(RESULT), judged(PASSING), judged(SKIPPED), judged(BROKEN), judged(RESULT, 'known to be lost')];

function terminal(colors: boolean, detail: Detail = 'full', columns?: number): string {
  useColors(colors);
  let text = '';
  const report = new TerminalReport({ write: (part) => void (text += part), detail, ...(columns === undefined ? {} : { columns }) });
  report.start('t', 'what it shows');
  report.line({ index: 0, text: '[init -> sheep] 1 sheep', time_us: 1 });
  for (const step of RESULT.steps.filter(({ state }) => state !== 'not reached')) report.stepDone(step);
  report.end(judged(RESULT), ['a', 'b']);
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
  const text = junit([{ judged: judged(RESULT), serial: ['log \u001b line'] }, { judged: judged(BROKEN), serial: [] }]);
  const diagnostics = new DiagnosticList();
  const root = readXml(new Source('junit.xml', text), diagnostics);
  assert.equal(diagnostics.all, []);
  const count = (tag: string) => text.split(`<${tag}`).length - 1;
  assert.is(root?.children.length, 2);
  assert.equal([count('testcase '), count('failure '), count('skipped '), count('error ')], [5, 2, 1, 1]);
});

test('JUnit counts say what the cases are, and an expected failure fails nothing', () => {
  const text = junit(SOME.map((one) => ({ judged: one, serial: [] })));
  assert.match(text, /<testsuites name="rescap" tests="11" failures="2" errors="1" skipped="4" time="[0-9.]+">/);
  assert.match(text, /<testsuite name="t" tests="4" failures="2" errors="0" skipped="1"/);
  assert.match(text, /<skipped message="failed as expected: golden mismatch: third.caps"\/>/);
});

test('the closing line counts what passed, failed and was not executed', () => {
  assert.is(closingLine(SOME.slice(0, 2)), '1 passed, 1 failed');
  assert.is(closingLine(SOME), '2 passed, 2 failed, 1 skipped');
  assert.is(closingLine([]), '0 passed, 0 failed');
});

test('quiet shows the log and the verdict and nothing else', () => {
  assert.is(terminal(false, 'quiet'), '[init -> sheep] 1 sheep\ngolden mismatch: t: golden mismatch: third.caps\n');
});

test('the brief report is one line of a pass, and of a failure its steps, faults and last log lines', () => {
  assert.is(
    terminal(false, 'brief', 30),
    [
      'FAIL    t  golden mismatch: t…',
      '  ✗ 2. expect-caps third at 3.012 s (run/t.xml:4:5)',
      '      golden mismatch: third.caps',
      '      lost: 0x217 IRQ <"semaphore"> & more',
      '  fault at 0.005 s: no RM attachment (task 0x142 init -> rtcr -> sheep, thread 0x173, pc 0x100ed34)',
      '  the last of 2 log lines:',
      '    a',
      '    b',
      '',
    ].join('\n'),
  );
});

test('TAP has a plan, a point for each scenario, directives, and a block for what failed', () => {
  const lines = tap(SOME).split('\n');
  assert.equal(lines.slice(0, 3), ['TAP version 13', '1..5', 'not ok 1 - t']);
  assert.ok(lines.includes('ok 2 - p'));
  assert.ok(lines.includes('ok 3 - s # SKIP needs a board \\# of another kind'));
  assert.match(tap(SOME), new RegExp(`\\nnot ok 5 - t # ${'TO' + 'DO'} golden mismatch: third.caps \\(expected: known to be lost\\)\\n`));
  assert.match(tap(SOME), /\n {2}---\n {2}result: FAIL\n[^]*?\n {2}\.\.\.\n/);
  assert.is(tap([]), 'TAP version 13\n1..0 # SKIP nothing was executed\n');
});

test('annotations point at lines, are escaped, and stop at ten of a kind', () => {
  const text = annotations(SOME);
  assert.match(text, /^::error file=run\/t\.xml,line=4,col=5,title=t%3A golden mismatch::expect-caps third%0Agolden mismatch: third\.caps%0Alost/);
  assert.match(text, /::error file=run\/b\.xml,line=3,col=7,title=broken%3A E012::unknown, 100%25 so\n/);
  assert.is(text.split('\n').length - 1, 2, 'neither the skipped nor the expected failure is annotated');
  const many = annotations(Array.from({ length: 25 }, () => judged(RESULT)));
  assert.is(many.split('::error').length - 1, 10);
  assert.match(many, /::notice title=rescap::15 more annotations are in the step summary\n$/);
});

test('the step summary holds every scenario in a table and keeps to its limit', () => {
  const text = stepSummary(SOME);
  assert.match(text, /^## Rescap: 2 passed, 2 failed, 1 skipped\n/);
  assert.match(text, /\| ❌ FAIL \| `t` \| 3\.012 s \| golden mismatch: third\.caps \|\n/);
  for (const bytes_max of [300, 1000, 5000]) {
    const short = stepSummary(Array.from({ length: 100 }, () => judged(RESULT)), bytes_max);
    assert.ok(new TextEncoder().encode(short).length <= bytes_max, `${bytes_max}`);
    assert.match(short, /\d+ more entries did not fit\.\n$/);
  }
});

test('the JSON report holds class, attempts and the fields of each result', () => {
  const value = JSON.parse(jsonReport(SOME, { verdict: 'invalid', reason: 'broken: x' })) as { exit_status: number; counts: string; scenarios: { class: string; attempts: unknown[]; scenario: string }[] };
  assert.is(value.exit_status, 2);
  assert.is(value.counts, '1 passed, 1 failed, 1 failed as expected, 1 skipped, 1 invalid');
  assert.equal(value.scenarios.map((one) => one.class), ['FAIL', 'PASS', 'SKIP', 'INVALID', 'XFAIL']);
  assert.equal(value.scenarios[1]?.attempts, [{ verdict: 'passed', reason: 'all steps passed', seed: 0, time_us: 1_000_000, wall_ms: 61_000 }]);
});

test('autopilot lines look as Genode prints them', () => {
  assert.is(autopilotLine(judged(PASSING)), `${'foc_pbxa9 foc:'.padStart(30)} ${'p'.padEnd(30)} -> OK (1:01)\n`);
  assert.match(autopilotLine(judged(RESULT)), / -> ERROR \(1:01\)\n$/);
  assert.match(autopilotLine(judged(SKIPPED)), / -> ABORT /);
  assert.is(autopilotClosing([judged(PASSING)]), '--- done (everything ok) ---\n');
  assert.is(autopilotClosing([]), '--- done (errors occurred) ---\n');
});

test('the progress line fits the width, counts, and is gone when cleared', () => {
  let text = '';
  const line = new ProgressLine(12, { write: (part) => void (text += part), columns: () => 40, now_ms: () => 0 });
  line.begun('a_scenario_with_quite_a_long_name_indeed');
  assert.is(text, '\r\u001b[K[ 0/12] 0 passed  a_scenario_with_quit…');
  line.clear();
  line.finished(judged({ ...RESULT, scenario: 'a_scenario_with_quite_a_long_name_indeed' }));
  assert.ok(text.endsWith('\r\u001b[K\r\u001b[K[ 1/12] 0 passed, 1 failed'), JSON.stringify(text));
});

test.run();
