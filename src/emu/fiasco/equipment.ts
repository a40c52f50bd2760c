// Test equipment: what a person with probes on the board could do to it. Reached by the runner only, never by guests; every use
// is a declared part of a scenario. Owns no state.

import { accepts, type Admission, firstSender } from './acceptance.ts';
import { Interrupt } from './interrupt.ts';
import type { Kernel } from './kernel.ts';
import { setThreadParameters } from './scheduler_object.ts';
import { unmapSlot } from './object_space.ts';
import { Task } from './task.ts';
import { Thread } from './thread.ts';
import { freezeThread, thawThread } from './thread_extensions.ts';

const ALL_RIGHTS = 0xf;
/** From the space itself, not only from those it was mapped on to; the object stays. */
const FROM_OWN_SPACE = 0x8000_0000;

export class Equipment {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Sets a thread's priority (0..255) as the scheduler object would. @returns false where there is no such thread */
  setPriority(thread: number, priority: number): boolean {
    const object = this.#kernel.objects.get(thread);
    if (!(object instanceof Thread) || object.internal !== null || priority < 0 || priority > 255) return false;
    setThreadParameters(this.#kernel, object, priority, object.quantum_us);
    return true;
  }

  /** Raises an IRQ object as its device would. @returns false where there is no such IRQ */
  triggerIrq(irq: number): boolean {
    const object = this.#kernel.objects.get(irq);
    if (!(object instanceof Interrupt)) return false;
    object.hit(this.#kernel);
    return true;
  }

  /** Stops a thread where it is, or lets it go on. @returns false where there is no such thread */
  freeze(thread: number, frozen: boolean): boolean {
    const object = this.#kernel.objects.get(thread);
    if (!(object instanceof Thread) || object.internal !== null) return false;
    (frozen ? freezeThread : thawThread)(this.#kernel, object);
    return true;
  }

  /** Keeps the processor from a thread, whose IPC goes on as ever, or gives it back. @returns false where there is no such thread */
  hold(thread: number, held: boolean): boolean {
    const object = this.#kernel.objects.get(thread);
    if (!(object instanceof Thread) || object.internal !== null) return false;
    object.held = held;
    this.#kernel.processor.enqueue(object);
    this.#kernel.processor.due = true;
    return true;
  }

  /** Takes a thread's exclusive mark, as an interrupt does that comes now. @returns false where there is no such thread, or no mark */
  takeExclusive(thread: number): boolean {
    const object = this.#kernel.objects.get(thread);
    if (!(object instanceof Thread) || !object.registers.marked) return false;
    object.registers.clearExclusive();
    return true;
  }

  /** Whose messages open waits take from now on, as if the others came later; null: everybody's. Threads that wait look at their queues anew. */
  admit(admission: Admission | null): void {
    const kernel = this.#kernel;
    kernel.admission = admission;
    for (const thread of kernel.threads()) {
      if (thread.senders.size === 0 || thread.frozen || thread.step !== 'receive_wait') continue;
      const first = firstSender(kernel, thread);
      if (first === undefined || !accepts(kernel, thread, first)) continue;
      kernel.processor.wake(thread);
      kernel.processor.due = true;
    }
  }

  /**
   * Puts an undefined instruction before a thread: it raises that exception where it goes on in user mode next.
   * @returns false where no machine code runs as this thread, or an exception is on its way already
   */
  breakThread(thread: number): boolean {
    const object = this.#kernel.objects.get(thread);
    if (!(object instanceof Thread) || object.internal !== null || object.hosted !== null || object.trigger !== null || object.killed || object.dying) return false;
    object.trigger = { pc: object.registers.r[15] as number, psr: object.registers.cpsr, cause: 'undefined' };
    return true;
  }

  /** Empties a slot of a task, and what was mapped from there. @returns false where there is nothing */
  revoke(task: number, slot: number): boolean {
    const object = this.#kernel.objects.get(task);
    if (!(object instanceof Task) || !object.objects.mappings().some((mapping) => mapping.slot === slot)) return false;
    unmapSlot(this.#kernel, object.objects, slot, ALL_RIGHTS, FROM_OWN_SPACE);
    return true;
  }

  /** Types bytes on the serial line. @returns how many the kernel's buffer took */
  type(bytes: readonly number[]): number {
    return this.#kernel.special.vlog.arrive(this.#kernel, bytes);
  }
}
