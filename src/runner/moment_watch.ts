// Waits for a moment that is no log line: follows the events that can bring it and stops the machine at the very instruction.
// Owner of the count; it begins when the watch is opened. Moments: src/scenario/model_moment.ts.

import type { StampedEvent } from '../emu/event.ts';
import { PROTOCOL } from '../emu/fiasco/protocols.ts';
import type { DebugId } from '../emu/numbers.ts';
import { isRpc } from '../runtime/rpc/rpc_name.ts';
import type { KernelState, System } from '../runtime/system.ts';
import type { MomentOf } from '../scenario/model_moment.ts';
import { isComponent, Whereabouts } from './whereabouts.ts';

export type EventMoment = MomentOf<'code' | 'rpc' | 'syscall' | 'instructions' | 'state' | 'signal' | 'page_fault'>;

export interface MomentWatch {
  readonly reached: boolean;
  /** Instructions that may at most be executed before the machine has to be looked at again; infinite if events tell. */
  readonly instructions_left: number;
  close(): void;
}

type Kind = StampedEvent['kind'];
type Listener = (event: StampedEvent) => void;

/** The kind's events and what each of them adds to the count. */
interface Following {
  readonly kinds: readonly Kind[];
  readonly counts: (event: StampedEvent) => number;
}

/** `address` is that of a `code` moment's place. */
export function watchMoment(moment: EventMoment, system: System, address: number): MomentWatch {
  if (moment.kind === 'code') return new CodeWatch(moment, address, system);
  if (moment.kind === 'instructions') return moment.of === undefined ? new TotalWatch(moment.instructions, system) : new ShareWatch(moment.instructions, moment.of, system);
  if (moment.kind === 'state') return new StateWatch(moment, system);
  return new EventWatch(moment.count, followingOf(moment, system), system);
}

class EventWatch implements MomentWatch {
  readonly close: () => void;
  #left: number;

