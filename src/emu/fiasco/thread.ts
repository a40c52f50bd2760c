// A thread: registers, state bits, scheduling parameters, and everything that says where in the kernel it is. Owner of all of
// it; every field is saved. Source modelled: fiasco-kernel.md 4.2, 4.5, 11.1.

import { CpuRegisters } from '../arm/registers.ts';
import { type DebugId, debugId } from '../numbers.ts';
import type { IpcGate } from './ipc_gate.ts';
import type { Interrupt } from './interrupt.ts';
import type { Irq } from './irq.ts';
import { KernelObject } from './kernel_object.ts';
import { SenderQueue } from './sender_queue.ts';
import type { Task } from './task.ts';
import { DEAD, READY } from './thread_state.ts';
import { type ArmedTimeout, TIMEOUT_NEVER } from './timeouts.ts';
import type { Utcb } from './utcb.ts';

export const DEFAULT_QUANTUM_US = 10_000;
export const INITIAL_PRIORITY = 1;
/** A pager or handler that was never set. */
export const NO_SLOT = 0xffff_ffff;
/** The return address of the entry instruction for `invoke`, kept while a thread is inside it (5.2). */
export const INVOKE_RETURN_ADDRESS = 0xffff_fff8;

const NO_OBJECT = debugId(0);

/** Whoever can be in a thread's sender queue. */
export type Sender = Thread | Irq;

/** What a thread does next when it is dispatched. Everything but `user` is a point inside the kernel. */
export type Step =
  /** Go on in user mode (or raise the exception that is pending). */
  | 'user'
  /** Start a receive phase: look for senders first. */
  | 'receive_begin'
  /** The receive phase has been declared to partners, but the thread was switched away before it slept. */
  | 'receive_enter'
  /** Asleep in the receive phase. */
  | 'receive_wait'
  /** A message was taken from a queued sender before the thread was switched away. */
  | 'receive_done'
  /** The send phase ended and there is no receive phase, or none because the items could not be transferred. */
  | 'send_done'
  /** Asleep in the receiver's queue. */
  | 'send_wait'
  /** Asleep in the queue of a gate without thread. */
  | 'gate_wait';

/** One IPC, from its start to its end. */
export interface Ipc {
  send: boolean;
  /** The receiving thread of the send phase. */
  receiver: Thread | null;
  /** The gate whose missing thread the sender waits for. */
  gate: IpcGate | null;
  receive: boolean;
  /** Closed wait for this sender; null is an open wait. */
  partner: KernelObject | null;
  send_timeout: number;
  receive_timeout: number;
  /** Rights of the capability through which the message goes; a reply inherits them. */
  rights: number;
  /** Debug id of the gate or IRQ that was invoked, 0 if none. */
  through: DebugId;
  /** True once the message has been delivered. */
  sent: boolean;
}

/** An instruction that raised an exception: where it is, and with which status word it was executed. */
export interface Repeated {
  readonly pc: number;
  readonly psr: number;
}

/** Why a thread is inside the kernel. Faults and exceptions have an IPC frame of their own: the user registers wait behind it. */
export type Activity =
  | { readonly kind: 'user' }
  | { readonly kind: 'system_call' }
  | {
      readonly kind: 'page_fault';
      tag: number;
      label: number;
      readonly address: number;
      readonly error: number;
      readonly pc: number;
      /** MR0, MR1, the buffer descriptor, BR0, BR1. */
      readonly saved: readonly number[];
    }
  | {
      readonly kind: 'exception';
      tag: number;
      label: number;
      readonly address: number;
      readonly error: number;
      /** The buffer descriptor, BR0, BR1. */
      readonly saved: readonly number[];
      /** Where the registers stood when it was raised, and the instruction that is to be executed again for the same exception. */
      readonly pc: number;
      readonly again: Repeated;
    };

/** The two that have no content of their own: one object for all threads. */
export const IN_USER_MODE: Activity = { kind: 'user' };
export const IN_SYSTEM_CALL: Activity = { kind: 'system_call' };

/** An exception from outside: where the thread will go on, as the exception message tells it (4.4). */
export interface Continuation {
  pc: number;
  psr: number;
  /** Triggered by a system call, or the undefined instruction that test equipment put before the thread. */
  readonly cause: TriggerCause;
}

export const TRIGGER_CAUSES = ['call', 'undefined'] as const;
export type TriggerCause = (typeof TRIGGER_CAUSES)[number];

/** Who waits for this thread's reply. Never reset when the caller gives up (a quirk of this revision, 3.7). */
export interface ReplySlot {
  readonly caller: Thread;
  readonly rights: number;
}

export class Thread extends KernelObject {
  readonly type = 'Thread';
  readonly registers = new CpuRegisters();
  task: Task;
  /** Bound once, to one task; the UTCB is a part of that task's kernel-user memory. */
  bound = false;
  utcb_address = 0;
  utcb: Utcb | null = null;
  /** Slots of the thread's own task, resolved when they are needed. */
  pager = NO_SLOT;
  handler = NO_SLOT;

