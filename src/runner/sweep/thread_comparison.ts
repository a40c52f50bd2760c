// One thread as it was checkpointed and as it is restored, both frozen: what the kernel has of it, and what it would do next. A restored
// thread makes the system call anew in which the original waits, so that the arguments of that call are compared with the wait.
// Pure. Source modelled: architecture.md "Restore per phase of a thread", fiasco-kernel.md 5.2 (registers of invoke), 5.9 (timeouts).

import type { CourseKind } from '../../runtime/thread_course.ts';

export interface ThreadState {
  readonly name: string;
  readonly kind: CourseKind;
  /** The thread whose reply it waits for, and the one that waits for its: UTCB, and whether it is of this component. */
  readonly partner: string | undefined;
  readonly owes: string | undefined;
  /** What is left of the timeout of its wait; null: none. */
  readonly left_us: number | null;
  /** Core was asked to pause it; it has stopped with an exception, or will at its next instruction. */
  readonly paused: boolean;
  readonly triggered: boolean;
  /** Within a system call. */
  readonly calls: boolean;
  /** r0 to r15 as they are in user mode, or will be when it comes back there: the kernel writes the result of a call as soon as it has it. */
  readonly registers: readonly number[];
  /** The status register of its user mode. */
  readonly cpsr: number;
  readonly utcb: readonly number[];
}

/** Whether two words are the same up to the ids of objects. */
export type SameWord = (before: number, after: number) => boolean;

export const INSTRUCTION_POINTER = 15;
const ALL_REGISTERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] as const;
/** Registers that no system call reads or writes. */
const KEPT_REGISTERS = [5, 6, 7, 8, 9, 10, 11, 13] as const;
const [DESTINATION, TIMEOUTS, LABEL] = [2, 3, 4] as const;

/** Address of the system call, and the destination and operation of a wait for anybody. */
const INVOKE = 0xffff_fff4;
const WAIT_FOR_ANYBODY = 0xffff_f806;

/** Of a UTCB: the result of the last system call; the message and the receive window of a fault. */
const ERROR_WORD = 123;
const FAULT_WORDS: readonly number[] = [0, 1, 64, 65, 66];

const hex = (value: number): string => `0x${value.toString(16)}`;

/**
 * The first difference, in words that go on behind the name of the thread; null if there is none. `ran_on_us`: for how long other threads
 * ran on while this one was frozen, which may be gone from its timeout.
 */
export function threadDifference(before: ThreadState, after: ThreadState | undefined, same: SameWord, ran_on_us = 0): string | null {
  if (after === undefined) return ' is missing';
  const found = courseDifference(before, after, ran_on_us) ?? registersDifference(before, after, same, ran_on_us) ?? utcbDifference(before, after, same);
  return found === null ? null : `: ${found}`;
}

const WAITS: Readonly<Record<CourseKind, string>> = {
  user: 'runs its program', send: 'sends', reply: 'waits for a reply', irq: 'waits for an IRQ', open_wait: 'waits for anybody', sleep: 'sleeps',
  page_fault: 'waits for its pager', exception: 'has stopped with an exception',
};

function courseDifference(before: ThreadState, after: ThreadState, ran_on_us: number): string | null {
  if (before.owes !== after.owes) return `${after.owes ?? 'nobody'} waits for its reply instead of ${before.owes ?? 'nobody'}`;
  if (before.paused !== after.paused) return before.paused ? 'it is not paused any more' : 'it is paused, and was not';
  // One that is being resumed has its exception answered in a moment; one that is paused stops with another.
  if (before.paused ? before.triggered && !after.triggered : after.triggered) return before.paused ? 'it is paused, and nothing stops it' : 'it stops, and is not paused';
  const kind = before.kind === 'reply' ? 'reply' : 'user';
  // A fault is forgotten and comes again, unless the restore has repeated it already.
  if (after.kind !== kind && (before.kind !== 'page_fault' || after.kind !== 'page_fault')) return `it ${WAITS[after.kind]} instead of what it did: it ${WAITS[before.kind]}`;
  if (before.kind !== 'reply') return null;
  if (before.partner !== after.partner) return `it waits for a reply of ${after.partner ?? 'nobody'} instead of ${before.partner ?? 'nobody'}`;
  return sameTime(before.left_us, after.left_us, ran_on_us) ? null : `it waits for a reply ${timeWords(after.left_us)} instead of ${timeWords(before.left_us)}`;
}

