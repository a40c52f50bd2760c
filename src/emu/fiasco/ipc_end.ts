// How an IPC ends: with what result, and where the thread goes on. Owns no state.
// Source modelled: fiasco-kernel.md 5.7, 5.8.

import { IPC_ERROR } from './errors.ts';
import type { Kernel } from './kernel.ts';
import { TAG_ERROR, TAG_PROPAGATE } from './message_tag.ts';
import { frameLabel, frameTag, IN_USER_MODE, setFrameTag, type Thread, utcbOf } from './thread.ts';
import { CANCEL, IPC_ABNORMAL, IPC_MASK, SEND_WAIT } from './thread_state.ts';

/** Of a tag, what only senders say. */
export const OUTPUT_FLAGS = TAG_ERROR | TAG_PROPAGATE;

/** Any failure of the send phase ends the whole IPC. */
export function failSend(kernel: Kernel, thread: Thread, error: number): void {
  const slept = (thread.state & SEND_WAIT) !== 0;
  kernel.timeouts.disarm(thread);
  utcbOf(thread).error = error;
  setFrameTag(thread, TAG_ERROR);
  thread.state &= ~IPC_MASK;
  if (slept || error === IPC_ERROR.SEND_CANCELED) thread.state &= ~IPC_ABNORMAL;
  leaveKernel(kernel, thread);
}

/** The IPC is over. A cancel or timeout that is still noted then turns its result into an error, whatever was transferred. */
export function finishIpc(kernel: Kernel, thread: Thread): void {
  kernel.timeouts.disarm(thread);
  if ((thread.state & IPC_ABNORMAL) !== 0) {
    utcbOf(thread).error = (thread.state & CANCEL) !== 0 ? IPC_ERROR.RECEIVE_CANCELED : IPC_ERROR.RECEIVE_TIMEOUT;
    setFrameTag(thread, (frameTag(thread) & ~OUTPUT_FLAGS) | TAG_ERROR);
  }
  thread.state &= ~(IPC_MASK | IPC_ABNORMAL);
  leaveKernel(kernel, thread);
}

function leaveKernel(kernel: Kernel, thread: Thread): void {
  const { activity } = thread;
  thread.ipc = null;
  thread.step = 'user';
  if (activity.kind === 'page_fault' || activity.kind === 'exception') return kernel.faultAnswered(thread, activity);
  thread.activity = IN_USER_MODE;
  if (kernel.wanted.syscall_leave) kernel.reportLeave(thread, frameTag(thread), frameLabel(thread));
  if (thread.alien_call) kernel.alienReturned(thread);
}
