// Steps, moments and criteria in words, for terminal, results and messages.
// Owns no state.

import type { Criterion } from '../scenario/model.ts';
import type { CodePlace, Moment } from '../scenario/model_moment.ts';
import type { Expected, ExpectedMemory, Fault, Step, Strategy } from '../scenario/model_steps.ts';
import { LITERAL_STAR, type SlotRange } from '../scenario/value.ts';
import { unreachable } from '../scenario/unreachable.ts';

const ordinal = (count: number) => (count === 1 ? '' : ` (number ${count})`);
const milliseconds = (ms: number) => `${ms} ms`;

const of = (component: string | undefined, thread?: string) => (component === undefined ? '' : ` of ${component}`) + (thread === undefined ? '' : `, thread ${thread}`);
const hex = (value: number) => `0x${value.toString(16)}`;

export function placeWords(place: CodePlace): string {
  return place.kind === 'address' ? hex(place.address) : `${place.symbol}${place.offset === 0 ? '' : `+${hex(place.offset)}`}`;
}

export function momentWords(moment: Moment): string {
  switch (moment.kind) {
    case 'log':
      return `log "${moment.pattern}"${ordinal(moment.count)}`;
    case 'time':
      return `time ${milliseconds(moment.time_ms)}`;
    case 'rpc':
      return `${moment.edge} of RPC ${moment.function}${of(moment.of, moment.thread)}${ordinal(moment.count)}`;
    case 'syscall':
      return `${moment.edge} of system call ${moment.call}${of(moment.of, moment.thread)}${ordinal(moment.count)}`;
    case 'instructions':
      return `${moment.instructions} instructions${of(moment.of)}`;
    case 'code':
      return `${placeWords(moment.place)}${of(moment.of, moment.thread)}${ordinal(moment.count)}`;
    case 'state':
      return `${moment.thread ?? 'a thread'} of ${moment.of} in ${moment.state}${ordinal(moment.count)}`;
    case 'signal':
      return `signal ${moment.what === 'submit' ? 'submitted to' : 'delivered to'} ${moment.of ?? 'anybody'}${ordinal(moment.count)}`;
    case 'page_fault':
      return `page fault${moment.access === 'any' ? '' : ` (${moment.access})`}${moment.at === undefined ? '' : ` at ${hex(moment.at.first)}..${hex(moment.at.last)}`}${of(moment.of, moment.thread)}${ordinal(moment.count)}`;
    default:
      return unreachable(moment);
  }
}

export function criterionWords(criterion: Criterion): string {
  switch (criterion.kind) {
    case 'log':
      return `log "${criterion.pattern}"${ordinal(criterion.count)}`;
    case 'after':
      return `${milliseconds(criterion.after_ms)} of virtual time`;
    case 'pattern':
      return `log "${criterion.lines.join('" ... "').replaceAll(LITERAL_STAR, '*')}"${criterion.exit === undefined ? '' : ` and exit ${criterion.exit}`}`;
    case 'exit':
      return `exit ${criterion.exit}`;
    default:
      return unreachable(criterion);
  }
}

export function strategyWords(strategy: Strategy): string {
  const entries = Object.entries(strategy);
  return entries.length === 0 ? '' : ` (${entries.map(([name, value]) => `${name}=${value}`).join(', ')})`;
}

const besideWords = (others: readonly string[] | undefined) => (others === undefined ? '' : ` with ${others.join(', ')}`);

const refusedWords = (refused: string | undefined) => (refused === undefined ? '' : `, refused: "${refused}"`);

export function slotsWords(ranges: readonly SlotRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? hex(first) : `${hex(first)}-${hex(last)}`)).join(', ');
}

/** One line; a step in a repetition says which round it is, a step on another machine which. */
export function stepWords(step: Step): string {
  const round = step.rounds === undefined ? '' : ` [round ${step.rounds.join('.')}]`;
  return `${bareStepWords(step)}${step.on === undefined ? '' : ` on ${step.on}`}${round}`;
}

