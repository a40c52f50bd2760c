// What a component serves: RPC objects and the handlers of their functions. An object is a row; its `ref` is the key of
// whatever implements it in the component's own tables.

import type { Plain } from '../../emu/plain.ts';
import type { Value } from '../rpc/interface.ts';
import type { Execution } from './execution.ts';
import type { Failure, Procedure } from './procedure.ts';
import { table } from './store.ts';

export interface RpcObject {
  readonly interface: string;
  /** Key of the implementing row; meaning is the interface's. */
  readonly ref: number;
  /** Index of the thread that serves the object. */
  readonly ep: number;
  /** Slot of the object's own capability in this component. */
  readonly cap: number;
}

/** RPC objects by global id (badge). */
export const objects = table<RpcObject>('objects');

export interface RpcRequest {
  readonly [key: string]: Plain;
  /** Global id of the invoked object. */
  readonly id: number;
  readonly ref: number;
  /** Argument values by name; capability arguments are slots or null (referenced until the next request is awaited). */
  readonly args: { readonly [name: string]: Plain };
}

/**
 * A handler's answer: a value and/or a capability slot (null = invalid capability), or a declared exception. What an object behind this
 * one failed to answer is no answer to a client, who gets zeros; a direct caller (local_call.ts) gets the `failure`.
 */
export type RpcAnswer =
  | { readonly value?: Value; readonly cap?: number | null; readonly drop?: boolean; readonly failure?: Failure }
  | { readonly exception: string };

/** Answers at once; may perform system calls that do not block. */
export type SyncHandler = (x: Execution, request: RpcRequest) => RpcAnswer;
/** A handler that blocks: a procedure whose locals are {request} and whose value is an RpcAnswer. */
export type BlockingHandler = Procedure<{ request: RpcRequest }>;
export type Handler = SyncHandler | BlockingHandler;

/** Handlers by interface and function name. A function without handler answers "invalid opcode", as an unknown one. */
export type Services = { readonly [interfaceName: string]: { readonly [fn: string]: Handler } };

export const cap = (request: RpcRequest, name: string): number | null => request.args[name] as number | null;
export const num = (request: RpcRequest, name: string): number => request.args[name] as number;
export const text = (request: RpcRequest, name: string): string => request.args[name] as string;
export const words = (request: RpcRequest, name: string): readonly number[] => request.args[name] as readonly number[];
