// Word indices inside a UTCB of 512 bytes (fiasco-kernel.md 5.4) and message-tag arithmetic (5.3).
// Owns no state.

export const UTCB = {
  /** First message register. */
  mr: 0,
  /** Buffer descriptor word, then the buffer registers. */
  bdr: 0x100 >>> 2,
  br: 0x104 >>> 2,
  error: 0x1ec >>> 2,
  /** Genode: pointer to (here: slot of) the thread's own gate record. */
  badge: 0x1f8 >>> 2,
  /** Genode: pointer to the Thread object. */
  thread: 0x1fc >>> 2,
} as const;

export const TAG_ERROR = 0x8000;
export const tagLabel = (tag: number): number => tag >> 16;
export const tagWords = (tag: number): number => tag & 0x3f;
export const tagItems = (tag: number): number => (tag >>> 6) & 0x3f;
export const makeTag = (label: number, words: number, items = 0): number => ((label << 16) | (items << 6) | words) >>> 0;

export const OPERATION = { send: 1, call: 3, wait: 6, reply: 9, reply_and_wait: 0xf, send_and_wait: 7 } as const;
/** "Self" with the bits that make it a special selector. */
export const SELF = 0xffff_f800;
export const TIMEOUT = { never: 0, send_zero: 0x0400_0000, both_zero: 0x0400_0400, receive_zero: 0x0400 } as const;

export const ERROR = { receive_timeout: 3, not_existent: 4, receive_cancelled: 7 } as const;

/** Send item and flexpage for one capability, full rights as Genode maps them. */
export const MAP_ITEM = 8;
export const MAP_ITEM_GRANT = 0xa;
export const objectPage = (slot: number): number => ((slot << 12) | 0x37) >>> 0;
/** Receive buffer for a single capability. */
export const receiveSlot = (slot: number): number => ((slot << 12) | 0xa) >>> 0;
