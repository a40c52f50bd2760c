// The end of a switch that handles every kind there is. Owns no state; rooms that know nothing of the board have their own in
// scenario/unreachable.ts, as neither of the two may import from the other.

/** Ends a switch over all kinds; to hand in one that is not handled does not compile. */
export function unreachable(value: never): never {
  throw new Error(`unknown kind: ${JSON.stringify(value)}`);
}
