// Senders that wait for one receiver: highest priority first, first come first served within one. The priority is the one
// at the time of queueing; IRQs come before all threads. Source modelled: fiasco-kernel.md 5.7, C.2.

import type { KernelObject } from './kernel_object.ts';

export const IRQ_SENDER_PRIORITY = 255;

export interface QueuedSender<S extends KernelObject> {
  readonly sender: S;
  readonly priority: number;
}

export class SenderQueue<S extends KernelObject> {
  /** Replaced by every change, never changed in place. */
  #entries: readonly QueuedSender<S>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  entries(): readonly QueuedSender<S>[] {
    return this.#entries;
  }

  /** The first sender that `eligible` does not refuse. */
  first(eligible: (sender: S) => boolean): S | undefined {
    return this.#entries.find((entry) => eligible(entry.sender))?.sender;
  }

  has(sender: S): boolean {
    return this.#entries.some((entry) => entry.sender === sender);
  }

  enqueue(sender: S, priority: number): void {
    const at = this.#entries.findIndex((entry) => entry.priority < priority);
    const place = at < 0 ? this.#entries.length : at;
    this.#entries = [...this.#entries.slice(0, place), { sender, priority }, ...this.#entries.slice(place)];
  }

  dequeue(sender: S): void {
    if (this.#entries.length === 0) return;
    this.#entries = this.#entries.filter((entry) => entry.sender !== sender);
  }

  /** Takes the head out of the queue, if there is one. */
  takeFirst(): S | undefined {
    const head = this.#entries[0]?.sender;
    if (head !== undefined) this.#entries = this.#entries.slice(1);
    return head;
  }

  capture(): readonly QueuedSender<S>[] {
    return this.#entries;
  }
  rewind(captured: readonly QueuedSender<S>[]): void {
    this.#entries = captured;
  }

  /** Empties the queue. @returns what was in it, in order */
  takeAll(): S[] {
    const senders = this.#entries.map((entry) => entry.sender);
    this.#entries = [];
    return senders;
  }
}
