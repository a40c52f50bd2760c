// Whether a receiver would take a sender's message now: the rule that sends, IRQ deliveries and thaws share. Owns no state.
// Source modelled: fiasco-kernel.md 5.7 step 2, 6 (Counting).

import { type Sender, Thread } from './thread.ts';
import { IPC_MASK, RECEIVE_WAIT } from './thread_state.ts';

/** A frozen sender keeps its place in the queue and is passed over (extension `freeze`). */
export const eligible = (sender: Sender): boolean => !(sender instanceof Thread && sender.frozen);

/** True if a message of this sender would be taken now. */
export function accepts(receiver: Thread, sender: Sender): boolean {
  if ((receiver.state & IPC_MASK) !== RECEIVE_WAIT || receiver.ipc === null) return false;
  if (receiver.ipc.partner !== null) return receiver.ipc.partner === sender;
  if (receiver.frozen) return false;
  const first = receiver.senders.first(eligible);
  return first === undefined || first === sender;
}
