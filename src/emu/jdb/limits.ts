// What the parsers of listings accept at most; reaching a limit is an error in the answer, never an exception.
// Owns no state.

/** Length of a text or of a serial capture (a full table of one task is 20 MiB on the screen). */
export const LISTING_TEXT_CHARS_MAX = 64 * 1024 * 1024;
/** Rows of one listing: those of a full capability table. */
export const LISTING_ROWS_MAX = 0x4_0000;
/** Errors that are reported; what follows is cut. */
export const LISTING_ERRORS_MAX = 100;
