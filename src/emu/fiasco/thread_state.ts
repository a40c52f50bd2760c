// State bits of a thread, with the numbers that the debugger shows. Owns no state. Source modelled: fiasco-kernel.md 4.5.
// The object itself keeps them in one word, as the real one does.

export const READY = 0x1;
export const SEND_WAIT = 0x4;
export const RECEIVE_WAIT = 0x8;
export const RECEIVE_IN_PROGRESS = 0x10;
export const TRANSFER = 0x20;
export const CANCEL = 0x80;
export const TIMEOUT = 0x100;
export const DEAD = 0x200;
/** Each system call of the thread raises an exception first. */
export const ALIEN = 0x1_0000;
/** The next system call of an alien is allowed. */
export const ALLOW_SYSCALL = 0x2_0000;
export const IN_EXCEPTION = 0x4_0000;

export const IPC_MASK = SEND_WAIT | RECEIVE_WAIT | RECEIVE_IN_PROGRESS;
/** What says that an IPC ended in an unusual way. */
export const IPC_ABNORMAL = CANCEL | TIMEOUT | TRANSFER;
