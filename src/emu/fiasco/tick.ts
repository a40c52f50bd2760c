// The timer interrupt and idle time between two of them. Owns no state: the clock is the kernel's.
// Source modelled: fiasco-kernel.md 7, 9.

import { KERNEL_COST } from './cost.ts';
import type { Kernel } from './kernel.ts';
import { writeClock } from './kernel_info_page.ts';
import { TIMEOUT } from './thread_state.ts';

/** 62.5 instructions per microsecond, the rate of the captures. */
export const INSTRUCTIONS_PER_TICK = 62_500;
export const TICK_US = 1000;

/** The timer interrupt: clock, accounting, timeouts, time slices. */
export function tick(kernel: Kernel): void {
  const { processor } = kernel;
  setTicks(kernel, kernel.ticks + 1);
  kernel.charge(KERNEL_COST.tick);
  if (processor.current.registers.marked && kernel.wanted.exclusive_lost) kernel.emit({ kind: 'exclusive_lost' });
  processor.current.registers.clearExclusive();
  processor.current.consumed_us += TICK_US;
  const end = processor.queue.sliceEnd_us;
  let sliceIsOver = end !== null && end <= kernel.clock_us;
  let reschedule = sliceIsOver;
  for (const timeout of kernel.timeouts.expire(kernel.clock_us)) {
    if (sliceIsOver && processor.queue.endsBefore(timeout)) {
      processor.queue.expire();
      sliceIsOver = false;
    }
    timeout.thread.state |= TIMEOUT;
    if (processor.wake(timeout.thread)) reschedule = true;
  }
  if (sliceIsOver) processor.queue.expire();
  if (reschedule) processor.schedule();
}

/** Instruction at which the tick comes that ends idleness by itself, or null if none will. */
export function wakeUpOf(kernel: Kernel): number | null {
  const { next_us } = kernel.timeouts;
  return next_us === null ? null : Math.max(Math.ceil(next_us / TICK_US) * INSTRUCTIONS_PER_TICK, kernel.nextTick);
}

/** Lets idle time pass, up to an instruction before which no timeout expires. A tick at that very instruction is still due. */
export function idleUntil(kernel: Kernel, instructions: number): void {
  const ticks = Math.ceil(instructions / INSTRUCTIONS_PER_TICK) - 1;
  if (ticks > kernel.ticks) {
    kernel.idleThread.consumed_us += (ticks - kernel.ticks) * TICK_US;
    setTicks(kernel, ticks);
  }
  kernel.instructions = instructions;
}

function setTicks(kernel: Kernel, ticks: number): void {
  kernel.ticks = ticks;
  writeClock(kernel.memory, kernel.memory.index(kernel.kipAddress), kernel.clock_us);
}
