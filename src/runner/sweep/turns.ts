// In which order the threads of components get the processor: recorded during a run, so that it can be carried out in another one.
// Owner of the count of what each thread has done; subscribed to the board's events until closed.

import type { StampedEvent } from '../../emu/event.ts';
import type { DebugId } from '../../emu/numbers.ts';
import type { Group } from './group.ts';

/** A thread runs until it has come back from so many system calls and has then made the next one, or has executed some instructions. */
export interface Turn {
  /** Component and UTCB: what stays the same over a restore. */
  readonly who: string;
  readonly returns: number;
  readonly calls: boolean;
  /** Executed since, and the address of the next one: attempts to take a lock that a timer interrupt disturbs are repeated. */
  readonly instructions: number;
  readonly pc: number;
  /** It ends where the timer interrupt takes the thread's exclusive mark: the thread takes a longer way then, whose traces its stack may keep. */
  readonly disturbed?: true;
  /** When it began, in microseconds of the components' own time: they do not notice for how long they stood still. */
  readonly at_us: number;
}

/** Turns beyond are not recorded; what is left of the run is then nobody's turn. */
export const TURNS_MAX = 40_000;
/** System calls are made from up here. */
const SYSTEM_CALL_PAGE = 0xffff_f000;
/** How far the number of instructions may be off. */
const INSTRUCTIONS_OFF = 200;

interface Place {
  returns: number;
  instructions: number;
  /** Within a system call. A restored thread enters a call anew in which the original was. */
  inside: boolean;
  pc: number;
}

const KINDS = ['syscall_enter', 'syscall_leave', 'page_fault', 'exception', 'exclusive_lost', 'schedule', 'object_created', 'object_deleted'] as const;

/** Counts what the threads of a group do, from the moment of its creation on. */
export class TurnWatch {
  readonly turns: Turn[] = [];
  readonly #group: Group;
  readonly #places = new Map<string, Place>();
  readonly #known = new Map<DebugId, string | null>();
  readonly #close: () => void;
  #wanted: Turn | null = null;
  #off = false;
  #running: DebugId;
  #executed: number;
  /** Where the components' own time began, on the machine's clock; and what it is while it stands still. */
  #begin_us: number;
  #own_us = 0;
  #still = false;
  #since_us: number;

  constructor(group: Group) {
    this.#group = group;
    const { system: { inspector, machine } } = group;
    this.#running = inspector.current;
    this.#executed = inspector.executed;
    this.#begin_us = machine.time_us;
    this.#since_us = machine.time_us;
    for (const id of inspector.threads()) {
      const who = this.who(id);
      const view = inspector.thread(id);
      if (who !== null && view !== undefined) this.#places.set(who, { returns: 0, instructions: 0, inside: view.calls, pc: view.registers[15] ?? 0 });
    }
    this.#close = machine.events.listen(KINDS, (event) => this.#event(event));
  }

  close(): void {
    this.#close();
  }

  /** While true, what happens does not count. */
  set off(off: boolean) {
    this.#credit();
    this.#off = off;
  }

  get isOff(): boolean {
    return this.#off;
  }

