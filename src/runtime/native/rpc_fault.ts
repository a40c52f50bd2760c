// A fault put into a component's RPCs by test equipment: the n-th one that one of its threads makes from now on fails, as if its server
// were gone or had refused. Owner of the record 'rpc_fault', which is saved and rewound as all state is.

import type { RpcFunction } from '../rpc/interface.ts';
import type { Failure } from './procedure.ts';
import type { Execution } from './execution.ts';
import { type HasStore, record } from './store.ts';

/** `denied`: the call itself fails. `exhausted`: the exception by which the function says that a quota is used up, where it has one. */
export type RpcFaultKind = 'denied' | 'exhausted';

interface RpcFault {
  /** RPCs left until the first one that fails; 0: none will. */
  readonly left: number;
  /** How many in a row fail from there on. */
  readonly times: number;
  readonly kind: RpcFaultKind;
  readonly thread: number;
  /** RPCs of the thread since the fault was put in. */
  readonly made: number;
  /** The function that was made to fail; empty if none was yet. */
  readonly failed: string;
}

export const rpcFault = record<RpcFault>('rpc_fault', { left: 0, times: 1, kind: 'denied', thread: -1, made: 0, failed: '' });

/** `nth` counts from 1; 0 only counts. `thread` is an index of the component. */
export const putRpcFault = (owner: HasStore, thread: number, nth: number, kind: RpcFaultKind, times = 1): void => rpcFault.set(owner, { left: nth, times, kind, thread, made: 0, failed: '' });

const EXHAUSTED = /quota|metadata|memory/i;

/** Asked before each RPC: how it is to fail, or null. */
export function dueRpcFault(x: Execution, fn: RpcFunction): Failure | null {
  const fault = rpcFault.get(x);
  if (fault.thread !== x.index) return null;
  const fails = fault.left === 1;
  const again = fails && fault.times > 1;
  rpcFault.set(x, { ...fault, left: again ? 1 : Math.max(0, fault.left - 1), times: fault.times - (again ? 1 : 0), made: fault.made + 1, failed: fails ? `${fn.interface}.${fn.name}` : fault.failed });
  if (!fails) return null;
  const exhausted = fault.kind === 'exhausted' ? fn.exceptions.find((name) => EXHAUSTED.test(name)) : undefined;
  const text = `${fn.interface}.${fn.name} was made to fail`;
  return exhausted === undefined ? { name: 'Ipc_error', text } : { name: exhausted, text };
}
