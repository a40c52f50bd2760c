// Rows of the kernel debugger's listings as readonly data; what the printers take and the parsers give.
// Owns no state. Source modelled: fiasco-kernel.md 2.2 to 2.6.

import type { DebugId, Slot } from '../numbers.ts';

/** Type names as the debugger prints them (2.2), in the order of that table. */
export const OBJECT_TYPES = ['Thread', 'Task', 'Gate', 'IRQ', 'Factory', 'Sched', 'Vlog', 'Icu', 'Pfc', 'Vm'] as const;
export type ObjectType = (typeof OBJECT_TYPES)[number];

/** The rights character of a cell: both low rights bits, strong only (0x2), write only (0x1), none. D and extra bits never show. */
export const RIGHTS = ['*', 'w', 'x', '-'] as const;
export type Rights = (typeof RIGHTS)[number];

const RIGHTS_OF_BITS: readonly Rights[] = ['-', 'x', 'w', '*'];

/** The rights character of a capability word's two low bits. */
export const rightsOf = (bits: number): Rights => RIGHTS_OF_BITS[bits & 3] ?? '-';

/** One occupied slot of a capability table. */
export interface SlotEntry {
  readonly slot: Slot;
  readonly id: DebugId;
  readonly rights: Rights;
  readonly type: ObjectType;
}

/** A task's capability table: occupied slots only, ascending, every slot at most once. */
export interface ObjectSpace {
  /** Left out where the listing does not say whose table it is. */
  readonly task?: DebugId;
  readonly slots: readonly SlotEntry[];
}

interface ObjectRowBase {
  readonly id: DebugId;
  /** Kernel address of the object; never compared. */
  readonly address: number;
  /** At most 16 characters; left out where the object has no name record (an empty name is a record, too). */
  readonly name?: string;
}

export interface TaskRow extends ObjectRowBase {
  readonly type: 'Task';
  readonly kernel: boolean;
  readonly references: number;
}

/** A thread as the object list shows it. */
export interface ThreadObjectRow extends ObjectRowBase {
  readonly type: 'Thread';
  /** Where it lives: a user task, the kernel task, or unbound (not yet bound, or its task is gone). */
  readonly home: { readonly kind: 'task'; readonly task: DebugId; readonly cpu: number } | { readonly kind: 'kernel'; readonly cpu: number } | { readonly kind: 'unbound' };
  readonly references: number;
  readonly current: boolean;
}

export interface GateRow extends ObjectRowBase {
  readonly type: 'Gate';
  /** Without the two rights bits that are OR-ed in on delivery. */
  readonly label: number;
  /** 0 where no thread is bound. */
  readonly thread: DebugId;
}

export interface IrqRow extends ObjectRowBase {
  readonly type: 'IRQ';
  readonly pin: number;
  readonly chip: 'Soft' | 'GIC' | 'Bcast';
  /** 0xffffffff where detached. */
  readonly label: number;
  /** 0 where detached. */
  readonly thread: DebugId;
  /** 1: unmasked. */
  readonly flags: number;
  /** -1 for a muxer. */
  readonly queued: number;
}

export interface FactoryRow extends ObjectRowBase {
  readonly type: 'Factory';
  readonly used_bytes: number;
  /** -1: unlimited. */
  readonly limit_bytes: number;
}

export interface PlainObjectRow extends ObjectRowBase {
  readonly type: 'Sched' | 'Vlog' | 'Icu' | 'Pfc' | 'Vm';
}

/** One line of the kernel-object list (2.4). */
export type ObjectRow = TaskRow | ThreadObjectRow | GateRow | IrqRow | FactoryRow | PlainObjectRow;

/** State bits by name, in bit order; the names that the kernel does not know are `<unk>` (2.6). */
export const THREAD_STATE_NAMES = [
  'ready', 'drq_rdy', 'send', 'rcv_wait', 'rcv_in_progr', 'transfer', '<unk>', 'cancel', 'timeout', 'dead', 'suspended', '<unk>',
  '<unk>', '<unk>', '<unk>', 'fpu', 'alien', 'dealien', 'exc_progr', '<unk>', 'drq', 'lock_wait', 'vcpu', 'vcpu_user',
  'vcpu_fpu_disabled', 'vcpu_ext',
] as const;
export type ThreadStateName = (typeof THREAD_STATE_NAMES)[number];

/** Names of the bits that are set, in bit order. */
export function threadStateNames(bits: number): ThreadStateName[] {
  return THREAD_STATE_NAMES.filter((_, bit) => ((bits >>> bit) & 1) !== 0);
}

/** Whom a thread waits for. */
export type ThreadWait =
  | { readonly kind: 'none' }
  /** Receives from anybody. */
  | { readonly kind: 'open' }
  /** Receives from one partner only (closed wait). */
  | { readonly kind: 'from'; readonly partner: DebugId; readonly is: 'thread' | 'irq' | 'other' }
  /** Blocked while sending: the receiving thread, or the gate if no thread is bound to it. */
  | { readonly kind: 'to'; readonly receiver: DebugId };

export type ThreadTimeout =
  | { readonly kind: 'none' }
  | { readonly kind: 'over' }
  | { readonly kind: 'long' }
  | { readonly kind: 'left'; readonly value: number; readonly unit: 's' | 'ms' | 'us' };

/** One line of the thread list (2.6). */
export interface ThreadRow {
  readonly id: DebugId;
  readonly cpu: number;
  /** At most 15 characters are shown; left out where the thread is unnamed. */
  readonly name?: string;
  readonly priority: number;
  /** Left out where the thread is bound to no task. */
  readonly task?: DebugId;
  readonly wait: ThreadWait;
  readonly timeout: ThreadTimeout;
  readonly states: readonly ThreadStateName[];
  /** True where the line had no room for all states. */
  readonly cut: boolean;
}

/** What is wrong with a text, where; line and column count from 1. */
export interface ListingError {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A parser's answer: as much as could be read, and everything that was wrong. Good only if there are no errors. */
export interface Parsed<T> {
  readonly value: T;
  readonly errors: readonly ListingError[];
}
