// RPC objects of core: a gate bound to one of core's entrypoints, and the row by which a request finds what implements it.
// Source modelled: genode-base-foc.md 2.4; the factory of core's own objects takes its memory from core.

import { capId, dec } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { objects } from '../native/service.ts';
import { CORE_THREAD, coreThreadName, coreThreadSlot } from './core_thread.ts';
import { type CoreCap, createGateObject } from './kernel_object.ts';

/** Makes an RPC object known under a new gate. `ref` is the key of the implementing row. */
export function manageObject(x: Execution, interfaceName: string, ref: number, ep: number = CORE_THREAD.entrypoint): CoreCap {
  const cap = createGateObject(x, coreThreadSlot(x, ep), coreThreadName(x, ep));
  objects(x).set(cap.id, { interface: interfaceName, ref, ep, cap: cap.slot });
  return cap;
}

/** Withdraws an RPC object; the gate disappears when nobody in core holds it any more. */
export function dissolveObject(x: Execution, cap: CoreCap): void {
  objects(x).delete(cap.id);
  dec(x, cap.slot);
}

/** Key of the row of an interface that a capability argument of a request names. */
export function objectOf(x: Execution, interfaceName: string, slot: number | null): number | undefined {
  if (slot === null) return undefined;
  const object = objects(x).get(capId(x, slot));
  return object?.interface === interfaceName ? object.ref : undefined;
}
