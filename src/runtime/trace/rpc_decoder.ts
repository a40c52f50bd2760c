// RPCs in words: requests and replies decoded by the interface table. Owner of the requests whose replies are still to come.
// Source modelled: genode-16.08-abi.md 1.1, 1.2.

import type { StampedEvent } from '../../emu/event.ts';
import type { DebugId } from '../../emu/numbers.ts';
import { INVALID_OBJECT, INVALID_OPCODE, type RpcFunction, type Value, exceptionName } from '../rpc/interface.ts';
import { INTERFACES } from '../rpc/interfaces.ts';
import { decodeArguments, decodeMessage, decodeResult, type Message } from '../rpc/wire.ts';
import type { TraceNames } from './names.ts';

type Transfer = StampedEvent & { readonly kind: 'ipc_transfer' };

interface Pending {
  readonly name: string;
  readonly declared: RpcFunction | null;
}

/** Rights bits at the bottom of a gate's label. */
const LABEL_MASK = ~3;
const TEXT_MAX = 60;

export class RpcDecoder {
  readonly #names: TraceNames;
  readonly #pending = new Map<DebugId, Pending>();

  constructor(names: TraceNames) {
    this.#names = names;
  }

  /** An RPC's request or reply in words; null for other messages. */
  decode(event: Transfer): string | null {
    if (event.phase === 'request' && event.words.length >= 3) return this.#request(event);
    if (event.phase === 'reply') return this.#reply(event);
    return null;
  }

  #request(event: Transfer): string {
    const message = decodeMessage(event.words);
    const opcode = (message.payload[0] ?? 0) | 0;
    const known = this.#names.interfaceOf(event.object, event.label & LABEL_MASK);
    const declared = known === null ? null : (INTERFACES[known]?.functions[opcode] ?? null);
    const name = declared === null ? `${known ?? `gate ${event.object.toString(16)}`}.${opcode}` : `${declared.interface}.${declared.name}`;
    this.#pending.set(event.from, { name, declared });
    const args = declared === null ? raw(message, 1) : argumentsOf(declared, message);
    return `${name}(${args}) to ${this.#names.both(event.to)}`;
  }

  #reply(event: Transfer): string | null {
    const pending = this.#pending.get(event.to);
    if (pending === undefined) return null;
    this.#pending.delete(event.to);
    return `${pending.name} returns ${resultOf(pending.declared, decodeMessage(event.words))}`;
  }
}

function argumentsOf(declared: RpcFunction, message: Message): string {
  const values = decodeArguments(declared, message.payload);
  let cap = 0;
  return declared.args.map(({ name, type }) => `${name}=${type === 'cap' ? capability(message.ids[cap++]) : shown(values[name])}`).join(', ');
}

function resultOf(declared: RpcFunction | null, message: Message): string {
  const { protocol, ids } = message;
  if (protocol === INVALID_OBJECT) return 'invalid object';
  if (protocol === INVALID_OPCODE) return 'invalid opcode';
  if (protocol !== 0) return declared === null ? `exception ${protocol}` : exceptionName(declared, protocol);
  if (declared === null) return raw(message, 0) || 'nothing';
  if (declared.result === 'void') return 'nothing';
  return declared.result === 'cap' ? capability(ids[0]) : shown(decodeResult(declared, message.payload));
}

const capability = (id: number | null | undefined): string => (id === null || id === undefined ? 'no capability' : `capability ${id}`);

function raw({ ids, payload }: Message, from: number): string {
  return [...ids.map(capability), ...payload.slice(from).map((word) => `0x${word.toString(16)}`)].join(', ');
}

function shown(value: Value | undefined): string {
  if (typeof value === 'number') return value < 0 || value < 10 ? String(value) : `0x${value.toString(16)}`;
  if (typeof value === 'string') return JSON.stringify(value.length > TEXT_MAX ? `${readable(value.slice(0, TEXT_MAX))}…` : readable(value));
  return Array.isArray(value) ? `[${value.map((word: number) => `0x${word.toString(16)}`).join(' ')}]` : String(value);
}

/** A text of bytes as people read it, and as the log shows it: as UTF-8 where it is that, else a character each. */
function readable(text: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  } catch {
    return text;
  }
}
