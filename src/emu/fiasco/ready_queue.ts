// The ready queue: a cyclic list per priority, the owner of the current time slice and the end of that slice.
// Owner of all three. Source modelled: fiasco-kernel.md 7, Appendix C.1.

import type { Thread } from './thread.ts';

export const PRIORITIES = 256;
const WORD_BITS = 32;

interface CapturedQueue {
  readonly threads: readonly Thread[];
  readonly owner: Thread | null;
  readonly end_us: number;
}

export class ReadyQueue {
  /** The head of a cyclic list is element 0. */
  readonly #lists: Thread[][] = Array.from({ length: PRIORITIES }, () => []);
  /** A bit for each priority that has a thread, 32 to a word, and the highest of them. */
  readonly #occupied = new Int32Array(PRIORITIES / WORD_BITS);
  #highest = 0;
  /** Owner of the current slice; whoever runs on a donated slice is another thread. */
  #owner: Thread | null = null;
  #end_us = 0;

  get owner(): Thread | null {
    return this.#owner;
  }

  /** When the current slice ends; no slice ends while nobody, or the idle thread, owns it. */
  get sliceEnd_us(): number | null {
    return this.#owner === null || this.#owner.internal === 'idle' ? null : this.#end_us;
  }

  has(thread: Thread): boolean {
    return this.#list(thread).includes(thread);
  }

  /** Appends at the tail; the owner of the slice goes to the front and so keeps its turn. */
  enqueue(thread: Thread): void {
    const list = this.#list(thread);
    if (list.includes(thread)) return;
    if (thread === this.#owner) list.unshift(thread);
    else list.push(thread);
    this.#occupy(thread.priority);
  }

  dequeue(thread: Thread): void {
    const list = this.#list(thread);
    const at = list.indexOf(thread);
    if (at < 0) return;
    if (list.length === 1) {
      list.length = 0;
      this.#vacate(thread.priority);
    } else list.splice(at, 1);
  }

  /** The first runnable thread of the highest priority. Threads that blocked since they were queued are dropped here. */
  next(): Thread {
    for (;;) {
      const candidate = this.#lists[this.#highest]?.[0];
      if (candidate === undefined) throw new Error('the idle thread is missing in the ready queue');
      if (candidate.runnable) return candidate;
      this.dequeue(candidate);
    }
  }

  /** Makes a thread the owner of the slice and saves what the old owner has left of its own. */
  own(thread: Thread | null, now_us: number): void {
    const old = this.#owner;
    if (old !== null) {
      const left = this.#end_us - now_us;
      old.remaining_us = left > 0 ? left : old.quantum_us;
    }
    this.#owner = thread;
    if (thread !== null) this.#end_us = now_us + thread.remaining_us;
  }

  /** The owner's slice is over: it gets a new one and goes to the tail of its priority. */
  expire(): void {
    const owner = this.#owner;
    if (owner === null) return;
    owner.remaining_us = owner.quantum_us;
    const list = this.#list(owner);
    if (list[0] === owner) list.push(...list.splice(0, 1));
    this.#owner = null;
  }

  /** The thread puts itself to the tail of its priority and gives up the slice (sleep and yield). */
  requeue(thread: Thread, now_us: number): void {
    this.dequeue(thread);
    if (thread === this.#owner) this.own(null, now_us);
    this.#list(thread).push(thread);
    this.#occupy(thread.priority);
  }

  /** New parameters and a full slice, as the scheduler object and the kernel's own threads get them. */
  setParameters(thread: Thread, priority: number, quantum_us: number, now_us: number): void {
    const queued = this.has(thread);
    if (queued) this.dequeue(thread);
    thread.priority = priority;
    thread.quantum_us = quantum_us;
    thread.remaining_us = quantum_us;
    if (thread === this.#owner) this.#end_us = now_us + quantum_us;
    if (queued) this.enqueue(thread);
  }

  /** Forgets a thread that is gone. */
  forget(thread: Thread): void {
    this.dequeue(thread);
    if (thread === this.#owner) this.#owner = null;
  }

  /** All queued threads, highest priority first, in the order of their turns. */
  threads(): Thread[] {
    const threads: Thread[] = [];
    for (let priority = this.#highest; priority >= 0; priority--) threads.push(...(this.#lists[priority] ?? []));
    return threads;
  }

  capture(): CapturedQueue {
    return { threads: this.threads(), owner: this.#owner, end_us: this.#end_us };
  }

  /** The threads have their captured priorities again when this is called. */
  rewind({ threads, owner, end_us }: CapturedQueue): void {
    for (const list of this.#lists) if (list.length > 0) list.length = 0;
    this.#occupied.fill(0);
    this.#highest = 0;
    this.restore(threads, owner, end_us);
  }

  get end_us(): number {
    return this.#end_us;
  }

  restore(threads: readonly Thread[], owner: Thread | null, end_us: number): void {
    for (const thread of threads) {
      this.#list(thread).push(thread);
      this.#occupy(thread.priority);
    }
    this.#owner = owner;
    this.#end_us = end_us;
  }

  #list(thread: Thread): Thread[] {
    const list = this.#lists[thread.priority];
    if (list === undefined) throw new Error(`priority ${thread.priority}`);
    return list;
  }

  #occupy(priority: number): void {
    const word = priority >>> 5;
    this.#occupied[word] = (this.#occupied[word] as number) | (1 << priority);
    if (priority > this.#highest) this.#highest = priority;
  }

  #vacate(priority: number): void {
    const word = priority >>> 5;
    this.#occupied[word] = (this.#occupied[word] as number) & ~(1 << priority);
    if (priority === this.#highest) this.#highest = this.#highestOccupied(word);
  }

  /** The highest occupied priority of a word of bits and those below it; 0 if there is none. */
  #highestOccupied(from: number): number {
    for (let word = from; word >= 0; word--) {
      const bits = this.#occupied[word] as number;
      if (bits !== 0) return word * WORD_BITS + (WORD_BITS - 1 - Math.clz32(bits));
    }
    return 0;
  }
}
