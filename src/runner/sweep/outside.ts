// What comes into components from outside: from whom, and in which order. Recorded in one run; in another one what comes too early waits, as
// if whoever sends it were slower. Owner of that order; subscribed to the board's events until closed.

import type { StampedEvent } from '../../emu/event.ts';
import type { DebugId } from '../../emu/numbers.ts';
import type { Group } from './group.ts';
import type { TurnWatch } from './turns.ts';

/** A request that began outside, as one of the threads took it through which it came to a component. */
export interface Input {
  /** The thread that took it: of a component as turns name it, of a service between by label and UTCB. */
  readonly who: string;
  /** The thread outside with which the request began: label of its component, and UTCB. */
  readonly origin: string;
}

/** Services hand requests on to services; longer chains are not followed. */
const CHAIN_MAX = 16;
export const INPUTS_MAX = 20_000;
const CORE = 'core';

/** Who is the first of a chain of threads that wait for each other's replies. */
class Origins {
  readonly #group: Group;
  readonly #names = new Map<DebugId, { readonly name: string; readonly serves: boolean }>();

  constructor(group: Group) {
    this.#group = group;
  }

  /** Threads come and go. */
  clear(): void {
    this.#names.clear();
  }

  /** The threads that work for each other, from the given one to the first. */
  chain(thread: DebugId): readonly DebugId[] {
    const { inspector } = this.#group.system;
    const chain = [thread];
    for (let next = inspector.thread(thread)?.caller; next !== undefined && chain.length < CHAIN_MAX; next = inspector.thread(next)?.caller) chain.push(next);
    return chain;
  }

  /** Null: it began within the group, or with one of those that serve everybody: core, and the parents of the component. */
  of(chain: readonly DebugId[]): string | null {
    const first = this.#named(chain.at(-1) ?? chain[0]);
    return first.serves ? null : first.name;
  }

  name(thread: DebugId): string {
    return this.#named(thread).name;
  }

  #named(thread: DebugId | undefined): { readonly name: string; readonly serves: boolean } {
    const view = thread === undefined ? undefined : this.#group.system.inspector.thread(thread);
    if (thread === undefined || view === undefined) return { name: '', serves: true };
    const known = this.#names.get(thread);
    if (known !== undefined) return known;
    const { system, subjects } = this.#group;
    const label = system.components().find(({ task, alive }) => alive && task === view.task)?.label;
    const serves = label === undefined || label === CORE || subjects.some((subject) => subject.label === label || subject.label.startsWith(`${label} -> `));
    const named = { name: `${label ?? ''}:${view.utcb.toString(16)}`, serves };
    this.#names.set(thread, named);
    return named;
  }
}

/** Notes the requests that a group gets from outside. */
export class OutsideWatch {
  readonly #all: Input[] = [];
  /** Threads through which requests have come to the group. */
  readonly #between = new Set<string>();
  /** What threads of the checkpointer work at, and whose requests it has answered without asking the group. */
  readonly #proxied = new Map<string, string>();
  readonly #answered: string[] = [];
  /** How names of the checkpointer's threads begin. */
  readonly #parent: string;
  readonly #turns: TurnWatch;
  readonly #origins: Origins;
  readonly #close: () => void;
  /** While true, what happens to the components does not count. */
  off = false;

  /**
   * @param unasked whether what the checkpointer works at for others already is still to be asked of the group; if not, it was, and the
   * answer is on its way. Nobody can tell by looking.
   */
  constructor(group: Group, turns: TurnWatch, unasked: boolean) {
    this.#turns = turns;
    this.#origins = new Origins(group);
    this.#parent = `${(group.subjects[0]?.label ?? '').split(' -> ').slice(0, -1).join(' -> ')}:`;
    if (unasked) this.#takeStock(group.system.inspector.threads());
    this.#close = group.system.machine.events.listen(['ipc_transfer', 'object_created', 'object_deleted'], (event) => this.#event(event));
  }

