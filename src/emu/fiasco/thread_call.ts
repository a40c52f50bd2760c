// The thread protocol: control, ex_regs, switch, stats and the rest of what a thread capability understands. Owns no state.
// Source modelled: fiasco-kernel.md 4, Appendix C.4.

import { PAGE_BYTES } from '../numbers.ts';
import { ERRNO } from './errors.ts';
import { CAP_S, CAP_W } from './flexpage.ts';
import { Interrupt } from './interrupt.ts';
import { Irq } from './irq.ts';
import type { Kernel } from './kernel.ts';
import { failure, success, wordsOf } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch, itemCapability, notObject } from './object_call.ts';
import { Task, kuIndex } from './task.ts';
import { NO_SLOT, type Thread, frameLabel, setFrameLabel } from './thread.ts';
import { exchangeRegisters, freeze, readIpcState, readUtcb, thaw, userStatus, writeIpcState, writeUtcb } from './thread_extensions.ts';
import { ALIEN, ALLOW_SYSCALL, CANCEL, DEAD, IN_EXCEPTION, READY } from './thread_state.ts';
import { UTCB_ALIGN_BYTES, UTCB_BYTES, Utcb } from './utcb.ts';

const CONTROL_PAGER = 0x1_0000;
const CONTROL_BIND = 0x20_0000;
const CONTROL_ALIEN = 0x40_0000;
const CONTROL_HANDLER = 0x100_0000;
const EX_REGS_CANCEL = 0x1_0000;
const EX_REGS_TRIGGER = 0x2_0000;
const VCPU_EXTENDED = 0x1_0000;
/** Two register frames, an IPC frame and the entry's parameters. */
const VCPU_STATE_BYTES = 0x200;
const KEEP = 0xffff_ffff;
const SELECTOR_INDEX = 0xffff_f000;

type Call = ObjectCall<Thread>;

const HANDLERS: Handlers<'Thread', Thread> = {
  control,
  ex_regs: exRegs,
  switch: switchTo,
  stats,
  register_delete_irq: registerDeleteIrq,
  modify_senders: modifySenders,
  vcpu_control: vcpuControl,
  set_tpidruro: setTpidruro,
  exchange_registers: exchangeRegisters,
  freeze,
  thaw,
  read_ipc_state: readIpcState,
  write_ipc_state: writeIpcState,
  read_utcb: readUtcb,
  write_utcb: writeUtcb,
};

export function invokeThread(call: Call): Result {
  return dispatch('Thread', call.input.mr(0) & 0xffff, call, HANDLERS);
}

function control(call: Call): Result {
  const { object, input, output } = call;
  if ((call.rights & CAP_S) === 0) return failure(ERRNO.PERM);
  if (wordsOf(call.tag) < 6) return failure(ERRNO.INVAL);
  const flags = input.mr(0);
  const [pager, handler, alien] = [input.mr(1), input.mr(2), (input.mr(4) & CONTROL_ALIEN) !== 0];
  if ((flags & CONTROL_BIND) !== 0) {
    const error = bind(call, input.mr(5));
    if (error !== 0) return failure(error);
  }
  output.setMr(1, selectorOfSlot(object.pager));
  output.setMr(2, selectorOfSlot(object.handler));
  if ((flags & CONTROL_PAGER) !== 0) setPager(call, pager >>> 12);
  if ((flags & CONTROL_HANDLER) !== 0) object.handler = handler >>> 12;
  if ((flags & CONTROL_ALIEN) !== 0) object.state = alien ? (object.state | ALIEN) & ~ALLOW_SYSCALL : object.state & ~ALIEN;
  return success(3);
}

function setPager({ kernel, object }: Call, slot: number): void {
  object.pager = slot;
  if (kernel.wanted.thread_pager) kernel.emit({ kind: 'thread_pager', object: object.id, pager: object.task?.objects.get(slot)?.object.id ?? null });
}

const selectorOfSlot = (slot: number): number => (slot === NO_SLOT ? SELECTOR_INDEX : slot << 12) >>> 0;

/** Binds the thread to the task that the item names. @returns 0, or the error number */
function bind(call: Call, utcb: number): number {
  const { kernel, object } = call;
  const named = itemCapability(call);
  if (named === 'none' || named === 'not_object') return ERRNO.INVAL;
  if (named === 'empty' || (named.rights & CAP_S) === 0) return ERRNO.PERM;
  if (!(named.object instanceof Task)) return ERRNO.INVAL;
  return bindThread(kernel, object, named.object, utcb) ? 0 : ERRNO.INVAL;
}

/** @returns false where the thread is bound already or the address is no place for a UTCB */
export function bindThread(kernel: Kernel, thread: Thread, task: Task, utcb: number): boolean {
  const index = kuIndex(task, utcb, UTCB_BYTES);
  if (thread.bound || thread.killed || utcb % UTCB_ALIGN_BYTES !== 0 || index < 0) return false;
  thread.bound = true;
  thread.task = task;
  task.references++;
  attachUtcb(kernel, thread, utcb, index);
  thread.registers.tpidruro = utcb;
  kernel.turns.bound(thread);
  kernel.processor.enqueue(thread);
  return true;
}

