// Rows of the debugger's listings from a live kernel. Owns no state; looking changes nothing.
// Source modelled: fiasco-kernel.md 2.2 to 2.6.

import { objectAddress } from '../fiasco/object_address.ts';
import { Factory } from '../fiasco/factory.ts';
import { IpcGate } from '../fiasco/ipc_gate.ts';
import { DETACHED_LABEL, Irq } from '../fiasco/irq.ts';
import { IrqMuxer } from '../fiasco/irq_muxer.ts';
import type { Kernel } from '../fiasco/kernel.ts';
import type { KernelObject } from '../fiasco/kernel_object.ts';
import { Task } from '../fiasco/task.ts';
import { Thread } from '../fiasco/thread.ts';
import { IPC_MASK, RECEIVE_WAIT, SEND_WAIT } from '../fiasco/thread_state.ts';
import { type DebugId, type Slot, debugId } from '../numbers.ts';
import type { ObjectRow, ObjectSpace, SlotEntry, TaskRow, ThreadObjectRow, ThreadRow, ThreadTimeout, ThreadWait } from './model.ts';
import { rightsOf, threadStateNames } from './model.ts';
import { shownStates } from './threads.ts';

const LONG_US = 99_000_000;
const SECOND_US = 1_000_000;
const MILLISECOND_US = 1000;

/** The capability table of a task, or null where there is no such task. */
export function objectSpaceOf(kernel: Kernel, task: DebugId): ObjectSpace | null {
  const object = kernel.objects.get(task);
  if (!(object instanceof Task)) return null;
  return { task, slots: object.objects.mappings().map((mapping): SlotEntry => ({ slot: mapping.slot as Slot, id: mapping.object.id, rights: rightsOf(mapping.rights), type: mapping.object.type })) };
}

/** All kernel objects in the order of their creation. */
export function objectRows(kernel: Kernel): ObjectRow[] {
  return kernel.objects.all().map((object) => objectRow(kernel, object));
}

export function taskRows(kernel: Kernel): TaskRow[] {
  return objectRows(kernel).filter((row) => row.type === 'Task');
}

export function objectRow(kernel: Kernel, object: KernelObject): ObjectRow {
  const name = kernel.objects.name(object);
  const base = { id: object.id, address: objectAddress(object), ...(name === undefined ? {} : { name }) };
  if (object instanceof Task) return { ...base, type: 'Task', kernel: object.kernel, references: object.references };
  if (object instanceof Thread) return { ...base, type: 'Thread', home: homeOf(kernel, object), references: object.references, current: object === kernel.processor.current };
  if (object instanceof IpcGate) return { ...base, type: 'Gate', label: object.label, thread: object.thread?.id ?? debugId(0) };
  if (object instanceof Irq) {
    const { pin, chip, label, thread, is_masked, queued } = object;
    return { ...base, type: 'IRQ', pin: pin ?? 0, chip: chip?.name ?? 'Soft', label, thread: thread?.id ?? debugId(0), flags: is_masked ? 0 : 1, queued };
  }
  if (object instanceof IrqMuxer) {
    const { pin, chip, is_masked } = object;
    return { ...base, type: 'IRQ', pin: pin ?? 0, chip: chip?.name ?? 'Soft', label: DETACHED_LABEL, thread: debugId(0), flags: is_masked ? 0 : 1, queued: -1 };
  }
  if (object instanceof Factory) return { ...base, type: 'Factory', used_bytes: object.used_bytes, limit_bytes: object.limit_bytes };
  switch (object.type) {
    case 'Sched':
    case 'Vlog':
    case 'Icu':
    case 'Pfc':
      return { ...base, type: object.type };
    default:
      throw new Error(`object ${object.id} of type ${object.type} has no row`);
  }
}

function homeOf(kernel: Kernel, thread: Thread): ThreadObjectRow['home'] {
  if (thread.bound) return { kind: 'task', task: thread.task.id, cpu: 0 };
  return thread === kernel.idleThread ? { kind: 'kernel', cpu: 0 } : { kind: 'unbound' };
}

/** All threads, highest id first, as the debugger's "present" list has them. */
export function threadRows(kernel: Kernel): ThreadRow[] {
  return kernel
    .threads()
    .reverse()
    .map((thread) => threadRow(kernel, thread));
}

export function threadRow(kernel: Kernel, thread: Thread): ThreadRow {
  const name = kernel.objects.name(thread);
  return {
    id: thread.id,
    cpu: 0,
    ...(name === undefined ? {} : { name }),
    priority: thread.priority,
    task: thread.task.id,
    wait: waitOf(thread),
    timeout: timeoutOf(kernel, thread),
    ...shownStates(threadStateNames(thread.state)),
  };
}

function waitOf({ state, ipc }: Thread): ThreadWait {
  if (ipc === null) return { kind: 'none' };
  if ((state & IPC_MASK) === RECEIVE_WAIT) {
    if (ipc.partner === null) return { kind: 'open' };
    const is = ipc.partner instanceof Thread ? 'thread' : ipc.partner instanceof Irq ? 'irq' : 'other';
    return { kind: 'from', partner: ipc.partner.id, is };
  }
  const receiver = ipc.receiver ?? ipc.gate;
  return (state & SEND_WAIT) !== 0 && receiver !== null ? { kind: 'to', receiver: receiver.id } : { kind: 'none' };
}

function timeoutOf(kernel: Kernel, { timeout, state }: Thread): ThreadTimeout {
  if (timeout === null || (state & IPC_MASK) === 0) return { kind: 'none' };
  const left = timeout.deadline_us - kernel.clock_us;
  if (left <= 0) return { kind: 'over' };
  if (left >= LONG_US) return { kind: 'long' };
  if (left >= SECOND_US) return { kind: 'left', value: Math.floor(left / SECOND_US), unit: 's' };
  if (left >= MILLISECOND_US) return { kind: 'left', value: Math.floor(left / MILLISECOND_US), unit: 'ms' };
  return { kind: 'left', value: left, unit: 'us' };
}

