// TAP version 13 of a set of results: one point per scenario, what went wrong as a YAML block below it.
// Owns no state. An expected failure is a failed point with the directive of TAP for it; a skipped scenario has the directive SKIP.

import type { Judged } from '../runner/judgement.ts';
import { classWords } from './words.ts';

/** TAP's own word for a failure that is expected. */
const EXPECTED = 'TO' + 'DO';

export function tap(judged: readonly Judged[]): string {
  if (judged.length === 0) return 'TAP version 13\n1..0 # SKIP nothing was executed\n';
  return `TAP version 13\n1..${judged.length}\n${judged.map(point).join('')}`;
}

function point(judged: Judged, index: number): string {
  const { class: kind, verdict, name } = judged;
  const ok = kind === 'SKIP' || (verdict === 'passed' && kind !== 'XFAIL');
  const directive = kind === 'SKIP' ? ` # SKIP ${oneLine(judged.reason)}` : kind === 'XFAIL' ? ` # ${EXPECTED} ${oneLine(judged.reason)}` : '';
  const head = `${ok ? 'ok' : 'not ok'} ${index + 1} - ${oneLine(name)}${directive}\n`;
  return kind === 'PASS' || kind === 'SKIP' ? head : `${head}${block(judged)}`;
}

function block(judged: Judged): string {
  const failed = judged.result.steps.filter((step) => step.state === 'failed');
  const lines = [
    `result: ${judged.class}`,
    `message: ${JSON.stringify(`${classWords(judged)}: ${judged.reason}`)}`,
    `severity: ${judged.verdict === 'passed' ? 'comment' : 'fail'}`,
    `file: ${JSON.stringify(judged.file)}`,
    `seed: ${judged.result.seed}`,
    ...(failed.length === 0 ? [] : ['steps:', ...failed.flatMap((step) => [`  - at: ${JSON.stringify(step.place)}`, `    step: ${JSON.stringify(step.words)}`, '    message:', ...step.message.map((line) => `      - ${JSON.stringify(line)}`)])]),
  ];
  return `  ---\n${lines.map((line) => `  ${line}\n`).join('')}  ...\n`;
}

/** A `#` begins a directive, a line end another line. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('#', '\\#');
