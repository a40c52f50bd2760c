// The virtual-time timeline of the HTML report: threads as lanes with their phases, operations, sessions and log lines above them.
// Owns no state. Every lane is one picture over the same axis (microseconds), so that zooming changes one attribute per lane.

import type { OperationRecord, RunSpan, SessionRecord, ThreadLane, Timeline } from '../runner/run_record.ts';
import { type Html, html, Html as Markup } from './html_text.ts';
import { timeWords } from './words.ts';

/** Threads that ran least are folded away. */
const LANES_OPEN = 24;
const TICKS = 8;
const LABELS = 4;
/** Shorter events would not be seen in the whole picture. */
const SHARE_MIN = 1 / 1500;

export function timeline(id: string, { end_us, threads, sessions, operations, lines, dropped, resolution_us }: Timeline): Html | '' {
  if (end_us <= 0 || threads.length === 0) return '';
  const byUse = [...threads].sort((a, b) => b.running_us - a.running_us);
  const open = new Set(byUse.slice(0, LANES_OPEN).map((lane) => lane.id));
  const shown = threads.filter((lane) => open.has(lane.id));
  const folded = threads.filter((lane) => !open.has(lane.id));
  const notes = [
    ...(resolution_us > 0 ? [`gaps shorter than ${resolution_us} us are closed`] : []),
    ...(dropped.threads > 0 ? [`${dropped.threads} threads are not shown`] : []),
    ...(dropped.lines > 0 ? [`${dropped.lines} lines are not shown`] : []),
    ...(dropped.sessions > 0 ? [`${dropped.sessions} sessions are not shown`] : []),
  ];
  return html`<h3>Timeline</h3>
<div class="timeline" id="${id}-timeline" data-end="${end_us}" tabindex="0" role="group" aria-label="Timeline of ${threads.length} threads over ${timeWords(end_us)}. Arrow keys move the cursor, plus and minus zoom, 0 shows all.">
<div class="tools"><button type="button" data-zoom="in">zoom in (+)</button> <button type="button" data-zoom="out">zoom out (-)</button> <button type="button" data-zoom="all">all (0)</button> ${LEGEND}</div>
<p class="moment dim" aria-live="polite">Click into a lane, or use the arrow keys, to see a moment. ${notes.join('; ')}</p>
<div class="lane labels"><span class="name"></span><div>${Array.from({ length: LABELS + 1 }, (_, i) => html`<span>${timeWords((end_us * i) / LABELS)}</span>`)}</div></div>
${lane('time', axis(end_us), end_us, 'axis')}
${operations.length === 0 ? '' : lane('operations', operationMarks(operations, end_us), end_us, 'operations')}
${sessions.length === 0 ? '' : lane('sessions', sessionMarks(sessions, end_us), end_us, 'sessions')}
${lane('log lines', lineMarks(lines, end_us), end_us, 'lines')}
${shown.map((one) => threadLane(one, end_us))}
${folded.length === 0 ? '' : html`<details><summary>${folded.length} threads that ran less</summary>${folded.map((one) => threadLane(one, end_us))}</details>`}
<script type="application/json" class="data">${json({ lines: lines.map(({ time_us, text }) => [time_us, text]), operations: operations.map(({ start_us, end_us: until, words }) => [start_us, until, words]) })}</script>
</div>
${sessions.length === 0 ? '' : sessionTable(sessions)}`;
}

const LEGEND = new Markup('<span class="legend"><i class="running"></i>running <i class="ready"></i>ready <i class="sending"></i>sending <i class="receiving"></i>receiving <i class="stopped"></i>stopped</span>');

function lane(name: string, content: Html | readonly Html[], end_us: number, kind: string): Html {
  return html`<div class="lane ${kind}"><span class="name" title="${name}">${name}</span><svg viewBox="0 0 ${end_us} 1" preserveAspectRatio="none" aria-hidden="true">${content}</svg></div>`;
}