  /** While true, the components' own time stands still. */
  set still(still: boolean) {
    if (still === this.#still) return;
    this.#still = still;
    const { time_us } = this.#group.system.machine;
    if (still) this.#own_us = time_us - this.#begin_us;
    else this.#begin_us = time_us - this.#own_us;
    this.#since_us = time_us;
  }

  /** Of a thread of the group; null for any other. */
  who(thread: DebugId): string | null {
    const known = this.#known.get(thread);
    if (known !== undefined) return known;
    const view = this.#group.system.inspector.thread(thread);
    const member = view === undefined ? -1 : this.#group.subjects.findIndex(({ task }) => task === view.task);
    // A thread that has just been made belongs nowhere yet.
    if (view === undefined || view.utcb === 0) return null;
    const who = member < 0 || view.hosted !== null ? null : `${member}:${view.utcb.toString(16)}`;
    this.#known.set(thread, who);
    return who;
  }

  /** Whether the thread of a turn has come to its end. */
  over({ who, returns, calls, instructions, pc }: Turn): boolean {
    this.#credit();
    const place = this.#places.get(who);
    if (place === undefined || place.returns < returns) return false;
    if (place.returns > returns || place.inside) return true;
    return !calls && place.instructions >= instructions && (place.pc === pc || place.instructions >= instructions + INSTRUCTIONS_OFF);
  }

  /** Instructions of user mode that are left of a turn which ends between two of them; undefined as long as something else comes first. */
  left({ who, returns, calls, instructions }: Turn): number | undefined {
    const place = this.#places.get(who);
    if (calls || place === undefined || place.returns !== returns || place.inside) return undefined;
    return Math.max(1, instructions - place.instructions);
  }

  /** Whether a thread is within a system call. */
  inside(who: string): boolean {
    return this.#places.get(who)?.inside === true;
  }

  /** From how many system calls a thread has come back. */
  returns(who: string): number {
    return this.#places.get(who)?.returns ?? 0;
  }

  /** The machine is stopped when this turn is over or only instructions are left of it, and whenever another thread of the group gets the processor. */
  set wanted(turn: Turn) {
    this.#wanted = turn;
  }

  #event(event: StampedEvent): void {
    if (event.kind === 'object_created' || event.kind === 'object_deleted') return this.#known.clear();
    this.#credit(event.kind);
    if (event.kind === 'schedule') {
      this.#running = event.to;
      this.#since_us = event.time_us;
    }
    const who = this.who(event.kind === 'schedule' ? event.to : event.thread);
    if (who === null) return;
    if (!this.#off) this.#step(event, who);
    const wanted = this.#wanted;
    if (wanted !== null && (who !== wanted.who || this.over(wanted) || this.left(wanted) !== undefined)) this.#group.system.machine.stop();
  }

  #place(who: string): Place {
    const place = this.#places.get(who) ?? { returns: 0, instructions: 0, inside: false, pc: 0 };
    this.#places.set(who, place);
    return place;
  }

  /** Puts down to the thread that runs what has been executed since it was last asked. `kind`: what interrupted it. */
  #credit(kind?: StampedEvent['kind']): void {
    const { inspector } = this.#group.system;
    const instructions = inspector.executed - this.#executed;
    this.#executed += instructions;
    const who = this.who(this.#running);
    if (who === null || this.#off || instructions === 0) return;
    const place = this.#place(who);
    const pc = inspector.thread(this.#running)?.registers[15] ?? 0;
    if (!place.inside) place.instructions += instructions;
    // A thread that is restored within a call makes it once more; one that is restored behind it goes on in its own code.
    else if (instructions > 1 || (kind !== 'syscall_enter' && pc < SYSTEM_CALL_PAGE)) Object.assign(place, { returns: place.returns + 1, instructions, inside: false });
    place.pc = pc;
    this.#record(who, place);
  }

  #step(event: StampedEvent, who: string): void {
    const place = this.#place(who);
    if (event.kind === 'exclusive_lost') {
      if (!place.inside) this.#record(who, place, true);
      return;
    }
    if (event.kind === 'syscall_enter') place.inside = true;
    else if (event.kind === 'syscall_leave') Object.assign(place, { returns: place.returns + 1, instructions: 0, inside: false, pc: this.#group.system.inspector.thread(event.thread)?.registers[15] ?? 0 });
    else return;
    this.#record(who, place);
  }

  #record(who: string, { returns, inside: calls, instructions, pc }: Place, disturbed = false): void {
    if (this.#wanted !== null || this.turns.length >= TURNS_MAX) return;
    const last = this.turns.at(-1);
    const at_us = last?.who === who ? last.at_us : this.#still ? this.#own_us : this.#since_us - this.#begin_us;
    if (last?.who === who && last.disturbed !== true) this.turns.pop();
    this.turns.push({ who, returns, calls, instructions, pc, at_us, ...(disturbed ? { disturbed } : {}) });
  }
}
