// Taking pages away with the kernel's unmap operation on the own task. Owns no state.
// Source modelled: fiasco-kernel.md 3.5 (flexpages, mask: own space or only what was mapped on), genode-base-foc.md 6.3.

import type { Execution } from './execution.ts';
import { kernelCall, OWN_TASK_SLOT, PROTOCOL } from './kernel_calls.ts';

const TASK_UNMAP = 1;
const MASK = { 'other spaces': 0, 'own space': 0x8000_0000 } as const;
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

/** Takes a page-aligned range from everybody who got it from here, or from here as well. */
export function unmapMemory(x: Execution, address: number, size: number, from: keyof typeof MASK): void {
  const pages = flexpages(address, size);
  for (let i = 0; i < pages.length; i += PAGES_PER_CALL) {
    kernelCall(x, { slot: OWN_TASK_SLOT, label: PROTOCOL.task, words: [TASK_UNMAP, MASK[from], ...pages.slice(i, i + PAGES_PER_CALL)] });
  }
}
