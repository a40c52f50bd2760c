// Error numbers that guests see: negative labels of kernel objects, and the error register of an IPC that failed.
// Owns no state. Source modelled: fiasco-kernel.md 3.1 and the error codes of 5.7.

/** Errors of object operations; the label of the result tag is the negative number. */
export const ERRNO = {
  PERM: 1,
  NOENT: 2,
  IO: 5,
  AGAIN: 11,
  NOMEM: 12,
  ACCESS: 13,
  BUSY: 16,
  EXIST: 17,
  NODEV: 19,
  INVAL: 22,
  RANGE: 34,
  NAMETOOLONG: 36,
  NOSYS: 38,
  BADPROTO: 39,
  ADDRNOTAVAIL: 99,
} as const;

/** Errors of message transfer in the UTCB's error register. Bit 0 tells the receive phase from the send phase. */
export const IPC_ERROR = {
  SEND_TIMEOUT: 2,
  RECEIVE_TIMEOUT: 3,
  NOT_EXISTENT: 4,
  SEND_CANCELED: 6,
  RECEIVE_CANCELED: 7,
  SEND_OVERFLOW: 8,
  RECEIVE_OVERFLOW: 9,
  SEND_MAP_FAILED: 0x10,
  RECEIVE_MAP_FAILED: 0x11,
} as const;

/** Turns the send-phase number of an error into its receive-phase number. */
export const RECEIVE_PHASE = 1;
