// Why a region was left, besides EXIT_FAULT and EXIT_EXCHANGE of the fast engine. Owns no state.
// Source modelled: none, an agreement between region.ts and jit_cpu.ts.

/** The pc is in another page. */
export const EXIT_OUTSIDE = 10;
/** No block begins at the pc. */
export const EXIT_UNKNOWN = 11;
/** The block at the pc is longer than what is left of the budget. */
export const EXIT_SHORT = 12;
/** Memory no longer holds the block at the pc. */
export const EXIT_STALE = 13;
/** A store may have changed the page. */
export const EXIT_STORED = 14;
