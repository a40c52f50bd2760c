// The message tag: words, items, flags and label in one word. Owns no state. Source modelled: fiasco-kernel.md 5.3.
// Callers build and read tags through these functions only.

export const TAG_ERROR = 0x8000;
export const TAG_PROPAGATE = 0x4000;
/** "Do not donate the time slice to the receiver." */
export const TAG_SCHEDULE = 0x2000;
export const TAG_FPU = 0x1000;

export const wordsOf = (tag: number): number => tag & 0x3f;
export const itemsOf = (tag: number): number => (tag >>> 6) & 0x3f;
/** Signed. */
export const labelOf = (tag: number): number => tag >> 16;

export const makeTag = (label: number, words: number, items = 0, flags = 0): number => ((label << 16) | flags | (items << 6) | words) >>> 0;

/** The tag of an operation's result. */
export const success = (words = 0, label = 0): number => makeTag(label, words);
/** The tag of an operation that failed; `errno` is positive. */
export const failure = (errno: number): number => makeTag(-errno, 0);
