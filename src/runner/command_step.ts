// A command to a checkpointer as a step of a scenario: posted, waited for, its outcome held against what the step expects of it.
// Owns no state.

import type { ControlCommand } from '../runtime/system.ts';
import { notEnded, Stuck } from './command.ts';
import { matches } from './pattern.ts';
import type { Station } from './station.ts';
import { fatal, type StepEnd } from './step_end.ts';
import { StopTime } from './stop_time.ts';

/**
 * Lets the machine run until a command is done, at most until the run ends; `then` says what comes of one that succeeded. `refused`: the
 * pattern of the message with which the command is expected to be refused.
 */
export function commandStep({ system, progress, awaiting }: Station, command: ControlCommand, then: () => StepEnd, refused?: string): StepEnd {
  awaiting.restart();
  const answer = system.control(command);
  if (!answer.accepted) return refusal(command.kind, answer.message, refused) ?? { verdict: 'failed', message: [`${command.kind} was refused: ${answer.message}`], fatal: true };
  const stillness = new StopTime(system.machine.events);
  const stuck = new Stuck(system);
  const stop = progress.advance(() => system.outcome() !== null || stuck.words !== null);
  stuck.close();
  const stop_us = stillness.end();
  const outcome = system.outcome();
  const runs_out = stop === null || stop.verdict === 'timeout';
  if (outcome === null && runs_out) stuck.look();
  if (outcome === null && runs_out && (stop === null || stuck.words !== null)) {
    const message = notEnded(command.kind, stuck);
    return refusal(command.kind, message, refused, 'did not end') ?? { verdict: 'timeout', message: [message], fatal: true };
  }
  if (stop !== null) return { ...fatal(stop), message: [`${command.kind} did not end: ${stop.reason}`] };
  if (outcome === null) throw new Error('the control command ended without an outcome');
  if (!outcome.ok) return refusal(command.kind, outcome.message, refused) ?? { verdict: 'failed', message: [`${command.kind} failed: ${outcome.message}`], fatal: true };
  if (refused !== undefined) return { verdict: 'failed', message: [`${command.kind} was done, but was to be refused with "${refused}"`], fatal: true };
  return { ...then(), facts: stop_us === undefined ? outcome.facts : { ...outcome.facts, stop_us } };
}

/** A refusal that was expected is what the step is about. */
function refusal(kind: string, message: string, expected: string | undefined, what = 'was refused'): StepEnd | undefined {
  if (expected === undefined || !matches(expected, message)) return undefined;
  return { verdict: 'passed', message: [`as expected, ${kind} ${what}: ${message}`] };
}
