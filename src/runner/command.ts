// A command to a checkpointer carried out to its end, for whoever drives a system without steps; and why one does not end.
// Owns no state beyond the call.

import type { StampedEvent } from '../emu/event.ts';
import type { ThreadRow } from '../emu/jdb/model.ts';
import { type ControlCommand, type ControlOutcome, NOTE_CONTROL_DONE, NOTE_STUCK, type System } from '../runtime/system.ts';

/** How long a command may take, in virtual time. */
export const COMMAND_US = 20_000_000;

/** Notices that a component waits in vain, which keeps a command from ending, and whatever else the run waits for. */
export class Stuck {
  /** What it waits for, in words; null while nothing of the kind was noted. */
  words: string | null = null;
  readonly #system: System;
  readonly #close: () => void;

  constructor(system: System) {
    this.#system = system;
    this.#close = system.machine.events.listen(['note'], (event) => this.#note(event));
  }

  close(): void {
    this.#close();
  }

  /** Looks for threads that wait for one another, without a timeout: no command ends that needs one of them. */
  look(): void {
    const circle = waitingCircle(this.#system.threads());
    if (circle === null) return;
    this.words ??= `${circle.map((id) => this.#named(id)).join(' and ')} wait for each other; nobody is served by them any more`;
  }

  #note(event: StampedEvent): void {
    if (event.kind !== 'note' || event.what !== NOTE_STUCK) return;
    const { rpc = '', thread_slot = 0, over = false } = (event.detail ?? {}) as { readonly rpc?: string; readonly thread_slot?: number; readonly over?: boolean };
    if (over) {
      this.words = null;
      return;
    }
    const thread = this.#system.objectSpace(event.task).slots.find(({ slot }) => slot === thread_slot)?.id;
    const row = this.#system.threads().find(({ id }) => id === thread);
    const whom = row?.wait.kind === 'from' ? `waits in a call for ${this.#named(row.wait.partner)}` : 'does not come back to its program';
    this.words = `core stands in ${rpc} and polls for thread "${row?.name ?? ''}", which ${whom}; nobody is served meanwhile`;
    this.#system.machine.stop();
  }

  #named(partner: number): string {
    const row = this.#system.threads().find(({ id }) => id === partner);
    const component = this.#system.components().find(({ task }) => task === row?.task)?.label;
    return `thread "${row?.name ?? ''}"${component === undefined ? '' : ` of ${component}`}`;
  }
}

/** Whom a thread waits for with no end but that one's doing. */
function awaited({ id, wait, timeout }: ThreadRow): number | null {
  if (timeout.kind !== 'none') return null;
  const partner = wait.kind === 'to' ? wait.receiver : wait.kind === 'from' && wait.is === 'thread' ? wait.partner : id;
  return partner === id ? null : partner;
}

/** The first threads, in the order of the listing, that wait for one another: their ids. */
export function waitingCircle(threads: readonly ThreadRow[]): readonly number[] | null {
  const next = new Map(threads.map((row) => [row.id as number, awaited(row)]));
  for (const { id } of threads) {
    const path: number[] = [];
    for (let at: number | null = id; at !== null && !path.includes(at); at = next.get(at) ?? null) {
      path.push(at);
      if (next.get(at) === id) return path;
    }
  }
  return null;
}

export const notEnded = (kind: ControlCommand['kind'], stuck: Stuck): string =>
  `the ${kind} did not end${stuck.words === null ? ` within ${COMMAND_US / 1e6} s of virtual time` : `: ${stuck.words}`}`;

export function carryOutCommand(system: System, asked: ControlCommand): ControlOutcome {
  const answer = system.control(asked);
  if (!answer.accepted) return { ok: false, message: answer.message };
  const { machine } = system;
  const end_us = machine.time_us + COMMAND_US;
  const stuck = new Stuck(system);
  const unlisten = machine.events.listen(['note'], (event) => {
    if (event.kind === 'note' && event.what === NOTE_CONTROL_DONE) machine.stop();
  });
  try {
    let outcome = system.outcome();
    while (outcome === null && stuck.words === null && machine.time_us < end_us) {
      if (machine.run({ time_us: end_us - machine.time_us }) === 'idle_forever') break;
      outcome = system.outcome();
    }
    outcome ??= system.outcome();
    if (outcome === null) stuck.look();
    return outcome ?? { ok: false, message: notEnded(asked.kind, stuck) };
  } finally {
    unlisten();
    stuck.close();
  }
}
