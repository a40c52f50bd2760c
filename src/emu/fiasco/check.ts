// Invariants of a kernel between two system calls; what must hold whatever guests do. Owns no state. Used by tests and after
// restoring a state.

import { accountedBytes, Factory } from './factory.ts';
import { Pins } from './icu.ts';
import { IpcGate } from './ipc_gate.ts';
import { Irq } from './irq.ts';
import type { Kernel } from './kernel.ts';
import type { KernelObject } from './kernel_object.ts';
import { FLAG_COUNTED } from './flexpage.ts';
import { IRQ_SENDER_PRIORITY } from './sender_queue.ts';
import { Task } from './task.ts';
import { Thread } from './thread.ts';
import { RECEIVE_WAIT, SEND_WAIT } from './thread_state.ts';

/** @returns what is wrong, in words; empty if nothing is */
export function checkKernel(kernel: Kernel): string[] {
  const wrong: string[] = [];
  const expect = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(what);
  };
  checkCapabilities(kernel, expect);
  checkReferences(kernel, expect);
  checkThreads(kernel, expect);
  checkSenders(kernel, expect);
  checkTimeouts(kernel, expect);
  checkMemory(kernel, expect);
  checkAccounts(kernel, expect);
  const ids = kernel.objects.all().map((object) => object.id);
  expect(ids.every((id, i) => i === 0 || id > (ids[i - 1] ?? 0)), 'object ids are not ascending');
  expect(ids.every((id) => id < kernel.objects.next), 'an object has a number that was not given out');
  return wrong;
}

type Expect = (holds: boolean, what: string) => void;
const nameOf = (object: KernelObject): string => `${object.type} ${object.id.toString(16)}`;

function checkCapabilities(kernel: Kernel, expect: Expect): void {
  let count = 0;
  for (const task of kernel.tasks()) {
    for (const mapping of task.objects.mappings()) {
      count++;
      const where = `${nameOf(task)} slot ${mapping.slot.toString(16)}`;
      expect(mapping.object.mappings.includes(mapping), `${where} is not in its object's list`);
      expect(kernel.objects.get(mapping.object.id) === mapping.object && mapping.object.alive, `${where} names an object that is gone`);
    }
  }
  expect(count === kernel.capabilities, `${count} capabilities, but ${kernel.capabilities} counted`);
  for (const object of kernel.objects.all()) {
    expect(!object.alive || object.mappings.length > 0 || isKernels(kernel, object), `${nameOf(object)} has lost its last capability and lives on`);
    for (const mapping of object.mappings) expect(mapping.space.get(mapping.slot) === mapping, `${nameOf(object)} lists a slot that does not hold it`);
    const counted = object.mappings.filter((mapping) => (mapping.flags & FLAG_COUNTED) !== 0).length;
    expect(object.counted <= counted, `${nameOf(object)} counts ${object.counted} of ${counted} counted mappings`);
  }
}

/** Objects that stay without any capability. */
function isKernels(kernel: Kernel, object: KernelObject): boolean {
  return ['Vlog', 'Icu', 'Sched', 'Pfc'].includes(object.type) || object === kernel.kernelTask || object === kernel.idleThread;
}

function checkReferences(kernel: Kernel, expect: Expect): void {
  const objects = kernel.objects.all();
  const threads = kernel.threads();
  for (const object of objects) {
    let references = object.alive || (object instanceof Thread && !object.killed) ? 1 : 0;
    if (object instanceof Task) references += threads.filter((thread) => thread.bound && thread.task === object).length;
    if (object instanceof Task && object.kernel) references++;
    if (object instanceof Thread) references += objects.filter((other) => (other instanceof IpcGate || other instanceof Irq) && other.thread === object).length;
    const permanent = object === kernel.sigma0Task || object.id === kernel.sigma0Task.id + 1 || object.id === kernel.sigma0Task.id + 2 || object.id === kernel.sigma0Task.id + 3;
    if (permanent) references++;
    expect(object.references === references, `${nameOf(object)} has ${object.references} references instead of ${references}`);
  }
}

