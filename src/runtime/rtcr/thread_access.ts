// System calls on the kernel Thread capability of somebody else's thread, and on its IRQs: freezing, registers, IPC phase, UTCB.
// Owns no state. Source modelled: src/emu/fiasco/thread_extensions.ts; fiasco-kernel.md 4.4 (ex_regs), 6 (IRQ).

import type { Execution } from '../native/execution.ts';
import { kernelCall, type KernelResult, PROTOCOL } from '../native/kernel_calls.ts';
import { PHASE_KINDS, REGISTER, REGISTER_COUNT, type Registers, type ThreadPhase } from './thread_phase.ts';

const THREAD = { ex_regs: 1, exchange_registers: 8, freeze: 0x20, thaw: 0x21, read_ipc_state: 0x22, write_ipc_state: 0x23, read_utcb: 0x24, write_utcb: 0x25 } as const;
const IRQ = { attach: 1, read_count: 0x20, write_count: 0x21 } as const;
/** With this flag the register exchange writes every word as it is, all-ones too. */
const WRITE_ALL = 0x1_0000;
const KEEP = 0xffff_ffff;
const NO_TIMEOUT = 0xffff_ffff;
const NOT_IMPLEMENTED = -38;
const UTCB_CHUNK_WORDS = 56;
export const UTCB_WORDS = 128;

/** 'absent': the kernel does not know the operation, because its extension is off. 'failed': it refused. */
export type Access<T> = T | 'absent' | 'failed';

export const isDenied = <T>(access: Access<T>): access is 'absent' | 'failed' => access === 'absent' || access === 'failed';

function outcome(result: KernelResult): 'ok' | 'absent' | 'failed' {
  if (result.label === NOT_IMPLEMENTED) return 'absent';
  return result.error !== 0 || result.label < 0 ? 'failed' : 'ok';
}

const threadCall = (x: Execution, slot: number, words: readonly number[], items: readonly number[] = []): KernelResult =>
  kernelCall(x, { slot, label: PROTOCOL.thread, words, items });

export const freezeThread = (x: Execution, thread: number): 'ok' | 'absent' | 'failed' => outcome(threadCall(x, thread, [THREAD.freeze]));
export const thawThread = (x: Execution, thread: number): 'ok' | 'absent' | 'failed' => outcome(threadCall(x, thread, [THREAD.thaw]));

export function readRegisters(x: Execution, thread: number): Access<Registers> {
  const result = threadCall(x, thread, [THREAD.exchange_registers, ...new Array<number>(REGISTER_COUNT).fill(KEEP)]);
  const state = outcome(result);
  return state === 'ok' ? Array.from({ length: REGISTER_COUNT }, (_, i) => result.mr(1 + i) >>> 0) : state;
}

export const writeRegisters = (x: Execution, thread: number, registers: Registers): 'ok' | 'absent' | 'failed' =>
  outcome(threadCall(x, thread, [THREAD.exchange_registers | WRITE_ALL, ...registers]));

/** As the historic restorer wrote registers: a word of all ones is left as it is. */
export const exchangeRegisters = (x: Execution, thread: number, registers: Registers): 'ok' | 'absent' | 'failed' =>
  outcome(threadCall(x, thread, [THREAD.exchange_registers, ...registers]));

/** Instruction and stack pointer alone, by the stock operation that changes nothing when both are all-ones. */
export function readIpSp(x: Execution, thread: number): Access<Registers> {
  const result = threadCall(x, thread, [THREAD.ex_regs, KEEP, KEEP]);
  if (outcome(result) !== 'ok') return 'failed';
  const registers = new Array<number>(REGISTER_COUNT).fill(0);
  registers[REGISTER.pc] = result.mr(1) >>> 0;
  registers[REGISTER.sp] = result.mr(2) >>> 0;
  return registers;
}

const CANCEL_AND_TRIGGER = 0x3_0000;

/** Ends whatever a thread waits for with an error, and raises an exception behind it (stock; fiasco-kernel.md 11, point 11). */
export const cancelWait = (x: Execution, thread: number): 'ok' | 'absent' | 'failed' => outcome(threadCall(x, thread, [THREAD.ex_regs | CANCEL_AND_TRIGGER, KEEP, KEEP]));

const CANCEL = 0x1_0000;

