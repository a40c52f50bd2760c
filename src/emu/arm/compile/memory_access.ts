// What semantics ask of the MMU: loads, stores, and probes of what is going to be accessed. Owns no state.
// The names are those of the methods of mmu.ts.

import { type Code, INT_MAX, INT_MIN, number, type Statement } from './code.ts';
import type { Locals } from './locals.ts';

const LOADS: Readonly<Record<string, 1 | 2 | 4>> = { loadByte: 1, loadHalf: 2, loadWord: 4 };
const STORES: Readonly<Record<string, 1 | 2 | 4>> = { storeByte: 1, storeHalf: 2, storeWord: 4 };
const LOADED: Readonly<Record<1 | 2 | 4, readonly [number, number]>> = { 1: [0, 0xff], 2: [0, 0xffff], 4: [INT_MIN, INT_MAX] };

/** Adds an access of the MMU. @returns what a load gives, null for anything else */
export function accessMemory(name: string, [address, ...rest]: readonly Code[], locals: Locals, into: Statement[]): Code | null {
  if (address === undefined) throw new Error(`${name} without an address`);
  const loaded = LOADS[name];
  if (loaded !== undefined) {
    const [low, high] = LOADED[loaded];
    return locals.hold({ kind: 'load', bytes: loaded, address, low, high }, low, high, into);
  }
  const second = rest[0] ?? number(0);
  const stored = STORES[name];
  if (stored !== undefined) into.push({ kind: 'store', bytes: stored, address, value: second });
  else if (name === 'probe') into.push({ kind: 'probe', address, count: second, write: rest[1]?.low === 1 });
  else if (name === 'requireAligned') into.push({ kind: 'require_aligned', address, bytes: second.low, write: rest[1]?.low === 1 });
  else throw new Error(`the MMU has no ${name}`);
  return null;
}
