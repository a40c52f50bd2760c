// The kernel as it was, inside one process: captured by reference and brought back in place. What did not change between two
// snapshots is shared where its owner knows that it did not. Owns no state; files are kernel_state.ts.

import { type CapturedFields, captureFields, rewindFields } from '../rewind.ts';
import { type CapturedGate, IpcGate } from './ipc_gate.ts';
import type { Kernel } from './kernel.ts';
import type { KernelObject } from './kernel_object.ts';

export interface KernelSnapshot {
  readonly kernel: CapturedFields;
  readonly objects: readonly KernelObject[];
  /** Of each object, in the same order. */
  readonly captured: readonly (CapturedFields | CapturedGate)[];
}

/** Gates are most of the objects and hardly ever change; they know by themselves. */
const captureObject = (object: KernelObject): CapturedFields | CapturedGate => (object instanceof IpcGate ? object.capture() : captureFields(object));

export function captureKernel(kernel: Kernel): KernelSnapshot {
  const { objects } = kernel.objects.capture();
  return { kernel: captureFields(kernel), objects, captured: objects.map(captureObject) };
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
