// Who asks whom for what: each thread's last request, and the request that a thread serves, with the requests within which it
// came. Owner of both, derived from message transfers. Source modelled: genode-16.08-abi.md 1.1, 1.2.

import type { StampedEvent } from '../../emu/event.ts';
import type { DebugId, Microseconds } from '../../emu/numbers.ts';
import type { InterfaceLookup } from '../provenance.ts';
import { type RpcFunction, exceptionName, type Value } from '../rpc/interface.ts';
import { INTERFACES } from '../rpc/interfaces.ts';
import { decodeArguments, decodeMessage, decodeResult, type Message } from '../rpc/wire.ts';
import type { RpcName } from '../system.ts';

export type Transfer = StampedEvent & { readonly kind: 'ipc_transfer' };

/** A message through a gate, read as an RPC. */
export interface Request {
  readonly from: DebugId;
  readonly to: DebugId;
  /** The gate that it came through. */
  readonly gate: DebugId;
  readonly rpc: RpcName;
  /** Names of the capability arguments, in the order of the message's items. */
  readonly capabilities: readonly string[];
  readonly args: Readonly<Record<string, Value>>;
  readonly time_us: Microseconds;
  /** What the caller was serving itself when it asked. */
  readonly within: Request | null;
  /** Value or exception of the reply; null until there is one, and where it has none. */
  result: Value | string | null;
}

/** Requests within requests are remembered so deep: a server that never answers would make a chain without end. */
const DEPTH_MAX = 6;
/** Rights bits at the bottom of a gate's label. */
const LABEL_MASK = ~3;

export class Requests {
  readonly #called = new Map<DebugId, Request>();
  readonly #serving = new Map<DebugId, Request>();
  readonly #lookup: InterfaceLookup;

  constructor(lookup: InterfaceLookup) {
    this.#lookup = lookup;
  }

  /** The request that a thread works on, or null. */
  servedBy(thread: DebugId): Request | null {
    return this.#serving.get(thread) ?? null;
  }

  /** Takes in a request; @returns what it is */
  request(event: Transfer): Request {
    const message = decodeMessage(event.words);
    const opcode = (message.payload[0] ?? 0) | 0;
    const name = this.#lookup(event.object, event.label & LABEL_MASK);
    const declared = functionOf(name, opcode);
    const request: Request = {
      from: event.from,
      to: event.to,
      gate: event.object,
      rpc: { interface: name, function: declared?.name ?? null, opcode },
      capabilities: (declared?.args ?? []).flatMap((argument) => (argument.type === 'cap' ? [argument.name] : [])),
      args: declared === null ? {} : decodeArguments(declared, message.payload),
      time_us: event.time_us,
      within: cut(this.servedBy(event.from), DEPTH_MAX),
      result: null,
    };
    this.#called.set(event.from, request);
    this.#serving.set(event.to, request);
    return request;
  }

  /** Takes in a reply; @returns the request that it answers, if one is known */
  reply(event: Transfer): Request | null {
    this.#serving.delete(event.from);
    const request = this.#called.get(event.to);
    if (request === undefined || request.to !== event.from) return null;
    request.result = resultOf(functionOf(request.rpc.interface, request.rpc.opcode), decodeMessage(event.words));
    return request;
  }
}

const functionOf = (name: string | null, opcode: number): RpcFunction | null => (name === null ? null : (INTERFACES[name]?.functions[opcode] ?? null));

function cut(request: Request | null, depth: number): Request | null {
  if (request === null || depth === 0) return null;
  return depthOf(request) < depth ? request : { ...request, within: cut(request.within, depth - 1) };
}

function depthOf(request: Request): number {
  let depth = 1;
  for (let outer = request.within; outer !== null; outer = outer.within) depth++;
  return depth;
}

function resultOf(declared: RpcFunction | null, message: Message): Value | string | null {
  if (declared === null) return null;
  if (message.protocol !== 0) return exceptionName(declared, message.protocol);
  return declared.result === 'void' || declared.result === 'cap' ? null : decodeResult(declared, message.payload);
}
