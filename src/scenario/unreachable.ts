// The end of a switch that handles every kind there is, for the rooms around scenarios. Owns no state; the board's is
// emu/unreachable.ts.

/** Ends a switch over all kinds; to hand in one that is not handled does not compile. */
export function unreachable(value: never): never {
  throw new Error(`unknown kind: ${JSON.stringify(value)}`);
}
