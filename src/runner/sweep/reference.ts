// The undisturbed run that a sweep compares with: how far it goes, what the component says, and at which moments something happens.
// Owns no state beyond the call.

import type { DebugId } from '../../emu/numbers.ts';
import type { System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { matches } from '../pattern.ts';
import { kindsOf, type MomentChoice, MomentCollector } from './moments.ts';
import { type FinalState, Subject } from './subject.ts';

export interface Reference {
  readonly label: string;
  readonly lines: readonly string[];
  /** Instruction at which the component was there first, and at which its last line came. */
  readonly birth: number;
  readonly end: number;
  readonly end_us: number;
  readonly final: FinalState | undefined;
  readonly moments: readonly number[];
  /** Moments beyond the limit. */
  readonly dropped: number;
}

const DEADLINE_US = 60_000_000;
const BIRTH_SLICE_INSTRUCTIONS = 1000;
const US_PER_MS = 1000;

/** Runs a freshly booted system to the last thing that the scenario's steps wait for. */
export function referenceRun(system: System, scenario: Scenario, label: string, choice: MomentChoice, moments_max: number): Reference | { readonly error: string } {
  const subject = new Subject(system, label);
  try {
    return run(subject, scenario, choice, moments_max);
  } finally {
    subject.close();
  }
}

function run(subject: Subject, scenario: Scenario, choice: MomentChoice, moments_max: number): Reference | { readonly error: string } {
  const { machine } = subject.system;
  while (subject.task === undefined && machine.time_us < DEADLINE_US) if (machine.run({ instructions: BIRTH_SLICE_INSTRUCTIONS }) === 'idle_forever') break;
  const { task } = subject;
  if (task === undefined) return { error: `there is no component '${subject.label}' in this scenario` };
  const birth = machine.instructions;
  const collector = new MomentCollector(moments_max);
  const threads = new Set<DebugId>();
  const unlisten = machine.events.listen([...kindsOf(choice), 'object_created'], (event) => {
    if (event.kind === 'object_created') return threads.clear();
    if (threads.size === 0) for (const row of subject.system.threads()) if (row.task === task) threads.add(row.id);
    const other = event.kind === 'schedule' ? event.to : event.kind === 'ipc_transfer' ? event.to : undefined;
    collector.take(event, event.task === task || (other !== undefined && threads.has(other)));
  });
  const problem = untilLastAwait(subject, scenario);
  unlisten();
  if (problem !== null) return { error: problem };
  const end = machine.instructions;
  const end_us = machine.time_us;
  if (choice.kind === 'every') for (let at = birth; at < end; at += choice.instructions) collector.add(at);
  const lines = [...subject.lines];
  const final = subject.rest() && subject.lines.length === lines.length ? subject.final() : undefined;
  return { label: subject.label, lines, birth, end, end_us, final, moments: collector.moments.filter((moment) => moment >= birth && moment < end), dropped: collector.dropped };
}

/** Follows the `await` steps only: what a scenario does to the component is what the sweep does in its place. */
function untilLastAwait(subject: Subject, scenario: Scenario): string | null {
  const { machine } = subject.system;
  let cursor = 0;
  for (const step of scenario.steps) {
    if (step.kind !== 'await') continue;
    const { moment } = step;
    if (moment.kind === 'time') {
      while (machine.time_us < moment.time_ms * US_PER_MS) if (machine.run({ time_us: moment.time_ms * US_PER_MS - machine.time_us }) === 'idle_forever') break;
      continue;
    }
    if (moment.kind !== 'log') return `a sweep follows awaited log lines and times only, and this scenario awaits something else (${(moment as { readonly kind: string }).kind})`;
    let left = moment.count;
    const unlisten = machine.events.listen(['console'], () => {
      while (left > 0 && cursor < subject.log.count) if (matches(moment.pattern, subject.log.all[cursor++]?.text ?? '')) left -= 1;
      if (left === 0) machine.stop();
    });
    while (left > 0 && machine.time_us < DEADLINE_US) if (machine.run({ time_us: DEADLINE_US - machine.time_us }) === 'idle_forever') break;
    unlisten();
    if (left > 0) return `the line "${moment.pattern}" does not come in the undisturbed run`;
  }
  return null;
}