const timeWords = (left_us: number | null): string => (left_us === null ? 'for ever' : `for ${left_us} us`);

/** What is left is rounded up to what a timeout can say: ten bits of it. */
function sameTime(before: number | null, after: number | null, ran_on_us: number): boolean {
  if (before === null || after === null) return before === after;
  return after >= Math.max(before - ran_on_us, 0) && after <= before + 1 + before / 256;
}

/** Microseconds of a relative timeout; null for never. */
const timeOf = (timeout: number): number | null => (timeout === 0 ? null : (timeout & 0x3ff) * 2 ** ((timeout >>> 10) & 0x1f));

function registersDifference(before: ThreadState, after: ThreadState, same: SameWord, ran_on_us: number): string | null {
  const repeats = before.kind === 'send' || before.kind === 'irq' || before.kind === 'open_wait' || before.kind === 'sleep';
  const timeouts = repeats ? timeoutDifference(before, after, ran_on_us) : null;
  if (timeouts !== null) return timeouts;
  // What it waited for has come to the original after its registers were read: the restored one still waits, and what comes is compared elsewhere.
  const waits_still = before.kind === 'user' && before.calls && after.registers[INSTRUCTION_POINTER] === INVOKE;
  for (const i of waits_still ? KEPT_REGISTERS : ALL_REGISTERS) {
    const [was, is] = [repeats ? expected(before, i) : (before.registers[i] ?? 0), after.registers[i] ?? 0];
    if (was !== null && !same(was, is)) return `${i === INSTRUCTION_POINTER ? 'the instruction pointer' : `r${i}`} is ${hex(is)} instead of ${hex(was)}`;
  }
  return before.cpsr === after.cpsr ? null : `its status register is ${hex(after.cpsr)} instead of ${hex(before.cpsr)}`;
}

/** What a thread that makes its system call anew has in a register; null where that is compared as something else. */
function expected({ kind, registers }: ThreadState, register: number): number | null {
  if (register === INSTRUCTION_POINTER) return INVOKE;
  if (register === TIMEOUTS) return null;
  // What it was to reply, the caller has already.
  if (register === DESTINATION && kind === 'open_wait') return WAIT_FOR_ANYBODY;
  // Sending through a gate writes the gate's label there; before, it is nothing that matters.
  if (register === LABEL && kind === 'send') return 0;
  return registers[register] ?? 0;
}

/** The half of the timeouts that the wait is about says what is left of it; the other half is as it was. */
function timeoutDifference(before: ThreadState, after: ThreadState, ran_on_us: number): string | null {
  const halves = ({ registers }: ThreadState): readonly [number, number] => [(registers[TIMEOUTS] ?? 0) >>> 16, (registers[TIMEOUTS] ?? 0) & 0xffff];
  const [[send, receive], [send_now, receive_now]] = [halves(before), halves(after)];
  const [other, other_now, now] = before.kind === 'send' ? [receive, receive_now, send_now] : [send, send_now, receive_now];
  if (other !== other_now) return `the ${before.kind === 'send' ? 'receive' : 'send'} timeout of its call is ${hex(other_now)} instead of ${hex(other)}`;
  const left = timeOf(now);
  return sameTime(before.left_us, left, ran_on_us) ? null : `it ${WAITS[before.kind]} ${timeWords(left)} instead of ${timeWords(before.left_us)}`;
}

function utcbDifference(before: ThreadState, after: ThreadState, same: SameWord): string | null {
  const kept_by_kernel = before.kind === 'page_fault' || after.kind === 'page_fault' ? FAULT_WORDS : [];
  const word = before.utcb.findIndex((value, i) => i !== ERROR_WORD && !kept_by_kernel.includes(i) && !same(value, after.utcb[i] ?? 0));
  return word < 0 ? null : `word ${word} of its UTCB is ${hex(after.utcb[word] ?? 0)} instead of ${hex(before.utcb[word] ?? 0)}`;
}
