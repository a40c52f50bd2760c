// An invocation of a kernel object as its operations see it, and the way from opcode to operation through the table.
// Owns no state. Source modelled: fiasco-kernel.md 3.1, 5.5.

import { ERRNO, IPC_ERROR } from './errors.ts';
import { FLEXPAGE_OBJECT, flexpageOf } from './flexpage.ts';
import type { Kernel } from './kernel.ts';
import type { KernelObject } from './kernel_object.ts';
import { TAG_ERROR, failure, itemsOf, wordsOf } from './message_tag.ts';
import { type ObjectKind, type OperationOf, findOperation, unknownOf } from './protocols.ts';
import type { Thread } from './thread.ts';
import { MESSAGE_REGISTERS, Utcb } from './utcb.ts';

/** The tag of a result, or null: the operation sends no reply. */
export type Result = number | null;

export interface ObjectCall<T extends KernelObject> {
  readonly kernel: Kernel;
  readonly caller: Thread;
  readonly object: T;
  /** Rights bits and flags of the capability used. */
  readonly rights: number;
  readonly flags: number;
  readonly tag: number;
  readonly input: Utcb;
  /** Where results go: the caller's UTCB, or nowhere if the caller does not receive. */
  readonly output: Utcb;
}

export type Handler<T extends KernelObject> = (call: ObjectCall<T>) => Result;
export type Handlers<K extends ObjectKind, T extends KernelObject> = { readonly [Name in OperationOf<K>]: Handler<T> };

/** A UTCB that nobody reads. */
export const NOWHERE = new Utcb(null, 0);

/** Runs the operation with this code; what is unknown, absent or switched off gets the kernel's own error. */
export function dispatch<K extends ObjectKind, T extends KernelObject>(kind: K, op: number, call: ObjectCall<T>, handlers: Handlers<K, T>): Result {
  const row = findOperation(kind, op);
  if (row === undefined) return failure(unknownOf(kind));
  if (row.extension !== undefined && !call.kernel.extended(row.extension)) return failure(unknownOf(kind));
  if (row.support === 'absent') {
    call.kernel.unsupported(`${row.object} ${row.name}`);
    return failure(row.errno ?? ERRNO.NOSYS);
  }
  return handlers[row.name as OperationOf<K>](call);
}

/** The refusal of an item that is no capability: the error register says so. */
export function notObject(call: ObjectCall<KernelObject>): number {
  call.input.error = IPC_ERROR.SEND_OVERFLOW;
  return TAG_ERROR;
}

export interface NamedCapability {
  readonly object: KernelObject;
  readonly rights: number;
  readonly flags: number;
}

/**
 * The capability that the first item behind the untyped words names, looked up in the caller's table.
 * @returns 'none' where there is no item, 'not_object' where it names no capability slot, 'empty' where the slot is
 */
export function itemCapability<T extends KernelObject>(call: ObjectCall<T>): NamedCapability | 'none' | 'not_object' | 'empty' {
  const at = wordsOf(call.tag);
  if (itemsOf(call.tag) === 0 || at + 2 > MESSAGE_REGISTERS) return 'none';
  if (call.input.mr(at) === 0) return 'not_object';
  const page = flexpageOf(call.input.mr(at + 1));
  if (page.type !== FLEXPAGE_OBJECT) return 'not_object';
  const mapping = call.caller.task.objects.get(page.base);
  if (mapping === undefined) return 'empty';
  return { object: mapping.object, rights: mapping.rights & page.rights, flags: mapping.flags };
}
