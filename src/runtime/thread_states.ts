// The states of a thread as the kernel has them, in a word each.
// Pure. Source modelled: fiasco-kernel.md 5 (IPC phases).

import type { KernelObject } from '../emu/fiasco/kernel_object.ts';
import { Thread } from '../emu/fiasco/thread.ts';
import { DEAD, READY, RECEIVE_IN_PROGRESS, RECEIVE_WAIT, SEND_WAIT } from '../emu/fiasco/thread_state.ts';
import type { KernelState, ThreadPhase } from './system.ts';

/** Where a thread stands, for whoever schedules: whether it can run, and for what it waits. */
export function phaseOf(object: KernelObject | undefined): ThreadPhase {
  if (!(object instanceof Thread) || (object.state & DEAD) !== 0) return 'dead';
  if (object.internal === 'idle') return 'idle';
  if ((object.state & READY) !== 0) return 'ready';
  if ((object.state & SEND_WAIT) !== 0) return 'sending';
  return (object.state & (RECEIVE_WAIT | RECEIVE_IN_PROGRESS)) !== 0 ? 'receiving' : 'stopped';
}

/** The same in the words of scenarios: user, send, call, reply_and_wait, irq, sleep, page_fault, exception, suspended, dead. */
export function stateOf(thread: KernelObject | undefined): KernelState {
  if (!(thread instanceof Thread)) return 'dead';
  const { state, ipc, activity, timeout } = thread;
  if ((state & DEAD) !== 0) return 'dead';
  if (thread.frozen) return 'suspended';
  if (activity.kind === 'page_fault' || activity.kind === 'exception') return activity.kind;
  if ((state & SEND_WAIT) !== 0) return 'send';
  if ((state & (RECEIVE_WAIT | RECEIVE_IN_PROGRESS)) === 0) return (state & READY) !== 0 ? 'user' : 'suspended';
  const partner = ipc?.partner ?? null;
  if (partner === null) return timeout === null ? 'reply_and_wait' : 'sleep';
  if (partner === thread || (partner.type !== 'Thread' && partner.type !== 'IRQ')) return 'sleep';
  return partner.type === 'IRQ' ? 'irq' : 'call';
}
