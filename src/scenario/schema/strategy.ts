// How checkpoint and restore may be varied; the complete way is the default of each (architecture.md "Restore strategies").
// Pure table. The checkpointer's own table (src/runtime/rtcr/strategies.ts) must know every value; a test holds them together.

import { choice } from '../value.ts';
import { optional } from './element.ts';

export const STRATEGY = {
  bootstrap: optional(choice('empty', 'elf', 'log-hook'), 'how the new child comes up: empty process, from its ELF, or stopped at its first log session'),
  registers: optional(choice('all', 'ip-sp'), 'which registers are restored'),
  blocked: optional(choice('kernel-state', 'restart', 'after', 'drain', 'cancel'), 'what becomes of a thread that was blocked in the kernel'),
  semaphore: optional(choice('attach', 'install', 'rerequest', 'skip'), 'the blocking semaphore of the signal source'),
  'native-caps': optional(choice('recreate', 'skip'), 'capabilities the child created itself'),
  'cap-map': optional(choice('rewrite', 'skip'), "the capability map in the child's memory"),
  'cap-space': optional(choice('install', 'skip'), "the capability table of the child's task"),
  'cap-order': optional(choice('map-first', 'space-first'), 'which of the two is done first'),
  utcb: optional(choice('save', 'zero'), 'the message registers of the threads'),
  timer: optional(choice('remaining', 'full'), 'pending timeouts: what is left of them, or the whole again'),
  copy: optional(choice('stopped', 'background'), 'when memory is copied: while the child stands still, or while it goes on (copy before write)'),
  'thread-order': optional(choice('slot', 'stored', 'reverse', 'start-late'), 'order of threads and of the steps of their creation'),
} as const;

export const STRATEGY_NAMES = Object.keys(STRATEGY) as readonly (keyof typeof STRATEGY)[];
