// The cache system call. The board has no caches and its CPU notices changed code by itself, so maintenance does nothing; what
// remains are the memory accesses that the same entry offers. Owns no state. Source modelled: fiasco-kernel.md 10 (mem_op).

import type { Kernel } from './kernel.ts';
import type { Thread } from './thread.ts';

const ACCESS = 0x10;
const READ = 0x10;
const WRITE = 0x11;

export function memOp(kernel: Kernel, thread: Thread): void {
  const { r } = thread.registers;
  const op = r[0] as number;
  if ((op & ACCESS) === 0) return;
  const [address, width, value] = [r[1] as number, r[2] as number, r[3] as number];
  if ((op !== READ && op !== WRITE) || width > 2 || address % (1 << width) !== 0) return;
  const index = kernel.translate(thread.task, address, op === WRITE);
  if (index < 0) return;
  const { memory } = kernel;
  const view = [memory.u8, memory.u16, memory.u32][width];
  if (view === undefined) return;
  if (op === READ) r[3] = view[index >>> width] as number;
  else {
    memory.open(index);
    view[index >>> width] = value;
  }
}
