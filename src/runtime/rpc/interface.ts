// How an RPC interface is described: functions in declaration order, argument layout, result, declared exceptions.
// Source modelled: genode-16.08-abi.md 1.1 and 2. Servers, clients, traces and documentation are driven by these descriptions.

/** Type of one payload item. Every item starts on a word and is padded with zeros to a word. */
export type ValueType =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'i32'
  | 'bool'
  /** Rpc_in_buffer: a length word, then that many bytes (a C string's length includes its NUL). */
  | { readonly buffer: number }
  /** String<N> by reference: the raw image, N characters and a length word (including the NUL). */
  | { readonly string: number }
  /** A struct by memory image, handled as words. */
  | { readonly words: number };

export type Value = number | boolean | string | readonly number[];

export interface Argument {
  readonly name: string;
  readonly type: ValueType | 'cap';
}

export interface RpcFunction {
  readonly interface: string;
  readonly name: string;
  readonly opcode: number;
  readonly args: readonly Argument[];
  readonly result: ValueType | 'cap' | 'void';
  /** Declared exceptions in declaration order: the last has code -1001, the one before -1002, and so on. */
  readonly exceptions: readonly string[];
  /** Name of the named extension that adds this function to stock Genode 16.08, if any. */
  readonly extension: string | undefined;
}

export interface RpcInterface {
  readonly name: string;
  readonly functions: readonly RpcFunction[];
}

/** Exception code of a declared exception on the wire (abi 1.2). */
export function exceptionCode(fn: RpcFunction, name: string): number | undefined {
  const index = fn.exceptions.indexOf(name);
  return index < 0 ? undefined : -1000 - (fn.exceptions.length - index);
}

/** The declared exception of a code, if it is one. */
export const exceptionOf = (fn: RpcFunction, code: number): string | undefined => fn.exceptions[fn.exceptions.length + code + 1000];

export const exceptionName = (fn: RpcFunction, code: number): string => exceptionOf(fn, code) ?? `Rpc_exception(${code})`;

export const INVALID_OBJECT = -1;
export const INVALID_OPCODE = -2;
