// A signal that gets lost on its way, by test equipment: the n-th one submitted to a protection domain from now on. Owner of the table
// 'core_signal_losses', which is empty unless a scenario asks for it.

import { type HasStore, table } from '../native/store.ts';

/** Losses that are still to come: submissions up to the one that gets lost, itself included, and who asked for it, by a number of his own. */
type Losses = { readonly losses: readonly { readonly left: number; readonly by: number }[] };

/** By source. */
const lost = table<Losses>('core_signal_losses');

/** `nth` counts submissions from 1. */
export function loseSignal(x: HasStore, source: number, nth: number, by: number): void {
  lost(x).set(source, { losses: [...(lost(x).get(source)?.losses ?? []), { left: nth, by }] });
}

/** Who asked for losses that are still to come. */
export const lossesToCome = (x: HasStore): readonly number[] => lost(x).entries().flatMap(([, { losses }]) => losses.map(({ by }) => by));

/** Asked for each submission. @returns true if it is the one that gets lost */
export function isLost(x: HasStore, source: number): boolean {
  const row = lost(x).get(source);
  if (row === undefined) return false;
  const left = row.losses.flatMap((loss) => (loss.left > 1 ? [{ ...loss, left: loss.left - 1 }] : []));
  if (left.length > 0) lost(x).set(source, { losses: left });
  else lost(x).delete(source);
  return left.length < row.losses.length;
}
