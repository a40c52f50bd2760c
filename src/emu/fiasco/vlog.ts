// The console object: writing text, reading what was typed on the serial line. Owner of the attributes and of the typed bytes that
// nobody has read yet. Source modelled: fiasco-kernel.md 10 (label -13), 5.10.

import { textOf } from './console.ts';
import { KERNEL_COST } from './cost.ts';
import { ERRNO } from './errors.ts';
import { CAP_W } from './flexpage.ts';
import { Pins, invokeIcu } from './icu.ts';
import type { Kernel } from './kernel.ts';
import { KernelObject } from './kernel_object.ts';
import { failure, labelOf, success } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch } from './object_call.ts';
import { PROTOCOL } from './protocols.ts';
import { MESSAGE_REGISTERS } from './utcb.ts';

const WRITE_BYTES_MAX = (MESSAGE_REGISTERS - 2) * 4;
const READ_BYTES_MAX = (MESSAGE_REGISTERS - 1) * 4;
/** Set in the answer to a read when there is no more input. */
const DRAINED = 0x8000_0000;
/** A ring of 256 bytes, one of which stays free. */
const INPUT_BYTES_MAX = 255;
const [NEWLINE, RETURN] = [10, 13];

/** Flags of the attributes, with the numbers that terminals use. */
const INPUT = { NEWLINE_TO_RETURN: 0o100, IGNORE_RETURN: 0o200, RETURN_TO_NEWLINE: 0o400 } as const;
const OUTPUT = { NEWLINE_TO_BOTH: 0o4, RETURN_TO_NEWLINE: 0o10, NO_RETURN: 0o40 } as const;
const LOCAL_ECHO = 0o10;

export class Vlog extends KernelObject {
  readonly type = 'Vlog';
  /** Input, output and local flags. Without echo at first: Genode's kernel differs there from others. */
  attributes: readonly [number, number, number] = [INPUT.RETURN_TO_NEWLINE, OUTPUT.NEWLINE_TO_BOTH, 0];
  /** Typed and not read. */
  input: number[] = [];
  /** One pin: hit when something is typed and nothing was left unread. */
  readonly pins = new Pins('Soft', 1);

  /** Bytes arrive on the serial line, all at once. @returns how many found room; others are echoed all the same */
  arrive(kernel: Kernel, bytes: readonly number[]): number {
    const [, output, local] = this.attributes;
    let taken = 0;
    let hit = false;
    for (const byte of bytes) {
      if (this.input.length === 0) hit = true;
      if (this.input.length < INPUT_BYTES_MAX) {
        this.input.push(byte & 0xff);
        taken++;
      }
      if ((local & LOCAL_ECHO) !== 0) kernel.console(String.fromCharCode(byte === RETURN && (output & OUTPUT.RETURN_TO_NEWLINE) !== 0 ? NEWLINE : byte & 0xff));
    }
    if (hit) this.pins.interrupt(0)?.hit(kernel);
    return taken;
  }

  /** The next typed byte, or -1. */
  take(): number {
    return this.input.shift() ?? -1;
  }
}

const HANDLERS: Handlers<'Vlog', Vlog> = { write, set_attributes: setAttributes, get_attributes: getAttributes, read };

/** The operation is looked at whatever the length of the message. */
export function invokeVlog(call: ObjectCall<Vlog>): Result {
  if (labelOf(call.tag) === PROTOCOL.IRQ) return invokeIcu(call, call.object.pins);
  if (labelOf(call.tag) !== PROTOCOL.LOG) return failure(ERRNO.BADPROTO);
  return dispatch('Vlog', call.input.mr(0), call, HANDLERS);
}

/** A text that is longer than a message can carry is not printed at all. */
function write({ kernel, object, input }: ObjectCall<Vlog>): Result {
  const length = input.mr(1);
  if (length > WRITE_BYTES_MAX) return null;
  const [, flags] = object.attributes;
  let text = textOf(input.words, 2, length);
  if ((flags & OUTPUT.RETURN_TO_NEWLINE) !== 0) text = text.replaceAll('\r', '\n');
  if ((flags & OUTPUT.NO_RETURN) !== 0) text = text.replaceAll('\r', '');
  kernel.charge(KERNEL_COST.character * text.length);
  kernel.console(text);
  return null;
}

function setAttributes({ object, input }: ObjectCall<Vlog>): Result {
  object.attributes = [input.mr(1), input.mr(2) | OUTPUT.NEWLINE_TO_BOTH, input.mr(3)];
  return success();
}

function getAttributes({ object, output }: ObjectCall<Vlog>): Result {
  object.attributes.forEach((value, i) => output.setMr(i + 1, value));
  return success(4);
}

/** Every operation that is not another one: the upper half of its word is the largest number of bytes wanted. */
function read({ object, rights, input, output }: ObjectCall<Vlog>): Result {
  if (output !== input) return success();
  if ((rights & CAP_W) === 0) return failure(ERRNO.PERM);
  const [flags] = object.attributes;
  const wanted = Math.min(input.mr(0) >>> 16, READ_BYTES_MAX);
  const bytes: number[] = [];
  let byte = 0;
  while (bytes.length < wanted) {
    byte = object.take();
    if (byte < 0) break;
    if ((flags & INPUT.NEWLINE_TO_RETURN) !== 0 && byte === NEWLINE) byte = RETURN;
    if ((flags & INPUT.IGNORE_RETURN) !== 0 && byte === RETURN) continue;
    if ((flags & INPUT.RETURN_TO_NEWLINE) !== 0 && byte === RETURN) byte = NEWLINE;
    bytes.push(byte);
  }
  for (let at = 0; at < bytes.length; at += 4) {
    const kept = output.mr(1 + at / 4);
    const piece = [0, 1, 2, 3].map((i) => bytes[at + i] ?? (kept >>> (8 * i)) & 0xff);
    output.setMr(1 + at / 4, (((piece[3] ?? 0) << 24) | ((piece[2] ?? 0) << 16) | ((piece[1] ?? 0) << 8) | (piece[0] ?? 0)) >>> 0);
  }
  output.setMr(0, (bytes.length | (byte < 0 ? DRAINED : 0)) >>> 0);
  return success();
}