function threadLane(one: ThreadLane, end_us: number): Html {
  const title = `${one.component}: thread ${one.name} (0x${one.id.toString(16)}), ran ${timeWords(one.running_us)}`;
  const paths = phasePaths(one.spans, end_us).map(([phase, path]) => html`<path class="${phase}" d="${path}"/>`);
  const component = one.component.split(' -> ').at(-1) ?? one.component;
  return html`<div class="lane thread" data-title="${title}"><span class="name" title="${title}">${component} <b>${one.name}</b></span><svg viewBox="0 0 ${end_us} 1" preserveAspectRatio="none" aria-hidden="true">${paths}</svg></div>`;
}

/** One path of rectangles per phase. What a thread waits for is drawn as a thin line, so that running stands out. */
function phasePaths(spans: readonly RunSpan[], end_us: number): (readonly [string, string])[] {
  const paths: Record<string, string[]> = { receiving: [], sending: [], ready: [], stopped: [], running: [] };
  spans.forEach(([start, end, then], i) => {
    paths['running']?.push(rectangle(start, Math.max(end, start + 1), 0.1, 0.9));
    const next = spans[i + 1]?.[0] ?? end_us;
    if (next > end && then !== 'dead' && then !== 'idle') paths[then]?.push(rectangle(end, next, then === 'receiving' ? 0.46 : 0.3, then === 'receiving' ? 0.54 : 0.7));
  });
  return Object.entries(paths).filter(([, path]) => path.length > 0).map(([phase, path]) => [phase, path.join('')] as const);
}

const rectangle = (start: number, end: number, top: number, bottom: number): string => `M${start} ${top}H${end}V${bottom}H${start}z`;

function axis(end_us: number): readonly Html[] {
  return Array.from({ length: TICKS + 1 }, (_, i) => html`<path class="tick" d="M${Math.round((end_us * i) / TICKS)} 0V1"/>`);
}

const width = (start_us: number, until_us: number, end_us: number): number => Math.max(until_us - start_us, Math.ceil(end_us * SHARE_MIN));

function operationMarks(operations: readonly OperationRecord[], end_us: number): readonly Html[] {
  return operations.map(({ kind, words, start_us, end_us: until_us, ok }) => html`<rect class="operation ${kind} ${ok ? '' : 'broken'}" x="${start_us}" y="0.1" width="${width(start_us, until_us, end_us)}" height="0.8"><title>${words}, ${timeWords(start_us)} to ${timeWords(until_us)}</title></rect>`);
}

function sessionMarks(sessions: readonly SessionRecord[], end_us: number): readonly Html[] {
  return sessions.map(({ service, component, start_us, end_us: until_us, outcome }) => html`<rect class="session ${outcome}" x="${start_us}" y="0.2" width="${width(start_us, until_us ?? end_us, end_us)}" height="0.6"><title>${component}: ${service}, ${outcome}</title></rect>`);
}

function lineMarks(lines: Timeline['lines'], end_us: number): Html {
  const thin = Math.ceil(end_us * SHARE_MIN) / 2;
  return html`<path class="line" d="${lines.map(({ time_us }) => rectangle(time_us, time_us + thin, 0.15, 0.85)).join('')}"/>`;
}

function sessionTable(sessions: readonly SessionRecord[]): Html {
  const rows = sessions.map(({ service, args, component, start_us, outcome }) => html`<tr><td>${timeWords(start_us)}</td><td>${component}</td><td>${service}</td><td><code>${args}</code></td><td class="${outcome === 'opened' ? 'good' : 'bad'}">${outcome}</td></tr>`);
  return html`<details><summary>${sessions.length} sessions</summary><div class="scroll"><table><thead><tr><th>time</th><th>component</th><th>service</th><th>arguments</th><th>outcome</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

/** JSON inside a script element: nothing in it may end the element. */
const json = (value: unknown): Html => new Markup(JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029'));
