// Entrypoints: the server loop of a hosted thread and the management of RPC objects.
// Source modelled: genode-16.08-abi.md 1.3 (server), 3.2; genode-base-foc.md 2.5 (ipc_reply_wait), 3.3 step 8.

import type { Plain } from '../../emu/plain.ts';
import { exceptionCode, INVALID_OPCODE, type RpcFunction } from '../rpc/interface.ts';
import { INTERFACES, Pd_session } from '../rpc/interfaces.ts';
import { decodeArguments, encodeResult } from '../rpc/wire.ts';
import { allocSlots, capId, dec, inc } from './cap_space.ts';
import { COST } from './cost.ts';
import { env } from './env.ts';
import type { Execution } from './execution.ts';
import { lockAcquire, lockRelease } from './lock.ts';
import { type Action, call, callNamed, done, type Failure, goto, invoke, type InvokeResult, procedure, raise } from './procedure.ts';
import { RAW_HANDLER, RAW_INTERFACE, type RawMessage } from './raw_rpc.ts';
import { rpc, type RpcReply } from './rpc_client.ts';
import { objects, type RpcAnswer, type RpcRequest } from './service.ts';
import { upgradeEnv } from './session.ts';
import { gateSlot, threads } from './thread_table.ts';
import { OPERATION, SELF, TAG_ERROR, TIMEOUT } from './utcb.ts';
import { getMessage, putMessage, setReceiveWindow, takeCaps, WINDOW_SLOTS } from './window.ts';

type ServeLocals = {
  [key: string]: Plain;
  /** Locks of the start-up handshake; 0 where there is none. */
  cap_valid: number;
  delay_start: number;
  window: number;
  interface: string;
  opcode: number;
  request: RpcRequest | null;
  /** Capabilities of the request being served and of the last reply, each holding one reference. */
  request_caps: readonly number[];
  reply_caps: readonly number[];
  /** The last reply: a request with a forged id gets it once more. Null before the first, and after a request nobody answers. */
  replied: { readonly code: number; readonly cap: number | null; readonly has_cap: boolean; readonly payload: readonly number[] } | null;
};

export const newServeLocals = (cap_valid: number, delay_start: number): ServeLocals => ({
  cap_valid, delay_start, window: 0, interface: '', opcode: 0, request: null, request_caps: [], reply_caps: [], replied: null,
});

/** Entry procedure of an entrypoint thread; never returns. */
export const serveEntrypoint = procedure<ServeLocals>('native.serve_entrypoint', {
  start: (x, l) => {
    l.window = allocSlots(x, WINDOW_SLOTS);
    threads(x).update(x.index, { window: l.window });
    return l.cap_valid === 0 ? goto('delay') : call(lockRelease, { lock: l.cap_valid }, 'delay');
  },
  delay: (_x, l) => (l.delay_start === 0 ? goto('wait') : call(lockAcquire, { lock: l.delay_start }, 'go')),
  go: (_x, l) => call(lockRelease, { lock: l.delay_start }, 'wait'),
  wait: (x, l) => {
    const { r } = x.cpu;
    setReceiveWindow(x, l.window);
    r[0] = 0;
    r[2] = SELF | OPERATION.wait;
    r[3] = TIMEOUT.never;
    r[4] = 0;
    return invoke('received');
  },
  received: (x, l, result: InvokeResult) => {
    // The real loop ignores errors as well, but would repeat reply-and-wait for ever once its reply slot is gone.
    if ((result.tag & TAG_ERROR) !== 0) return goto('wait');
    const message = getMessage(x, result.tag);
    const id = (result.label & ~3) >>> 0;
    if (message.protocol !== id) {
      x.cpu.console('badge does not match label, ignoring request\n');
      // The real loop goes round with its reply buffer as it was.
      if (l.replied === null) return goto('wait');
      const { code, cap, has_cap, payload } = l.replied;
      return reply(x, l, code, has_cap ? [cap] : [], payload);
    }
    const caps = takeCaps(x, message, l.window);
    for (const slot of caps) inc(x, slot);
    l.request_caps = caps.filter((slot) => slot !== null);
    for (const slot of l.reply_caps) dec(x, slot);
    l.reply_caps = [];
    const object = objects(x).get(id);
    // The real server never answers a request for an object it does not know: the caller stays blocked.
    if (object === undefined || object.ep !== x.index) return goto('forget');
    x.charge(COST.rpc_dispatch);
    const opcode = message.payload[0] ?? 0;
    if (object.interface === RAW_INTERFACE) {
      l.interface = RAW_INTERFACE;
      l.opcode = opcode;
      l.request = { id, ref: object.ref, args: { payload: message.payload, caps } };
      const handler = x.component.program.services[RAW_INTERFACE]?.[RAW_HANDLER];
      return typeof handler === 'object' ? callNamed(handler.name, { request: l.request }, 'raw_answer') : goto('invalid_opcode');
    }
    const fn = INTERFACES[object.interface]?.functions[opcode];
    l.interface = object.interface;
    l.opcode = opcode;
    if (fn === undefined) return goto('invalid_opcode');
    const given: Record<string, Plain> = decodeArguments(fn, message.payload);
    let next = 0;
    for (const arg of fn.args) if (arg.type === 'cap') given[arg.name] = caps[next++] ?? null;
    l.request = { id, ref: object.ref, args: given };
    const logger = x.component.program.trace_logger?.(x);
    return logger === undefined ? goto('handle') : call(logger, {}, 'handle');
  },
  handle: (x, l) => {
    const fn = functionOf(l);
    const handler = x.component.program.services[l.interface]?.[fn.name];
    const request = l.request as RpcRequest;
    if (handler === undefined) return goto('invalid_opcode');
    if (typeof handler !== 'function') return callNamed(handler.name, { request }, 'answer', 'failed');
    return goto('answer', handler(x, request));
  },
  answer: (x, l, answer: RpcAnswer) => {
    const fn = functionOf(l);
    if ('exception' in answer) return goto('failed', { name: answer.exception, text: '' });
    const slot = answer.cap ?? null;
    if (answer.drop !== true) inc(x, slot);
    l.reply_caps = slot === null ? [] : [slot];
    return reply(x, l, 0, fn.result === 'cap' ? [slot] : [], encodeResult(fn, answer.value));
  },
  raw_answer: (x, l, { code, payload, caps }: RawMessage) => {
    l.reply_caps = caps.filter((slot) => slot !== null);
    return reply(x, l, code, caps, payload);
  },
  failed: (x, l, failure: Failure) => {
    const fn = functionOf(l);
    // How a handler says that it does not offer this function, as with extensions that are switched off.
    if (failure.name === 'Invalid_opcode') return goto('invalid_opcode');
    const code = exceptionCode(fn, failure.name);
    if (code === undefined) return raise(failure.name, `${failure.text} (not declared by ${fn.interface}.${fn.name})`);
    return reply(x, l, code, fn.result === 'cap' ? [null] : [], fn.result === 'cap' ? [] : encodeResult(fn, undefined));
  },
  invalid_opcode: (x, l) => {
    x.note('invalid_opcode', { interface: l.interface, opcode: l.opcode });
    return reply(x, l, INVALID_OPCODE, [], []);
  },
  forget: (x, l) => {
    releaseRequest(x, l);
    l.replied = null;
    return goto('wait');
  },
});

