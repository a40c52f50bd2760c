// The register image of a thread as core keeps it and as Cpu_thread.state transfers it: 29 words, most of them stale.
// Source modelled: genode-16.08-abi.md 2 (Thread_state image), genode-base-foc.md 9.1. Pure functions over word arrays.

export const STATE_WORDS = 29;
/** r0..r12, sp, lr, ip, cpsr. */
export const REGISTER_WORDS = 17;

export const STATE = { sp: 13, lr: 14, ip: 15, cpsr: 16, cpu_exception: 17, fault_flags: 18, kcap: 19, id: 20, utcb: 21, exceptions: 22, pause_flags: 23 } as const;

/** Bytes inside the flag words. */
const FLAG = {
  unresolved_page_fault: { word: STATE.fault_flags, mask: 0x1 },
  exception: { word: STATE.fault_flags, mask: 0x100 },
  paused: { word: STATE.pause_flags, mask: 0x1 },
  in_exception: { word: STATE.pause_flags, mask: 0x100 },
} as const;

export type StateFlag = keyof typeof FLAG;

export const emptyState = (): number[] => new Array<number>(STATE_WORDS).fill(0);

export function hasFlag(state: readonly number[], flag: StateFlag): boolean {
  const { word, mask } = FLAG[flag];
  return ((state[word] ?? 0) & mask) !== 0;
}

export function withFlag(state: readonly number[], flag: StateFlag, on: boolean): number[] {
  const { word, mask } = FLAG[flag];
  return withWord(state, word, on ? (state[word] ?? 0) | mask : (state[word] ?? 0) & ~mask);
}

export function withWord(state: readonly number[], index: number, value: number): number[] {
  return state.map((word, i) => (i === index ? value >>> 0 : word));
}

/** Words of an exception message and what they are. */
const EXCEPTION = { pfa: 0, error: 1, tls: 2, r0: 3, sp: 16, lr: 17, kernel_lr: 18, pc: 19, cpsr: 20 } as const;
export const EXCEPTION_WORDS = 21;
/** Error word of a pause that core itself triggered. */
export const PAUSE_ERROR = 0x50_0000;
const GENERAL_REGISTERS = 13;

export const exceptionError = (words: readonly number[]): number => words[EXCEPTION.error] ?? 0;
export const exceptionAddress = (words: readonly number[]): number => words[EXCEPTION.pfa] ?? 0;
export const exceptionIp = (words: readonly number[]): number => words[EXCEPTION.pc] ?? 0;

/** The state after an exception message: its registers, and one more exception counted. */
export function afterException(state: readonly number[], words: readonly number[]): number[] {
  const next = [...state];
  for (let i = 0; i < GENERAL_REGISTERS; i++) next[i] = words[EXCEPTION.r0 + i] ?? 0;
  next[STATE.sp] = words[EXCEPTION.sp] ?? 0;
  next[STATE.lr] = words[EXCEPTION.lr] ?? 0;
  next[STATE.ip] = words[EXCEPTION.pc] ?? 0;
  next[STATE.cpsr] = words[EXCEPTION.cpsr] ?? 0;
  next[STATE.exceptions] = ((next[STATE.exceptions] ?? 0) + 1) >>> 0;
  return withFlag(next, 'in_exception', true);
}

/** An exception reply that loads the state's registers; what a state does not hold stays as in the last exception message. */
export function replyImage(state: readonly number[], last: readonly number[]): number[] {
  const image = Array.from({ length: EXCEPTION_WORDS }, (_, i) => last[i] ?? 0);
  for (let i = 0; i < GENERAL_REGISTERS; i++) image[EXCEPTION.r0 + i] = state[i] ?? 0;
  image[EXCEPTION.sp] = state[STATE.sp] ?? 0;
  image[EXCEPTION.lr] = state[STATE.lr] ?? 0;
  image[EXCEPTION.pc] = state[STATE.ip] ?? 0;
  image[EXCEPTION.cpsr] = state[STATE.cpsr] ?? 0;
  return image;
}
