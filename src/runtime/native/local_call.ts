// Calls on objects that the calling component serves itself, made as a C++ program makes them through a reference: the handler runs
// in the calling thread, without IPC, receive window or logger. Owns no state. Source modelled: Genode 16.08's Child, which takes
// Pd_session &, Ram_session & and Cpu_session &, for a parent that implements these sessions (checkpoint-restore.md 1.2).

import type { Plain } from '../../emu/plain.ts';
import type { RpcFunction } from '../rpc/interface.ts';
import { INTERFACES } from '../rpc/interfaces.ts';
import { capId, inc } from './cap_space.ts';
import type { Execution } from './execution.ts';
import { type Action, call, callNamed, done, goto, procedure, raise } from './procedure.ts';
import { rpc, type RpcArguments, type RpcReply } from './rpc_client.ts';
import { objects, type RpcAnswer } from './service.ts';

type Locals = { [key: string]: Plain; interface: string; fn: number; id: number; args: { readonly [name: string]: Plain } };

/** As `rpc`, but an object of this component is called directly. */
export function localCall(x: Execution, fn: RpcFunction, target: number | null, args: RpcArguments, then: string, error = ''): Action {
  const id = target === null ? 0 : capId(x, target);
  if (objects(x).get(id)?.interface !== fn.interface) return rpc(fn, target, args, then, error);
  return call(callHandler, { interface: fn.interface, fn: fn.opcode, id, args: args as { [name: string]: Plain } }, then, error);
}

/** Capabilities among the arguments stay the caller's; a returned one comes with a reference, as that of an RPC. */
const callHandler = procedure<Locals>('native.local_call', {
  start: (x, l) => {
    const { ref } = objects(x).require(l.id);
    const name = INTERFACES[l.interface]?.functions[l.fn]?.name ?? '';
    const handler = x.component.program.services[l.interface]?.[name];
    if (handler === undefined) return raise('Invalid_opcode', `${l.interface}.${name}`);
    const request = { id: l.id, ref, args: l.args };
    return typeof handler === 'function' ? goto('answer', handler(x, request)) : callNamed(handler.name, { request }, 'answer');
  },
  answer: (x, _l, answer: RpcAnswer) => {
    if ('exception' in answer) return raise(answer.exception);
    if (answer.failure !== undefined) return raise(answer.failure.name, answer.failure.text);
    const cap = answer.cap ?? null;
    if (answer.drop !== true) inc(x, cap);
    return done({ value: answer.value ?? 0, cap } satisfies RpcReply);
  },
});
