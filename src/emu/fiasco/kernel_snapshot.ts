// The kernel as it was, inside one process: captured by reference and brought back in place. What did not change between two
// snapshots is shared where its owner knows that it did not. Owns no state; files are kernel_state.ts.

import { type CapturedFields, captureFields, rewindFields } from '../rewind.ts';
import type { Kernel } from './kernel.ts';
import type { KernelObject } from './kernel_object.ts';

export interface KernelSnapshot {
  readonly kernel: CapturedFields;
  readonly objects: readonly KernelObject[];
  /** Fields of each object, in the same order. */
  readonly fields: readonly CapturedFields[];
}

export function captureKernel(kernel: Kernel): KernelSnapshot {
  const { objects } = kernel.objects.capture();
  return { kernel: captureFields(kernel), objects, fields: objects.map(captureFields) };
}

/** Objects first: queues are sorted by what the threads say of themselves. */
export function rewindKernel(kernel: Kernel, snapshot: KernelSnapshot): void {
  snapshot.objects.forEach((object, i) => {
    rewindFields(object, snapshot.fields[i] as CapturedFields);
  });
  rewindFields(kernel, snapshot.kernel);
}
