// A thread as plain data and back. Owns no state. Source modelled: fiasco-kernel.md 11.1.
// Objects that a thread refers to are saved by their debugger ids.

import { type DebugId, debugId } from '../numbers.ts';
import type { Plain, PlainRecord } from '../plain.ts';
import { Fields } from '../saved.ts';
import { IpcGate } from './ipc_gate.ts';
import { Interrupt } from './interrupt.ts';
import { Irq } from './irq.ts';
import type { Kernel } from './kernel.ts';
import type { KernelObject } from './kernel_object.ts';
import { Task } from './task.ts';
import { type Activity, type Ipc, type PendingExit, type Sender, type Step, Thread, TRIGGER_CAUSES, type TriggerCause } from './thread.ts';

const VERSION = 2;
export const THREAD_FIELDS = [
  'registers', 'task', 'bound', 'utcb_address', 'pager', 'handler', 'state', 'step', 'activity', 'ipc', 'senders', 'reply', 'trigger', 'alien_call', 'kernel_lr',
  'dying', 'killed', 'waking', 'frozen', 'timeout_left_us', 'delete_irq', 'priority', 'quantum_us', 'remaining_us', 'has_cpu', 'consumed_us', 'fresh', 'hosted', 'debt', 'pending_exit', 'internal',
] as const;
const IPC_FIELDS = ['send', 'receiver', 'gate', 'receive', 'partner', 'send_timeout', 'receive_timeout', 'rights', 'through', 'sent'] as const;
const STEPS: readonly Step[] = ['user', 'receive_begin', 'receive_enter', 'receive_wait', 'receive_done', 'send_done', 'send_wait', 'gate_wait'];

export function saveThread(thread: Thread): PlainRecord {
  return {
    registers: thread.registers.save(),
    task: thread.task.id,
    bound: thread.bound,
    utcb_address: thread.utcb_address,
    pager: thread.pager,
    handler: thread.handler,
    state: thread.state,
    step: thread.step,
    activity: saveActivity(thread.activity),
    ipc: thread.ipc === null ? null : saveIpc(thread.ipc),
    senders: thread.senders.entries().map(({ sender, priority }) => ({ sender: sender.id, priority })),
    reply: thread.reply === null ? null : { caller: thread.reply.caller.id, rights: thread.reply.rights },
    trigger: thread.trigger === null ? null : { pc: thread.trigger.pc, psr: thread.trigger.psr, cause: thread.trigger.cause },
    alien_call: thread.alien_call,
    kernel_lr: thread.kernel_lr,
    dying: thread.dying,
    killed: thread.killed,
    waking: thread.waking.map(({ id }) => id),
    frozen: thread.frozen,
    timeout_left_us: thread.timeout_left_us,
    delete_irq: thread.delete_irq?.id ?? null,
    priority: thread.priority,
    quantum_us: thread.quantum_us,
    remaining_us: thread.remaining_us,
    has_cpu: thread.has_cpu,
    consumed_us: thread.consumed_us,
    fresh: thread.fresh,
    hosted: thread.hosted,
    debt: thread.debt,
    pending_exit: thread.pending_exit === null ? null : { ...thread.pending_exit },
    internal: thread.internal,
  };
}

/** Field by field: equal states are equal bytes, whichever way their objects were made. */
function saveActivity(activity: Activity): PlainRecord {
  const { kind } = activity;
  if (kind === 'user' || kind === 'system_call') return { version: VERSION, kind };
  const { tag, label, address, error, saved } = activity;
  const common = { version: VERSION, kind, tag, label, address, error, saved };
  return kind === 'page_fault' ? { ...common, pc: activity.pc } : { ...common, pc: activity.pc, again_pc: activity.again.pc, again_psr: activity.again.psr };
}

function saveIpc(ipc: Ipc): Plain {
  return {
    version: VERSION,
    send: ipc.send,
    receiver: ipc.receiver?.id ?? null,
    gate: ipc.gate?.id ?? null,
    receive: ipc.receive,
    partner: ipc.partner?.id ?? null,
    send_timeout: ipc.send_timeout,
    receive_timeout: ipc.receive_timeout,
    rights: ipc.rights,
    through: ipc.through,
    sent: ipc.sent,
  };
}

/** `referenceTo` gives the object with a number, or what is left of it. */
export function restoreThread(kernel: Kernel, thread: Thread, fields: Fields, referenceTo: (id: number) => KernelObject): void {
  thread.registers.restore(fields.record('registers'));
  const task = kernel.objects.require(fields.number('task'));
  if (!(task instanceof Task)) throw new Error('saved thread: its task is none');
  thread.task = task;
  thread.bound = fields.boolean('bound');
  thread.utcb_address = fields.number('utcb_address');
  thread.pager = fields.number('pager');
  thread.handler = fields.number('handler');
  thread.state = fields.number('state');
  thread.step = stepOf(fields.text('step'));
  thread.activity = activityOf(fields.record('activity'));
  thread.ipc = fields.plain('ipc') === null ? null : ipcOf(fields.plain('ipc'), referenceTo);
  for (const entry of fields.list('senders')) {
    const { sender, priority } = entry as { sender: number; priority: number };
    thread.senders.enqueue(senderOf(kernel.objects.require(sender)), priority);
  }
  for (const id of fields.numbers('waking')) thread.waking.push(threadOf(kernel.objects.require(id)));
  restorePointers(kernel, thread, fields);
  restoreNumbers(thread, fields);
}

