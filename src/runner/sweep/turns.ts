// In which order the threads of components get the processor: recorded during a run, and carried out in another one. That other run is
// of the undisturbed components: their threads are held back and let go by test equipment, nothing else is done to them.
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
  /** Executed since, and the address of the last one: attempts to take a lock that a timer interrupt disturbs are repeated. */
  readonly instructions: number;
  readonly pc: number;
}

/** Turns beyond are not recorded; what is left of the run is then nobody's turn. */
export const TURNS_MAX = 40_000;
/** How long a turn may take to come to its end, waiting for others outside of the components included. */
const TURN_US = 3_000_000;
/** How long the kernel is let work at a system call, and how often is looked. */
const CALL_SLICE_INSTRUCTIONS = 100;
const CALL_SLICES = 200;
/** System calls are made from up here. */
const SYSTEM_CALL_PAGE = 0xffff_f000;
/** How far the number of instructions may be off. */
const INSTRUCTIONS_OFF = 200;

interface Place {
  returns: number;
  instructions: number;
  /** Within a system call. A restored thread enters a call anew in which the original was. */
  inside: boolean;
  /** The last instruction, and the one that faulted: it will be executed again. */
  pc: number;
  faulted: number;
}

/** Counts what the threads of a group do, from the moment of its creation on. */
export class TurnWatch {
  readonly turns: Turn[] = [];
  /** What happens meanwhile does not count. */
  off = false;
  readonly #group: Group;
  readonly #places = new Map<string, Place>();
  readonly #known = new Map<DebugId, string | null>();
  readonly #close: () => void;
  #wanted: Turn | null = null;

  constructor(group: Group) {
    this.#group = group;
    const { system } = group;
    for (const { id } of system.threads()) {
      const who = this.who(id);
      if (who !== null) this.#places.set(who, { returns: 0, instructions: 0, inside: system.inspector.thread(id)?.calls === true, pc: -1, faulted: -1 });
    }
    this.#close = system.machine.events.listen(['instruction', 'syscall_enter', 'syscall_leave', 'page_fault', 'schedule', 'object_created', 'object_deleted'], (event) => this.#event(event));
  }

  close(): void {
    this.#close();
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
    const place = this.#places.get(who);
    if (place === undefined || place.returns < returns) return false;
    if (place.returns > returns || place.inside) return true;
    return !calls && place.instructions >= instructions && (place.pc === pc || place.instructions >= instructions + INSTRUCTIONS_OFF);
  }

  /** Whether a thread is within a system call. */
  inside(who: string): boolean {
    return this.#places.get(who)?.inside === true;
  }

  /** The machine is stopped when this turn is over, and whenever another thread of the group gets the processor. */
  set wanted(turn: Turn) {
    this.#wanted = turn;
  }

  #event(event: StampedEvent): void {
    if (event.kind === 'object_created' || event.kind === 'object_deleted') return this.#known.clear();
    if (this.off) return;
    const who = this.who(event.kind === 'schedule' ? event.to : event.thread);
    if (who === null) return;
    if (event.kind !== 'schedule') this.#count(event, who);
    const wanted = this.#wanted;
    if (wanted !== null && (who !== wanted.who || this.over(wanted))) this.#group.system.machine.stop();
  }

  #count(event: StampedEvent, who: string): void {
    let place = this.#places.get(who);
    if (place === undefined) {
      place = { returns: 0, instructions: 0, inside: false, pc: -1, faulted: -1 };
      this.#places.set(who, place);
    }
    switch (event.kind) {
      case 'instruction':
        // Restored behind a call that was over when the original was stopped.
        if (place.inside && event.pc < SYSTEM_CALL_PAGE) Object.assign(place, { returns: place.returns + 1, instructions: 0, inside: false });
        if (event.pc !== place.faulted) place.instructions += 1;
        place.faulted = -1;
        place.pc = event.pc;
        break;
      case 'syscall_enter':
        if (place.inside) place.instructions -= 1;
        place.inside = true;
        break;
      case 'syscall_leave':
        place.returns += 1;
        place.instructions = 0;
        place.inside = false;
        break;
      case 'page_fault':
        if (event.pc !== place.pc) return;
        place.faulted = event.pc;
        return;
      default:
        return;
    }
    this.#record(who, place);
  }

  #record(who: string, { returns, inside: calls, instructions, pc }: Place): void {
    if (this.#wanted !== null || this.turns.length >= TURNS_MAX) return;
    if (this.turns.at(-1)?.who === who) this.turns.pop();
    this.turns.push({ who, returns, calls, instructions, pc });
  }
}

/** Lets the kernel do what a thread has asked for: until the thread waits, or is back. */
function finishCall({ system }: Group, watch: TurnWatch, { who }: Turn): void {
  const thread = system.threads().find(({ id }) => watch.who(id) === who)?.id;
  if (thread === undefined) return;
  for (let slice = 0; slice < CALL_SLICES && watch.inside(who) && system.threadPhase(thread) === 'ready'; slice++) system.machine.run({ instructions: CALL_SLICE_INSTRUCTIONS });
}

/** Gives the threads of a group the processor in a recorded order after they stood still for a while, and then in any. False if a turn does not come to its end. */
export function takeTurns(group: Group, turns: readonly Turn[], wait_us: number): boolean {
  const { system } = group;
  const { machine } = system;
  const watch = new TurnWatch(group);
  const stopped = new Set<DebugId>();
  const stopAllBut = (who: string | null): void => {
    for (const { id } of system.threads()) {
      const other = watch.who(id);
      if (other === null) continue;
      const stops = who !== null && other !== who;
      if (stops === stopped.has(id)) continue;
      system.equipment.hold(id, stops);
      if (stops) stopped.add(id);
      else stopped.delete(id);
    }
  };
  try {
    stopAllBut('');
    const from_us = machine.time_us + wait_us;
    while (machine.time_us < from_us) if (machine.run({ time_us: from_us - machine.time_us }) === 'idle_forever') break;
    for (const turn of turns) {
      watch.wanted = turn;
      stopAllBut(turn.who);
      const end_us = machine.time_us + TURN_US;
      while (!watch.over(turn)) {
        if (machine.time_us >= end_us || machine.run({ time_us: end_us - machine.time_us }) === 'idle_forever') return false;
        stopAllBut(turn.who);
      }
      finishCall(group, watch, turn);
    }
    return true;
  } finally {
    stopAllBut(null);
    watch.close();
  }
}
