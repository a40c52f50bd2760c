// Allocation guards: how much of core's memory a session may use for its meta data, as donated by its client.
// Owner of the table 'core_guards'. Source modelled: genode-16.08-abi.md 5.3.

import type { Execution } from '../native/execution.ts';
import { table } from '../native/store.ts';
import { coreWarning } from './console.ts';

interface Guard {
  readonly amount: number;
  readonly consumed: number;
}

const guards = table<Guard>('core_guards');

/** For memory that nobody pays for: core's own. */
export const UNGUARDED = 0;

export const newGuard = (x: Execution, amount: number): number => guards(x).insert({ amount, consumed: 0 });

/** Whether so many bytes may still be taken; a warning if not. */
export function affords(x: Execution, key: number, bytes: number): boolean {
  if (key === UNGUARDED) return true;
  const { amount, consumed } = guards(x).require(key);
  if (amount - consumed >= bytes) return true;
  coreWarning(x, `Quota exceeded! amount=${amount}, size=${bytes}, consumed=${consumed}`);
  return false;
}

/** Takes bytes without a word, if there are so many. */
export function withdraw(x: Execution, key: number, bytes: number): boolean {
  const { amount, consumed } = guards(x).require(key);
  if (amount - consumed < bytes) return false;
  consume(x, key, bytes);
  return true;
}

function take(x: Execution, key: number, bytes: number): void {
  const { amount, consumed } = guards(x).require(key);
  guards(x).set(key, { amount, consumed: consumed + bytes });
}

export function consume(x: Execution, key: number, bytes: number): void {
  if (key !== UNGUARDED) take(x, key, bytes);
}

export function giveBack(x: Execution, key: number, bytes: number): void {
  if (key !== UNGUARDED) take(x, key, -bytes);
}

export function upgradeGuard(x: Execution, key: number, bytes: number): void {
  guards(x).update(key, { amount: guards(x).require(key).amount + bytes });
}

export function dropGuard(x: Execution, key: number): void {
  guards(x).delete(key);
}
