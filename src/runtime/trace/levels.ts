// What can be asked of a trace: its levels, the events of each, and its forms.
// Owns no state.

import type { BoardEvent } from '../../emu/event.ts';

export const TRACE_LEVELS = ['syscalls', 'ipc', 'rpc', 'objects', 'instructions', 'faults', 'schedule', 'console'] as const;
export type TraceLevel = (typeof TRACE_LEVELS)[number];

/** Which events belong to a level. */
export const LEVEL_KINDS = {
  syscalls: ['syscall_enter', 'syscall_leave'],
  ipc: ['ipc_transfer', 'ipc_wait'],
  rpc: ['ipc_transfer'],
  objects: ['object_created', 'object_named', 'object_deleted', 'cap_mapped', 'cap_unmapped', 'irq_attached', 'irq_detached', 'thread_pager'],
  instructions: ['instruction'],
  faults: ['page_fault', 'exception', 'unsupported'],
  schedule: ['schedule'],
  console: ['console', 'note'],
} as const satisfies Record<TraceLevel, readonly BoardEvent['kind'][]>;

export const TRACE_FORMATS = ['text', 'json', 'cap_cr'] as const;
export type TraceFormat = (typeof TRACE_FORMATS)[number];
