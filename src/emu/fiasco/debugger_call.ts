// The system call to the kernel debugger: names and global ids of objects. Owns no state.
// Source modelled: fiasco-kernel.md 2.10, 5.10.

import { textOf } from './console.ts';
import { KERNEL_COST } from './cost.ts';
import { ERRNO, IPC_ERROR } from './errors.ts';
import type { Kernel } from './kernel.ts';
import type { KernelObject } from './kernel_object.ts';
import { TAG_ERROR, failure, success, wordsOf } from './message_tag.ts';
import { objectAddress } from './object_address.ts';
import { type Handlers, type ObjectCall, type Result, dispatch } from './object_call.ts';
import { type Thread, utcbOf } from './thread.ts';
import type { Utcb } from './utcb.ts';

const NAME_BYTES = 16;
const EVENT_NAME_BYTES = 32;
/** Types of trace-buffer entries in front of those that have names. */
const LOG_TYPES_BUILT_IN = 12;
/** Events of the trace buffer with their short names. */
const LOG_EVENTS: readonly (readonly [string, string])[] = [
  ['Context switch', 'csw'],
  ['DRQ Stuff', 'drq'],
  ['DRQ handling', 'drq'],
  ['Ex-regs', 'exr'],
  ['Exception invalid handler', 'exc'],
  ['Exceptions', 'exc'],
  ['Factory delete', 'fa del'],
  ['IPC Gate invoke', 'gate'],
  ['IRQ-Object triggers', 'irq'],
  ['Kobject create', 'new'],
  ['Kobject delete', 'del'],
  ['Kobject delete (generic)', 'del'],
  ['Kobject destroy', 'des'],
  ['Page fault invalid pager', 'pf'],
  ['Rcu call', 'rcu'],
  ['Rcu callbacks', 'rcu'],
  ['Scheduling context load', 'sch'],
  ['Scheduling context save', 'sch'],
  ['Task map', 'map'],
  ['Task unmap', 'unm'],
  ['Thread migration', 'mig'],
  ['Timer IRQs (kernel scheduling)', 'timer'],
  ['VCPU events', 'vcpu'],
];
const HANDLERS: Handlers<'Debugger', KernelObject> = {
  set_name: ({ kernel, object, input }) => {
    const text = textOf(input.words, 1, NAME_BYTES);
    const end = text.indexOf('\0');
    return kernel.nameObject(object, end < 0 ? text : text.slice(0, end)) ? success() : failure(ERRNO.NOMEM);
  },
  global_id: ({ object, output }) => {
    output.setMr(0, object.id);
    return success(1);
  },
  id_of_pointer: ({ kernel, tag, input, output }) => {
    const found = wordsOf(tag) < 2 ? undefined : kernel.objects.all().find((other) => objectAddress(other) === input.mr(1));
    output.setMr(0, found?.id ?? 0xffff_ffff);
    return success(1);
  },
  log_type: ({ tag, input, output }) => {
    const from = input.mr(1) & 0xff;
    if (wordsOf(tag) < 3 || from >= LOG_EVENTS.length) return failure(ERRNO.INVAL);
    const at = findEvent(eventName(input.words), from);
    output.setMr(0, at < 0 ? 0xffff_ffff : at + LOG_TYPES_BUILT_IN);
    return success(1);
  },
  // Switches all events of a name; whether they are recorded is decided by whoever listens to the board.
  log_control: ({ tag }) => (wordsOf(tag) < 3 ? failure(ERRNO.INVAL) : success()),
  log_type_name: ({ tag, input, output }) => {
    const event = LOG_EVENTS[input.mr(1) & 0xff];
    if (wordsOf(tag) !== 2 || event === undefined) return failure(ERRNO.INVAL);
    writeText(output, `${event[0]}\0${event[1]}\0`);
    return success();
  },
  get_name: ({ kernel, tag, input, output }) => {
    const object = wordsOf(tag) < 2 ? undefined : kernel.objects.get(input.mr(1));
    const name = object === undefined ? undefined : kernel.objects.name(object);
    if (name === undefined) return failure(ERRNO.NOENT);
    writeText(output, name.slice(0, NAME_BYTES - 1).padEnd(NAME_BYTES, '\0'));
    return success();
  },
};

/** The first event from an index on whose name or short name this is, or -1. */
const findEvent = (name: string, from: number): number => LOG_EVENTS.findIndex((event, i) => i >= from && event.includes(name));

/** The name of an event that a message holds: at most 31 characters from MR2 on. */
function eventName(words: Uint32Array): string {
  const text = textOf(words, 2, EVENT_NAME_BYTES - 1);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** Bytes from MR0 on; what is left of the last word becomes 0. */
function writeText(utcb: Utcb, text: string): void {
  for (let at = 0; at < text.length; at += 4) {
    let value = 0;
    for (let byte = 0; byte < 4; byte++) value |= (text.charCodeAt(at + byte) || 0) << (byte * 8);
    utcb.setMr(at / 4, value >>> 0);
  }
}

/** Only the slot of the selector counts; the operation bits are ignored. */
export function invokeDebugger(kernel: Kernel, thread: Thread): void {
  kernel.charge(KERNEL_COST.debugger_name);
  const { r } = thread.registers;
  const selector = r[2] as number;
  const mapping = (selector & 0x800) !== 0 ? { object: thread, rights: 0, flags: 0 } : thread.task.objects.get(selector >>> 12);
  const utcb = utcbOf(thread);
  if (mapping === undefined) {
    utcb.error = IPC_ERROR.NOT_EXISTENT;
    r[0] = TAG_ERROR;
    return;
  }
  const call: ObjectCall<KernelObject> = { kernel, caller: thread, ...mapping, tag: r[0] as number, input: utcb, output: utcb };
  r[0] = answer(call) ?? 0;
}

function answer(call: ObjectCall<KernelObject>): Result {
  if (wordsOf(call.tag) < 1) return failure(ERRNO.INVAL);
  return dispatch('Debugger', call.input.mr(0) & 0xffff, call, HANDLERS);
}
