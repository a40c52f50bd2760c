// The factory: creates kernel objects and accounts for their memory. Owner of its counters.
// Source modelled: fiasco-kernel.md 3.2, 3.3.

import type { DebugId } from '../numbers.ts';
import { KERNEL_COST } from './cost.ts';
import { ERRNO, IPC_ERROR } from './errors.ts';
import { BUFFER_SMALL, CAP_S, FLAGS_FULL, FLEXPAGE_OBJECT, ITEM_MAP, RIGHTS_FULL, flexpageOf } from './flexpage.ts';
import { IpcGate } from './ipc_gate.ts';
import { Irq } from './irq.ts';
import { IrqMuxer } from './irq_muxer.ts';
import { KernelObject } from './kernel_object.ts';
import { TAG_ERROR, failure, itemsOf, labelOf, makeTag, success, wordsOf } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch, itemCapability } from './object_call.ts';
import { insertNew } from './object_space.ts';
import { PROTOCOL, findOperation } from './protocols.ts';
import { KU_ORDER_MAX, KU_ORDER_MIN, Task, addKuMemory } from './task.ts';
import { Thread } from './thread.ts';
import type { Utcb } from './utcb.ts';

/** Bytes that objects are accounted with. The real figures are implementation artefacts; these are of their order (3.3). */
export const OBJECT_BYTES = { thread: 4096, task: 80 + 16_384, gate: 72, irq: 80, factory: 64 } as const;
/** From here on the real one's sums wrap around. */
const FACTORY_BYTES_MAX = 0x7fff_ffff;

export class Factory extends KernelObject {
  readonly type = 'Factory';
  used_bytes = 0;
  /** -1: unlimited. */
  readonly limit_bytes: number;

  constructor(id: DebugId, limit_bytes = -1) {
    super(id);
    this.limit_bytes = limit_bytes;
  }

  charge(bytes: number): boolean {
    if (this.limit_bytes >= 0 && this.used_bytes + bytes > this.limit_bytes) return false;
    this.used_bytes += bytes;
    return true;
  }
}

/** What an object's factory counts for it. */
export function accountedBytes(object: KernelObject): number {
  switch (object.type) {
    case 'Thread':
      return OBJECT_BYTES.thread;
    case 'Task':
      return OBJECT_BYTES.task;
    case 'Gate':
      return OBJECT_BYTES.gate;
    case 'IRQ':
      return OBJECT_BYTES.irq;
    default:
      return object instanceof Factory ? OBJECT_BYTES.factory + object.limit_bytes : 0;
  }
}

/** The object is gone: its factory has the memory again. Of a factory that is gone itself nobody asks any more. */
export function refund(object: KernelObject): void {
  if (object.account !== null) object.account.used_bytes -= accountedBytes(object);
}

const HANDLERS: Handlers<'Factory', Factory> = {
  create_gate: createGate,
  create_irq: createIrq,
  create_task: createTask,
  create_thread: createThread,
  create_factory: createFactory,
};

/** Arguments are taken from where they stand: neither their header words nor, but for IRQs, the number of words counts. */
export function invokeFactory(call: ObjectCall<Factory>): Result {
  const { kernel, input, output } = call;
  if (labelOf(call.tag) !== PROTOCOL.FACTORY) return failure(ERRNO.BADPROTO);
  if ((call.rights & CAP_S) === 0) return failure(ERRNO.PERM);
  // Without a receive phase there is nowhere to put an object, so nothing is created.
  if (output !== input) return success();
  if (wordsOf(call.tag) < 1) return failure(ERRNO.INVAL);
  if (targetSlot(input) === null) {
    output.error = IPC_ERROR.RECEIVE_OVERFLOW;
    return TAG_ERROR;
  }
  const code = input.mr(0) | 0;
  if (findOperation('Factory', code) === undefined) return failure(ERRNO.NODEV);
  if (!kernel.objects.hasRoom()) return failure(ERRNO.NOMEM);
  return dispatch('Factory', code, call, HANDLERS);
}

