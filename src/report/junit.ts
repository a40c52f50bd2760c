// JUnit XML of a set of results: one suite per scenario, one case per step, invalid and internal as errors.
// Owns no state.

import type { RunResult, StepOutcome } from '../runner/result.ts';
import { VERDICT_WORDS } from './words.ts';

export function junit(results: readonly RunResult[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${results.map(suite).join('')}</testsuites>\n`;
}

function suite(result: RunResult): string {
  const cases = [...result.steps.map((step) => stepCase(result, step)), verdictCase(result)];
  const head = attributes({ name: result.scenario, tests: cases.length, time: (result.time_us / 1e6).toFixed(6) });
  const properties = { seed: result.seed, instructions: result.instructions, extensions_used: result.extensions_used.join(' ') };
  const shown = Object.entries(properties).map(([name, value]) => `      <property${attributes({ name, value })}/>\n`).join('');
  return `  <testsuite${head}>\n    <properties>\n${shown}    </properties>\n${cases.join('')}  </testsuite>\n`;
}

function stepCase(result: RunResult, step: StepOutcome): string {
  const head = attributes({ classname: result.scenario, name: `${step.number}. ${step.words}`, file: step.place, time: ((step.end_us - step.start_us) / 1e6).toFixed(6) });
  if (step.state === 'passed') return `    <testcase${head}/>\n`;
  if (step.state === 'not reached') return `    <testcase${head}><skipped message="not reached"/></testcase>\n`;
  return `    <testcase${head}><failure${attributes({ message: step.message[0] ?? '' })}>${escapeXml(step.message.join('\n'))}</failure></testcase>\n`;
}

function verdictCase(result: RunResult): string {
  const head = attributes({ classname: result.scenario, name: 'verdict', file: result.file });
  if (result.verdict === 'passed') return `    <testcase${head}/>\n`;
  const element = result.verdict === 'nothing' ? 'skipped' : result.verdict === 'invalid' || result.verdict === 'internal' ? 'error' : 'failure';
  return `    <testcase${head}><${element}${attributes({ message: `${VERDICT_WORDS[result.verdict]}: ${result.reason}` })}/></testcase>\n`;
}

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
