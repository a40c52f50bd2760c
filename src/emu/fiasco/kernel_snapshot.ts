// The kernel as it was, inside one process: captured by reference and brought back in place. What did not change between two
// snapshots is shared where its owner knows that it did not. Owns no state; files are kernel_state.ts.

import { EventStream } from '../event.ts';
import { PhysicalMemory } from '../memory/physical_memory.ts';
import { type CapturedFields, captureFields, References, rewindFields } from '../rewind.ts';
import { Equipment } from './equipment.ts';
import { type CapturedGate, IpcGate } from './ipc_gate.ts';
import type { Kernel } from './kernel.ts';
import { KernelObject } from './kernel_object.ts';
import { UserMode } from './user_mode.ts';
import { Utcb } from './utcb.ts';

export interface KernelSnapshot {
  readonly kernel: CapturedFields;
  readonly objects: readonly KernelObject[];
  /** Of each object, in the same order. */
  readonly captured: readonly (CapturedFields | CapturedGate)[];
}

/** What fields of the kernel and of its objects only refer to. */
export const REFERENCES = new References([
  [KernelObject, 'captured as one of the objects'],
  [PhysicalMemory, 'brought back by the machine, before the kernel'],
  [Utcb, 'a view of memory that stays where it is'],
  [Equipment, 'has no state'],
  [UserMode, 'breakpoints are the observers\', and the engine keeps nothing that registers and memory do not say'],
  [EventStream, 'the observers\''],
]);

/** Gates are most of the objects and hardly ever change; they know by themselves. */
const captureObject = (object: KernelObject): CapturedFields | CapturedGate => (object instanceof IpcGate ? object.capture() : captureFields(object, REFERENCES));

export function captureKernel(kernel: Kernel): KernelSnapshot {
  const { objects } = kernel.objects.capture();
  return { kernel: captureFields(kernel, REFERENCES), objects, captured: objects.map(captureObject) };
}

/** Objects first: queues are sorted by what the threads say of themselves. */
export function rewindKernel(kernel: Kernel, snapshot: KernelSnapshot): void {
  const { objects, captured } = snapshot;
  for (let i = 0; i < objects.length; i++) {
    const object = objects[i] as KernelObject;
    if (object instanceof IpcGate) object.rewind(captured[i] as CapturedGate);
    else rewindFields(object, captured[i] as CapturedFields);
  }
  rewindFields(kernel, snapshot.kernel);
}