function causeOf(saved: string): TriggerCause {
  const cause = TRIGGER_CAUSES.find((known) => known === saved);
  if (cause === undefined) throw new Error(`the saved state has an exception of an unknown cause '${saved}'`);
  return cause;
}

function restorePointers(kernel: Kernel, thread: Thread, fields: Fields): void {
  const reply = fields.plain('reply') as { caller: number; rights: number } | null;
  if (reply !== null) thread.reply = { caller: threadOf(kernel.objects.require(reply.caller)), rights: reply.rights };
  const trigger = fields.plain('trigger') as { pc: number; psr: number; cause: string } | null;
  thread.trigger = trigger === null ? null : { pc: trigger.pc, psr: trigger.psr, cause: causeOf(trigger.cause) };
  const irq = fields.numberOrNull('delete_irq');
  const object = irq === null ? null : kernel.objects.require(irq);
  thread.delete_irq = object instanceof Interrupt ? object : null;
}

function restoreNumbers(thread: Thread, fields: Fields): void {
  thread.alien_call = fields.boolean('alien_call');
  thread.kernel_lr = fields.number('kernel_lr');
  thread.dying = fields.boolean('dying');
  thread.killed = fields.boolean('killed');
  thread.frozen = fields.boolean('frozen');
  thread.timeout_left_us = fields.numberOrNull('timeout_left_us');
  thread.priority = fields.number('priority');
  thread.quantum_us = fields.number('quantum_us');
  thread.remaining_us = fields.number('remaining_us');
  thread.has_cpu = fields.boolean('has_cpu');
  thread.consumed_us = fields.number('consumed_us');
  thread.fresh = fields.boolean('fresh');
  thread.hosted = fields.textOrNull('hosted');
  thread.debt = fields.number('debt');
  thread.pending_exit = fields.plain('pending_exit') as PendingExit | null;
  const internal = fields.textOrNull('internal');
  if (internal !== null && internal !== 'idle' && internal !== 'sigma0') throw new Error(`saved thread: unknown kind ${internal}`);
  thread.internal = internal;
}

function stepOf(name: string): Step {
  const step = STEPS.find((known) => known === name);
  if (step === undefined) throw new Error(`saved thread: unknown step ${name}`);
  return step;
}

function activityOf(state: PlainRecord): Activity {
  const kind = state['kind'];
  if (kind === 'user' || kind === 'system_call') {
    new Fields('activity', state, VERSION, ['kind']);
    return { kind };
  }
  const common = ['kind', 'tag', 'label', 'address', 'error', 'saved', 'pc'];
  const fields = new Fields('activity', state, VERSION, kind === 'exception' ? [...common, 'again_pc', 'again_psr'] : common);
  const shared = { tag: fields.number('tag'), label: fields.number('label'), address: fields.number('address'), error: fields.number('error'), saved: fields.numbers('saved'), pc: fields.number('pc') };
  if (kind === 'page_fault') return { kind, ...shared };
  if (kind === 'exception') return { kind, ...shared, again: { pc: fields.number('again_pc'), psr: fields.number('again_psr') } };
  throw new Error(`saved thread: unknown activity ${String(kind)}`);
}

function ipcOf(state: Plain, referenceTo: (id: number) => KernelObject): Ipc {
  const fields = new Fields('IPC', state, VERSION, IPC_FIELDS);
  const optional = (name: string): KernelObject | null => {
    const id = fields.numberOrNull(name);
    return id === null ? null : referenceTo(id);
  };
  const receiver = optional('receiver');
  const gate = optional('gate');
  return {
    send: fields.boolean('send'),
    receiver: receiver === null ? null : threadOf(receiver),
    gate: gate === null ? null : gateOf(gate),
    receive: fields.boolean('receive'),
    partner: optional('partner'),
    send_timeout: fields.number('send_timeout'),
    receive_timeout: fields.number('receive_timeout'),
    rights: fields.number('rights'),
    through: debugId(fields.number('through')) satisfies DebugId,
    sent: fields.boolean('sent'),
  };
}

/** A sender may be about to learn that its gate is gone. */
function gateOf(object: KernelObject): IpcGate {
  if (object instanceof IpcGate) return object;
  const gone = new IpcGate(object.id, 0);
  gone.alive = false;
  return gone;
}

function threadOf(object: KernelObject): Thread {
  if (object instanceof Thread) return object;
  throw new Error(`saved thread: object ${object.id} is no thread`);
}

function senderOf(object: KernelObject): Sender {
  if (object instanceof Thread || object instanceof Irq) return object;
  throw new Error(`saved thread: object ${object.id} cannot send`);
}
