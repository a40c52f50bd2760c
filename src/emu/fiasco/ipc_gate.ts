// IPC gates: a label and a thread. Messages through a gate go to the thread and carry the label. Owner of both and of the
// senders that wait until a thread is bound. Source modelled: fiasco-kernel.md 3.7, 3.8, 5.6.

import type { DebugId } from '../numbers.ts';
import { ERRNO } from './errors.ts';
import { CAP_S } from './flexpage.ts';
import type { Kernel } from './kernel.ts';
import { KernelObject } from './kernel_object.ts';
import type { Mapping } from './mapping_list.ts';
import { failure, success, wordsOf } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch, itemCapability, notObject } from './object_call.ts';
import { SenderQueue } from './sender_queue.ts';
import { Thread } from './thread.ts';

/** All fields of a gate; rewind.test.ts holds this against the class. */
export interface CapturedGate {
  readonly counted: number;
  readonly references: number;
  readonly alive: boolean;
  readonly label: number;
  readonly thread: Thread | null;
  readonly waiters: ReturnType<SenderQueue<Thread>['capture']>;
  readonly mappings: readonly Mapping[];
}

export class IpcGate extends KernelObject {
  readonly type = 'Gate';
  label: number;
  thread: Thread | null = null;
  readonly waiters = new SenderQueue<Thread>();

  constructor(id: DebugId, label: number) {
    super(id);
    this.label = label;
  }

  /** What was captured last; it is used again as long as nothing changed. */
  #captured: CapturedGate | null = null;

  capture(): CapturedGate {
    if (this.#captured === null || !this.#is(this.#captured)) {
      const { counted, references, alive, label, thread } = this;
      this.#captured = { counted, references, alive, label, thread, waiters: this.waiters.capture(), mappings: this.mappings.slice() };
    }
    return this.#captured;
  }

  rewind(captured: CapturedGate): void {
    if (this.#is(captured)) return;
    this.counted = captured.counted;
    this.references = captured.references;
    this.alive = captured.alive;
    this.label = captured.label;
    this.thread = captured.thread;
    this.waiters.rewind(captured.waiters);
    this.mappings.splice(0, this.mappings.length, ...captured.mappings);
    this.#captured = captured;
  }

  #is({ counted, references, alive, label, thread, waiters, mappings }: CapturedGate): boolean {
    if (counted !== this.counted || references !== this.references || alive !== this.alive || label !== this.label || thread !== this.thread) return false;
    if (waiters !== this.waiters.capture() || mappings.length !== this.mappings.length) return false;
    for (let i = 0; i < mappings.length; i++) if (mappings[i] !== this.mappings[i]) return false;
    return true;
  }

  bind(thread: Thread | null): void {
    this.thread = thread;
    if (thread !== null) thread.references++;
  }
}

const HANDLERS: Handlers<'Gate control', IpcGate> = { decrement_references: decrementReferences, bind, info };

/** The control protocol, for capabilities with the control right. */
export function invokeGateControl(call: ObjectCall<IpcGate>): Result {
  if (wordsOf(call.tag) < 1) return failure(ERRNO.INVAL);
  return dispatch('Gate control', call.input.mr(0), call, HANDLERS);
}

function decrementReferences({ object, tag, input, output }: ObjectCall<IpcGate>): Result {
  if (wordsOf(tag) < 2) return failure(ERRNO.INVAL);
  object.counted = Math.max(0, object.counted - input.mr(1));
  output.setMr(0, object.counted);
  return success();
}

function bind(call: ObjectCall<IpcGate>): Result {
  const { kernel, object } = call;
  if (wordsOf(call.tag) < 2) return failure(ERRNO.INVAL);
  const named = itemCapability(call);
  if (named === 'none') return failure(ERRNO.INVAL);
  if (named === 'not_object') return notObject(call);
  if (named === 'empty' || (named.rights & CAP_S) === 0) return failure(ERRNO.PERM);
  const old = object.thread;
  object.label = call.input.mr(1);
  // A capability of something else than a thread takes the thread away.
  object.bind(named.object instanceof Thread ? named.object : null);
  if (old !== null) kernel.release(old);
  wakeWaiters(kernel, object);
  return success();
}

function info({ object, output }: ObjectCall<IpcGate>): Result {
  output.setMr(0, object.label);
  return success(1);
}

/** Who waited for a thread looks again: there is one now, or the gate is gone. */
function wakeWaiters(kernel: Kernel, gate: IpcGate): void {
  if (gate.waiters.size === 0) return;
  const { processor } = kernel;
  const { current } = processor;
  // Whoever runs an operation wakes them one by one before it is back in user mode, and may have to give way to each.
  const operates = current.activity.kind === 'system_call' && current.ipc === null && !current.alien_call;
  for (const waiter of gate.waiters.takeAll()) {
    if (operates) current.waking.push(waiter);
    else processor.wake(waiter);
  }
}

/** The gate is gone. Senders that are already queued at its thread are not affected. */
export function destroyGate(kernel: Kernel, gate: IpcGate): void {
  const { thread } = gate;
  gate.thread = null;
  if (thread !== null) {
    thread.delete_irq?.hit(kernel);
    kernel.release(thread);
  }
  wakeWaiters(kernel, gate);
}