function bareStepWords(step: Step): string {
  switch (step.kind) {
    case 'await':
      return `await ${momentWords(step.moment)}${step.within_ms === undefined ? '' : ` within ${milliseconds(step.within_ms)}`}`;
    case 'checkpoint':
      return `checkpoint ${step.name} of ${step.of}${besideWords(step.with)}${step.base === undefined ? '' : ` since ${step.base}`}${strategyWords(step.strategy)}${refusedWords(step.refused)}`;
    case 'restore':
      return `restore ${step.from} as ${step.as}${besideWords(step.with)}${strategyWords(step.strategy)}${refusedWords(step.refused)}`;
    case 'kill':
      return `kill ${step.child}${besideWords(step.with)}`;
    case 'pause':
    case 'resume':
      return `${step.kind} ${step.child}`;
    case 'reconfigure':
      return 'reconfigure init';
    case 'fault':
      return `fault in ${step.of}: ${faultWords(step.fault)}`;
    case 'save-image':
      return `save-image ${step.of} to ${step.file}`;
    case 'load-image':
      return `load-image ${step.file} as ${step.name}`;
    case 'dump':
      return `dump ${step.name} of ${step.task}`;
    case 'mark':
      return `mark ${step.name}`;
    default:
      return expectationWords(step);
  }
}

function faultWords(fault: Fault): string {
  switch (fault.kind) {
    case 'deny':
      return `deny ${fault.function}${ordinal(fault.count)}`;
    case 'exhaust':
      return 'exhaust its RAM';
    case 'revoke':
      return `revoke ${hex(fault.slot)}`;
    case 'memory':
      return `write ${hex(fault.value)} to ${placeWords(fault.place)}`;
    case 'exception':
      return `exception${fault.thread === undefined ? '' : ` in thread ${fault.thread}`}`;
    case 'drop-signal':
      return `drop a signal${ordinal(fault.count)}`;
    default:
      return unreachable(fault);
  }
}

function expectationWords(step: Extract<Step, { readonly kind: `expect-${string}` }>): string {
  switch (step.kind) {
    case 'expect-caps': {
      const what = step.at === undefined ? (step.task ?? 'present space') : step.task === undefined ? step.at : `${step.at}, ${step.task}`;
      const missing = step.missing === undefined ? '' : `, without ${slotsWords(step.missing)}`;
      return `expect-caps ${what}: ${step.compare} as ${expectedWords(step.expected)}${missing}`;
    }
    case 'expect-log':
      return `expect-log${step.pattern === undefined ? '' : ` "${step.pattern}"`}${step.golden === undefined ? '' : ` as ${step.golden}`}${step.count === undefined ? '' : ` ${step.count} times`}${step.since === undefined ? '' : ` since ${step.since}`}`;
    case 'expect-no-log':
      return `expect-no-log "${step.pattern}"${step.since === undefined ? '' : ` since ${step.since}`}`;
    case 'expect-threads':
      return `expect-threads of ${step.of}: ${step.expected.kind === 'threads' ? step.expected.threads.map(({ name }) => name).join(', ') : `as ${expectedWords(step.expected)}`}`;
    case 'expect-memory':
      return `expect-memory of ${step.of}: ${memoryWords(step.expected)}`;
    case 'expect-routes':
      return `expect-routes of ${step.of}: ${step.routes.map(({ service, to }) => `${service} to ${to}`).join(', ')}`;
    case 'expect-state':
      return `expect-state${step.within_ms === undefined ? '' : ` within ${milliseconds(step.within_ms)}`}`;
    case 'expect-quota':
      return `expect-quota of ${step.of}: ${Object.entries(step.quota).map(([name, value]) => `${name}=${value}`).join(', ')}`;
    default:
      return unreachable(step);
  }
}

function expectedWords(expected: Expected): string {
  return expected.kind === 'golden' ? `golden ${expected.file}` : expected.point;
}

function memoryWords(expected: ExpectedMemory): string {
  if (expected.kind === 'same-as') return `same as ${expected.point}${expected.place === undefined ? '' : ` at ${placeWords(expected.place)}, ${expected.size_bytes ?? 0} bytes`}`;
  const shown = expected.bytes.slice(0, 16).map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${placeWords(expected.place)} holds ${shown}${expected.bytes.length > 16 ? ' ...' : ''}`;
}
