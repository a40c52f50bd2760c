// The stream of everything observable on the board (architecture, law 4). What nobody listens to costs a look at a field: callers
// test `stream.wanted.KIND` before they build an event.

import type { DebugId, Instructions, Microseconds } from './numbers.ts';
import type { Plain } from './plain.ts';

export interface EventStamp {
  readonly instructions: Instructions;
  readonly time_us: Microseconds;
  readonly task: DebugId;
  readonly thread: DebugId;
}

export type BoardEvent =
  /** Bytes that left through the kernel console (LOG, outstring, kernel warnings), as text. */
  | { readonly kind: 'console'; readonly text: string }
  /** `op` is the first message register: the operation, where the target is a kernel object. */
  | { readonly kind: 'syscall_enter'; readonly tag: number; readonly selector: number; readonly timeouts: number; readonly op: number }
  | { readonly kind: 'syscall_leave'; readonly tag: number; readonly label: number; readonly error: number }
  /** A message was transferred. `words` are the untyped words; `object` is the gate or IRQ it was sent through, 0 if none. */
  | {
      readonly kind: 'ipc_transfer';
      readonly from: DebugId;
      readonly to: DebugId;
      readonly object: DebugId;
      readonly phase: 'request' | 'reply' | 'irq' | 'page_fault' | 'exception';
      readonly tag: number;
      readonly label: number;
      readonly words: readonly number[];
    }
  /** The thread goes to sleep in a phase of its IPC. `partner` is null in an open wait, and while a gate has no thread. */
  | { readonly kind: 'ipc_wait'; readonly phase: 'send' | 'receive'; readonly partner: DebugId | null; readonly timeout: number }
  | { readonly kind: 'page_fault'; readonly address: number; readonly pc: number; readonly write: boolean }
  | { readonly kind: 'exception'; readonly error: number; readonly address: number; readonly pc: number; readonly reason: string }
  /** The timer interrupt has taken the exclusive mark of the thread that runs: the exclusive store that is to come fails. */
  | { readonly kind: 'exclusive_lost' }
  /** A thread has come to a breakpoint (machine.breakpoints); what is there has not been executed. */
  | { readonly kind: 'breakpoint'; readonly address: number }
  /** `bound` is the thread of a new gate. */
  | { readonly kind: 'object_created'; readonly object: DebugId; readonly type: string; readonly bound: DebugId | null }
  | { readonly kind: 'object_named'; readonly object: DebugId; readonly name: string }
  | { readonly kind: 'object_deleted'; readonly object: DebugId; readonly type: string }
  | { readonly kind: 'cap_mapped'; readonly object: DebugId; readonly into: DebugId; readonly slot: number; readonly how: 'create' | 'map' | 'grant' }
  | { readonly kind: 'cap_unmapped'; readonly object: DebugId; readonly from: DebugId; readonly slot: number }
  | { readonly kind: 'irq_attached'; readonly irq: DebugId; readonly to: DebugId }
  | { readonly kind: 'irq_detached'; readonly irq: DebugId }
  /** Thread control named the pager of `object`; null where the slot that it named is empty. */
  | { readonly kind: 'thread_pager'; readonly object: DebugId; readonly pager: DebugId | null }
  | { readonly kind: 'schedule'; readonly to: DebugId }
  /** An instruction of machine code is about to be executed; `it` is the state of the IT block that it is in, or 0. Only for who asks for it by name: the machine then runs step by step. */
  | { readonly kind: 'instruction'; readonly pc: number; readonly opcode: number; readonly thumb: boolean; readonly it: number }
  /** A guest asked for something this board leaves out; the guest got the kernel's own error. */
  | { readonly kind: 'unsupported'; readonly what: string }
  /** A hosted component tells what it is doing (RPC names, control commands, checkpoint progress). */
  | { readonly kind: 'note'; readonly what: string; readonly detail: Plain };

export type StampedEvent = EventStamp & BoardEvent;
/** Told of every request that is transferred, without an event being made of it: the first `count` of `words` are the message, and only during the call. */
export type RequestListener = (from: DebugId, to: DebugId, object: DebugId, label: number, words: Uint32Array, count: number) => void;
/**
 * Told of every capability that comes and goes and of every object that is no more, as the events of these kinds tell it, without an
 * event being made of it. `by` and `thread` are who runs.
 */
export interface CapabilityObserver {
  mapped(object: DebugId, into: DebugId, slot: number, how: 'create' | 'map' | 'grant', by: DebugId, thread: DebugId, time_us: Microseconds): void;
  unmapped(from: DebugId, slot: number): void;
  deleted(object: DebugId): void;
}
export type EventListener = (event: StampedEvent) => void;

/** Kinds of events, and which of them somebody listens to. */
type Wanted = Record<BoardEvent['kind'], boolean>;

export class EventStream {
  #listeners: { readonly kinds: ReadonlySet<BoardEvent['kind']> | null; readonly listener: EventListener }[] = [];
  readonly #wanted: Wanted = {
    console: false,
    syscall_enter: false,
    syscall_leave: false,
    ipc_transfer: false,
    ipc_wait: false,
    page_fault: false,
    exception: false,
    exclusive_lost: false,
    breakpoint: false,
    object_created: false,
    object_named: false,
    object_deleted: false,
    cap_mapped: false,
    cap_unmapped: false,
    irq_attached: false,
    irq_detached: false,
    thread_pager: false,
    schedule: false,
    instruction: false,
    unsupported: false,
    note: false,
  };
  /** Always the same object, each kind a field of its own: looking a kind up by its name took a tenth of a system call. */
  readonly wanted: Readonly<Wanted> = this.#wanted;
  /** For one observer that must see all requests and keeps a few words of each: as an event each would cost more than its transfer. */
  requests: RequestListener | null = null;
  /** For the same observer, and for the same reason. */
  capabilities: CapabilityObserver | null = null;

  /** Subscribes to some kinds (or, with null, to all but 'instruction'); returns the function that unsubscribes. */
  listen(kinds: readonly BoardEvent['kind'][] | null, listener: EventListener): () => void {
    const entry = { kinds: kinds === null ? null : new Set(kinds), listener };
    this.#listeners.push(entry);
    this.#refresh();
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== entry);
      this.#refresh();
    };
  }

  emit(event: StampedEvent): void {
    for (const { kinds, listener } of this.#listeners) if (kinds === null ? event.kind !== 'instruction' : kinds.has(event.kind)) listener(event);
  }

  #refresh(): void {
    for (const kind of Object.keys(this.#wanted) as BoardEvent['kind'][]) {
      this.#wanted[kind] = this.#listeners.some(({ kinds }) => (kinds === null ? kind !== 'instruction' : kinds.has(kind)));
    }
  }
}
