// A command to a checkpointer carried out to its end, for whoever drives a system without steps.
// Owns no state beyond the call.

import { type ControlCommand, type ControlOutcome, NOTE_CONTROL_DONE, type System } from '../runtime/system.ts';

/** How long a command may take, in virtual time. */
const COMMAND_US = 20_000_000;

export function carryOutCommand(system: System, asked: ControlCommand): ControlOutcome {
  const answer = system.control(asked);
  if (!answer.accepted) return { ok: false, message: answer.message };
  const { machine } = system;
  const end_us = machine.time_us + COMMAND_US;
  const unlisten = machine.events.listen(['note'], (event) => {
    if (event.kind === 'note' && event.what === NOTE_CONTROL_DONE) machine.stop();
  });
  try {
    let outcome = system.outcome();
    while (outcome === null && machine.time_us < end_us) {
      if (machine.run({ time_us: end_us - machine.time_us }) === 'idle_forever') break;
      outcome = system.outcome();
    }
    return outcome ?? system.outcome() ?? { ok: false, message: `the ${asked.kind} did not end within ${COMMAND_US / 1e6} s of virtual time` };
  } finally {
    unlisten();
  }
}
