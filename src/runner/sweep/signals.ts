// Signals that components take: recorded in one run, so that they come in the same order in another one, whatever the times at which they
// are submitted. Owner of the record; subscribed to the board's events until closed.

import type { StampedEvent } from '../../emu/event.ts';
import type { DebugId } from '../../emu/numbers.ts';
import type { System } from '../../runtime/system.ts';
import type { Group } from './group.ts';
import type { TurnWatch } from './turns.ts';

/** A delivery to a component: position of it in its group, the number by which it knows the context, and how many signals that were. */
export interface SignalTaken {
  readonly member: number;
  readonly imprint: number;
  readonly count: number;
}

export const SIGNALS_MAX = 20_000;
/** Where the reply of Signal_source.wait_for_signal has them. */
const IMPRINT_WORD = 2;
const COUNT_WORD = 3;

/** What an event hands to a component; null where it is no delivery. */
function takenBy(event: StampedEvent, system: System, turns: TurnWatch): SignalTaken | null {
  // A pager's reply to a fault has no words.
  if (event.kind !== 'ipc_transfer' || event.phase !== 'reply' || event.words.length <= COUNT_WORD || turns.who(event.to) === null) return null;
  const rpc = system.callOf(event.to);
  if (rpc?.interface !== 'Signal_source' || rpc.function !== 'wait_for_signal') return null;
  const [member = ''] = (turns.who(event.to) ?? '').split(':');
  return { member: Number(member), imprint: event.words[IMPRINT_WORD] ?? 0, count: event.words[COUNT_WORD] ?? 0 };
}

/** Notes the signals that a group takes. */
export class SignalWatch {
  readonly signals: SignalTaken[] = [];
  readonly #close: () => void;
  /** While true, what happens does not count. */
  off = false;

  constructor({ system }: Group, turns: TurnWatch) {
    this.#close = system.machine.events.listen(['ipc_transfer'], (event) => {
      const taken = this.off || this.signals.length >= SIGNALS_MAX ? null : takenBy(event, system, turns);
      if (taken !== null) this.signals.push(taken);
    });
  }

  close(): void {
    this.#close();
  }
}

/** Lets signals come to a group in a recorded order. */
export class SignalOrder {
  readonly #system: System;
  readonly #close: () => void;
  readonly #tasks: readonly (DebugId | undefined)[];
  readonly #arrived: SignalTaken[] = [];

  constructor({ system, subjects }: Group, turns: TurnWatch, signals: readonly SignalTaken[]) {
    this.#system = system;
    this.#tasks = subjects.map(({ task }) => task);
    for (const [i, task] of this.#tasks.entries()) if (task !== undefined) system.equipment.orderSignals(task, signals.filter(({ member }) => member === i));
    this.#close = system.machine.events.listen(['ipc_transfer'], (event) => {
      const taken = takenBy(event, system, turns);
      if (taken === null) return;
      this.#arrived.push(taken);
      system.machine.stop();
    });
  }

  /** Whenever the machine stands still. */
  apply(): void {
    for (const { member, imprint } of this.#arrived.splice(0)) {
      const task = this.#tasks[member];
      if (task !== undefined) this.#system.equipment.releaseSignals(task, imprint);
    }
  }

  close(): void {
    this.#close();
    this.#system.equipment.endSignalOrders();
  }
}
