// Commands to a checkpointer, each carried out to its end.
// Owns no state; the outcome is what the checkpoint/restore component says.

import { type ControlCommand, type ControlOutcome, NOTE_CONTROL_DONE, type System } from '../../runtime/system.ts';

/** How long a command may take. */
const COMMAND_US = 20_000_000;

/** Posts a command and runs until it has ended; somebody must stop the machine at NOTE_CONTROL_DONE, or it runs on a little. */
export function command(system: System, asked: ControlCommand): ControlOutcome {
  const answer = system.control(asked);
  if (!answer.accepted) return { ok: false, message: answer.message };
  const end_us = system.machine.time_us + COMMAND_US;
  let outcome = system.outcome();
  while (outcome === null && system.machine.time_us < end_us) {
    if (system.machine.run({ time_us: end_us - system.machine.time_us }) === 'idle_forever') break;
    outcome = system.outcome();
  }
  outcome ??= system.outcome();
  return outcome ?? { ok: false, message: `the ${asked.kind} did not end within ${COMMAND_US / 1e6} s of virtual time` };
}

/** Stops the machine whenever a command has ended; returns how to end that. */
export const stopAtOutcomes = ({ machine }: System): (() => void) =>
  machine.events.listen(['note'], (event) => {
    if (event.kind === 'note' && event.what === NOTE_CONTROL_DONE) machine.stop();
  });
