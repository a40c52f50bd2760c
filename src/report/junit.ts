// JUnit XML of a set of results: one suite per scenario, one case per step and one for the verdict, invalid and internal as errors.
// Owns no state. Form: the Jenkins schema that GitLab and GitHub actions read; an expected failure counts as passed.

import type { Judged } from '../runner/judgement.ts';
import type { StepOutcome } from '../runner/result.ts';
import { classWords } from './words.ts';

export interface JunitEntry {
  readonly judged: Judged;
  readonly serial: readonly string[];
}

/** Log lines that go into a suite, the last ones; the whole log is in reports/NAME/serial.log. */
const SYSTEM_OUT_LINES_MAX = 1000;

interface Case {
  readonly text: string;
  readonly kind: 'passed' | 'failure' | 'error' | 'skipped';
}

export function junit(entries: readonly JunitEntry[]): string {
  const suites = entries.map((entry) => suite(entry));
  const sum = (kind: Case['kind']) => suites.reduce((count, { cases }) => count + cases.filter((one) => one.kind === kind).length, 0);
  const time = entries.reduce((total, { judged }) => total + judged.result.time_us, 0);
  const head = attributes({ name: 'rescap', tests: suites.reduce((count, { cases }) => count + cases.length, 0), failures: sum('failure'), errors: sum('error'), skipped: sum('skipped'), time: seconds(time) });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${head}>\n${suites.map(({ text }) => text).join('')}</testsuites>\n`;
}

function suite({ judged, serial }: JunitEntry): { readonly text: string; readonly cases: readonly Case[] } {
  const { result } = judged;
  const cases = [...result.steps.map((step) => stepCase(judged, step)), verdictCase(judged)];
  const count = (kind: Case['kind']) => cases.filter((one) => one.kind === kind).length;
  const head = attributes({ name: judged.name, tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped'), time: seconds(result.time_us) });
  const properties = { class: judged.class, seed: result.seed, instructions: result.instructions, attempts: judged.attempts.length, tags: judged.tags.join(' '), extensions_used: result.extensions_used.join(' ') };
  const shown = Object.entries(properties).map(([name, value]) => `      <property${attributes({ name, value })}/>\n`).join('');
  const lines = serial.slice(-SYSTEM_OUT_LINES_MAX);
  const log = lines.length === 0 ? '' : `    <system-out>${escapeXml(lines.join('\n'))}</system-out>\n`;
  return { cases, text: `  <testsuite${head}>\n    <properties>\n${shown}    </properties>\n${cases.map(({ text }) => text).join('')}${log}  </testsuite>\n` };
}

function stepCase(judged: Judged, step: StepOutcome): Case {
  const head = attributes({ classname: judged.name, name: `${step.number}. ${step.words}`, file: step.place, time: seconds(step.end_us - step.start_us) });
  const one = (kind: Case['kind'], inside: string): Case => ({ kind, text: inside === '' ? `    <testcase${head}/>\n` : `    <testcase${head}>${inside}</testcase>\n` });
  if (step.state === 'passed') return one('passed', '');
  if (step.state === 'not reached') return one('skipped', '<skipped message="not reached"/>');
  // The scenario as a whole was expected to fail; its step must not turn the build red.
  if (judged.class === 'XFAIL') return one('skipped', `<skipped${attributes({ message: `failed as expected: ${step.message[0] ?? ''}` })}/>`);
  return one('failure', `<failure${attributes({ message: step.message[0] ?? '' })}>${escapeXml(step.message.join('\n'))}</failure>`);
}

function verdictCase(judged: Judged): Case {
  const head = attributes({ classname: judged.name, name: 'verdict', file: judged.file, time: seconds(0) });
  const message = attributes({ message: `${classWords(judged)}: ${judged.reason}` });
  if (judged.verdict === 'passed') return { kind: 'passed', text: `    <testcase${head}/>\n` };
  const kind = judged.class === 'SKIP' ? 'skipped' : judged.class === 'INVALID' || judged.class === 'INTERNAL' ? 'error' : 'failure';
  return { kind, text: `    <testcase${head}><${kind}${message}/></testcase>\n` };
}

const seconds = (time_us: number): string => (time_us / 1e6).toFixed(6);

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values).map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`).join('');
}

/** Also replaces what XML cannot hold at all. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
