// The system call to the kernel debugger: names and global ids of objects. Owns no state.
// Source modelled: fiasco-kernel.md 2.10, 5.10.

import { textOf } from './console.ts';
import { ERRNO, IPC_ERROR } from './errors.ts';
import type { Kernel } from './kernel.ts';
import type { KernelObject } from './kernel_object.ts';
import { TAG_ERROR, failure, success, wordsOf } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch } from './object_call.ts';
import { type Thread, utcbOf } from './thread.ts';

const NAME_BYTES = 16;
/** Where listings show the kernel's objects. The real addresses are artefacts of an allocator and never compared. */
const OBJECT_BASE = 0xf100_0000;
const OBJECT_STRIDE = 0x80;

export const objectAddress = (object: KernelObject): number => OBJECT_BASE + object.id * OBJECT_STRIDE;

const HANDLERS: Handlers<'Debugger', KernelObject> = {
  set_name: ({ kernel, object, input }) => {
    const text = textOf(input.words, 1, NAME_BYTES);
    const end = text.indexOf('\0');
    return kernel.objects.setName(object, end < 0 ? text : text.slice(0, end)) ? success() : failure(ERRNO.NOMEM);
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
  get_name: ({ kernel, tag, input, output }) => {
    const object = wordsOf(tag) < 2 ? undefined : kernel.objects.get(input.mr(1));
    const name = object === undefined ? undefined : kernel.objects.name(object);
    if (name === undefined) return failure(ERRNO.NOENT);
    for (let word = 0; word < NAME_BYTES / 4; word++) {
      let value = 0;
      for (let byte = 0; byte < 4; byte++) value |= (name.charCodeAt(word * 4 + byte) || 0) << (byte * 8);
      output.setMr(word, value >>> 0);
    }
    return success();
  },
};

/** Only the slot of the selector counts; the operation bits are ignored. */
export function invokeDebugger(kernel: Kernel, thread: Thread): void {
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
