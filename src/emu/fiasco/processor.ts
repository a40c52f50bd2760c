// Who runs: the current thread, and the ways from one thread to the next. Owner of the current thread and the ready queue.
// Source modelled: fiasco-kernel.md 5.7 (direct switching), 7, Appendix C.1.

import { KERNEL_COST } from './cost.ts';
import type { Kernel } from './kernel.ts';
import { ReadyQueue } from './ready_queue.ts';
import type { Thread } from './thread.ts';
import { READY } from './thread_state.ts';

interface CapturedProcessor {
  readonly current: Thread | null;
  readonly due: boolean;
  readonly queue: ReturnType<ReadyQueue['capture']>;
}

function nobody(): never {
  throw new Error('no thread runs');
}

export class Processor {
  readonly queue: ReadyQueue;
  /** A reschedule is due before anybody goes on in user mode. */
  due = false;
  #current: Thread | null = null;
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.queue = new ReadyQueue(kernel.timeouts);
  }

  get current(): Thread {
    return this.#current ?? nobody();
  }

  capture(): CapturedProcessor {
    return { current: this.#current, due: this.due, queue: this.queue.capture() };
  }
  rewind({ current, due, queue }: CapturedProcessor): void {
    this.#current = current;
    this.due = due;
    this.queue.rewind(queue);
  }

  /** Puts a thread in charge without any scheduling: at boot and when a state is restored. */
  start(thread: Thread): void {
    this.#current = thread;
  }

  /** Appends to the ready queue what may run. */
  enqueue(thread: Thread): void {
    if (thread.runnable) this.queue.enqueue(thread);
  }

  /** Chooses the next thread: the current one if it is still ready and nobody of its priority has the turn before it. */
  schedule(): void {
    const { current } = this;
    this.due = false;
    this.#kernel.charge(KERNEL_COST.schedule);
    if (current.remaining_us > 0) this.enqueue(current);
    let next = this.queue.next();
    while (next.internal === 'idle' && this.#kernel.turns.giveUp()) next = this.queue.next();
    if (next !== this.queue.owner) this.queue.own(next, this.#kernel.clock_us);
    this.#switch(next);
  }

  /**
   * Makes a thread ready. `rival` is whose priority counts besides that of the slice: the current thread's for interrupts and
   * timeouts, nobody else's for messages.
   * @returns true if it should run at once; then it is not queued, and the caller switches to it
   */
  deblock(thread: Thread, rival: 'current' | 'none' = 'current'): boolean {
    thread.state |= READY;
    if (thread === this.current || !thread.runnable) return false;
    const owner = this.queue.owner?.priority ?? 0;
    if (owner <= thread.priority && (rival === 'none' || this.current.priority <= thread.priority)) return true;
    this.queue.enqueue(thread);
    return false;
  }

  /** As deblock, without switching: the thread waits for its turn. @returns true if a reschedule is due */
  wake(thread: Thread): boolean {
    const preempts = this.deblock(thread);
    if (preempts) this.queue.enqueue(thread);
    return preempts;
  }

  /** Runs a ready thread on its own time slice. */
  switchTo(thread: Thread): void {
    if (thread !== this.queue.owner) this.queue.own(thread, this.#kernel.clock_us);
    this.#leaveTo(thread);
  }

  /** Runs a ready thread on the current time slice (donation), whatever the priorities. */
  donateTo(thread: Thread): void {
    this.#leaveTo(thread);
  }

  #leaveTo(thread: Thread): void {
    if (thread !== this.current) this.enqueue(this.current);
    this.#switch(thread);
  }

  #switch(thread: Thread): void {
    if (thread === this.#current) return;
    this.#kernel.charge(KERNEL_COST.thread_switch + (thread.task === this.#current?.task ? 0 : KERNEL_COST.task_switch));
    this.#current?.registers.clearExclusive();
    this.#current = thread;
    if (this.#kernel.wanted.schedule) this.#kernel.emit({ kind: 'schedule', to: thread.id });
  }
}