function functionOf(l: ServeLocals): RpcFunction {
  const fn = INTERFACES[l.interface]?.functions[l.opcode];
  if (fn === undefined) throw new Error(`no function ${l.interface}[${l.opcode}]`);
  return fn;
}

function releaseRequest(x: Execution, l: ServeLocals): void {
  for (const slot of l.request_caps) dec(x, slot);
  l.request_caps = [];
  l.request = null;
}

function reply(x: Execution, l: ServeLocals, code: number, caps: readonly (number | null)[], payload: readonly number[]): Action {
  releaseRequest(x, l);
  l.replied = { code, cap: caps[0] ?? null, has_cap: caps.length > 0, payload };
  const tag = putMessage(x, code, caps, payload);
  if (tag === undefined) throw new Error(`reply of ${l.interface}[${l.opcode}] is too long`);
  setReceiveWindow(x, l.window);
  const { r } = x.cpu;
  r[0] = tag;
  r[2] = SELF | OPERATION.reply_and_wait;
  r[3] = TIMEOUT.send_zero;
  r[4] = 0;
  return invoke('received');
}

type ManageLocals = { [key: string]: Plain; interface: string; ref: number; ep: number };

/** Makes an RPC object of this component known to the system: {id, cap}; the capability's reference belongs to the caller. */
export const manage = procedure<ManageLocals>('native.manage', {
  start: (x, l) => rpc(Pd_session.alloc_rpc_cap, env.get(x).pd, { ep: gateSlot(l.ep) }, 'allocated', 'denied'),
  allocated: (x, l, { cap }: RpcReply) => {
    if (cap === null) return raise('Ipc_error', 'alloc_rpc_cap returned an invalid capability');
    const id = capId(x, cap);
    inc(x, cap);
    objects(x).set(id, { interface: l.interface, ref: l.ref, ep: l.ep, cap });
    return done({ id, cap } satisfies Managed);
  },
  denied: (_x, _l, failure: Failure) => {
    if (failure.name !== 'Out_of_metadata') return raise(failure.name, failure.text);
    return call(upgradeEnv, { service: 'pd', args: 'ram_quota=16K' }, 'start');
  },
});

export type Managed = { readonly id: number; readonly cap: number };

type DissolveLocals = { [key: string]: Plain; id: number };

/** Withdraws an RPC object: its gate disappears from the system. */
export const dissolve = procedure<DissolveLocals>('native.dissolve', {
  start: (x, l) => {
    const object = objects(x).get(l.id);
    if (object === undefined) return done();
    return rpc(Pd_session.free_rpc_cap, env.get(x).pd, { cap: object.cap }, 'freed', 'freed');
  },
  freed: (x, l) => {
    dec(x, objects(x).require(l.id).cap);
    objects(x).delete(l.id);
    return done();
  },
});

