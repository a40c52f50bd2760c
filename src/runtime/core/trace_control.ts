// Trace control: a few bytes a thread in the control area of its CPU session, through which core tells the thread to trace and
// the thread tells how far it is. The memory is shared with the thread; nothing else is kept. Source modelled: Genode 16.08.

import type { Execution } from '../native/execution.ts';
import { readPhysical, writePhysical } from './physical_store.ts';

/** Bytes of a control: version of the policy (a word), designated state, acknowledged state, inhibition, one unused. */
export const TRACE_CONTROL_STRIDE = 8;
/** Controls that the area of a CPU session has room for. */
export const TRACE_CONTROLS = 1024;
const DESIGNATED = 4;
const ACKNOWLEDGED = 5;

export const TRACE_STATE = { free: 0, disabled: 1, enabled: 2, error: 3 } as const;
type TraceState = keyof typeof TRACE_STATE;

/** For a new thread: nobody traces it. */
export function takeControl(x: Execution, control: number): void {
  writePhysical(x, control, Uint8Array.of(0, 0, 0, 0, TRACE_STATE.disabled, TRACE_STATE.disabled));
}

export function resetControl(x: Execution, control: number): void {
  writePhysical(x, control, new Uint8Array(ACKNOWLEDGED + 1));
}

/** Asks the thread to fetch its policy and buffer anew, and to trace. */
export function traceControl(x: Execution, control: number): void {
  const [version = 0] = new Uint32Array(readPhysical(x, control, 4).buffer);
  writePhysical(x, control, new Uint8Array(Uint32Array.of(version + 1).buffer));
  designate(x, control, 'enabled');
}

export function designate(x: Execution, control: number, state: 'enabled' | 'disabled'): void {
  writePhysical(x, control + DESIGNATED, Uint8Array.of(TRACE_STATE[state]));
}

/** What the thread itself says. */
export function acknowledged(x: Execution, control: number): TraceState {
  const [state] = readPhysical(x, control + ACKNOWLEDGED, 1);
  if (state === TRACE_STATE.enabled) return 'enabled';
  if (state === TRACE_STATE.error) return 'error';
  return state === TRACE_STATE.free ? 'free' : 'disabled';
}
