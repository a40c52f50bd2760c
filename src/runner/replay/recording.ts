// A run that can be gone back in: snapshots along its way, wherever the runner acts on the machine and at intervals. Owner of the
// snapshots, of the event count and of the log. Between two snapshots nothing but the machine itself happens, so any instruction
// and any event between them is reached by running on from the one before.

import { EventStream } from '../../emu/event.ts';
import type { Board, BootSystem, StopReason, System, SystemSnapshot } from '../../runtime/system.ts';
import { type LogLine, LogLines } from '../log_lines.ts';
import { instructionAt, isLine, type ReplayMoment } from './replay_moment.ts';
import type { SavedReplay } from './saved_replay.ts';

/** Instructions, idle ones included, after which a snapshot is taken in any case. */
const INTERVAL_INSTRUCTIONS = 5_000_000;
const MARKS_MAX = 256;

/** What of the system a runner changes the machine by. */
const OUTSIDE: readonly (string | symbol)[] = ['control', 'takeImage', 'leaveImage', 'equipment', 'reconfigure'];

/**
 * Thrown through the runner when the moment has come: the scenario is not run any further. No `Error`: the stack of one, which nobody
 * wants here, makes V8 count the lines of all scripts.
 */
export class MomentReached {
  toString(): string {
    return 'the moment has come';
  }
}

interface Mark {
  readonly snapshot: SystemSnapshot;
  readonly instructions: number;
  readonly events: number;
  /** Events up to the end of the run before: those between came from outside and cannot be run again. */
  readonly since: number;
  /** Something from outside happened right before: this one cannot be left out. */
  readonly needed: boolean;
}

export class Recording {
  readonly #moment: ReplayMoment;
  readonly #machine: number;
  #booted = 0;
  readonly #lines = new LogLines();
  /** Event count at which each line was complete. */
  readonly #lineEvents: number[] = [];
  /** After each console event, what there was of the next line. */
  readonly #unfinished: { readonly event: number; readonly text: string }[] = [];
  #system: System | null = null;
  #marks: Mark[] = [];
  #events = 0;
  #stopAt: number;
  #reached = false;
  #touched = true;
  #ran = 0;
  /** Running over what is recorded already. */
  #again = false;

  /** `machine` is which of the scenario's machines is followed, 0 for the first; `earlier` what was recorded before, of one that exists. */
  constructor(moment: ReplayMoment, machine = 0, earlier?: Pick<SavedReplay, 'events' | 'lines' | 'unfinished'>) {
    this.#moment = moment;
    this.#machine = machine;
    if (earlier !== undefined) this.#take(earlier);
    this.#stopAt = moment.kind === 'event' ? moment.number : Number.POSITIVE_INFINITY;
  }

  #take({ events, lines, unfinished }: Pick<SavedReplay, 'events' | 'lines' | 'unfinished'>): void {
    this.#events = events;
    for (const { text, time_us } of lines) for (const _ of this.#lines.append(`${text}\n`, time_us)) this.#lineEvents.push(events);
    this.#lines.append(unfinished, 0);
    this.#unfinished.push({ event: events, text: unfinished });
  }

