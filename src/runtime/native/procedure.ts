// Procedures: what hosted threads execute. A procedure is a table of named steps; a running one is a plain frame
// {procedure, step, locals} (hosted_thread.ts). Each step returns an action that says where the reply and where the failure goes, so no host
// stack ever crosses a blocking point (architecture, law 2).

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from './execution.ts';

/** Why a procedure did not return: an exception's name (as the RPC tables have it) and words for people. */
export type Failure = {
  readonly name: string;
  readonly text: string;
};

/** How `invoke` ended: the result tag, the received label, and the UTCB's error register (valid if the tag's bit 15 is set). */
export interface InvokeResult {
  readonly tag: number;
  readonly label: number;
  readonly error: number;
}

/** What a step asks for. All kinds have one shape: nothing else is made and looked at so often. */
export interface Action {
  readonly do: 'goto' | 'call' | 'return' | 'raise' | 'invoke';
  /** Step of this frame that comes next, or that takes the value of what is called or invoked. */
  readonly step: string;
  /** Step of this frame that takes a failure of what is called; empty for none. */
  readonly error: string;
  /** Plain data: the next step's input, locals of what is called, the value returned, or the failure. */
  readonly value: unknown;
  /** What is called. */
  readonly target: Procedure<never> | null;
}

export type Step<L> = (x: Execution, l: L, input: never) => Action;
export type Steps<L> = { readonly start: Step<L>; readonly [step: string]: Step<L> };

/** A declared procedure; `call` makes the action that runs it. */
export interface Procedure<L extends object> {
  readonly name: string;
  readonly steps: Steps<L>;
}

const registry = new Map<string, Procedure<never>>();

/** Declares a procedure under a name that is unique in the runtime; saved machines refer to procedures and steps by name. */
export function procedure<L extends object>(name: string, steps: Steps<L>): Procedure<L> {
  if (registry.has(name)) throw new Error(`procedure '${name}' is declared twice`);
  const declared: Procedure<L> = { name, steps };
  registry.set(name, declared as unknown as Procedure<never>);
  return declared;
}

export function procedureNamed(name: string): Procedure<Record<string, Plain>> {
  const found = registry.get(name);
  if (found === undefined) throw new Error(`unknown procedure '${name}'`);
  return found as unknown as Procedure<Record<string, Plain>>;
}

/** All declared procedures, sorted by name. */
export function procedureNames(): string[] {
  return [...registry.keys()].sort();
}

/** Continues in the same frame at another step. */
export const goto = (step: string, input: unknown = null): Action => ({ do: 'goto', step, error: '', value: input, target: null });

/**
 * Runs a procedure; its value goes to step `then`, a failure to step `error` or, without one, to the caller's caller. `locals` is a
 * record made for this call: it becomes the procedure's own. What it holds, as all that is handed over, is never changed by anybody.
 */
export function call<L extends object>(target: Procedure<L>, locals: L, then: string, error = ''): Action {
  return { do: 'call', step: then, error, value: locals, target: target as unknown as Procedure<never> };
}

/** As `call` for a procedure known by name only (threads' entries, RPC handlers). */
export function callNamed(target: string, locals: object, then: string, error = ''): Action {
  return { do: 'call', step: then, error, value: locals, target: procedureNamed(target) as unknown as Procedure<never> };
}

/** Ends the procedure with a value (plain data). */
export const done = (value: unknown = null): Action => ({ do: 'return', step: '', error: '', value, target: null });

/** Ends the procedure with a failure, which unwinds to the nearest frame that names an error step. */
export const raise = (name: string, text = ''): Action => ({ do: 'raise', step: '', error: '', value: { name, text } satisfies Failure, target: null });

/** Enters the kernel with the registers and the UTCB as the step set them; step `then` gets an InvokeResult. */
export const invoke = (then: string): Action => ({ do: 'invoke', step: then, error: '', value: null, target: null });
