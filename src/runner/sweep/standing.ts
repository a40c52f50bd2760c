// A system whose component stands still between two things that it does, with one cycle of checkpoint, kill and restore behind it: from here
// on a cycle must leave everything as it was. Owns no state.

import type { Strategy, System } from '../../runtime/system.ts';
import type { Scenario } from '../../scenario/model.ts';
import { matches } from '../pattern.ts';
import { carryOutCommand } from '../command.ts';
import { labelsOf, type Mark } from './mark.ts';
import { Subject } from './subject.ts';

export interface CycleStrategy {
  readonly checkpoint: Strategy;
  readonly restore: Strategy;
}

const DEADLINE_US = 60_000_000;
const NAME = 'cycle';
/** The first ones hire threads and let heaps grow. */
const WARM_UP_CYCLES = 3;
const SETTLE_US = 20_000;

/** Runs to the line before the scenario's first checkpoint, to where everything rests, and through some cycles. Null: done; else what is wrong. */
export function toStanding(system: System, scenario: Scenario, mark: Mark, strategy: CycleStrategy): string | null {
  const subject = new Subject(system, labelsOf(mark)[0] ?? '', scenario.unify);
  try {
    const first = scenario.steps.findIndex((step) => step.kind === 'checkpoint');
    const awaited = scenario.steps.slice(0, first < 0 ? undefined : first).flatMap((step) => (step.kind === 'await' && step.moment.kind === 'log' ? [step.moment.pattern] : [])).at(-1);
    if (awaited === undefined) return 'the scenario awaits no line before its first checkpoint';
    const said = (): boolean => subject.log.all.some(({ text, unified = text }) => matches(awaited, unified));
    const { machine } = system;
    while (!said() && machine.time_us < DEADLINE_US) if (machine.run({ time_us: 1000 }) === 'idle_forever') break;
    if (!said()) return `the line "${awaited}" does not come`;
  } finally {
    subject.close();
  }
  for (let i = 0; i < WARM_UP_CYCLES; i++) {
    const problem = cycle(system, mark, strategy);
    if (problem !== null) return problem;
  }
  settle(system);
  return null;
}

/** Lets what was begun come to its end; the component is not to say anything meanwhile. */
export function settle({ machine }: System): void {
  const end_us = machine.time_us + SETTLE_US;
  while (machine.time_us < end_us) if (machine.run({ time_us: end_us - machine.time_us }) === 'idle_forever') return;
}

/** One cycle, and the checkpoint forgotten. Null: done; else what is wrong. */
export function cycle(system: System, { path, with: others = [] }: Mark, { checkpoint, restore }: CycleStrategy): string | null {
  for (const asked of [
    { kind: 'checkpoint', of: path, with: others, name: NAME, strategy: checkpoint },
    { kind: 'kill', child: path, with: others },
    { kind: 'restore', from: NAME, as: path, with: others, strategy: restore },
    { kind: 'drop', of: path, name: NAME },
  ] as const) {
    const outcome = carryOutCommand(system, asked);
    if (!outcome.ok) return `the ${asked.kind} failed: ${outcome.message}`;
  }
  return null;
}
