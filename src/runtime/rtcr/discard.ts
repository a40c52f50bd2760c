// Dropping a capability that the historic programs had no means to get: its slot is emptied at once, where a dropped capability
// usually stays in its slot until the next one comes. Owns no state. Source modelled: genode-16.08-abi.md 3.2 (dropped capabilities).

import { capReferences, dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { unmapSlot } from '../native/kernel_calls.ts';

/** Drops one reference to the capability in a slot, if there is a slot; the last one empties it. */
export function discard(x: Execution, slot: number): void {
  if (slot === 0) return;
  dec(x, slot);
  if (capReferences(x, slot) === 0) unmapSlot(x, slot, { destroy: false });
}
