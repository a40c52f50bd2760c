// How kernel objects end: without capabilities they are destroyed, without references they are gone.
// Owns no state. Source modelled: fiasco-kernel.md 3.7.

import { refund } from './factory.ts';
import { IpcGate, destroyGate } from './ipc_gate.ts';
import type { Interrupt } from './interrupt.ts';
import { Irq, detach } from './irq.ts';
import { IrqMuxer, destroyMuxer } from './irq_muxer.ts';
import type { Kernel } from './kernel.ts';
import { type KernelObject, Remnant } from './kernel_object.ts';
import { Task, destroyTask, freeTask } from './task.ts';
import { Thread } from './thread.ts';
import { destroyThread } from './thread_destruction.ts';

/** The object has lost its last capability. */
export function destroyObject(kernel: Kernel, object: KernelObject): void {
  if (!object.alive) return;
  switch (object.type) {
    case 'Vlog':
    case 'Icu':
    case 'Sched':
    case 'Pfc':
      return kernel.warn(`${object.type} object cannot be freed`);
  }
  object.alive = false;
  if (object instanceof Thread) return destroyThread(kernel, object);
  if (object instanceof IpcGate) destroyGate(kernel, object);
  if (object instanceof Irq) {
    detach(kernel, object);
    object.unbind();
  }
  if (object instanceof IrqMuxer) destroyMuxer(object);
  if (object instanceof Task) destroyTask(kernel, object);
  releaseObject(kernel, object);
}

/** Drops a reference; with the last one the object is gone and its number never used again. */
export function releaseObject(kernel: Kernel, object: KernelObject): void {
  object.references--;
  if (object.references > 0) return;
  if (object instanceof Task) freeTask(kernel, object);
  if (object instanceof Thread || object instanceof Irq || object instanceof IrqMuxer) forget(kernel, object);
  kernel.objects.remove(object);
  refund(object);
  kernel.events.capabilities?.deleted(object.id);
  if (kernel.wanted.object_deleted) kernel.emit({ kind: 'object_deleted', object: object.id, type: object.type });
}

/** Nobody may meet a freed object: whoever waits for it goes on waiting for what is left of it. */
function forget(kernel: Kernel, object: Thread | Interrupt): void {
  const remnant = new Remnant(object.id);
  for (const thread of kernel.threads()) {
    if (thread.ipc?.partner === object) thread.ipc.partner = remnant;
    if (thread.ipc?.receiver === object) thread.ipc.receiver = null;
    if (thread.reply?.caller === object) thread.reply = null;
    if (thread.delete_irq === object) thread.delete_irq = null;
    if (thread.waking.length > 0 && object instanceof Thread && thread.waking.includes(object)) thread.waking.splice(thread.waking.indexOf(object), 1);
  }
}
