// Steps, moments and criteria in words, for terminal, results and messages.
// Owns no state.

import type { Criterion, Moment, Step, Strategy } from '../scenario/model.ts';
import type { SlotRange } from '../scenario/value.ts';

const ordinal = (count: number) => (count === 1 ? '' : ` (number ${count})`);
const milliseconds = (ms: number) => `${ms} ms`;

export function momentWords(moment: Moment): string {
  return moment.kind === 'log' ? `log "${moment.pattern}"${ordinal(moment.count)}` : `time ${milliseconds(moment.time_ms)}`;
}

export function criterionWords(criterion: Criterion): string {
  return criterion.kind === 'log' ? `log "${criterion.pattern}"${ordinal(criterion.count)}` : `${milliseconds(criterion.after_ms)} of virtual time`;
}

export function strategyWords(strategy: Strategy): string {
  const entries = Object.entries(strategy);
  return entries.length === 0 ? '' : ` (${entries.map(([name, value]) => `${name}=${value}`).join(', ')})`;
}

export function slotsWords(ranges: readonly SlotRange[]): string {
  const hex = (slot: number) => `0x${slot.toString(16)}`;
  return ranges.map(({ first, last }) => (first === last ? hex(first) : `${hex(first)}-${hex(last)}`)).join(', ');
}

export function stepWords(step: Step): string {
  switch (step.kind) {
    case 'await':
      return `await ${momentWords(step.moment)}${step.within_ms === undefined ? '' : ` within ${milliseconds(step.within_ms)}`}`;
    case 'checkpoint':
      return `checkpoint ${step.name} of ${step.of}${strategyWords(step.strategy)}`;
    case 'restore':
      return `restore ${step.from} as ${step.as}${strategyWords(step.strategy)}`;
    case 'kill':
      return `kill ${step.child}`;
    case 'dump':
      return `dump ${step.name} of ${step.task}`;
    case 'expect-caps': {
      const what = step.at === undefined ? (step.task ?? 'present space') : step.task === undefined ? step.at : `${step.at}, ${step.task}`;
      const expected = step.expected.kind === 'golden' ? `golden ${step.expected.file}` : step.expected.point;
      const missing = step.missing === undefined ? '' : `, without ${slotsWords(step.missing)}`;
      return `expect-caps ${what}: ${step.compare} as ${expected}${missing}`;
    }
    case 'expect-log':
      return `expect-log "${step.pattern}"${step.count === undefined ? '' : ` ${step.count} times`}${step.since === undefined ? '' : ` since ${step.since}`}`;
    case 'expect-no-log':
      return `expect-no-log "${step.pattern}"${step.since === undefined ? '' : ` since ${step.since}`}`;
    case 'mark':
      return `mark ${step.name}`;
    default:
      return unreachable(step);
  }
}

function unreachable(step: never): never {
  throw new Error(`step without words: ${JSON.stringify(step)}`);
}
