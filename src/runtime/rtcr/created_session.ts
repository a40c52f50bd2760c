// The common shape of "open the real session, put an interposed object before it": locals and result of the procedures that do.
// Owns no state. Source modelled: checkpoint-restore.md 1.4 (custom roots).

import type { Plain } from '../../emu/plain.ts';
import type { Execution } from '../native/execution.ts';
import { type InterposedSession, targets } from './online_storage.ts';

export type CreateSession = {
  [key: string]: Plain;
  target: number;
  /** Session arguments as the client gave them, label already set by the parent. */
  args: string;
  affinity: readonly number[];
  ref?: number;
};

/** Key of the row, and the object for the client. */
export type CreatedSession = { readonly key: number; readonly cap: number; readonly id: number };

export const NO_AFFINITY: readonly number[] = [0, 0, 0, 0, 0, 0];

export const isBootstrap = (x: Execution, target: number): boolean => targets(x).require(target).bootstrap;

/** The columns of a new session's row, before its own object exists. */
export function newSession(x: Execution, l: CreateSession, real: number): InterposedSession {
  return { target: l.target, real, cap: 0, id: 0, bootstrapped: isBootstrap(x, l.target), creation_args: l.args, upgrade_bytes: 0 };
}