function checkThreads(kernel: Kernel, expect: Expect): void {
  const { queue, current } = kernel.processor;
  const queued = queue.threads();
  expect(new Set(queued).size === queued.length, 'a thread is twice in the ready queue');
  expect(kernel.objects.get(current.id) === current, 'the current thread is gone');
  expect(queued.every(({ priority }, k) => k === 0 || priority <= (queued[k - 1]?.priority ?? 0)), 'the ready queue is not in the order of priorities');
  for (const thread of queued) expect(kernel.objects.get(thread.id) === thread, `${nameOf(thread)} is in the ready queue and gone`);
  for (const object of kernel.objects.all()) {
    if (object instanceof IpcGate && object.thread !== null) expect(object.waiters.size === 0, `${nameOf(object)} has a thread and senders that wait for one`);
  }
  for (const thread of kernel.threads()) {
    const name = nameOf(thread);
    if (thread.runnable && thread !== current) expect(queued.includes(thread), `${name} is ready and in no queue`);
    expect(!thread.bound || thread.utcb !== null, `${name} is bound without UTCB`);
    for (const { sender } of thread.senders.entries()) {
      const waits = sender instanceof Irq ? sender.thread === thread && sender.queued > 0 : (sender.state & SEND_WAIT) !== 0 && sender.ipc?.receiver === thread;
      expect(waits, `${nameOf(sender)} is in the queue of ${name} without reason`);
    }
    if ((thread.state & SEND_WAIT) !== 0 && thread.ipc?.receiver) expect(thread.ipc.receiver.senders.has(thread), `${name} sends and is in no queue`);
    if ((thread.state & RECEIVE_WAIT) !== 0) expect(thread.ipc !== null, `${name} receives without IPC`);
    if (!thread.ready && thread.step === 'receive_wait' && !thread.frozen) {
      const { partner } = thread.ipc ?? { partner: null };
      const servable = thread.senders.entries().some(({ sender }) => !(sender instanceof Thread && sender.frozen) && (partner === null || partner === sender));
      expect(!servable, `${name} sleeps in a ${partner === null ? 'open' : 'closed'} wait and has senders that it waits for`);
    }
    if (!thread.ready && thread.step === 'gate_wait') expect(thread.ipc?.gate?.waiters.has(thread) === true || kernel.threads().some(({ waking }) => waking.includes(thread)), `${name} waits for a gate's thread and is in no queue`);
  }
}

/** What a thread's step in the kernel goes with, and that nobody it names is gone. */
function checkSteps(kernel: Kernel, thread: Thread, expect: Expect): void {
  const { step, ipc, activity, state } = thread;
  const name = nameOf(thread);
  expect((step === 'user') === (ipc === null), `${name} is ${ipc === null ? 'in no' : 'in an'} IPC at the step ${step}`);
  if (step === 'user') expect(activity.kind === 'user', `${name} is in user mode, for a ${activity.kind}`);
  if ((state & SEND_WAIT) !== 0) expect(step === 'send_wait' || step === 'gate_wait', `${name} waits to send at the step ${step}`);
  if (step === 'receive_wait' && !thread.ready) expect((state & RECEIVE_WAIT) !== 0, `${name} sleeps in a receive phase that nobody can see`);
  if (thread.reply !== null) expect(kernel.objects.get(thread.reply.caller.id) === thread.reply.caller, `the reply slot of ${name} names a thread that is gone`);
  if (thread.delete_irq !== null) expect(kernel.objects.get(thread.delete_irq.id) === thread.delete_irq, `${name} tells an IRQ of deletions that is gone`);
  const receiver = ipc?.receiver ?? null;
  if (receiver !== null) expect(kernel.objects.get(receiver.id) === receiver, `${name} sends to a thread that is gone`);
}