/** The slot that the first receive buffer for objects names. */
function targetSlot(utcb: Utcb): number | null {
  const at = utcb.firstBuffer(FLEXPAGE_OBJECT);
  const word = utcb.buffer(at);
  if ((word & ITEM_MAP) === 0) return null;
  if ((word & BUFFER_SMALL) !== 0) return word >>> 12;
  const page = flexpageOf(utcb.buffer(at + 1));
  return page.type === FLEXPAGE_OBJECT ? page.base : null;
}

/** Enters a new object into the creator's table. */
function created(call: ObjectCall<Factory>, object: KernelObject): Result {
  const { kernel, caller, input } = call;
  const slot = targetSlot(input);
  if (slot === null) throw new Error('a factory call without target slot came through');
  object.account = call.object;
  kernel.register(object);
  insertNew(kernel, caller.task.objects, slot, object, RIGHTS_FULL, FLAGS_FULL);
  return makeTag(0, 0, 1);
}

function createGate(call: ObjectCall<Factory>): Result {
  const { kernel, object } = call;
  const named = itemsOf(call.tag) === 0 ? null : itemCapability(call);
  if (named === 'not_object') return failure(ERRNO.INVAL);
  if (named === 'empty' || (typeof named === 'object' && named !== null && (named.rights & CAP_S) === 0)) return failure(ERRNO.PERM);
  if (!object.charge(OBJECT_BYTES.gate)) return failure(ERRNO.NOMEM);
  call.kernel.charge(KERNEL_COST.create_gate);
  const gate = new IpcGate(kernel.objects.takeId(), call.input.mr(2));
  // An item that names something else than a thread makes an unbound gate.
  gate.bind(typeof named === 'object' && named?.object instanceof Thread ? named.object : null);
  return created(call, gate);
}

function createIrq(call: ObjectCall<Factory>): Result {
  const { kernel, object } = call;
  if (!object.charge(OBJECT_BYTES.irq)) return failure(ERRNO.NOMEM);
  call.kernel.charge(KERNEL_COST.create_irq);
  const isMuxer = wordsOf(call.tag) >= 3 && call.input.mr(2) !== 0;
  return created(call, isMuxer ? new IrqMuxer(kernel.objects.takeId()) : new Irq(kernel.objects.takeId()));
}

function createTask(call: ObjectCall<Factory>): Result {
  const { kernel, object } = call;
  const word = call.input.mr(2);
  const area = flexpageOf(word);
  if (word !== 0 && (area.order < KU_ORDER_MIN || area.order > KU_ORDER_MAX)) return failure(ERRNO.NOMEM);
  if (!object.charge(OBJECT_BYTES.task)) return failure(ERRNO.NOMEM);
  call.kernel.charge(KERNEL_COST.create_task);
  // The number is used up even if the creation fails afterwards.
  const task = new Task(kernel.objects.takeId());
  kernel.enterEntryPages(task);
  if (word !== 0 && addKuMemory(kernel, task, area.base, area.order) !== 0) {
    object.used_bytes -= OBJECT_BYTES.task;
    return failure(ERRNO.NOMEM);
  }
  return created(call, task);
}

function createThread(call: ObjectCall<Factory>): Result {
  if (!call.object.charge(OBJECT_BYTES.thread)) return failure(ERRNO.NOMEM);
  call.kernel.charge(KERNEL_COST.create_thread);
  return created(call, new Thread(call.kernel.objects.takeId(), call.kernel.kernelTask));
}

function createFactory(call: ObjectCall<Factory>): Result {
  const limit = call.input.mr(2);
  if (limit > FACTORY_BYTES_MAX || !call.object.charge(OBJECT_BYTES.factory + limit)) return failure(ERRNO.NOMEM);
  return created(call, new Factory(call.kernel.objects.takeId(), limit));
}
