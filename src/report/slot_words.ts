// What is known of a slot, for people: labelled paragraphs that fit the width of the terminal.
// Owns no state.

import type { Told } from '../runner/slot/point_record.ts';
import type { Arrival, ObjectReport, RequestRef, SlotReport, ThreadRef } from '../runner/slot/slot_report.ts';
import { COMPLETE, type SlotOutcome } from '../runner/slot/trials.ts';
import { bad, good, quiet, strong } from './colors.ts';

const LABEL_COLUMNS = 12;
const COLUMNS_MIN = 36;
export const COLUMNS_DEFAULT = 100;
/** Rows of one kind that are shown; how many more there are is said. */
const SHOWN = 8;

const hex = (value: number): string => `0x${value.toString(16)}`;
const ms = (time_us: number): string => `${(time_us / 1000).toFixed(3)} ms`;

/** A labelled paragraph, or a line without label. */
type Row = readonly [label: string, text: string];

export const slotText = (report: SlotReport, columns: number = COLUMNS_DEFAULT): string => toldText(report, columns) + fatesText(report, columns);

/** What the slot is and was, without what becomes of it. */
export function toldText(told: Told, columns: number): string {
  const { scenario, point, component, task, slot, time_us } = told;
  const head = `${strong(`${hex(slot)} of ${component}`)} (task ${hex(task)}) at ${scenario}@${point}, ${ms(time_us)}`;
  return wrapped(head, 0, columns) + paragraphs([...objectRows(told), ...recordRows(told), ...beforeRows(told)], component, columns);
}

/** What becomes of the slot. */
export const fatesText = (report: SlotReport, columns: number): string => paragraphs(restoreRows(report), report.component, columns);

function paragraphs(rows: readonly Row[], component: string, columns: number): string {
  // Threads of the component itself need no surname.
  const own = new RegExp(`(thread "[^"]*") of ${component.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?! ->)`, 'g');
  return rows.map(([label, text]) => paragraph(label, text.replace(own, '$1'), columns)).join('');
}

function objectRows(report: Told): Row[] {
  const { object, arrival, before } = report;
  if (object === null) return [['holds', before.length === 0 ? `${strong('nothing')}, and nothing was ever here` : strong('nothing')]];
  const { type, id, rights, role, bound, pending } = object;
  const label = object.interface === null ? '' : `, ${object.interface}`;
  return [
    ['holds', `${strong(`${type} ${hex(id)}`)}${label}, rights ${rights}${type === 'IRQ' && pending !== null ? `, ${pending === 0 ? 'nothing' : String(pending)} pending` : ''}`],
    ['for', role],
    ...(bound === null ? [] : [['bound to', threadWords(bound)] as const]),
    ['created', creationWords(object)],
    ...(arrival === null ? [] : arrivalRows(arrival, object.created?.step ?? null)),
    ...useRows(object),
    ['held by', holderWords(object)],
  ];
}

function creationWords({ created }: ObjectReport): string {
  if (created === null) return 'before the machine was watched';
  if (created.by === null) return `by the kernel at its start`;
  return `at ${ms(created.time_us)} by ${threadWords(created.by)}${servingWords(created.serving)}${stepText(created.step)}`;
}

function arrivalRows({ message, by, by_other_task, serving, from_us, step }: Arrival, known: string | null): Row[] {
  if (from_us === 0) return [['came', 'with the start of the kernel']];
  if (message === null) {
    const how = by_other_task ? `put there by ${threadWords(by)}${servingWords(serving)}` : `put there by ${threadWords(by)} itself${servingWords(serving)}`;
    return [['came', `at ${ms(from_us)}, ${how}${stepText(step, known)}`]];
  }
  const { request, as, item, window } = message;
  const [receiver, sender] = as === 'result' ? [request.caller, request.server] : [request.server, request.caller];
  const what = as === 'result' ? 'the reply to' : 'the request';
  return [['came', `at ${ms(from_us)} to ${threadWords(receiver)}: capability ${item} of ${what} ${requestWords(request)}, from ${threadWords(sender)}, by way of its receive window ${hex(window)}${stepText(step, known)}`]];
}

function useRows({ calls, passed, passed_more }: ObjectReport): Row[] {
  const rows: Row[] = [];
  if (calls.length > 0) rows.push(['called', `${calls.slice(0, SHOWN).map(({ rpc, count }) => `${rpc} ${count === 1 ? 'once' : `${count} times`}`).join(', ')}${more(calls.length - SHOWN)}`]);
  for (const { request, argument } of passed.slice(-3)) rows.push(['passed', `as '${argument}' to ${requestWords(request)} by ${threadWords(request.caller)} at ${ms(request.time_us)}`]);
  const left = passed_more + Math.max(0, passed.length - 3);
  if (left > 0) rows.push(['', `and ${left} ${left === 1 ? 'time' : 'times'} before`]);
  return rows;
}

function holderWords({ holders }: ObjectReport): string {
  if (holders.length === 0) return 'nobody else';
  const byTask = new Map<string, string[]>();
  for (const { component, slot } of holders) byTask.set(component, [...(byTask.get(component) ?? []), hex(slot)]);
  return [...byTask].map(([component, slots]) => `${component} at ${slots.join(', ')}`).join('; ');
}

const FIRST_OWN_SLOT = 0x200;

