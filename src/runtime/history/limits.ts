// How much history is kept of one slot and one object.
// Owns no state.

/** Stays of one slot: receive windows are filled again with every message. */
export const LIMIT_STAYS = 32;
/** Requests remembered that carried one object as an argument. */
export const LIMIT_PASSED = 16;
/** Kinds of requests remembered that were answered with one object. */
export const LIMIT_RESULTS = 8;