  state = DEAD;
  step: Step = 'user';
  activity: Activity = IN_USER_MODE;
  ipc: Ipc | null = null;
  timeout: ArmedTimeout | null = null;
  /** Extension `freeze`: what was left of the timeout when the thread was frozen. The timeout itself goes on, as the clock does. */
  timeout_left_us: number | null = null;
  readonly senders = new SenderQueue<Sender>();
  reply: ReplySlot | null = null;
  trigger: Continuation | null = null;
  /** An alien whose system call has been allowed: the exception behind it is due when the call ends. */
  alien_call = false;
  /** What goes into the saved return address of the kernel entry frame. */
  kernel_lr = 0;
  /** Destroyed, but not yet dispatched to take itself apart (3.7). */
  dying = false;
  killed = false;
  /** Inside the kernel: senders whose gate got a thread, or went, by this thread's operation, and that it has still to make ready. */
  readonly waking: Thread[] = [];
  /** Extension `freeze`. */
  frozen = false;
  /** Waits for its task's turn (turns.ts); follows from their position. */
  held = false;
  delete_irq: Interrupt | null = null;

  priority = INITIAL_PRIORITY;
  quantum_us = DEFAULT_QUANTUM_US;
  remaining_us = DEFAULT_QUANTUM_US;
  /** False until the scheduler object has run the thread. */
  has_cpu = false;
  consumed_us = 0;

  /** True until it has executed an instruction in user mode. */
  fresh = true;
  /** Name of the program of a hosted thread. */
  hosted: string | null = null;
  /** Instructions of the hosted program that are executed but not yet paid, and the exit that waits until they are. */
  debt = 0;
  pending_exit: PendingExit | null = null;
  /** A thread that the kernel itself plays. */
  internal: 'idle' | 'sigma0' | null = null;

  /**
   * What `ipc` is while one is under way that this thread began: one object for all of them, since a thread has one at a time. Snapshots keep
   * what is in it as `ipc`'s; while that is null, it means nothing.
   */
  readonly #ipc: Ipc = { send: false, receiver: null, gate: null, receive: false, partner: null, send_timeout: 0, receive_timeout: 0, rights: 0, through: NO_OBJECT, sent: false };

  constructor(id: DebugId, task: Task) {
    super(id);
    this.task = task;
  }

  /** An IPC that begins, with nothing of it said but that it waits for nobody and has no timeouts. What the last one said is gone. */
  beginIpc(): Ipc {
    const ipc = this.#ipc;
    ipc.send = false;
    ipc.receiver = null;
    ipc.gate = null;
    ipc.receive = false;
    ipc.partner = null;
    ipc.send_timeout = TIMEOUT_NEVER;
    ipc.receive_timeout = TIMEOUT_NEVER;
    ipc.rights = 0;
    ipc.through = NO_OBJECT;
    ipc.sent = false;
    this.ipc = ipc;
    return ipc;
  }

  get ready(): boolean {
    return (this.state & READY) !== 0;
  }

  /** True if the scheduler may choose it. */
  get runnable(): boolean {
    return this.ready && this.has_cpu && !this.frozen && !this.held && (this.bound || this.internal === 'idle');
  }
}

/** An exit of hosted code that has been taken but whose instructions are not yet paid. */
export type PendingExit = { readonly kind: 'invoke' } | { readonly kind: 'fault'; readonly address: number; readonly write: boolean };

/** The UTCB of a thread that takes part in IPC, which only bound threads do. */
export const utcbOf = (thread: Thread): Utcb => thread.utcb ?? withoutUtcb(thread);

/** A function of its own: what is called everywhere is small enough then to be part of whoever calls it. */
function withoutUtcb({ id }: Thread): never {
  throw new Error(`thread ${id.toString(16)} has no UTCB`);
}

/** The frame of its own that a fault or exception has; null: the user's registers are the frame. */
export function nestedFrame({ activity }: Thread): Extract<Activity, { kind: 'page_fault' | 'exception' }> | null {
  return activity.kind === 'page_fault' || activity.kind === 'exception' ? activity : null;
}

/** Tag and label of the frame with which the thread is in the kernel: the user's registers, or those of a fault or exception. */
export function frameTag(thread: Thread): number {
  return nestedFrame(thread)?.tag ?? (thread.registers.r[0] as number);
}
export function setFrameTag(thread: Thread, tag: number): void {
  const frame = nestedFrame(thread);
  if (frame === null) thread.registers.r[0] = tag;
  else frame.tag = tag >>> 0;
}
export function frameLabel(thread: Thread): number {
  return nestedFrame(thread)?.label ?? (thread.registers.r[4] as number);
}
export function setFrameLabel(thread: Thread, label: number): void {
  const frame = nestedFrame(thread);
  if (frame === null) thread.registers.r[4] = label;
  else frame.label = label >>> 0;
}
