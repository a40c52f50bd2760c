// The kernel debugger's entry as a console: characters, strings and numbers that guests print without any session. Owns no state.
// Text is one character per byte. Source modelled: fiasco-kernel.md 5.10.

import { LIMIT_CONSOLE_CHARACTERS } from '../limits.ts';
import { USER_END } from '../memory/mapping_database.ts';
import { hex } from '../numbers.ts';
import { KERNEL_COST } from './cost.ts';
import type { Kernel } from './kernel.ts';
import { pageFault } from './page_fault.ts';
import type { Thread } from './thread.ts';
import { ALIEN } from './thread_state.ts';

/** A comparison of r14 with a constant: never executed for its effect, it carries the service number. */
const SERVICE_OPCODE = 0xe35e_0000;
const SERVICE_BYTES = 4;
/** A branch over a text: the text is the message with which a person is to be greeted. */
const BRANCH_OPCODE = 0xea00_0000;
const BRANCH_WORDS_MAX = 0xff;
const HEX_DIGITS: { readonly [service: number]: number } = { 5: 8, 6: 5, 7: 4, 8: 3, 9: 2 };

/** Text of bytes that lie in words, little endian. */
export function textOf(words: Uint32Array, firstWord: number, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += String.fromCharCode(((words[firstWord + (i >>> 2)] as number) >>> ((i & 3) * 8)) & 0xff);
  return text;
}

/** Reads a string of the thread's own memory, up to a NUL, the limit or the first byte that is not mapped. */
export function userText(kernel: Kernel, thread: Thread, address: number, limit: number): string {
  let text = '';
  for (let at = 0; at < limit; at++) {
    const index = kernel.translate(thread.task, address + at, false);
    const byte = index < 0 ? 0 : (kernel.memory.u8[index] as number);
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The first byte of a string that the kernel would fault on, or null if it can be read as far as it goes. */
function unmappedIn(kernel: Kernel, thread: Thread, address: number, limit: number): number | null {
  for (let at = 0; at < limit; at++) {
    const place = (address + at) >>> 0;
    const index = kernel.translate(thread.task, place, false);
    if (index < 0) return place < USER_END ? place : null;
    if (kernel.memory.u8[index] === 0) return null;
  }
  return null;
}

/** Serves a debugger entry, made by the trap at `pc`; the word at the return address says what is wanted. */
export function enterDebugger(kernel: Kernel, thread: Thread, pc: number): void {
  kernel.charge(KERNEL_COST.debugger_entry);
  const { r } = thread.registers;
  const index = kernel.translate(thread.task, r[15] as number, false);
  const word = index < 0 || index % 4 !== 0 ? 0 : (kernel.memory.u32[index >>> 2] as number);
  if (((word & 0xffff_ff00) >>> 0) === SERVICE_OPCODE) {
    serve(kernel, thread, word & 0xff, pc);
  } else if ((word & 0xff00_0000) >>> 0 === BRANCH_OPCODE && (word & 0xff_ffff) <= BRANCH_WORDS_MAX) {
    const message = userText(kernel, thread, (r[15] as number) + 4, (word & 0xff) * 4 + 4);
    kernel.unsupported(`kernel debugger prompt: ${message}`);
  } else kernel.unsupported('kernel debugger prompt');
}

/** Prints, a character at a time, through the serial line. */
function print(kernel: Kernel, text: string): void {
  kernel.charge(KERNEL_COST.character * text.length);
  kernel.console(text);
}

/**
 * The kernel reads the text where the user has it, and what is not mapped there its pager is asked for, as for an access of the thread's
 * own. Here nothing is printed before all of it is there: the trap is executed again.
 */
function printUser(kernel: Kernel, thread: Thread, limit: number, pc: number): void {
  const { r } = thread.registers;
  const address = r[0] as number;
  const missing = (thread.state & ALIEN) === 0 ? unmappedIn(kernel, thread, address, limit) : null;
  if (missing === null) return print(kernel, userText(kernel, thread, address, limit));
  const after = (r[15] as number) - SERVICE_BYTES;
  r[15] = pc;
  pageFault(kernel, thread, { address: missing, pc: after, access: 'read', cause: 'translation' });
}

function serve(kernel: Kernel, thread: Thread, service: number, pc: number): void {
  const { r } = thread.registers;
  r[15] = (r[15] as number) + SERVICE_BYTES;
  const value = r[0] as number;
  const digits = HEX_DIGITS[service];
  if (digits !== undefined) return print(kernel, hex(value, digits).slice(-digits));
  switch (service) {
    case 1:
      return print(kernel, String.fromCharCode(value & 0xff));
    case 2:
      return printUser(kernel, thread, LIMIT_CONSOLE_CHARACTERS, pc);
    case 3:
      return printUser(kernel, thread, Math.min(r[1] as number, LIMIT_CONSOLE_CHARACTERS), pc);
    case 4:
      return print(kernel, String(value | 0));
    case 0xd:
      // -1 if nothing was typed.
      r[0] = kernel.special.vlog.take();
      return;
    default:
      kernel.unsupported(`kernel debugger service ${hex(service)}`);
  }
}
