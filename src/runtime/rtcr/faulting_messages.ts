// Messages of threads that fault at a managed dataspace: core wakes such a thread with a message as long as an exception frame, and the kernel saves
// only the first words of what the UTCB held. Owns no state. Source modelled: fiasco-kernel.md 8 (faults), genode-base-foc.md 6.2 (wake-up).

import type { Execution } from '../native/execution.ts';
import { threadsOfTarget } from './target_rows.ts';
import { freezeThread, isDenied, readPhase, readUtcb, thawThread, writeUtcbWords } from './thread_access.ts';

/** A message that somebody has not read yet. */
export interface KeptMessage {
  readonly [key: string]: number | readonly number[];
  readonly kernel: number;
  readonly words: readonly number[];
}

/** The kernel itself saves what is before; an exception frame ends here. */
const FIRST_WORD = 2;
const LAST_WORD = 20;

/**
 * Stops the threads of a target that wait for their pager, and keeps what their UTCBs hold. Without the extensions that this takes nothing is
 * kept, as in the historic design.
 */
export function keepMessages(x: Execution, target: number): readonly KeptMessage[] {
  return threadsOfTarget(x, target).flatMap(([, { kernel, started }]) => {
    if (!started || kernel === 0) return [];
    const read = readPhase(x, kernel);
    if (isDenied(read) || read.phase.kind !== 'page_fault') return [];
    const words = readUtcb(x, kernel, null);
    if (isDenied(words) || freezeThread(x, kernel) !== 'ok') return [];
    return [{ kernel, words: words.slice(FIRST_WORD, LAST_WORD + 1) }];
  });
}

/** Whether one of them still waits: the answer is what overwrites the UTCB. */
export const awaitsPager = (x: Execution, messages: readonly KeptMessage[]): boolean => messages.some(({ kernel }) => {
  const read = readPhase(x, kernel);
  return !isDenied(read) && read.phase.kind === 'page_fault';
});

/** Gives the messages back, and lets the threads go on unless the whole target stands still by now. */
export function giveMessagesBack(x: Execution, messages: readonly KeptMessage[], still: boolean): void {
  for (const { kernel, words } of messages) {
    writeUtcbWords(x, kernel, FIRST_WORD, words);
    if (!still) thawThread(x, kernel);
  }
}
