// The kernel debugger's entry as a console: characters, strings and numbers that guests print without any session. Owns no state.
// Text is one character per byte. Source modelled: fiasco-kernel.md 5.10.

import { LIMIT_CONSOLE_CHARACTERS } from '../limits.ts';
import { hex } from '../numbers.ts';
import { KERNEL_COST } from './cost.ts';
import type { Kernel } from './kernel.ts';
import type { Thread } from './thread.ts';

/** A comparison of r14 with a constant: never executed for its effect, it carries the service number. */
const SERVICE_OPCODE = 0xe35e_0000;
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

/** Serves a debugger entry; the word at the return address says what is wanted. */
export function enterDebugger(kernel: Kernel, thread: Thread): void {
  const { r } = thread.registers;
  const index = kernel.translate(thread.task, r[15] as number, false);
  const word = index < 0 || index % 4 !== 0 ? 0 : (kernel.memory.u32[index >>> 2] as number);
  if (((word & 0xffff_ff00) >>> 0) === SERVICE_OPCODE) {
    r[15] = (r[15] as number) + 4;
    serve(kernel, thread, word & 0xff);
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

function serve(kernel: Kernel, thread: Thread, service: number): void {
  const { r } = thread.registers;
  const value = r[0] as number;
  const digits = HEX_DIGITS[service];
  if (digits !== undefined) return print(kernel, hex(value, digits).slice(-digits));
  switch (service) {
    case 1:
      return print(kernel, String.fromCharCode(value & 0xff));
    case 2:
      return print(kernel, userText(kernel, thread, value, LIMIT_CONSOLE_CHARACTERS));
    case 3:
      return print(kernel, userText(kernel, thread, value, Math.min(r[1] as number, LIMIT_CONSOLE_CHARACTERS)));
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