/** Ends whatever a thread waits for with an error (stock). */
export const cancelIpc = (x: Execution, thread: number): 'ok' | 'absent' | 'failed' => outcome(threadCall(x, thread, [THREAD.ex_regs | CANCEL, KEEP, KEEP]));

/**
 * A thread's phase, its own debug id, by which other threads' phases name it, and in an exception by how much its pc is behind the instruction
 * that raised it, and that one's status word.
 */
export type ReadPhase = { readonly id: number; readonly phase: ThreadPhase; readonly behind: number; readonly psr: number };

export function readPhase(x: Execution, thread: number): Access<ReadPhase> {
  const result = threadCall(x, thread, [THREAD.read_ipc_state]);
  const state = outcome(result);
  if (state !== 'ok') return state;
  const kind = PHASE_KINDS[result.mr(0)];
  if (kind === undefined) return 'failed';
  const timeout = result.mr(3) >>> 0;
  const phase = {
    kind, partner: result.mr(1), through: result.mr(2), timeout_us: timeout === NO_TIMEOUT ? null : timeout,
    reply_to: result.mr(4), reply_rights: result.mr(5),
  };
  return { id: result.mr(7), phase, behind: kind === 'exception' ? result.mr(6) : 0, psr: result.mr(8) };
}

/** Puts a frozen thread that has not run yet into the wait for the reply of `server`, which gets the matching reply slot. */
export const awaitReply = (x: Execution, thread: number, server: number, rights: number, timeout_us: number | null): 'ok' | 'absent' | 'failed' =>
  outcome(threadCall(x, thread, [THREAD.write_ipc_state, rights, timeout_us ?? NO_TIMEOUT], [server]));

/** Where the UTCB of a thread that was never started is going to be: its task, and the address there. */
export type FutureUtcb = { readonly task: number; readonly address: number };

const future = (utcb: FutureUtcb | null): { words: number[]; items: number[] } => (utcb === null ? { words: [], items: [] } : { words: [utcb.address], items: [utcb.task] });

export function readUtcb(x: Execution, thread: number, utcb: FutureUtcb | null): Access<readonly number[]> {
  const named = future(utcb);
  const words: number[] = [];
  while (words.length < UTCB_WORDS) {
    const count = Math.min(UTCB_CHUNK_WORDS, UTCB_WORDS - words.length);
    const result = threadCall(x, thread, [THREAD.read_utcb, words.length, count, ...named.words], named.items);
    const state = outcome(result);
    if (state !== 'ok') return state;
    for (let i = 0; i < count; i++) words.push(result.mr(1 + i) >>> 0);
  }
  return words;
}

export function writeUtcb(x: Execution, thread: number, utcb: FutureUtcb | null, words: readonly number[]): 'ok' | 'absent' | 'failed' {
  const named = future(utcb);
  for (let first = 0; first < words.length; first += UTCB_CHUNK_WORDS) {
    const chunk = words.slice(first, first + UTCB_CHUNK_WORDS);
    const state = outcome(threadCall(x, thread, [THREAD.write_utcb, first, chunk.length, ...chunk, ...named.words], named.items));
    if (state !== 'ok') return state;
  }
  return 'ok';
}

/** Some words of the UTCB of a thread that was started. */
export const writeUtcbWords = (x: Execution, thread: number, first: number, words: readonly number[]): 'ok' | 'absent' | 'failed' =>
  outcome(threadCall(x, thread, [THREAD.write_utcb, first, words.length, ...words]));

export function readIrqCount(x: Execution, irq: number): Access<number> {
  const result = kernelCall(x, { slot: irq, label: PROTOCOL.irq, words: [IRQ.read_count] });
  const state = outcome(result);
  return state === 'ok' ? result.mr(0) : state;
}

export const writeIrqCount = (x: Execution, irq: number, count: number): 'ok' | 'absent' | 'failed' =>
  outcome(kernelCall(x, { slot: irq, label: PROTOCOL.irq, words: [IRQ.write_count, count] }));

/** Binds an IRQ to a thread; the kernel takes a Thread capability other than the caller's (no extension). */
export const attachIrq = (x: Execution, irq: number, thread: number): 'ok' | 'absent' | 'failed' =>
  outcome(kernelCall(x, { slot: irq, label: PROTOCOL.irq, words: [IRQ.attach, 0], items: [thread] }));
