// The ready queue: a cyclic list per priority, the owner of the current time slice and the end of that slice.
// Owner of all three. Source modelled: fiasco-kernel.md 7, Appendix C.1.

import type { Thread } from './thread.ts';
import type { ArmedTimeout, Timeouts } from './timeouts.ts';

export const PRIORITIES = 256;
const WORD_BITS = 32;

/** Who owns the slice, when it ends, and where that end stands among the armed timeouts of the same moment. */
interface Slice {
  readonly owner: Thread | null;
  readonly end_us: number;
  readonly end_sequence: number;
}

interface CapturedQueue extends Slice {
  readonly threads: readonly Thread[];
}

function noSuchPriority({ priority }: Thread): never {
  throw new Error(`priority ${priority}`);
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
  #end_sequence = 0;
  readonly #timeouts: Timeouts;

  constructor(timeouts: Timeouts) {
    this.#timeouts = timeouts;
  }

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
    // The lists are short, and the host's own search costs more than these.
    for (let at = 0; at < list.length; at++) if (list[at] === thread) return;
    if (thread === this.#owner) list.unshift(thread);
    else list.push(thread);
    this.#occupy(thread.priority);
  }

  dequeue(thread: Thread): void {
    const list = this.#list(thread);
    const at = list.indexOf(thread);
    if (at < 0) return;
    if (list.length === 1) {
      list.pop();
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
  own(thread: Thread, now_us: number): void {
    const old = this.#owner;
    if (old !== null) {
      const left = this.#end_us - now_us;
      old.remaining_us = left > 0 ? left : old.quantum_us;
    }
    this.#owner = thread;
    this.#end_us = now_us + thread.remaining_us;
    this.#end_sequence = this.#timeouts.takeSequence();
  }

  /** Whether the slice's end comes before an armed timeout: of equal moments the one armed last is first. */
  endsBefore({ deadline_us, sequence }: ArmedTimeout): boolean {
    return this.#end_us < deadline_us || (this.#end_us === deadline_us && this.#end_sequence > sequence);
  }

  /** The owner's slice is over: it gets a new one, and its list is turned until its successor is the head, whoever stood before it. */
  expire(): void {
    const owner = this.#owner;
    if (owner === null) return;
    owner.remaining_us = owner.quantum_us;
    const list = this.#list(owner);
    const at = list.indexOf(owner);
    if (at < 0) {
      list.push(owner);
      this.#occupy(owner.priority);
    } else list.push(...list.splice(0, at + 1));
    this.#owner = null;
  }

  /** The thread puts itself to the tail of its priority and gives up the slice (sleep and yield). What it used of the slice is not counted. */
  requeue(thread: Thread): void {
    this.dequeue(thread);
    if (thread === this.#owner) this.#owner = null;
    this.#list(thread).push(thread);
    this.#occupy(thread.priority);
  }

  /** New parameters and a full slice; the owner of the current slice keeps what is left of it. */
  setParameters(thread: Thread, priority: number, quantum_us: number, now_us: number): void {
    this.dequeue(thread);
    thread.priority = priority;
    thread.quantum_us = quantum_us;
    thread.remaining_us = quantum_us;
    if (thread === this.#owner) this.own(thread, now_us);
    if (thread.runnable) this.enqueue(thread);
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
    return { threads: this.threads(), owner: this.#owner, end_us: this.#end_us, end_sequence: this.#end_sequence };
  }

  /** The threads have their captured priorities again when this is called. */
  rewind(captured: CapturedQueue): void {
    for (const list of this.#lists) if (list.length > 0) list.length = 0;
    this.#occupied.fill(0);
    this.#highest = 0;
    this.restore(captured);
  }

  restore({ threads, owner, end_us, end_sequence }: CapturedQueue): void {
    for (const thread of threads) {
      this.#list(thread).push(thread);
      this.#occupy(thread.priority);
    }
    this.#owner = owner;
    this.#end_us = end_us;
    this.#end_sequence = end_sequence;
  }

  #list(thread: Thread): Thread[] {
    return this.#lists[thread.priority] ?? noSuchPriority(thread);
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