  get moment(): ReplayMoment {
    return this.#moment;
  }
  get system(): System {
    if (this.#system === null) throw new Error('nothing has been recorded');
    return this.#system;
  }
  get booted(): boolean {
    return this.#system !== null;
  }
  get reached(): boolean {
    return this.#reached;
  }
  get events(): number {
    return this.#events;
  }
  /** Number of the last event before the machine first ran; nothing before it can be gone to. */
  get first_event(): number {
    return this.#marks[0]?.events ?? 0;
  }

  /** The log up to where the machine stands. */
  get log(): readonly LogLine[] {
    const until = this.#lineEvents.findIndex((event) => event > this.#events);
    return until < 0 ? this.#lines.all : this.#lines.all.slice(0, until);
  }

  /** Number of the event with which the n-th line of the log, from 1, was complete, if that is recorded. */
  eventOfLine(number: number): number | undefined {
    return this.#lineEvents[number - 1];
  }

  /** What was printed, up to where the machine stands, of the line behind those. */
  get unfinished(): string {
    return this.#unfinished.findLast(({ event }) => event <= this.#events)?.text ?? '';
  }

  /** A `boot` whose system, the one that is followed, is recorded from its first event on. */
  boot(boot: BootSystem): BootSystem {
    return (config) => {
      if (this.#booted++ !== this.#machine) return boot(config);
      const events = config.events ?? new EventStream();
      this.#listen(events);
      const system = boot({ ...config, events });
      if ('error' in system) return system;
      this.#system = system;
      return this.#watched(system);
    };
  }

  /** Records a system that exists already. Changes of it go through what is returned. */
  follow(system: System): System {
    this.#system = system;
    this.#listen(system.machine.events);
    return this.#watched(system);
  }

  #listen(events: EventStream): void {
    events.listen(null, (event) => {
      this.#events++;
      if (this.#events === this.#stopAt) this.#system?.machine.stop();
      if (event.kind === 'console' && !this.#again) this.#line(event.text, event.time_us);
    });
  }

  #line(text: string, time_us: number): void {
    for (const line of this.#lines.append(text, time_us)) {
      this.#lineEvents.push(this.#events);
      if (this.#reached || !isLine(this.#moment, line.index + 1, line.text)) continue;
      this.#reached = true;
      this.#system?.machine.stop();
    }
    this.#unfinished.push({ event: this.#events, text: this.#lines.unfinished });
  }

  /** The system as the runner gets it: its machine stops at the moment, and what comes from outside is noticed. */
  #watched(system: System): System {
    const board = new Proxy(system.machine, {
      get: (target, name) => {
        if (name === 'run') return (limit: Parameters<Board['run']>[0]) => this.#run(target, limit);
        if (name === 'idle') return (limit: Parameters<Board['idle']>[0]) => this.#idle(target, limit);
        return bound(target, name);
      },
    });
    return new Proxy(system, {
      get: (target, name) => {
        if (name === 'machine') return board;
        if (name === 'outcome') return () => this.#outcome(target);
        if (OUTSIDE.includes(name)) this.#touched = true;
        return bound(target, name);
      },
    });
  }

  /** Looking for an outcome changes priorities once there is one. */
  #outcome(system: System): ReturnType<System['outcome']> {
    const outcome = system.outcome();
    if (outcome !== null) this.#touched = true;
    return outcome;
  }

  #run(board: Board, limit: Parameters<Board['run']>[0]): StopReason {
    const byCount = limit.instructions === undefined ? Number.POSITIVE_INFINITY : board.instructions + limit.instructions;
    const byTime = limit.time_us === undefined ? Number.POSITIVE_INFINITY : instructionAt(board.time_us + limit.time_us);
    const end = Math.min(byCount, byTime);
    for (;;) {
      this.#mark();
      // What happened before the machine first ran could not stop it.
      const isOver = this.#reached || this.#events >= this.#stopAt;
      const until = isOver ? board.instructions : Math.min(end, this.#target, board.instructions + INTERVAL_INSTRUCTIONS);
      const reason = board.run({ instructions: until - board.instructions });
      this.#ran = this.#events;
      this.#check(board);
      if (reason !== 'instruction_limit') return reason;
      if (board.instructions >= end) return byCount <= byTime ? 'instruction_limit' : 'time_limit';
    }
  }

  #idle(board: Board, limit: Parameters<Board['idle']>[0]): void {
    this.#touched = true;
    const end = 'instructions' in limit ? board.instructions + limit.instructions : instructionAt(board.time_us + limit.time_us);
    board.idle(this.#target < end ? { instructions: Math.max(0, this.#target - board.instructions) } : limit);
    this.#check(board);
  }

  get #target(): number {
    return this.#moment.kind === 'instruction' ? this.#moment.at : Number.POSITIVE_INFINITY;
  }

  #check(board: Board): void {
    this.#reached ||= board.instructions >= this.#target || this.#events >= this.#stopAt;
    if (!this.#reached) return;
    this.#touched = true;
    this.#mark();
    throw new MomentReached();
  }

  #mark(): void {
    const { machine } = this.system;
    const last = this.#marks.at(-1);
    if (last !== undefined && !this.#touched && machine.instructions - last.instructions < INTERVAL_INSTRUCTIONS) return;
    this.#marks.push({ snapshot: this.system.snapshot(), instructions: machine.instructions, events: this.#events, since: this.#ran, needed: this.#touched });
    this.#touched = false;
    if (this.#marks.length > MARKS_MAX) this.#thin();
  }

  #thin(): void {
    this.#marks = this.#marks.filter((mark, i) => {
      const keeps = mark.needed || i % 2 === 0 || i === this.#marks.length - 1;
      if (!keeps) this.system.release(mark.snapshot);
      return keeps;
    });
  }

  /** Goes to an instruction that the recording covers: from power-on to the moment. @returns false where it does not */
  goTo(instructions: number): boolean {
    return this.#go((mark) => mark.instructions <= instructions, (last) => instructions <= last.instructions, (board) => {
      while (board.instructions < instructions) {
        if (board.run({ instructions: instructions - board.instructions }) === 'idle_forever') return board.idle({ instructions: instructions - board.instructions });
      }
    });
  }

  /** Goes to where the n-th event has just been. */
  goToEvent(number: number): boolean {
    return this.#go((mark) => mark.since <= number, (last) => number <= last.events, (board) => {
      this.#stopAt = number;
      while (this.#events < number && board.run({}) !== 'idle_forever');
    });
  }

  #go(before: (mark: Mark) => boolean, covered: (last: Mark) => boolean, run: (board: Board) => void): boolean {
    const last = this.#marks.at(-1);
    const from = this.#marks.findLast(before);
    if (last === undefined || from === undefined || !covered(last)) return false;
    this.system.rewind(from.snapshot);
    this.#events = from.events;
    this.#again = true;
    this.#stopAt = Number.POSITIVE_INFINITY;
    run(this.system.machine);
    return true;
  }
}

function bound<T extends object>(target: T, name: string | symbol): unknown {
  const value = Reflect.get(target, name, target) as unknown;
  return typeof value === 'function' ? value.bind(target) : value;
}
