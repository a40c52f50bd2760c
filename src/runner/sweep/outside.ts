// What comes into components from outside: from whom, and in which order. Recorded in one run; in another one the others are kept waiting,
// as slow clients are, until it is their turn. Owner of which threads outside are kept; subscribed to the board's events until closed.

import type { StampedEvent } from '../../emu/event.ts';
import type { DebugId } from '../../emu/numbers.ts';
import type { Group } from './group.ts';
import type { TurnWatch } from './turns.ts';

/** A request from outside that a thread of a component took. */
export interface Input {
  /** The thread that took it, as turns name it. */
  readonly who: string;
  /** The thread outside with which the request began: label of its component, and UTCB. */
  readonly origin: string;
}

/** Services hand requests on to services; longer chains are not followed. */
const CHAIN_MAX = 16;
export const INPUTS_MAX = 20_000;

/** Who is the first of a chain of threads that wait for each other's replies. */
class Origins {
  readonly #group: Group;
  readonly #names = new Map<DebugId, string>();

  constructor(group: Group) {
    this.#group = group;
  }

  /** Threads come and go. */
  clear(): void {
    this.#names.clear();
  }

  /** Null: within the group, or one of those that serve everybody: core, and the parents of the component. */
  of(thread: DebugId): string | null {
    const { inspector } = this.#group.system;
    let first = thread;
    for (let i = 0; i < CHAIN_MAX; i++) {
      const caller = inspector.thread(first)?.caller;
      if (caller === undefined) break;
      first = caller;
    }
    return this.name(first);
  }

  name(thread: DebugId): string | null {
    const known = this.#names.get(thread);
    if (known !== undefined) return known === '' ? null : known;
    const { system, subjects } = this.#group;
    const view = system.inspector.thread(thread);
    const label = system.components().find(({ task, alive }) => alive && task === view?.task)?.label;
    const serves = label === undefined || subjects.some((subject) => subject.label === label || subject.label.startsWith(`${label} -> `));
    const name = serves || view === undefined ? '' : `${label}:${view.utcb.toString(16)}`;
    this.#names.set(thread, name);
    return name === '' ? null : name;
  }
}

/** Notes the requests that a group gets from outside. */
export class OutsideWatch {
  readonly inputs: Input[] = [];
  readonly #turns: TurnWatch;
  readonly #origins: Origins;
  readonly #close: () => void;
  /** While true, what happens does not count. */
  off = false;

  constructor(group: Group, turns: TurnWatch) {
    this.#turns = turns;
    this.#origins = new Origins(group);
    this.#close = group.system.machine.events.listen(['ipc_transfer', 'object_created', 'object_deleted'], (event) => this.#event(event));
  }

  close(): void {
    this.#close();
  }

  #event(event: StampedEvent): void {
    if (event.kind !== 'ipc_transfer') return this.#origins.clear();
    if (this.off) return;
    const input = inputOf(event, this.#turns, this.#origins);
    if (input !== null && this.inputs.length < INPUTS_MAX) this.inputs.push(input);
  }
}

function inputOf(event: StampedEvent, turns: TurnWatch, origins: Origins): Input | null {
  if (event.kind !== 'ipc_transfer' || event.phase !== 'request') return null;
  const who = turns.who(event.to);
  if (who === null || turns.who(event.from) !== null) return null;
  const origin = origins.of(event.from);
  return origin === null ? null : { who, origin };
}

/** Lets requests come in a recorded order: whoever is not the next to be heard does not get the processor, and what it has sent waits. */
export class OutsideOrder {
  readonly #group: Group;
  readonly #turns: TurnWatch;
  readonly #inputs: readonly Input[];
  readonly #ordered: ReadonlySet<string>;
  readonly #origins: Origins;
  readonly #held = new Set<DebugId>();
  readonly #frozen = new Set<DebugId>();
  readonly #close: () => void;
  #next = 0;
  #stale = true;
  /** A request that came out of order; the run is another one then. */
  wrong: string | null = null;

  constructor(group: Group, turns: TurnWatch, inputs: readonly Input[]) {
    this.#group = group;
    this.#turns = turns;
    this.#inputs = inputs;
    this.#ordered = new Set(inputs.map(({ origin }) => origin));
    this.#origins = new Origins(group);
    this.#close = group.system.machine.events.listen(['ipc_transfer', 'ipc_wait', 'object_created', 'object_deleted'], (event) => this.#event(event));
  }

  /** Lets go of everybody. */
  close(): void {
    this.#close();
    for (const id of this.#held) this.#group.system.equipment.hold(id, false);
    for (const id of this.#frozen) this.#group.system.equipment.freeze(id, false);
  }

  /** Threads that stand still because of this. */
  get kept(): ReadonlySet<DebugId> {
    return new Set([...this.#held, ...this.#frozen]);
  }

  #event(event: StampedEvent): void {
    if (event.kind === 'object_created' || event.kind === 'object_deleted') {
      this.#origins.clear();
      this.#stale = true;
      return;
    }
    if (event.kind === 'ipc_wait') {
      if (event.phase === 'send' && event.partner !== null && this.#turns.who(event.partner) !== null) this.#stop();
      return;
    }
    const input = inputOf(event, this.#turns, this.#origins);
    if (input === null) return;
    const wanted = this.#inputs[this.#next];
    if (wanted?.origin === input.origin && wanted.who === input.who) this.#next += 1;
    else this.wrong ??= `a request of ${input.origin} comes ${wanted === undefined ? 'after the last one' : `before that of ${wanted.origin}`}`;
    this.#stop();
  }

  #stop(): void {
    this.#stale = true;
    this.#group.system.machine.stop();
  }

  /** Keeps and lets go as it must be now. Whenever the machine stands still. */
  apply(): void {
    if (!this.#stale) return;
    this.#stale = false;
    const { inspector, equipment } = this.#group.system;
    const allowed = this.#inputs[this.#next]?.origin ?? null;
    const kept = (id: DebugId): boolean => {
      const origin = this.#origins.of(id);
      return origin !== null && origin !== allowed && this.#ordered.has(origin);
    };
    const queued = new Set(inspector.threads().flatMap((id) => (this.#turns.who(id) === null ? [] : (inspector.thread(id)?.senders ?? []))));
    for (const id of inspector.threads()) {
      if (this.#turns.who(id) !== null) continue;
      const stays = kept(id);
      change(this.#held, id, stays && this.#origins.name(id) !== null, (on) => equipment.hold(id, on));
      change(this.#frozen, id, stays && queued.has(id), (on) => equipment.freeze(id, on));
    }
  }
}

function change(set: Set<DebugId>, id: DebugId, on: boolean, act: (on: boolean) => void): void {
  if (set.has(id) === on) return;
  if (on) set.add(id);
  else set.delete(id);
  act(on);
}
