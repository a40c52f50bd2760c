// The scheduler object: assigns threads to the one CPU and sets priority and time slice. Owns its pins only.
// Source modelled: fiasco-kernel.md 7.

import { ERRNO } from './errors.ts';
import { Pins, invokeIcu } from './icu.ts';
import type { Kernel } from './kernel.ts';
import { KernelObject } from './kernel_object.ts';
import { failure, labelOf, success, wordsOf } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch, itemCapability } from './object_call.ts';
import { PROTOCOL } from './protocols.ts';
import { DEFAULT_QUANTUM_US, Thread } from './thread.ts';

const CPUS = 1;
const PRIORITY_MAX = 255;
/**
 * Words of the legacy form of the parameters, whose third is the priority. A negative number in its place is a kind of parameters, and
 * behind it stands how many bytes these have.
 */
const LEGACY_WORDS = 4;
const FIRST_EXTENDED = 0x8000_0000;
const FIXED_PRIORITY = 0xffff_ffff;

export class SchedulerObject extends KernelObject {
  readonly type = 'Sched';
  /** One pin: CPU hot plug. */
  readonly pins = new Pins('Soft', 1);
}

const HANDLERS: Handlers<'Sched', SchedulerObject> = { info, run_thread: runThread, idle_time: idleTime };

export function invokeScheduler(call: ObjectCall<SchedulerObject>): Result {
  if (labelOf(call.tag) === PROTOCOL.IRQ) return invokeIcu(call, call.object.pins);
  if (labelOf(call.tag) !== PROTOCOL.SCHEDULER) return failure(ERRNO.BADPROTO);
  return dispatch('Sched', call.input.mr(0), call, HANDLERS);
}

function info({ tag, input, output }: ObjectCall<SchedulerObject>): Result {
  if (wordsOf(tag) < 2) return failure(ERRNO.INVAL);
  const offset = input.mr(1) & 0xff_ffff;
  if (offset >= CPUS) return failure(ERRNO.INVAL);
  output.setMr(0, 1);
  output.setMr(1, CPUS);
  return success(2);
}

function runThread(call: ObjectCall<SchedulerObject>): Result {
  const { kernel, input } = call;
  const kind = input.mr(3);
  const extended = kind >= FIRST_EXTENDED;
  const words = extended ? Math.ceil(input.mr(4) / 4) : LEGACY_WORDS;
  if (wordsOf(call.tag) < 1 + Math.max(words, LEGACY_WORDS)) return failure(ERRNO.INVAL);
  const named = itemCapability(call);
  if (typeof named === 'string' || !(named.object instanceof Thread)) return failure(ERRNO.INVAL);
  const { object } = named;
  // Parameters of a kind that the kernel does not know: the thread keeps its own, and nobody is told.
  if (extended && kind !== FIXED_PRIORITY) setThreadParameters(kernel, object, object.priority, object.quantum_us);
  else {
    const [priority, quantum] = extended ? [input.mr(6) & 0xffff, input.mr(5)] : [kind, input.mr(4)];
    setThreadParameters(kernel, object, Math.min(priority, PRIORITY_MAX), quantum === 0 ? DEFAULT_QUANTUM_US : quantum);
  }
  return success();
}

/** Sets priority and slice. A thread that has no CPU yet gets it; for any other one the caller's turn is decided anew. */
export function setThreadParameters(kernel: Kernel, thread: Thread, priority: number, quantum_us: number): void {
  const { processor } = kernel;
  const moves = !thread.has_cpu;
  thread.has_cpu = true;
  processor.queue.setParameters(thread, priority, quantum_us, kernel.clock_us);
  if (!moves) processor.schedule();
}

function idleTime({ kernel, tag, input, output }: ObjectCall<SchedulerObject>): Result {
  const hasCpu = (input.mr(1) & 0xff_ffff) === 0 && (input.mr(2) & 1) !== 0;
  if (wordsOf(tag) < 3 || !hasCpu) return failure(ERRNO.INVAL);
  const consumed = kernel.idleThread.consumed_us;
  output.setMr(0, consumed >>> 0);
  output.setMr(1, Math.floor(consumed / 2 ** 32));
  return success(2);
}
