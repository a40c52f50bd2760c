// The moments at which a sweep takes its checkpoints: where in the undisturbed run events of a class happen to one component.
// Owns no state. A moment is a number of retired instructions since power-on, so it can be reached again exactly.

import type { BoardEvent, StampedEvent } from '../../emu/event.ts';

export const MOMENT_CLASSES = ['syscall', 'rpc', 'fault', 'schedule', 'all'] as const;
export type MomentClass = (typeof MOMENT_CLASSES)[number];

/** What is swept: all events of a class, or every n-th instruction that the component's own threads execute; with n = 1 all events as well. */
export type MomentChoice = { readonly kind: 'events'; readonly of: MomentClass } | { readonly kind: 'every'; readonly instructions: number };

const KINDS: Readonly<Record<MomentClass, readonly BoardEvent['kind'][]>> = {
  syscall: ['syscall_enter', 'syscall_leave'],
  rpc: ['ipc_transfer'],
  fault: ['page_fault', 'exception'],
  schedule: ['schedule'],
  all: ['syscall_enter', 'syscall_leave', 'ipc_transfer', 'page_fault', 'exception', 'schedule'],
};

export const kindsOf = (choice: MomentChoice): readonly BoardEvent['kind'][] => (choice.kind === 'events' ? KINDS[choice.of] : choice.instructions === 1 ? KINDS.all : []);

/** What a person calls the class, for reports. */
export const choiceWords = (choice: MomentChoice): string =>
  choice.kind === 'every' ? `every ${choice.instructions === 1 ? 'instruction and event' : `${choice.instructions} instructions`}` : choice.of === 'all' ? 'every event' : `every ${{ syscall: 'system call entry and exit', rpc: 'IPC transfer', fault: 'fault', schedule: 'thread switch' }[choice.of]}`;

/** Collects the moments of events of some tasks and threads, each once, in ascending order. */
export class MomentCollector {
  readonly #moments: number[] = [];
  readonly #limit: number;
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** `concerns` says whether an event is about the component. */
  take(event: StampedEvent, concerns: boolean): void {
    if (concerns) this.add(event.instructions);
  }

  add(instructions: number): void {
    if (this.#moments.at(-1) === instructions) return;
    if (this.#moments.length >= this.#limit) this.#dropped += 1;
    else this.#moments.push(instructions);
  }

  get moments(): readonly number[] {
    return this.#moments;
  }

  /** Moments beyond the limit. */
  get dropped(): number {
    return this.#dropped;
  }
}

/** The part of a list of moments that shard i of n does: every n-th, so that early and late moments are spread evenly. */
export function shardOf(moments: readonly number[], shard: { readonly index: number; readonly of: number }): readonly number[] {
  return moments.filter((_moment, i) => i % shard.of === shard.index - 1);
}
