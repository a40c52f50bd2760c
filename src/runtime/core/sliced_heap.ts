// Core's sliced heap: every block is a dataspace of core's own RAM session (attached nowhere), paid by the guard of its session.
// Source modelled: genode-base-foc.md 2.4, genode-16.08-abi.md 4.1 ("ds").

import type { Execution } from '../native/execution.ts';
import { pageAligned } from './board_memory.ts';
import { giveBack, withdraw } from './guard.ts';
import { allocMemory, CORE_RAM, freeMemory } from './ram_account.ts';

/** A block: the dataspace behind it and the bytes that its guard paid. */
export type SlicedBlock = { readonly ds: number; readonly bytes: number };

/** Null if the guard has too little; core's own RAM running out is the end of core and throws. */
export function slicedAlloc(x: Execution, guard: number, size: number): SlicedBlock | null {
  const bytes = pageAligned(size);
  if (!withdraw(x, guard, bytes)) return null;
  const ds = allocMemory(x, CORE_RAM, bytes, 'cached', () => true);
  if (typeof ds === 'string') throw new Error(`core is out of memory: ${ds} while allocating ${bytes} bytes of meta data`);
  return { ds, bytes };
}

export function freeSliced(x: Execution, guard: number, block: SlicedBlock): void {
  freeMemory(x, block.ds);
  giveBack(x, guard, block.bytes);
}