/** Makes the kernel's view of the UTCB. `index` is its byte index in memory. */
export function attachUtcb(kernel: Kernel, thread: Thread, address: number, index: number): void {
  thread.utcb_address = address;
  thread.utcb = new Utcb(kernel.memory, index);
}

/** r0 to r12. */
const GENERAL_REGISTERS = 13;

/** Start, pause, cancel, and reading and setting ip and sp. Old values are those before any change. */
function exRegs(call: Call): Result {
  const { kernel, object, input, output } = call;
  if (wordsOf(call.tag) !== 3) return failure(ERRNO.INVAL);
  const flags = input.mr(0);
  const [ip, sp] = [input.mr(1), input.mr(2)];
  const { registers } = object;
  output.setMr(0, object.ready ? 1 : 0);
  output.setMr(1, object.trigger?.pc ?? (registers.r[15] as number));
  output.setMr(2, registers.r[13] as number);
  const cancel = (flags & EX_REGS_CANCEL) !== 0;
  if ((object.state & IN_EXCEPTION) !== 0 && !cancel) return success(3);
  if (object.killed || object.dying) return success(3);
  if ((object.state & DEAD) !== 0) {
    object.state = (object.state & ~DEAD) | READY;
    // A thread enters user mode for the first time with r0 to r12 cleared, whatever was written before (user_invoke).
    registers.r.fill(0, 0, GENERAL_REGISTERS);
    registers.cpsr = userStatus(registers.cpsr);
  }
  else if (cancel) object.state |= CANCEL | READY;
  if ((flags & EX_REGS_TRIGGER) !== 0) object.trigger ??= { pc: registers.r[15] as number, psr: registers.cpsr, cause: 'call' };
  if (ip !== KEEP) {
    if (object.trigger !== null) object.trigger.pc = ip;
    else registers.r[15] = ip;
  }
  if (sp !== KEEP) registers.r[13] = sp;
  // The target waits for its turn; the caller is not preempted.
  kernel.processor.enqueue(object);
  return success(3);
}

/** Gives the rest of the caller's time slice to a thread. Of one that is not ready it tells what is left of the slice, and looks whose turn it is. */
function switchTo({ kernel, caller, object, output }: Call): Result {
  const { processor } = kernel;
  if (object === caller || !object.has_cpu) return success();
  const left = object.runnable ? 0 : (processor.queue.sliceEnd_us ?? 0) - kernel.clock_us;
  output.setMr(0, left >>> 0);
  output.setMr(1, Math.floor(left / 2 ** 32));
  if (object.runnable) processor.donateTo(object);
  else processor.schedule();
  return success(2);
}

function stats({ object, output }: Call): Result {
  output.setMr(0, object.consumed_us >>> 0);
  output.setMr(1, Math.floor(object.consumed_us / 2 ** 32));
  return success(2);
}

/** The IRQ is triggered whenever a gate of this thread is deleted; a former one is replaced. */
function registerDeleteIrq(call: Call): Result {
  const named = itemCapability(call);
  if (named === 'not_object') return notObject(call);
  if (typeof named === 'string' || !(named.object instanceof Interrupt)) return failure(ERRNO.INVAL);
  if ((named.rights & CAP_W) === 0) return failure(ERRNO.PERM);
  call.object.delete_irq = named.object;
  return success();
}

/** Rewrites the labels of queued senders: the first matching rule {mask, match, delete, add} applies. */
function modifySenders({ object, tag, input }: Call): Result {
  const rules: readonly number[][] = Array.from({ length: Math.floor((wordsOf(tag) - 1) / 4) }, (_, i) => [1, 2, 3, 4].map((k) => input.mr(4 * i + k)));
  const rewrite = (label: number): number => {
    for (const [mask = 0, match = 0, remove = 0, add = 0] of rules) if ((label & mask) >>> 0 === match) return ((label & ~remove) | add) >>> 0;
    return label;
  };
  for (const { sender } of object.senders.entries()) {
    if (sender instanceof Irq) sender.label = rewrite(sender.label);
    else setFrameLabel(sender, rewrite(frameLabel(sender)));
  }
  return success();
}

/** Enabling a vCPU: the real kernel's refusals. With a state area it would agree, which this board does not offer. */
function vcpuControl({ kernel, object, tag, input }: Call): Result {
  const [flags, area] = [input.mr(0), wordsOf(tag) < 2 ? 0 : input.mr(1)];
  const size = (flags & VCPU_EXTENDED) !== 0 ? PAGE_BYTES : VCPU_STATE_BYTES;
  if (area === 0 || kuIndex(object.task, area, size) < 0) return failure(ERRNO.INVAL);
  kernel.unsupported('Thread vcpu_control');
  return failure(ERRNO.NOSYS);
}

function setTpidruro({ object, tag, input }: Call): Result {
  if (wordsOf(tag) < 2) return failure(ERRNO.INVAL);
  object.registers.tpidruro = input.mr(1);
  return success();
}
