// What a thread does next as far as the kernel is concerned: goes on with its program, or comes back from a wait, from which partner and in
// which time. Owns no state and changes nothing. Source modelled: fiasco-kernel.md 5 (IPC phases), 11.

import { ERROR_TRIGGERED, repeatedInstruction } from '../emu/fiasco/exception.ts';
import { Irq } from '../emu/fiasco/irq.ts';
import type { Kernel } from '../emu/fiasco/kernel.ts';
import type { Thread } from '../emu/fiasco/thread.ts';
import { IPC_PHASE, timeLeft } from '../emu/fiasco/thread_extensions.ts';
import { IPC_MASK, RECEIVE_WAIT } from '../emu/fiasco/thread_state.ts';
import type { DebugId } from '../emu/numbers.ts';

/** `user`: with its program, or with what the kernel has for it already. `send`: its message is not delivered. `reply`: its call was taken. */
export type CourseKind = 'user' | 'send' | 'reply' | 'irq' | 'open_wait' | 'sleep' | 'page_fault' | 'exception';

export interface ThreadCourse {
  readonly kind: CourseKind;
  /** The thread whose reply it waits for. */
  readonly partner: DebugId | undefined;
  /** The thread that waits for a reply of its. */
  readonly owes: DebugId | undefined;
  /** What is left of the timeout of its wait, when the thread was frozen if it is; null: none. */
  readonly left_us: number | null;
  /** Its next instruction in user mode where its registers do not say it: a pause waits for it there, or it raises its exception anew. */
  readonly goes_on_at: number | null;
  /** The status word that it has there, where its registers do not say it. */
  readonly goes_on_with: number | null;
  /** It will stop so, or has. */
  readonly triggered: boolean;
}

const NEVER = 0xffff_ffff;

export function courseOf(kernel: Kernel, thread: Thread): ThreadCourse {
  const kind = kindOf(thread);
  const { activity, ipc, reply, trigger } = thread;
  const left_us = kind === 'user' || kind === 'page_fault' || kind === 'exception' ? NEVER : timeLeft(thread, kind === 'send' ? IPC_PHASE.SEND_QUEUED : IPC_PHASE.OPEN_WAIT, kernel.clock_us);
  const again = repeatedInstruction(thread);
  const caller = reply?.caller;
  return {
    kind,
    partner: kind === 'reply' ? ipc?.partner?.id : undefined,
    owes: caller?.ipc?.partner === thread && caller.ipc.sent ? caller.id : undefined,
    left_us: left_us === NEVER ? null : left_us,
    goes_on_at: trigger?.pc ?? again?.pc ?? null,
    goes_on_with: trigger === null ? (again?.psr ?? null) : null,
    triggered: trigger !== null || (activity.kind === 'exception' && activity.error === ERROR_TRIGGERED),
  };
}

function kindOf(thread: Thread): CourseKind {
  const { activity, ipc, step, state } = thread;
  if (activity.kind === 'page_fault' || activity.kind === 'exception') return activity.kind;
  if (ipc === null || step === 'receive_done' || step === 'send_done') return 'user';
  if (step === 'send_wait' || step === 'gate_wait') return 'send';
  if (step !== 'receive_begin' && (state & IPC_MASK) !== RECEIVE_WAIT) return 'user';
  if (ipc.partner === null) return 'open_wait';
  if (ipc.partner === thread) return 'sleep';
  return ipc.partner instanceof Irq ? 'irq' : 'reply';
}
