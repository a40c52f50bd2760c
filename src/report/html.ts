// One self-contained HTML page of a set of results: suite, steps, capability spaces, scenario source, serial log.
// Owns no state; a pure function of results and texts.

import type { Judged } from '../runner/judgement.ts';
import type { StepOutcome } from '../runner/result.ts';
import { spaces } from './html_caps.ts';
import { plots } from './html_plots.ts';
import { SCRIPT } from './html_script.ts';
import { STYLE } from './html_style.ts';
import { type Html, html } from './html_text.ts';
import { timeline } from './html_timeline.ts';
import { classWords, closingLine, faultWords, timeWords } from './words.ts';

export interface HtmlEntry {
  readonly judged: Judged;
  readonly serial: readonly string[];
  /** The scenario file's text; empty where it could not be read. */
  readonly source: string;
}

export function htmlReport(entries: readonly HtmlEntry[]): string {
  const rows = entries.map(({ judged, judged: { result } }) => html`<tr><td><a href="#${result.scenario}">${result.scenario}</a></td><td>${verdict(judged)}</td><td>${judged.reason}</td><td>${timeWords(result.time_us)}</td></tr>`);
  const page = html`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Rescap: ${closingLine(entries.map(({ judged }) => judged))}</title>${STYLE}</head>
<body><header><h1>Rescap: ${closingLine(entries.map(({ judged }) => judged))}</h1><button type="button" id="theme">light / dark</button></header>
<table class="suite"><thead><tr><th>scenario</th><th>verdict</th><th>reason</th><th>virtual time</th></tr></thead><tbody>${rows}</tbody></table>
${entries.map(scenario)}${SCRIPT}</body></html>
`;
  return page.text;
}

function verdict(judged: Judged): Html {
  return html`<span class="${judged.verdict === 'passed' ? 'good' : 'bad'}">${classWords(judged)}</span>`;
}

function scenario({ judged, serial, source }: HtmlEntry): Html {
  const { result } = judged;
  const notes = [
    ...result.diagnostics.map(({ text }) => text),
    ...result.faults.map((fault) => `fault at ${timeWords(fault.time_us)}: ${faultWords(fault)}`),
    ...(result.faults_more > 0 ? [`${result.faults_more} more faults`] : []),
    ...result.notes,
    ...(result.extensions_used.length > 0 ? [`extensions used: ${result.extensions_used.join(', ')}`] : []),
  ];
  return html`<section id="${result.scenario}"><h2>${result.scenario}: ${verdict(judged)}</h2><div class="dim">${result.file}: ${judged.reason}</div>
${notes.length === 0 ? '' : html`<pre>${notes.join('\n')}</pre>`}
${timeline(result.scenario, result.timeline)}
<h3>Steps</h3><table><tbody>${result.steps.map((step) => stepRow(step, result.time_us))}</tbody></table>
${plots(result)}
${result.dumps.length === 0 ? '' : html`<h3>Capability spaces</h3>${spaces(result.scenario, result.dumps)}`}
<h3>Texts</h3><details><summary>scenario</summary><pre>${sourceLines(source, result.steps)}</pre></details>
<details><summary>serial log, ${serial.length} lines</summary><pre>${serial.join('\n')}</pre></details></section>`;
}

const MARKS = { passed: '✓', failed: '✗', 'not reached': '·' } as const satisfies Record<StepOutcome['state'], string>;
const CLASSES = { passed: 'good', failed: 'bad', 'not reached': 'dim' } as const satisfies Record<StepOutcome['state'], string>;

function stepRow(step: StepOutcome, whole_us: number): Html {
  const percent = (time_us: number) => (whole_us === 0 ? '0' : ((time_us / whole_us) * 100).toFixed(2));
  const facts = Object.entries(step.facts ?? {}).filter(([, fact]) => typeof fact === 'number' || typeof fact === 'string' || typeof fact === 'boolean');
  const details = [...step.message, ...(facts.length === 0 ? [] : [facts.map(([name, fact]) => `${name} ${String(fact)}`).join(', ')])];
  return html`<tr><td class="${CLASSES[step.state]}" title="${step.state}">${MARKS[step.state]}</td><td>${step.number}. ${step.words}<div class="dim">${step.place}</div>${details.length === 0 ? '' : html`<pre>${details.join('\n')}</pre>`}</td>
<td><div class="bar"><i style="left:min(${percent(step.start_us)}%,100% - 3px);width:${percent(step.end_us - step.start_us)}%"></i></div><span class="dim">${timeWords(step.end_us)}</span></td></tr>`;
}

function sourceLines(source: string, steps: readonly StepOutcome[]): readonly Html[] {
  const states = new Map(steps.map((step) => [Number(/:(\d+):\d+$/.exec(step.place)?.[1] ?? 0), step.state]));
  return source.split(/\r\n|\n|\r/).map((line, index) => {
    const state = states.get(index + 1);
    const kind = state === 'passed' ? 'done' : state === 'failed' ? 'broken' : '';
    return html`<span class="${kind}">${state === undefined ? ' ' : MARKS[state]} ${String(index + 1).padStart(3)} ${line}</span>\n`;
  });
}
