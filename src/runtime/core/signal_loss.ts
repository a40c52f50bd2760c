// A signal that gets lost on its way, by test equipment: the n-th one submitted to a protection domain from now on. Owner of the table
// 'core_signal_losses', which is empty unless a scenario asks for it.

import { type HasStore, table } from '../native/store.ts';

/** By source. */
const losses = table<{ readonly left: number }>('core_signal_losses');

/** `nth` counts submissions from 1. A loss that is still to come is replaced. */
export const loseSignal = (x: HasStore, source: number, nth: number): void => losses(x).set(source, { left: nth });

/** Asked for each submission. @returns true if it is the one that gets lost */
export function isLost(x: HasStore, source: number): boolean {
  const loss = losses(x).get(source);
  if (loss === undefined) return false;
  if (loss.left > 1) losses(x).update(source, { left: loss.left - 1 });
  else losses(x).delete(source);
  return loss.left === 1;
}
