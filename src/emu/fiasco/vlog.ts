// The console object: writing text, and attributes that nothing depends on. Owner of the attributes.
// Source modelled: fiasco-kernel.md 10 (label -13).

import { textOf } from './console.ts';
import { ERRNO } from './errors.ts';
import { CAP_W } from './flexpage.ts';
import { Pins, invokeIcu } from './icu.ts';
import { KernelObject } from './kernel_object.ts';
import { failure, labelOf, success, wordsOf } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch } from './object_call.ts';
import { PROTOCOL } from './protocols.ts';

const WRITE_BYTES_MAX = 244;
/** Set in the answer to a read when there is no more input. */
const DRAINED = 0x8000_0000;

export class Vlog extends KernelObject {
  readonly type = 'Vlog';
  /** Input, output and local flags. */
  attributes: readonly number[] = [0, 0, 0];
  readonly pins = new Pins(1);
}

const HANDLERS: Handlers<'Vlog', Vlog> = { write, set_attributes: setAttributes, get_attributes: getAttributes, read };

export function invokeVlog(call: ObjectCall<Vlog>): Result {
  if (labelOf(call.tag) === PROTOCOL.IRQ) return invokeIcu(call, call.object.pins);
  if (labelOf(call.tag) !== PROTOCOL.LOG) return failure(ERRNO.BADPROTO);
  if (wordsOf(call.tag) < 1) return failure(ERRNO.INVAL);
  return dispatch('Vlog', call.input.mr(0) & 0xffff, call, HANDLERS);
}

function write({ kernel, tag, input }: ObjectCall<Vlog>): Result {
  const length = wordsOf(tag) < 2 ? 0 : Math.min(input.mr(1), WRITE_BYTES_MAX, (wordsOf(tag) - 2) * 4);
  kernel.console(textOf(input.words, 2, length));
  return null;
}

function setAttributes({ object, tag, input }: ObjectCall<Vlog>): Result {
  if (wordsOf(tag) < 4) return failure(ERRNO.INVAL);
  object.attributes = [input.mr(1), input.mr(2), input.mr(3)];
  return success();
}

function getAttributes({ object, output }: ObjectCall<Vlog>): Result {
  object.attributes.forEach((value, i) => output.setMr(i + 1, value));
  return success(4);
}

function read({ rights, output }: ObjectCall<Vlog>): Result {
  if ((rights & CAP_W) === 0) return failure(ERRNO.PERM);
  output.setMr(0, DRAINED);
  return success();
}