function recordRows({ record, object, slot }: Told): Row[] {
  switch (record.kind) {
    case 'unknown':
      return [['record', `not known: ${record.reason}`]];
    case 'reserved':
      return [['record', 'reserved: the slot is part of a receive window, which takes in what messages bring']];
    case 'none':
      if (object === null) return [];
      return [['record', slot < FIRST_OWN_SLOT ? 'none: core fills this slot, and the map has no record of it' : "stale: there is no record of it in the component's map; the kernel has the capability, the component has forgotten it"]];
    case 'record': {
      const { address, id, references } = record;
      const where = address === null ? 'in the tables of this component in TypeScript' : `at ${hex(address)} in its memory`;
      return [['record', `${where}: badge ${hex(id)}, ${references} ${references === 1 ? 'reference' : 'references'}${object === null ? '; the slot is empty, so the record outlived the capability' : ''}`]];
    }
  }
}

function beforeRows({ before, object }: Told): Row[] {
  const shown = before.slice(-SHOWN);
  const rows = shown.map(({ object: id, type, from_us, end, message, serving, step }, at): Row => {
    const by = message === null ? servingWords(serving) : `, by ${requestWords(message.request)}`;
    const until = end === null ? 'until now' : `to ${ms(end.time_us)}, taken away by ${threadWords(end.by)}${servingWords(end.serving)}${stepText(end.step, step)}`;
    return [at === 0 ? (object === null ? 'was here' : 'before') : '', `${type} ${hex(id)} from ${ms(from_us)}${by} ${until}`];
  });
  return before.length > SHOWN ? [...rows, ['', `and ${before.length - SHOWN} or more before that`]] : rows;
}

function restoreRows({ restores }: SlotReport): Row[] {
  if ('refused' in restores) return [['restored', `not at all: ${restores.refused}`]];
  const rows: Row[] = [['restored', quiet('what is in the slot after checkpoint, kill and restore; each strategy was really carried out from this moment')]];
  for (const { ways, outcome } of restores.groups) {
    const complete = ways.includes(COMPLETE);
    rows.push(['', `${complete ? good(COMPLETE) : strong(ways.join(', '))}: ${outcomeWords(outcome)}`]);
    if (complete && ways.length > 1) rows.push(['', quiet(`  the same with ${ways.slice(1).join(', ')}`)]);
  }
  return rows;
}

const RECORD_WORDS = { right: '; its record names it', none: '; it has no record', 'not known': '; whether it has a record is not known' } as const;

function outcomeWords({ state, type, rights, bound, record, aliases = [], came_by, message, said, later }: SlotOutcome): string {
  const after = `${said === undefined ? '' : `; the restorer says: ${said}`}${later === undefined ? '' : `; 100 ms later: ${later}`}`;
  if (state === 'refused') return `${bad('refused')}, ${message ?? ''}`;
  if (state === 'no component') return `${bad('there is no such component')} after it`;
  if (state === 'empty') return `${bad('empty')}${record === 'another object' ? ', while its record is there' : ''}${after}`;
  const binding = type === 'IRQ' ? `, ${bound == null ? bad('attached to no thread') : `attached to ${bound}`}` : type === 'Gate' ? `, ${bound == null ? bad('leading to no thread') : `leading to ${bound}`}` : '';
  const known = record === 'another object' ? `; ${bad('its record names another object')}` : record === undefined ? '' : RECORD_WORDS[record];
  const shared = aliases.length === 0 ? '' : `; the same object is in ${aliases.map(hex).join(', ')}`;
  return `${type ?? ''}${rights === '*' ? '' : ` with rights ${rights ?? ''}`}${binding}${came_by == null ? '' : `, put there by ${came_by}`}${known}${shared}${after}`;
}

export function threadWords({ id, name, component }: ThreadRef): string {
  return `thread "${name === '' ? hex(id) : name}"${component === '' ? '' : ` of ${component}`}`;
}

/** `Parent.session("LOG", label "x")`, with the session that it was made on. */
function requestWords({ rpc, args, session, result }: RequestRef): string {
  const shown = Object.entries(args).flatMap(([name, value]) => (Array.isArray(value) || value === 0 || value === false || value === '' ? [] : [`${name}=${typeof value === 'number' ? hex(value) : typeof value === 'string' ? JSON.stringify(cut(value)) : String(value)}`]));
  const on = session === null ? '' : ` on the ${session.service} session "${session.label}"`;
  return `${rpc}(${shown.join(', ')})${typeof result === 'number' ? ` = ${hex(result)}` : ''}${on}`;
}

const TEXT_MAX = 80;
const cut = (text: string): string => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text);

/** What a thread was doing it for, and for whom, outwards. */
function servingWords(request: RequestRef | null): string {
  // That a component was being constructed meanwhile explains nothing.
  if (request === null || request.rpc.startsWith('Constructor.')) return '';
  return `, serving ${requestWords(request)} of ${threadWords(request.caller)}${servingWords(request.within)}`;
}

/** The step, unless it is known already. */
const stepText = (step: string | null, known: string | null = null): string => (step === null || step === known ? '' : `; during ${step}`);
const more = (count: number): string => (count > 0 ? ` and ${count} more` : '');

function paragraph(label: string, text: string, columns: number): string {
  const lines = wrapped(text, LABEL_COLUMNS, columns);
  return `${quiet(`  ${label}`.padEnd(LABEL_COLUMNS))}${lines.slice(LABEL_COLUMNS)}`;
}

/** Breaks at blanks, with a hanging indent. Colour codes take no room. */
function wrapped(text: string, indent: number, columns: number): string {
  const width = Math.max(COLUMNS_MIN, columns) - indent;
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const word of text.split(' ')) {
    const length = word.replace(/\u001b\[[0-9;]*m/g, '').length;
    if (line !== '' && used + 1 + length > width) {
      lines.push(line);
      [line, used] = [word, length];
    } else {
      [line, used] = line === '' ? [word, length] : [`${line} ${word}`, used + 1 + length];
    }
  }
  lines.push(line);
  return lines.map((one) => `${' '.repeat(indent)}${one}\n`).join('');
}
