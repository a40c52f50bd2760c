// Core's access to physical memory: all RAM is mapped one to one into core, so a physical address is its own virtual one.
// Source modelled: genode-base-foc.md 6.4 (cleared memory), genode-16.08-abi.md 5.1. Owns nothing.

import { clearCost, copyCost } from '../native/cost.ts';
import type { Execution } from '../native/execution.ts';

function indexOf(x: Execution, address: number, length: number): number {
  const index = x.cpu.memory.index(address);
  if (index < 0 || (length > 0 && x.cpu.memory.index(address + length - 1) < 0)) throw new Error(`core: no RAM at 0x${address.toString(16)}+0x${length.toString(16)}`);
  return index;
}

export function readPhysical(x: Execution, address: number, length: number): Uint8Array {
  x.charge(copyCost(length));
  const index = indexOf(x, address, length);
  return x.cpu.memory.u8.slice(index, index + length);
}

export function writePhysical(x: Execution, address: number, bytes: Uint8Array): void {
  x.charge(copyCost(bytes.length));
  x.cpu.memory.write(indexOf(x, address, bytes.length), bytes);
}

/** Clears whole pages. */
export function clearPages(x: Execution, address: number, length: number): void {
  x.charge(clearCost(length));
  x.cpu.memory.fill(indexOf(x, address, length), length);
}