  constructor(count: number, { kinds, counts }: Following, system: System) {
    this.#left = count;
    const listener: Listener = (event) => {
      if (this.#left <= 0) return;
      this.#left -= counts(event);
      if (this.#left <= 0) system.machine.stop();
    };
    this.close = system.machine.events.listen(kinds, listener);
  }

  get reached(): boolean {
    return this.#left <= 0;
  }

  get instructions_left(): number {
    return Number.POSITIVE_INFINITY;
  }
}

function followingOf(moment: MomentOf<'rpc' | 'syscall' | 'signal' | 'page_fault'>, system: System): Following {
  const places = new Whereabouts(system);
  const among = (thread: DebugId): boolean => {
    if (moment.of === undefined && (!('thread' in moment) || moment.thread === undefined)) return true;
    const place = places.of(thread);
    return (moment.of === undefined || isComponent(moment.of, place.component)) && (!('thread' in moment) || moment.thread === undefined || moment.thread === place.name);
  };
  const one = (yes: boolean): number => (yes ? 1 : 0);
  switch (moment.kind) {
    case 'rpc':
      return {
        kinds: ['ipc_transfer'],
        counts: (event) => {
          if (event.kind !== 'ipc_transfer' || event.phase !== (moment.edge === 'entry' ? 'request' : 'reply')) return 0;
          const caller = moment.edge === 'entry' ? event.from : event.to;
          return one(isRpc(moment.function, system.callOf(caller)) && among(caller));
        },
      };
    case 'syscall':
      return {
        kinds: ['syscall_enter', 'syscall_leave'],
        counts: (event) => {
          if (event.kind !== (moment.edge === 'entry' ? 'syscall_enter' : 'syscall_leave')) return 0;
          return one(isCall(moment.call, event.tag) && among(event.thread));
        },
      };
    case 'signal':
      return moment.what === 'submit'
        ? { kinds: ['ipc_transfer'], counts: (event) => one(event.kind === 'ipc_transfer' && event.phase === 'irq' && places.of(event.to).name === SIGNAL_HANDLER && among(event.to)) }
        : {
            kinds: ['ipc_transfer'],
            counts: (event) => one(event.kind === 'ipc_transfer' && event.phase === 'reply' && system.callOf(event.to)?.function === 'wait_for_signal' && (event.words[3] ?? 0) > 0 && among(event.to)),
          };
    case 'page_fault':
      return {
        kinds: ['page_fault'],
        counts: (event) => {
          if (event.kind !== 'page_fault') return 0;
          const access = event.write ? 'write' : event.address >>> 2 === event.pc >>> 2 ? 'execute' : 'read';
          const inside = moment.at === undefined || (event.address >= moment.at.first && event.address <= moment.at.last);
          return one((moment.access === 'any' || moment.access === access) && inside && among(event.thread));
        },
      };
  }
}

/** The thread by which every Genode component takes its signals; its semaphore is raised when one is submitted. */
const SIGNAL_HANDLER = 'signal handler';

/** By the protocol in the message tag: "thread" is -12; "ipc" is a message between threads, whose label is free. */
function isCall(written: string, tag: number): boolean {
  if (written === 'any') return true;
  const label = tag >> 16;
  const name = written.toUpperCase().replaceAll('-', '_');
  if (name === 'IPC') return label >= 0;
  return Object.entries(PROTOCOL).some(([known, value]) => known === name && value === label);
}

/** Names that `syscall` may have, for messages. */
export const CALL_NAMES: readonly string[] = ['any', 'ipc', ...Object.keys(PROTOCOL).map((name) => name.toLowerCase())];

/** All instructions since power-on; the machine is run exactly so far. */
class TotalWatch implements MomentWatch {
  readonly #target: number;
  readonly #system: System;

  constructor(target: number, system: System) {
    this.#target = target;
    this.#system = system;
  }

  get instructions_left(): number {
    return Math.max(0, this.#target - this.#system.machine.instructions);
  }

  get reached(): boolean {
    return this.instructions_left === 0;
  }

  close(): void {}
}

/** Instructions while a thread of the component is on the processor, counted from here. */
class ShareWatch implements MomentWatch {
  readonly close: () => void;
  readonly #system: System;
  readonly #places: Whereabouts;
  #left: number;
  /** Where the present stretch began; null while others run. */
  #since: number | null = null;

  constructor(instructions: number, of: string, system: System) {
    this.#left = instructions;
    this.#system = system;
    this.#places = new Whereabouts(system);
    const since = (thread: DebugId): number | null => (isComponent(of, this.#places.of(thread).component) ? system.machine.instructions : null);
    this.#since = since(system.inspector.current);
    this.close = system.machine.events.listen(['schedule'], (event) => {
      if (event.kind !== 'schedule') return;
      this.#account();
      this.#since = since(event.to);
      // The limit of the present run does not know that the component runs now.
      if (this.#since !== null) system.machine.stop();
    });
  }

  #account(): void {
    const now = this.#system.machine.instructions;
    if (this.#since !== null) {
      this.#left -= now - this.#since;
      this.#since = now;
    }
  }

  get instructions_left(): number {
    this.#account();
    return this.#since === null ? Number.POSITIVE_INFINITY : Math.max(0, this.#left);
  }

  get reached(): boolean {
    this.#account();
    return this.#left <= 0;
  }
}

/** Entries into a kernel state, seen at every switch of threads. A thread that is there when the watch begins has entered it. */
class StateWatch implements MomentWatch {
  readonly close: () => void;
  readonly #moment: MomentOf<'state'>;
  readonly #system: System;
  readonly #places: Whereabouts;
  readonly #states = new Map<DebugId, KernelState>();
  #left: number;

  constructor(moment: MomentOf<'state'>, system: System) {
    this.#moment = moment;
    this.#left = moment.count;
    this.#system = system;
    this.#places = new Whereabouts(system);
    for (const thread of this.#places.threadsOf(moment.of)) this.#states.set(thread, this.#before);
    this.#look();
    this.close = system.machine.events.listen(['schedule', 'object_deleted'], (event) => {
      if (event.kind === 'schedule' && !this.#states.has(event.to) && isComponent(moment.of, this.#places.of(event.to).component)) this.#states.set(event.to, this.#before);
      this.#look();
      if (this.reached) system.machine.stop();
    });
  }

  /** What a thread is taken to have been before it was seen: something else than what is waited for. */
  get #before(): KernelState {
    return this.#moment.state === 'user' ? 'dead' : 'user';
  }

  #look(): void {
    for (const [thread, before] of this.#states) {
      const now = this.#system.threadState(thread);
      if (now === before) continue;
      this.#states.set(thread, now);
      const meant = this.#moment.thread === undefined || this.#places.of(thread).name === this.#moment.thread;
      if (now === this.#moment.state && meant) this.#left -= 1;
    }
  }

  get reached(): boolean {
    return this.#left <= 0;
  }

  get instructions_left(): number {
    return Number.POSITIVE_INFINITY;
  }
}

/** Execution comes to an address of the component: a breakpoint in each task that the component lives in, now or later. */
class CodeWatch implements MomentWatch {
  readonly #moment: MomentOf<'code'>;
  readonly #address: number;
  readonly #system: System;
  readonly #places: Whereabouts;
  readonly #tasks = new Set<DebugId>();
  readonly #unsubscribe: () => void;
  #left: number;

  constructor(moment: MomentOf<'code'>, address: number, system: System) {
    this.#moment = moment;
    // Bit 0 of a symbol says that its code is Thumb.
    this.#address = (address & ~1) >>> 0;
    this.#system = system;
    this.#places = new Whereabouts(system);
    this.#left = moment.count;
    for (const { label, task, alive } of system.components()) if (alive && isComponent(moment.of, label)) this.#add(task);
    this.#unsubscribe = system.machine.events.listen(['schedule', 'breakpoint'], (event) => {
      if (event.kind === 'schedule') this.#scheduled(event.to);
      else if (event.kind === 'breakpoint') this.#came(event.address, event.task, event.thread);
    });
  }

  #add(task: DebugId): void {
    if (this.#tasks.has(task)) return;
    this.#tasks.add(task);
    this.#system.machine.breakpoints.add(task, this.#address);
  }

  /** The component may begin only now, or anew. */
  #scheduled(thread: DebugId): void {
    const { task, component } = this.#places.of(thread);
    if (task !== undefined && isComponent(this.#moment.of, component)) this.#add(task);
  }

  #came(address: number, task: DebugId, thread: DebugId): void {
    if (address !== this.#address || !this.#tasks.has(task)) return;
    if (this.#moment.thread !== undefined && this.#places.of(thread).name !== this.#moment.thread) return;
    this.#left -= 1;
    if (this.#left <= 0) this.#system.machine.stop();
  }

  get reached(): boolean {
    return this.#left <= 0;
  }

  get instructions_left(): number {
    return Number.POSITIVE_INFINITY;
  }

  close(): void {
    this.#unsubscribe();
    for (const task of this.#tasks) this.#system.machine.breakpoints.remove(task, this.#address);
  }
}
