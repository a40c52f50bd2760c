// The end of a thread: what it leaves, and what remains for those who wait for it. Owns no state.
// Source modelled: fiasco-kernel.md 3.7.

import { leaveQueue } from './ipc.ts';
import type { Kernel } from './kernel.ts';
import { Irq } from './irq.ts';
import { IN_USER_MODE, type Thread } from './thread.ts';
import { CANCEL, DEAD, READY } from './thread_state.ts';

/** The last capability went. A thread that has a CPU takes itself apart when it is dispatched next, another one at once. */
export function destroyThread(kernel: Kernel, thread: Thread): void {
  if (thread.killed || thread.dying) return;
  if (thread.frozen) leavePassedOver(thread);
  thread.held = false;
  thread.dying = true;
  if (!thread.has_cpu || !thread.bound) return killThread(kernel, thread);
  thread.state |= CANCEL | READY;
  kernel.processor.enqueue(thread);
}

/**
 * A frozen sender was passed over (extension `freeze`), and its receiver sleeps. If it came to count again before it takes itself apart, whoever
 * sends meanwhile would queue up behind it, and nobody would look at that queue when it leaves.
 */
function leavePassedOver(thread: Thread): void {
  thread.frozen = false;
  leaveQueue(thread);
  if (thread.ipc !== null) thread.ipc.receiver = null;
}

/**
 * The thread takes itself apart. Each sender in its queue is made ready as by a message, so one that the slice's owner and the thread do not
 * outrank runs at once, on its own slice; the rest follows when the thread is dispatched again.
 */
export function killThread(kernel: Kernel, thread: Thread): void {
  kernel.timeouts.disarm(thread);
  if (!abortSenders(kernel, thread)) return;
  leaveQueue(thread);
  kernel.processor.queue.forget(thread);
  thread.state = DEAD;
  thread.step = 'user';
  thread.activity = IN_USER_MODE;
  thread.ipc = null;
  thread.reply = null;
  thread.trigger = null;
  thread.alien_call = false;
  thread.dying = false;
  thread.killed = true;
  thread.pending_exit = null;
  thread.debt = 0;
  if (thread.hosted !== null) kernel.hosted.leave(thread);
  if (thread.bound) {
    const { task } = thread;
    thread.bound = false;
    thread.utcb = null;
    thread.task = kernel.kernelTask;
    kernel.release(task);
  }
  if (kernel.processor.current === thread) kernel.processor.schedule();
  kernel.release(thread);
}

/**
 * Quirk of this revision: queued senders are made ready only, and go back to sleep with nobody to wake them.
 * @returns false if one of them runs now
 */
function abortSenders(kernel: Kernel, thread: Thread): boolean {
  const { processor } = kernel;
  for (const waiter of thread.waking.splice(0)) processor.wake(waiter);
  for (;;) {
    const sender = thread.senders.takeFirst();
    if (sender === undefined) return true;
    if (sender instanceof Irq) continue;
    if (sender.ipc !== null) sender.ipc.receiver = null;
    if (thread !== processor.current) processor.wake(sender);
    else if (processor.deblock(sender)) {
      processor.switchTo(sender);
      return false;
    }
  }
}
