// What the slots of a Genode 16.08 component on this kernel are for, by convention and by the order of a static program's start.
// Owns no state. Source modelled: genode-16.08-abi.md 3.5, genode-base-foc.md 1.1 and 3.4.

import type { ObjectType } from '../../emu/jdb/model.ts';

const THREAD_AREA_BASE = 9;
const SLOTS_PER_THREAD = 3;
const THREADS_MAX = 128;

/** Slots whose meaning core fixes, the same in every component. */
const FIXED: ReadonlyMap<number, readonly [type: ObjectType, what: string]> = new Map([
  [1, ['Task', "the component's own task"]],
  [8, ['Gate', 'the parent']],
]);

const THREAD_PARTS = [
  ['Gate', 'gate'],
  ['Gate', 'pager gate'],
  ['IRQ', 'lock IRQ'],
] as const satisfies readonly (readonly [ObjectType, string])[];

/** Threads in the order in which a static program starts them. */
const THREAD_NAMES = ['the main thread', 'the entrypoint "ep"', 'the thread "signal handler"'] as const;

/** Slots that the component fills itself, in the order in which its start-up code asks for capabilities. */
const STARTUP: ReadonlyMap<number, readonly [type: ObjectType, what: string]> = new Map([
  [0x204, ['Gate', 'the RAM session']],
  [0x205, ['Gate', 'the CPU session']],
  [0x206, ['Gate', 'the PD session']],
  [0x207, ['Gate', 'the region map of the address space']],
  [0x208, ['Gate', 'the region map of the stack area']],
  [0x209, ['Gate', 'the dataspace of the emergency RAM reserve']],
  [0x20a, ['Gate', "the dataspace of the main thread's stack"]],
  [0x20b, ['Gate', 'the CPU thread of the main thread']],
  [0x20c, ['Gate', "the dataspace of the entrypoint's stack"]],
  [0x20d, ['Gate', 'the CPU thread of the entrypoint']],
  [0x212, ['Gate', "the entrypoint's exit handler"]],
  [0x213, ['Gate', "the entrypoint's signal proxy"]],
  [0x214, ['Gate', "the dataspace of the signal handler's stack"]],
  [0x215, ['Gate', 'the CPU thread of the signal handler']],
  [0x216, ['Gate', 'the signal source']],
  [0x217, ['IRQ', "the signal source's blocking semaphore (created with the PD session, handed out by Signal_source::request_semaphore)"]],
  [0x218, ['Gate', 'the constructor object (it goes when construct returns)']],
  [0x21d, ['Gate', 'the LOG session']],
]);

/**
 * Words for a slot from convention alone, or undefined. What the component asked for itself is only an assumption, and the words
 * say so; where the type of the object contradicts the assumption, nothing is said.
 */
export function standardSlot(slot: number, type: ObjectType): string | undefined {
  const fixed = FIXED.get(slot) ?? threadSlot(slot);
  if (fixed !== undefined) return fixed[0] === type ? fixed[1] : undefined;
  const startup = STARTUP.get(slot);
  return startup !== undefined && startup[0] === type ? `${startup[1]}, by the standard start-up order` : undefined;
}

function threadSlot(slot: number): readonly [ObjectType, string] | undefined {
  const index = Math.floor((slot - THREAD_AREA_BASE) / SLOTS_PER_THREAD);
  if (index < 0 || index >= THREADS_MAX) return undefined;
  const part = THREAD_PARTS[(slot - THREAD_AREA_BASE) % SLOTS_PER_THREAD];
  if (part === undefined) return undefined;
  const name = THREAD_NAMES[index];
  const assumed = name === undefined ? '' : ` (${name}, by the standard start-up order)`;
  return [part[0], `the ${part[1]} of thread ${index}${assumed}`];
}
