// Whether a receiver would take a sender's message now: the rule that sends, IRQ deliveries and thaws share. Owns no state.
// Source modelled: fiasco-kernel.md 5.7 step 2, 6 (Counting).

import type { DebugId } from '../numbers.ts';
import type { IpcGate } from './ipc_gate.ts';
import type { Kernel } from './kernel.ts';
import type { KernelObject } from './kernel_object.ts';
import { type Sender, Thread } from './thread.ts';
import { IPC_MASK, RECEIVE_WAIT } from './thread_state.ts';

/** Test equipment: whether a receiver's open wait takes a message of a sender (a thread or an IRQ) now. Changes nothing. */
export type Admission = (receiver: DebugId, sender: DebugId) => boolean;

/** Test equipment: whether what a thread sends through a gate fails now. */
export type Denial = (thread: Thread, gate: IpcGate) => boolean;

/** A frozen sender keeps its place in the queue and is passed over (extension `freeze`). */
const unfrozen = (sender: Sender): boolean => !(sender instanceof Thread && sender.frozen);

/** The first of those who wait to send that an open wait takes. */
export function firstSender({ admission }: Kernel, { id, senders }: Thread): Sender | undefined {
  if (senders.size === 0) return undefined;
  return senders.first(admission === null ? unfrozen : (sender) => unfrozen(sender) && admission(id, sender.id));
}

/** Takes the message of this one, if it waits to send. */
export function senderNamed({ senders }: Thread, partner: KernelObject): Sender | undefined {
  return senders.size === 0 ? undefined : senders.first((sender) => sender === partner && unfrozen(sender));
}

/** True if a message of this sender would be taken now. */
export function accepts(kernel: Kernel, receiver: Thread, sender: Sender): boolean {
  if ((receiver.state & IPC_MASK) !== RECEIVE_WAIT || receiver.ipc === null) return false;
  if (receiver.ipc.partner !== null) return receiver.ipc.partner === sender;
  if (receiver.frozen || kernel.admission?.(receiver.id, sender.id) === false) return false;
  const first = firstSender(kernel, receiver);
  return first === undefined || first === sender;
}