  /** Somebody outside may have asked the checkpointer for something before, which that has not asked the group for yet. */
  #takeStock(threads: readonly DebugId[]): void {
    for (const thread of threads) {
      const name = this.#origins.name(thread);
      const origin = name.startsWith(this.#parent) ? this.#origins.of(this.#origins.chain(thread)) : null;
      if (origin !== null) this.#proxied.set(name, origin);
    }
    for (const thread of threads) {
      if (this.#turns.who(thread) === null) continue;
      for (const asking of this.#origins.chain(thread).slice(1)) this.#proxied.delete(this.#origins.name(asking));
    }
  }

  close(): void {
    this.#close();
  }

  /** In the order in which they were taken. */
  get inputs(): readonly Input[] {
    return this.#all.filter(({ who }) => this.#between.has(who));
  }

  #event(event: StampedEvent): void {
    if (event.kind !== 'ipc_transfer') return this.#origins.clear();
    if (event.phase === 'reply') return this.#replies(this.#origins.name(event.from));
    if (event.phase !== 'request' || this.#all.length >= INPUTS_MAX || this.#turns.who(event.from) !== null) return;
    const who = this.#turns.who(event.to);
    if (who !== null && this.off) return;
    const chain = this.#origins.chain(event.from);
    const receiver = who ?? this.#origins.name(event.to);
    const origin = this.#origins.of(chain) ?? (who === null ? null : this.#inPlaceOf(event.from));
    if (origin === null) return;
    this.#all.push({ who: receiver, origin });
    if (who === null && receiver.startsWith(this.#parent)) this.#proxied.set(receiver, origin);
    if (who === null) return;
    this.#between.add(who);
    for (const [i, thread] of chain.entries()) {
      const name = this.#origins.name(thread);
      this.#proxied.delete(name);
      if (i < chain.length - 1) this.#between.add(name);
    }
  }

  #replies(who: string): void {
    const origin = this.#proxied.get(who);
    if (origin === undefined) return;
    this.#proxied.delete(who);
    this.#answered.push(origin);
  }

  /** A client closes its session while there is no server: the restored one hears of it from the checkpointer itself. */
  #inPlaceOf(sender: DebugId): string | null {
    return this.#origins.name(sender).startsWith(this.#parent) ? (this.#answered.shift() ?? null) : null;
  }
}

/** Lets requests come in a recorded order, at each thread that takes them: what others have sent waits until it is their turn. */
export class OutsideOrder {
  readonly #group: Group;
  readonly #turns: TurnWatch;
  /** Whose requests a thread takes, in order. */
  readonly #next = new Map<string, string[]>();
  readonly #ordered: ReadonlySet<string>;
  readonly #origins: Origins;
  readonly #close: () => void;
  #stale = true;

  constructor(group: Group, turns: TurnWatch, inputs: readonly Input[]) {
    this.#group = group;
    this.#turns = turns;
    for (const { who, origin } of inputs) this.#next.set(who, [...(this.#next.get(who) ?? []), origin]);
    this.#ordered = new Set(inputs.map(({ origin }) => origin));
    this.#origins = new Origins(group);
    this.#close = group.system.machine.events.listen(['ipc_transfer', 'object_created', 'object_deleted'], (event) => this.#event(event));
  }

  /** Lets everybody come. */
  close(): void {
    this.#close();
    this.#group.system.equipment.admit(null);
  }

  #event(event: StampedEvent): void {
    if (event.kind !== 'ipc_transfer') return this.#origins.clear();
    const next = event.phase === 'request' && this.#turns.who(event.from) === null ? this.#next.get(this.#who(event.to)) : undefined;
    if (next === undefined || next[0] !== this.#origins.of(this.#origins.chain(event.from))) return;
    next.shift();
    this.#stale = true;
    this.#group.system.machine.stop();
  }

  #who(thread: DebugId): string {
    return this.#turns.who(thread) ?? this.#origins.name(thread);
  }

  /** Whether a thread may take what another one has sent. */
  #admits(receiver: DebugId, sender: DebugId): boolean {
    const who = this.#who(receiver);
    const next = this.#next.get(who);
    if ((next === undefined && this.#turns.who(receiver) === null) || this.#turns.who(sender) !== null) return true;
    const origin = this.#origins.of(this.#origins.chain(sender));
    return origin === null || !this.#ordered.has(origin) || origin === next?.[0];
  }

  /** Lets threads take what they are to take now. Whenever the machine stands still. */
  apply(): void {
    if (!this.#stale) return;
    this.#stale = false;
    this.#group.system.equipment.admit((receiver, sender) => this.#admits(receiver, sender));
  }
}
