// Core's sliced heap: every block is a dataspace of core's own RAM session (attached nowhere), paid by the guard of its session.
// Source modelled: genode-base-foc.md 2.4, genode-16.08-abi.md 4.1 ("ds").

import type { Execution } from '../native/execution.ts';
import { pageAligned } from './board_memory.ts';
import { coreError } from './console.ts';
import { affords, consume, giveBack } from './guard.ts';
import { allocMemory, CORE_RAM, freeMemory } from './ram_account.ts';

/** A block: the dataspace behind it and the bytes that its guard paid. */
export type SlicedBlock = { readonly ds: number; readonly bytes: number };

/** Null if the guard has too little, or core's own RAM session: what was donated for other purposes cannot pay for this one. */
export function slicedAlloc(x: Execution, guard: number, size: number): SlicedBlock | null {
  const bytes = pageAligned(size);
  if (!affords(x, guard, bytes)) return null;
  const ds = allocMemory(x, CORE_RAM, bytes, 'cached', () => true);
  if (typeof ds === 'string') {
    // The format directive is part of the real line: the log function that prints it knows none.
    coreError(x, `Could not allocate dataspace with size %zu${bytes}`);
    return null;
  }
  consume(x, guard, bytes);
  return { ds, bytes };
}

export function freeSliced(x: Execution, guard: number, block: SlicedBlock): void {
  freeMemory(x, block.ds);
  giveBack(x, guard, block.bytes);
}
