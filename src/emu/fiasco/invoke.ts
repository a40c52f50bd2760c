// The system call `invoke`: from selector to object, and the frame around every object operation. Owns no state.
// Source modelled: fiasco-kernel.md 1.1, 3.1, 4.1, 5.2.

import { KERNEL_COST } from './cost.ts';
import { IPC_ERROR } from './errors.ts';
import { invokeFactory, Factory } from './factory.ts';
import { FLAGS_FULL, FLAG_GATE_CONTROL, RIGHTS_FULL } from './flexpage.ts';
import { Icu, invokeIcu } from './icu.ts';
import { startIpc } from './ipc.ts';
import { IpcGate, invokeGateControl } from './ipc_gate.ts';
import { Irq, invokeIrq } from './irq.ts';
import { IrqMuxer, invokeMuxer } from './irq_muxer.ts';
import type { Kernel } from './kernel.ts';
import type { KernelObject } from './kernel_object.ts';
import { TAG_ERROR, labelOf } from './message_tag.ts';
import { NOWHERE, type ObjectCall, type Result } from './object_call.ts';
import { PlatformControl, invokePlatformControl } from './pfc.ts';
import { PROTOCOL } from './protocols.ts';
import { SchedulerObject, invokeScheduler } from './scheduler_object.ts';
import { CAP_INFO, Task, capInfo, invokeTask } from './task.ts';
import { IN_USER_MODE, IN_SYSTEM_CALL, Thread, utcbOf } from './thread.ts';
import { invokeThread } from './thread_call.ts';
import { TIMEOUT } from './thread_state.ts';
import type { Utcb } from './utcb.ts';
import { Vlog, invokeVlog } from './vlog.ts';

export const OP_SEND = 1;
export const OP_RECEIVE = 2;
export const OP_OPEN_WAIT = 4;
export const OP_REPLY = 8;
const OP_MASK = 0xf;
const OP_CALL = OP_SEND | OP_RECEIVE;
const SELECTOR_SPECIAL = 0x800;

/** Executes the invocation that the thread's registers and UTCB describe. */
export function invoke(kernel: Kernel, thread: Thread): void {
  const { r } = thread.registers;
  const selector = r[2] as number;
  // The real entry path means to clear a stale cancel here and clears the timeout bit instead: cancels are sticky.
  thread.state &= ~TIMEOUT;
  kernel.charge(KERNEL_COST.system_call);
  if (kernel.wanted.syscall_enter) reportEnter(kernel, thread, selector);
  thread.activity = IN_SYSTEM_CALL;
  const op = selector & OP_MASK;
  if ((op & OP_REPLY) !== 0) {
    // The reply slot is consumed by looking at it, even if the send fails afterwards.
    const { reply } = thread;
    thread.reply = null;
    if (reply !== null) return messageTo(kernel, thread, reply.caller, null, reply.rights, op);
  } else if ((selector & SELECTOR_SPECIAL) !== 0) {
    return invokeObject(kernel, thread, thread, RIGHTS_FULL, FLAGS_FULL, op);
  } else {
    const mapping = thread.task.objects.get(selector >>> 12);
    if (mapping !== undefined) return invokeObject(kernel, thread, mapping.object, mapping.rights, mapping.flags, op);
  }
  utcbOf(thread).error = IPC_ERROR.NOT_EXISTENT;
  leave(kernel, thread, TAG_ERROR);
}

function reportEnter(kernel: Kernel, { registers: { r }, utcb }: Thread, selector: number): void {
  kernel.emit({ kind: 'syscall_enter', tag: r[0] as number, selector, timeouts: r[3] as number, op: utcb?.mr(0) ?? 0 });
}

/** `rights` and `flags` are those of the capability that names the object. */
function invokeObject(kernel: Kernel, thread: Thread, object: KernelObject, rights: number, flags: number, op: number): void {
  const tag = thread.registers.r[0] as number;
  if (object instanceof IpcGate) {
    if (labelOf(tag) !== PROTOCOL.KOBJECT || (flags & FLAG_GATE_CONTROL) === 0) return messageTo(kernel, thread, null, object, rights, op);
    return helped(kernel, thread, object, rights, flags, op);
  }
  if (object instanceof Thread) {
    if ((op !== 0 && (op & OP_SEND) === 0) || (op & OP_REPLY) !== 0 || labelOf(tag) !== PROTOCOL.THREAD) return messageTo(kernel, thread, object, null, rights, op);
    return finish(kernel, thread, invokeThread(callOf(kernel, thread, object, rights, flags, utcbOf(thread))));
  }
  if (object instanceof Task) {
    const utcb = utcbOf(thread);
    if (labelOf(tag) === PROTOCOL.TASK && utcb.mr(0) === CAP_INFO) return finish(kernel, thread, capInfo(object, tag, utcb));
    return finish(kernel, thread, invokeTask(callOf(kernel, thread, object, rights, flags, utcb)));
  }
  helped(kernel, thread, object, rights, flags, op);
}

