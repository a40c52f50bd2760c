// Revoking memory from clients: core unmaps its own pages "in other spaces", so that every mapping made from them goes.
// Source modelled: fiasco-kernel.md 3.5, 8.3, genode-base-foc.md 6.3. Owns nothing.

import type { Execution } from '../native/execution.ts';
import { kernelCall, OWN_TASK_SLOT, PROTOCOL } from '../native/kernel_calls.ts';

const TASK_UNMAP = 1;
const OTHER_SPACES = 0;
const PAGE_LOG2 = 12;
const MEMORY_READ_WRITE = 0x16;
/** Flexpages that fit behind opcode and mask, with room to spare. */
const PAGES_PER_CALL = 32;

/** Naturally aligned powers of two that cover a page-aligned range, as flexpage words. */
export function flexpages(base: number, size: number): number[] {
  const pages: number[] = [];
  const end = base + size;
  for (let at = base; at < end; ) {
    let order = PAGE_LOG2;
    while (order < 31 && at % 2 ** (order + 1) === 0 && at + 2 ** (order + 1) <= end) order++;
    pages.push((at | (order << 6) | MEMORY_READ_WRITE) >>> 0);
    at += 2 ** order;
  }
  return pages;
}

export function revokeMemory(x: Execution, phys: number, size: number): void {
  const pages = flexpages(phys, size);
  for (let i = 0; i < pages.length; i += PAGES_PER_CALL) {
    kernelCall(x, { slot: OWN_TASK_SLOT, label: PROTOCOL.task, words: [TASK_UNMAP, OTHER_SPACES, ...pages.slice(i, i + PAGES_PER_CALL)] });
  }
}
