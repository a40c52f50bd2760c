// The call that the kernel makes on behalf of a thread to its pager or exception handler: resolving the slot, and the receive
// buffers that it borrows from the thread's UTCB. Owns no state. Source modelled: fiasco-kernel.md 8.2, 8.4, 4.3.

import { ITEM_MAP } from './flexpage.ts';
import { startIpc } from './ipc.ts';
import { IpcGate } from './ipc_gate.ts';
import type { Kernel } from './kernel.ts';
import { Thread } from './thread.ts';
import type { Utcb } from './utcb.ts';

const WHOLE_SPACE_WORD = 63 << 6;

/** Opens the whole address space for the answer; the buffer descriptor, BR0 and BR1 have been kept before. */
export function lendBuffers(utcb: Utcb): void {
  setBuffers(utcb, 0, ITEM_MAP, WHOLE_SPACE_WORD);
}

/** Puts back what was kept; it stands in `saved` from `at` on. */
export function restoreBuffers(utcb: Utcb, saved: readonly number[], at: number): void {
  setBuffers(utcb, saved[at] ?? 0, saved[at + 1] ?? 0, saved[at + 2] ?? 0);
}

function setBuffers(utcb: Utcb, descriptor: number, first: number, second: number): void {
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

/** Calls whoever a slot names. */
export function callSlot(kernel: Kernel, thread: Thread, slot: number): void {
  callResolved(kernel, thread, resolveSlot(thread, slot));
}

/** The same for what the slot was found to name; if that is nobody, the thread calls itself and so blocks for ever. */
export function callResolved(kernel: Kernel, thread: Thread, named: FaultTarget | null): void {
  const target = named?.target ?? thread;
  const rights = named?.rights ?? 3;
  const ipc = thread.beginIpc();
  ipc.send = true;
  if (target instanceof IpcGate) {
    ipc.gate = target;
    ipc.through = target.id;
  } else ipc.receiver = target;
  ipc.receive = true;
  ipc.partner = target;
  ipc.rights = rights;
  startIpc(kernel, thread, ipc);
}
