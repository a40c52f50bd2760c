// RPC calls of hosted threads: temporary receive window, marshalling, call, taking in of results.
// Source modelled: genode-16.08-abi.md 1.3 (client), 3.6 rule 3 (trace logger); genode-base-foc.md 2.5.

import type { Plain } from '../../emu/plain.ts';
import { exceptionOf, INVALID_OBJECT, INVALID_OPCODE, type RpcFunction, type Value } from '../rpc/interface.ts';
import { INTERFACES } from '../rpc/interfaces.ts';
import { decodeResult, encodeArguments } from '../rpc/wire.ts';
import { allocSlots, capId, dec, freeSlots, inc } from './cap_space.ts';
import type { Execution } from './execution.ts';
import { type Action, call, done, goto, invoke, type InvokeResult, procedure, raise } from './procedure.ts';
import { dueRpcFault } from './rpc_fault.ts';
import { ERROR, OPERATION, TAG_ERROR } from './utcb.ts';
import { getMessage, putMessage, setReceiveWindow, takeCaps, WINDOW_SLOTS } from './window.ts';

export interface RpcReply {
  readonly value: Value;
  /** Returned capability with one reference that the caller now owns; null if invalid or none. */
  readonly cap: number | null;
}

type CallLocals = {
  [key: string]: Plain;
  interface: string;
  fn: number;
  target: number | null;
  args: { readonly [name: string]: Plain };
  window: number;
};

/** Arguments by name: values, and slots (or null = invalid) for capabilities. */
export type RpcArguments = { readonly [name: string]: Value | null };

/** Calls an RPC function; step `then` gets an RpcReply, step `error` the Failure (declared exception, Ipc_error, ...). */
export function rpc(fn: RpcFunction, target: number | null, args: RpcArguments, then: string, error = ''): Action {
  return call(rpcCall, { interface: fn.interface, fn: fn.opcode, target, args: args as { [name: string]: Plain }, window: 0 }, then, error);
}

function functionOf(l: CallLocals): RpcFunction {
  const fn = INTERFACES[l.interface]?.functions[l.fn];
  if (fn === undefined) throw new Error(`no function ${l.interface}[${l.fn}]`);
  return fn;
}

export const rpcCall = procedure<CallLocals>('native.rpc_call', {
  start: (x) => {
    const logger = x.component.program.trace_logger?.(x);
    return logger === undefined ? goto('send') : call(logger, {}, 'send');
  },
  send: (x, l) => {
    const fn = functionOf(l);
    const fault = dueRpcFault(x, fn);
    if (fault !== null) return raise(fault.name, fault.text);
    if (l.target === null) return raise('Ipc_error', `${fn.interface}.${fn.name} on an invalid capability`);
    l.window = allocSlots(x, WINDOW_SLOTS);
    const caps = fn.args.filter((arg) => arg.type === 'cap').map((arg) => l.args[arg.name] as number | null);
    for (const slot of caps) inc(x, slot);
    inc(x, l.target);
    const values = l.args as { readonly [name: string]: Value };
    const tag = putMessage(x, capId(x, l.target), caps, encodeArguments(fn, values));
    if (tag === undefined) return raise('Ipc_error', 'receive message buffer too small');
    setReceiveWindow(x, l.window);
    x.note('rpc', { interface: fn.interface, function: fn.name, args: l.args });
    const { r } = x.cpu;
    r[0] = tag;
    r[2] = (l.target << 12) | OPERATION.call;
    r[3] = 0;
    r[4] = 0;
    return invoke('received');
  },
  received: (x, l, result: InvokeResult) => {
    const fn = functionOf(l);
    const failed = (result.tag & TAG_ERROR) !== 0;
    const message = failed ? { protocol: 0, ids: [], payload: [] } : getMessage(x, result.tag);
    const caps = takeCaps(x, message, l.window);
    for (const slot of caps) inc(x, slot);
    freeSlots(x, l.window, WINDOW_SLOTS);
    for (const arg of fn.args) if (arg.type === 'cap') dec(x, l.args[arg.name] as number | null);
    dec(x, l.target);
    if (failed) return ipcFailure(x, fn, result.error);
    // Stock clients ignore "invalid opcode" and go on with the default value; who asks for an extension wants to know.
    if (message.protocol === INVALID_OPCODE && fn.extension !== undefined) return raise('Invalid_opcode', `extension '${fn.extension}'`);
    if (message.protocol === INVALID_OBJECT) return raise('Ipc_error', `${fn.interface}.${fn.name}: invalid object`);
    // Of codes that the function does not declare clients take no notice, whoever sent them.
    const exception = exceptionOf(fn, message.protocol);
    if (exception !== undefined) return raise(exception, `${fn.interface}.${fn.name}`);
    return done({ value: decodeResult(fn, message.payload), cap: caps[0] ?? null });
  },
});

function ipcFailure(x: Execution, fn: RpcFunction, error: number): Action {
  if (error === ERROR.receive_cancelled) return raise('Blocking_canceled', `${fn.interface}.${fn.name}`);
  x.cpu.console(`Ipc error: ${error.toString(16).padStart(8, '0')} occurred!\n`);
  return raise('Ipc_error', `${fn.interface}.${fn.name}: error ${error}`);
}
