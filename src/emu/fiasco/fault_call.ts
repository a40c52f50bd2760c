// The call that the kernel makes on behalf of a thread to its pager or exception handler: resolving the slot, and the receive
// buffers that it borrows from the thread's UTCB. Owns no state. Source modelled: fiasco-kernel.md 8.2, 8.4, 4.3.

import { ITEM_MAP } from './flexpage.ts';
import { startIpc } from './ipc.ts';
import { IpcGate } from './ipc_gate.ts';
import type { Kernel } from './kernel.ts';
import { Thread } from './thread.ts';
import { TIMEOUT_NEVER } from './timeouts.ts';
import type { Utcb } from './utcb.ts';

const WHOLE_SPACE_WORD = 63 << 6;

/** Keeps the buffer registers that the call needs and opens the whole address space for the answer. */
export function saveBuffers(utcb: Utcb): readonly number[] {
  const saved = [utcb.bufferDescriptor, utcb.buffer(0), utcb.buffer(1)];
  utcb.bufferDescriptor = 0;
  utcb.setBuffer(0, ITEM_MAP);
  utcb.setBuffer(1, WHOLE_SPACE_WORD);
  return saved;
}

export function restoreBuffers(utcb: Utcb, saved: readonly number[]): void {
  const [descriptor = 0, first = 0, second = 0] = saved;
  utcb.bufferDescriptor = descriptor;
  utcb.setBuffer(0, first);
  utcb.setBuffer(1, second);
}

export type FaultTarget = { readonly target: Thread | IpcGate; readonly rights: number };

/** Whom a slot of the thread's own task names, if that can receive messages. */
export function resolveSlot(thread: Thread, slot: number): FaultTarget | null {
  const mapping = thread.task.objects.get(slot);
  if (mapping === undefined) return null;
  const { object, rights } = mapping;
  return object instanceof Thread || object instanceof IpcGate ? { target: object, rights } : null;
}

/** Calls whoever a slot names; if that is nobody, the thread calls itself and so blocks for ever. */
export function callSlot(kernel: Kernel, thread: Thread, slot: number): void {
  const { target, rights } = resolveSlot(thread, slot) ?? { target: thread, rights: 3 };
  startIpc(kernel, thread, { target, receive: true, partner: target, send_timeout: TIMEOUT_NEVER, receive_timeout: TIMEOUT_NEVER, rights });
}
