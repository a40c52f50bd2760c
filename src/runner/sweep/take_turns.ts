// Carries a recorded course out on undisturbed components: their threads, and those outside that send to them, are held back and let go by
// test equipment, nothing else is done to them. Owns no state beyond the call.

import type { DebugId } from '../../emu/numbers.ts';
import type { Group } from './group.ts';
import { type Input, OutsideOrder } from './outside.ts';
import { SignalOrder, type SignalTaken } from './signals.ts';
import { type Turn, TurnWatch } from './turns.ts';

/** What is needed to run the same way again. */
export interface Course {
  readonly turns: readonly Turn[];
  readonly inputs: readonly Input[];
  readonly signals: readonly SignalTaken[];
}

/** When turns begin: as soon as their thread can, at the earliest so long after the beginning, or not before the time that they had of their own. */
export type Pace = { readonly kind: 'after'; readonly wait_us: number } | { readonly kind: 'own_time' };

/** How long a turn may take to come to its end, waiting for others outside of the components included. */
const TURN_US = 3_000_000;
/** How long the kernel is let work at a system call, and how often is looked. */
const CALL_SLICE_INSTRUCTIONS = 100;
const CALL_SLICES = 200;

class Follower {
  readonly #group: Group;
  readonly #watch: TurnWatch;
  readonly #order: OutsideOrder;
  readonly #signals: SignalOrder;
  readonly #stopped = new Set<DebugId>();

  constructor(group: Group, { inputs, signals }: Course) {
    this.#group = group;
    this.#watch = new TurnWatch(group);
    this.#order = new OutsideOrder(group, this.#watch, inputs);
    this.#signals = new SignalOrder(group, this.#watch, signals);
  }

  close(): void {
    this.#holdAllBut(null);
    this.#signals.close();
    this.#order.close();
    this.#watch.close();
  }

  /** Null lets all go. */
  #holdAllBut(who: string | null): void {
    const { system } = this.#group;
    for (const id of system.inspector.threads()) {
      const other = this.#watch.who(id);
      if (other === null) continue;
      const stops = who !== null && other !== who;
      if (stops === this.#stopped.has(id)) continue;
      system.equipment.hold(id, stops);
      if (stops) this.#stopped.add(id);
      else this.#stopped.delete(id);
    }
  }

  /** From here on nobody's turn matters. */
  letComponentsGo(): void {
    this.#holdAllBut(null);
  }

  /** Lets come from outside what is to come now. Whenever the machine stands still. */
  #outside(): void {
    this.#order.apply();
    this.#signals.apply();
  }

  /** Lets others run until a virtual moment. */
  standStill(until_us: number): void {
    const { machine } = this.#group.system;
    this.#holdAllBut('');
    while (machine.time_us < until_us) {
      this.#outside();
      if (machine.run({ time_us: until_us - machine.time_us }) === 'idle_forever') return;
    }
  }

  /** Null: the turn has come to its end; else why it has not. */
  take(turn: Turn): string | null {
    const { machine } = this.#group.system;
    this.#watch.wanted = turn;
    const end_us = machine.time_us + TURN_US;
    // Nobody else goes on even where the turn is over before it begins.
    this.#holdAllBut(turn.who);
    while (!this.#watch.over(turn)) {
      this.#holdAllBut(turn.who);
      this.#outside();
      const instructions = this.#watch.left(turn);
      const stopped = machine.time_us >= end_us ? 'time_limit' : machine.run({ time_us: end_us - machine.time_us, ...(instructions === undefined ? {} : { instructions }) });
      if (stopped === 'idle_forever' || machine.time_us >= end_us) return `the undisturbed component cannot follow the order in which its threads ran: ${turn.who} does not go on`;
    }
    if (turn.disturbed === true) this.#disturb(turn);
    else this.#finishCall(turn);
    return null;
  }

  /** A timer interrupt came here, which comes elsewhere in this run. */
  #disturb({ who }: Turn): void {
    const { equipment, inspector } = this.#group.system;
    for (const id of inspector.threads()) if (this.#watch.who(id) === who) equipment.takeExclusive(id);
  }

  /** Lets the kernel do what a thread has asked for: until the thread waits, or is back. */
  #finishCall({ who }: Turn): void {
    const { system } = this.#group;
    const thread = system.inspector.threads().find((id) => this.#watch.who(id) === who);
    if (thread === undefined) return;
    for (let slice = 0; slice < CALL_SLICES && this.#watch.inside(who) && system.threadPhase(thread) === 'ready'; slice++) {
      this.#outside();
      system.machine.run({ instructions: CALL_SLICE_INSTRUCTIONS });
    }
  }
}

/**
 * Gives the threads of a group the processor in a recorded order, and lets requests and signals from outside come in the order in which they came.
 * `then` is done while whoever sends from outside still stands still. A text says why the course could not be followed.
 */
export function followCourse<Result>(group: Group, course: Course, pace: Pace, then: () => Result): { readonly result: Result } | string {
  const { machine } = group.system;
  const begin_us = machine.time_us;
  const follower = new Follower(group, course);
  try {
    if (pace.kind === 'after') follower.standStill(begin_us + pace.wait_us);
    for (const turn of course.turns) {
      if (pace.kind === 'own_time' && machine.time_us < begin_us + turn.at_us) follower.standStill(begin_us + turn.at_us);
      const problem = follower.take(turn);
      if (problem !== null) return problem;
    }
    follower.letComponentsGo();
    return { result: then() };
  } finally {
    follower.close();
  }
}