function callOf<T extends KernelObject>(kernel: Kernel, caller: Thread, object: T, rights: number, flags: number, output: Utcb): ObjectCall<T> {
  return { kernel, caller, object, rights, flags, tag: caller.registers.r[0] as number, input: utcbOf(caller), output };
}

function invokeOther(kernel: Kernel, thread: Thread, object: KernelObject, rights: number, flags: number, op: number): Result {
  const output = (op & OP_RECEIVE) !== 0 ? utcbOf(thread) : NOWHERE;
  if (object instanceof IpcGate) return invokeGateControl(callOf(kernel, thread, object, rights, flags, output));
  if (object instanceof Irq) return invokeIrq(callOf(kernel, thread, object, rights, flags, output));
  if (object instanceof IrqMuxer) return invokeMuxer(callOf(kernel, thread, object, rights, flags, output));
  if (object instanceof Factory) return invokeFactory(callOf(kernel, thread, object, rights, flags, output));
  if (object instanceof SchedulerObject) return invokeScheduler(callOf(kernel, thread, object, rights, flags, output));
  if (object instanceof Icu) return invokeIcu(callOf(kernel, thread, object, rights, flags, output), object.pins);
  if (object instanceof Vlog) return invokeVlog(callOf(kernel, thread, object, rights, flags, output));
  if (object instanceof PlatformControl) return invokePlatformControl(callOf(kernel, thread, object, rights, flags, output));
  throw new Error(`object ${object.id} of type ${object.type} cannot be invoked`);
}

/** The frame around most objects' operations: no send, no operation; no receive, no result; no reply, a receive phase. */
function helped(kernel: Kernel, thread: Thread, object: KernelObject, rights: number, flags: number, op: number): void {
  const result = (op & OP_SEND) !== 0 ? invokeOther(kernel, thread, object, rights, flags, op) : null;
  if (result !== null && ((result & TAG_ERROR) !== 0 || (op & OP_RECEIVE) !== 0)) return finish(kernel, thread, result);
  if ((op & OP_RECEIVE) === 0) return finish(kernel, thread, null);
  const partner = (op & OP_OPEN_WAIT) !== 0 ? null : object instanceof Irq ? object : thread;
  const ipc = thread.beginIpc();
  ipc.receive = true;
  ipc.partner = partner;
  ipc.receive_timeout = (thread.registers.r[3] as number) & 0xffff;
  if (object instanceof Irq && partner === object) ipc.through = object.id;
  startIpc(kernel, thread, ipc);
}

/** A plain message to a thread, or through a gate: one of the two. */
function messageTo(kernel: Kernel, thread: Thread, receiver: Thread | null, gate: IpcGate | null, rights: number, op: number): void {
  const effective = op === 0 ? OP_CALL : op;
  const send = (effective & OP_SEND) !== 0;
  const timeouts = thread.registers.r[3] as number;
  const closed = receiver ?? (send ? gate : (gate?.thread ?? gate));
  const ipc = thread.beginIpc();
  if (send) {
    ipc.send = true;
    ipc.receiver = receiver;
    ipc.gate = gate;
    if (gate !== null) ipc.through = gate.id;
  }
  ipc.receive = (effective & OP_RECEIVE) !== 0;
  if ((effective & OP_OPEN_WAIT) === 0) ipc.partner = closed;
  ipc.send_timeout = timeouts >>> 16;
  ipc.receive_timeout = timeouts & 0xffff;
  ipc.rights = rights;
  startIpc(kernel, thread, ipc);
}

function finish(kernel: Kernel, thread: Thread, result: Result): void {
  leave(kernel, thread, result ?? (thread.registers.r[0] as number));
}

function leave(kernel: Kernel, thread: Thread, tag: number): void {
  thread.registers.r[0] = tag;
  thread.activity = IN_USER_MODE;
  if (kernel.wanted.syscall_leave) kernel.reportLeave(thread, tag, thread.registers.r[4] as number);
  if (thread.alien_call) kernel.alienReturned(thread);
}
