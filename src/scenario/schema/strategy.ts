// How checkpoint and restore may be varied; the complete way is the default of each (architecture.md "Restore strategies").
// Pure table. The checkpointer's own table (src/runtime/rtcr/strategies.ts) must know every value; a test holds them together.

import { TEXT } from '../value.ts';
import { choice } from '../value_type.ts';
import { optional } from './element.ts';

export const STRATEGY = {
  preset: optional(choice('argos-master', 'argos-fixing_restore', 'stock-16.08'), 'what a historic program did; attributes beside it go before it'),
  bootstrap: optional(choice('empty', 'elf', 'log-hook'), 'how the new child comes up: empty process, from its ELF, or stopped at its first log session'),
  registers: optional(choice('all', 'ip-sp', 'core-state'), 'which registers are restored'),
  blocked: optional(choice('kernel-state', 'restart', 'after', 'drain', 'cancel'), 'what becomes of a thread that was blocked in the kernel'),
  semaphore: optional(choice('attach', 'install', 'rerequest', 'skip'), 'the blocking semaphore of the signal source'),
  'native-caps': optional(choice('recreate', 'skip'), 'capabilities the child created itself'),
  'cap-map': optional(choice('rewrite', 'skip'), "the capability map in the child's memory"),
  'cap-space': optional(choice('install', 'skip'), "the capability table of the child's task"),
  'cap-order': optional(choice('map-first', 'space-first'), 'which of the two is done first'),
  utcb: optional(choice('save', 'zero'), 'the message registers of the threads'),
  timer: optional(choice('remaining', 'full'), 'pending timeouts: what is left of them, or the whole again'),
  rom: optional(choice('content', 'refetch'), 'ROM modules: their content as it was, with a signal where it has changed since, or whatever they contain at the restore'),
  copy: optional(choice('stopped', 'background'), 'when memory is copied: while the child stands still, or while it goes on (copy before write)'),
  'thread-order': optional(choice('slot', 'stored', 'reverse', 'start-late', 'start-early', 'no-start'), 'order of threads and of the steps of their creation'),
  stop: optional(choice('freeze', 'pause'), 'how the component is stopped: where it is, or as core pauses threads'),
  resume: optional(choice('yes', 'no'), 'whether it is set off again after the checkpoint'),
  stale: optional(choice('request', 'skip'), 'capabilities that the map does not know'),
  foreign: optional(choice('refuse', 'reopen', 'lose'), 'sessions at services that are not interposed'),
  attached: optional(choice('reference', 'copy'), 'attached memory that is no RAM of the component, such as its text: referred to, or copied into RAM of the checkpointer'),
  defects: optional(TEXT, 'defects of the historic program, such as "D-06 D-13"'),
} as const;

export const STRATEGY_NAMES = Object.keys(STRATEGY) as readonly (keyof typeof STRATEGY)[];
