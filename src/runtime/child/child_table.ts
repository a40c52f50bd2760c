// Children of a component and the sessions it opened on their behalf: the rows behind Genode's Child and Child::Session.
// Owner of the tables `children` and `child_sessions`. Source modelled: genode-16.08-abi.md 4.2, 5.3.

import { capId } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { type HasStore, table } from '../native/store.ts';
import type { Policy } from './policy.ts';

export type ChildRow = {
  readonly name: string;
  /** Index of the thread that serves the child's Parent interface. */
  readonly ep: number;
  /** Environment sessions as the child gets them. Each holds one reference that the owner's row stands for. */
  readonly pd: number;
  readonly ram: number;
  /** The RAM session that quota is given back to: core's own object where `ram` stands before one. No reference of its own. */
  readonly account: number;
  readonly cpu: number;
  readonly main_thread: number;
  /** Parent gate: global id and slot; 0 until it exists. */
  readonly parent_id: number;
  readonly parent_cap: number;
  readonly policy: Policy;
  /** Services that upgrades of the environment sessions go to; 0 = the own parent. */
  readonly pd_service: number;
  readonly ram_service: number;
  readonly cpu_service: number;
  /** Signal contexts that the child registered, 0 = none; each holds one reference. */
  readonly resource_avail_sigh: number;
  readonly yield_sigh: number;
  /** Arguments of the last yield request, fetched by the child. */
  readonly yield_args: string;
};

export type SessionRow = {
  readonly child: number;
  /** Row of the services table that was used to open it. */
  readonly service: number;
  /** Child that serves it, 0 for others. Kept apart from the service, whose row may vanish first. */
  readonly server: number;
  /** First 15 characters of the service name. */
  readonly ident: string;
  /** Session capability; holds one reference. */
  readonly cap: number;
  readonly donated_bytes: number;
  /** Block of the child heap that the record occupies. */
  readonly block: number;
  /** What was asked for: the service, the arguments as filtered, and as the server got them. Unknown for restored sessions. */
  readonly request?: { readonly service: string; readonly args: string; readonly server_args: string };
};

export const children = table<ChildRow>('children');
export const sessions = table<SessionRow>('child_sessions');

/** The session of a child behind a capability, found by the capability's id as Genode's object pool does. */
export function sessionOf(x: Execution, child: number, cap: number | null): readonly [key: number, row: Readonly<SessionRow>] | undefined {
  if (cap === null) return undefined;
  const id = capId(x, cap);
  return sessions(x).find((row) => row.child === child && capId(x, row.cap) === id);
}

/** Sessions of a child, the newest first. */
export function sessionsOf(x: HasStore, child: number): number[] {
  return sessions(x)
    .entries()
    .filter(([, row]) => row.child === child)
    .map(([key]) => key)
    .reverse();
}

/** Which environment session of a child a capability names, if any. */
export function envSessionOf(x: Execution, child: number, cap: number | null): 'pd' | 'ram' | 'cpu' | undefined {
  if (cap === null) return undefined;
  const row = children(x).require(child);
  const id = capId(x, cap);
  return (['ram', 'cpu', 'pd'] as const).find((which) => capId(x, row[which]) === id);
}