/** Order and reason of all that wait to be received, and that interrupts which count something wait somewhere. */
function checkSenders(kernel: Kernel, expect: Expect): void {
  for (const thread of kernel.threads()) {
    checkSteps(kernel, thread, expect);
    const entries = thread.senders.entries();
    const name = nameOf(thread);
    expect(new Set(entries.map(({ sender }) => sender)).size === entries.length, `a sender is twice in the queue of ${name}`);
    expect(entries.every(({ priority }, k) => k === 0 || priority <= (entries[k - 1]?.priority ?? 0)), `the queue of ${name} is not in the order of priorities`);
    for (const { sender, priority } of entries) if (sender instanceof Irq) expect(priority === IRQ_SENDER_PRIORITY, `${nameOf(sender)} waits with the priority ${priority}`);
  }
  const { vlog, icu, scheduler } = kernel.special;
  for (const { pins } of [vlog, icu, scheduler]) {
    for (const [pin, interrupt] of pins.entries()) expect(kernel.objects.get(interrupt.id) === interrupt && interrupt.chip === pins, `pin ${pin} is bound to ${nameOf(interrupt)}, which is gone or knows nothing of it`);
  }
  for (const object of kernel.objects.all()) {
    if (!(object instanceof Irq)) continue;
    const { thread, queued, chip, pin } = object;
    if (thread !== null && queued > 0 && !thread.killed) expect(thread.senders.has(object), `${nameOf(object)} counts ${queued} and is in no queue`);
    if (thread !== null) expect(kernel.objects.get(thread.id) === thread, `${nameOf(object)} is attached to a thread that is gone`);
    if (chip instanceof Pins) expect(pin !== null && chip.interrupt(pin) === object, `${nameOf(object)} hangs on a pin that knows nothing of it`);
  }
}

function checkTimeouts(kernel: Kernel, expect: Expect): void {
  const armed = kernel.timeouts.armed();
  expect(armed.every(({ deadline_us }, k) => k === 0 || deadline_us >= (armed[k - 1]?.deadline_us ?? 0)), 'the timeouts are not in the order of their deadlines');
  expect(armed.every(({ deadline_us }) => deadline_us > kernel.clock_us), 'a timeout that is over is still armed');
  for (const one of armed) expect(one.thread.timeout === one && (one.thread.state & (RECEIVE_WAIT | SEND_WAIT)) !== 0, `a timeout is armed for ${nameOf(one.thread)}, which waits for nothing`);
  for (const thread of kernel.threads()) if (thread.timeout !== null) expect(armed.includes(thread.timeout), `the timeout of ${nameOf(thread)} is not armed`);
}

function checkMemory(kernel: Kernel, expect: Expect): void {
  for (const mapping of kernel.memoryMappings.trees.mappings()) {
    const { space, address, frame, rights, parent } = mapping;
    const entry = space.table.entry(address >>> 12);
    expect(entry === (frame | rights), `task ${space.id.toString(16)}: page ${address.toString(16)} is not what is mapped there`);
    expect(kernel.objects.get(space.id) instanceof Task, `memory is mapped to task ${space.id}, which is gone`);
    if (parent !== null) expect((rights & ~parent.rights) === 0, `task ${space.id.toString(16)}: page ${address.toString(16)} has more rights than it was mapped from`);
    for (const child of mapping.children ?? []) expect(child.parent === mapping, `a child of a mapping of task ${space.id.toString(16)} has another parent`);
    if (parent !== null) expect(parent.children?.has(mapping) === true, `a mapping of task ${space.id.toString(16)} is not its parent's child`);
  }
}

/** What factories count is what those objects take that they made and that are still there. */
function checkAccounts(kernel: Kernel, expect: Expect): void {
  const objects = kernel.objects.all();
  for (const factory of objects) {
    if (!(factory instanceof Factory)) continue;
    const bytes = objects.reduce((sum, object) => sum + (object.account === factory ? accountedBytes(object) : 0), 0);
    expect(factory.used_bytes === bytes, `${nameOf(factory)} counts ${factory.used_bytes} bytes instead of ${bytes}`);
    expect(factory.limit_bytes < 0 || bytes <= factory.limit_bytes, `${nameOf(factory)} has given ${bytes} of ${factory.limit_bytes} bytes`);
  }
}
