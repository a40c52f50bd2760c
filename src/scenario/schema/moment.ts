// Moments: what can be waited for. One table of attributes serves <point> and <await>; exactly one of them is the moment's kind,
// the others narrow it. Pure tables; src/scenario/decode_moment.ts makes model moments of them.

import { NAME } from '../file_value.ts';
import { ADDRESS, ADDRESSES, CHILD_PATH, COUNT, FUNCTION, INSTRUCTIONS, MILLISECONDS, PATTERN, SYMBOL, SYSTEM_CALL, THREAD_NAME } from '../value.ts';
import { choice } from '../value_type.ts';
import { element, once, optional, required } from './element.ts';

export const THREAD_STATES = ['user', 'send', 'call', 'reply_and_wait', 'irq', 'sleep', 'page_fault', 'exception', 'suspended', 'dead'] as const;

/** The attribute that says what kind of moment it is. */
export const MOMENT_KINDS = {
  log: optional(PATTERN, 'a log line; with of= a line of that component, without its label'),
  time_ms: optional(MILLISECONDS, 'virtual time since power-on'),
  rpc: optional(FUNCTION, 'an RPC of this kind, such as Log::write, or Log for any function of the interface'),
  syscall: optional(SYSTEM_CALL, 'a system call: any, or of a protocol or object type such as ipc, thread, task, factory, irq'),
  instructions: optional(INSTRUCTIONS, 'so many instructions executed since power-on; with of= those of that component'),
  symbol: optional(SYMBOL, 'execution comes to a symbol of the component, such as main or main+0x10'),
  address: optional(ADDRESS, 'execution comes to an address of the component'),
  state: optional(choice(...THREAD_STATES), 'a thread enters a kernel state: reply_and_wait is the open wait of a server, call the wait for a reply'),
  signal: optional(choice('submit', 'deliver'), 'a signal is submitted to the component, or delivered to it'),
  page_fault: optional(choice('any', 'read', 'write', 'execute'), 'a page fault'),
} as const;

export const MOMENT_KIND_NAMES = Object.keys(MOMENT_KINDS) as readonly (keyof typeof MOMENT_KINDS)[];

/** What narrows a moment, and the kinds it goes with. */
export const MOMENT_LIMITS = {
  of: optional(CHILD_PATH, 'the component it is about; inside a <start> or <child> node: that component'),
  count: optional(COUNT, 'the how-manieth of these; default 1'),
  edge: optional(choice('entry', 'reply'), 'when the RPC or system call begins, or when its reply is there; default entry'),
  thread: optional(THREAD_NAME, 'the thread, by the name that the component gave it'),
  at: optional(ADDRESSES, 'the faulting address, such as 0x1000 or 0x1000-0x1fff'),
} as const;

type LimitName = keyof typeof MOMENT_LIMITS;

export const LIMITS_OF_KIND: Readonly<Record<keyof typeof MOMENT_KINDS, readonly LimitName[]>> = {
  log: ['of', 'count'],
  time_ms: [],
  rpc: ['of', 'count', 'edge', 'thread'],
  syscall: ['of', 'count', 'edge', 'thread'],
  instructions: ['of'],
  symbol: ['of', 'count', 'thread'],
  address: ['of', 'count', 'thread'],
  state: ['of', 'count', 'thread'],
  signal: ['of', 'count'],
  page_fault: ['of', 'count', 'thread', 'at'],
};

/** Kinds that make no sense without a component. */
export const COMPONENT_KINDS: ReadonlySet<string> = new Set(['symbol', 'address', 'state']);

export const POINT_WORDS = {
  log: 'log', time: 'time_ms', rpc: 'rpc', syscall: 'syscall', instructions: 'instructions', symbol: 'symbol', address: 'address', state: 'state', signal: 'signal', 'page-fault': 'page_fault',
} as const satisfies Readonly<Record<string, keyof typeof MOMENT_KINDS>>;

export const POINT = element('point', 'Declares a moment by name; steps await it by that name, or are done when it comes.', {
  name: required(NAME, 'name of the moment'),
  on: optional(choice('log', 'time', 'rpc', 'syscall', 'instructions', 'symbol', 'address', 'state', 'signal', 'page-fault'), 'what kind of moment it is; may be left out, the other attributes say it'),
  ...MOMENT_KINDS,
  ...MOMENT_LIMITS,
});

/** Also inside a <start> or <child> node: the points are then about that component, and init never sees them. */
export const POINTS = once(element('points', 'Named moments: the checkpoint points of the scenario, or of the component inside whose <start> or <child> node they stand.', {}, [POINT]));
