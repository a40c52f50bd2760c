// What GitHub shows of a run: annotations at the scenario's lines, and the step summary in Markdown.
// Owns no state. Limits of GitHub: 10 errors and 10 warnings of one step are shown, a step summary has at most 1 MiB.

import { fails, type Judged } from '../runner/judgement.ts';
import { classWords, closingLine, timeWords } from './words.ts';

const ANNOTATIONS_MAX = 10;
export const SUMMARY_BYTES_MAX = 1024 * 1024;
const MESSAGE_LINES_MAX = 30;

interface Annotation {
  readonly level: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly title: string;
  readonly message: string;
}

/** Workflow commands, one a line. What does not fit is counted in a notice. */
export function annotations(judged: readonly Judged[]): string {
  const all = judged.flatMap(annotationsOf);
  const shown = (['error', 'warning'] as const).flatMap((level) => all.filter((one) => one.level === level).slice(0, ANNOTATIONS_MAX));
  const left = all.length - shown.length;
  const lines = shown.map(({ level, file, line, column, title, message }) => `::${level} file=${property(file)},line=${line},col=${column},title=${property(title)}::${data(message)}\n`);
  if (left > 0) lines.push(`::notice title=rescap::${left} more annotations are in the step summary\n`);
  return lines.join('');
}

/** Every invalid line, every failed step; where there is neither, the scenario as a whole. */
function annotationsOf(judged: Judged): readonly Annotation[] {
  const { result, name } = judged;
  const title = `${name}: ${classWords(judged)}`;
  const told = result.diagnostics.map(({ severity, file, line, column, code, message }): Annotation => ({ level: severity, file, line, column, title: `${name}: ${code}`, message }));
  if (judged.class === 'FLAKY') return [...told, { level: 'warning', file: judged.file, line: 1, column: 1, title, message: judged.reason }];
  if (!fails(judged)) return told;
  const steps = judged.class === 'XPASS' ? [] : result.steps.filter((step) => step.state === 'failed');
  const failed = steps.map((step): Annotation => ({ level: 'error', ...placeOf(step.place, judged.file), title, message: [step.words, ...step.message.slice(0, MESSAGE_LINES_MAX)].join('\n') }));
  const found = [...told, ...failed];
  return found.some(({ level }) => level === 'error') ? found : [...found, { level: 'error', file: judged.file, line: 1, column: 1, title, message: judged.reason }];
}

function placeOf(place: string, file: string): { readonly file: string; readonly line: number; readonly column: number } {
  const match = /^(.*):(\d+):(\d+)$/.exec(place);
  return match === null ? { file, line: 1, column: 1 } : { file: match[1] ?? file, line: Number(match[2]), column: Number(match[3]) };
}

const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

const MARKS = { PASS: '✅', FAIL: '❌', XFAIL: '☑️', XPASS: '❌', FLAKY: '⚠️', SKIP: '⏭️', TIMEOUT: '⏱️', INVALID: '❌', INTERNAL: '💥' } as const satisfies Record<Judged['class'], string>;

/** Markdown: the counts, a table, and what failed in detail as far as there is room. */
export function stepSummary(judged: readonly Judged[], bytes_max: number = SUMMARY_BYTES_MAX): string {
  const rows = judged.map((one) => `| ${MARKS[one.class]} ${one.class} | \`${one.name}\` | ${timeWords(one.result.time_us)} | ${cell(one.class === 'PASS' ? '' : one.reason)} |\n`);
  const head = `## Rescap: ${closingLine(judged)}\n\n| result | scenario | virtual time | reason |\n|---|---|---|---|\n`;
  const parts = [...rows, '\n', ...judged.filter(fails).map(details)];
  let text = head;
  for (const [index, part] of parts.entries()) {
    const rest = `\n${parts.length - index} more entries did not fit.\n`;
    if (bytesOf(text) + bytesOf(part) + bytesOf(rest) > bytes_max) return text + rest;
    text += part;
  }
  return text;
}

function details(judged: Judged): string {
  const failed = judged.result.steps.filter((step) => step.state === 'failed');
  const lines = [
    ...judged.result.diagnostics.map(({ text }) => text.trimEnd()),
    ...failed.flatMap((step) => [`${step.place}: ${step.number}. ${step.words}`, ...step.message.slice(0, MESSAGE_LINES_MAX).map((line) => `    ${line}`)]),
  ];
  const body = lines.length === 0 ? judged.reason : lines.join('\n');
  const fence = '`'.repeat(Math.max(3, ...[...body.matchAll(/`+/g)].map((run) => run[0].length + 1)));
  return `<details><summary>${judged.name.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}: ${classWords(judged)}</summary>\n\n${fence}\n${body}\n${fence}\n\n</details>\n`;
}

const cell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;');
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
