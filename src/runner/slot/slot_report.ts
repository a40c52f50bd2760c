// What is known of one slot of one task at one moment: plain data, as `rescap explain --json` prints it.
// Owns no state.

import type { Rights } from '../../emu/jdb/model.ts';
import type { Value } from '../../runtime/rpc/interface.ts';
import type { CapRecordView } from '../../runtime/system.ts';
import type { Trials } from './trials.ts';

export interface ThreadRef {
  readonly id: number;
  readonly name: string;
  /** Label of its component; empty for the kernel's own threads. */
  readonly component: string;
}

/** An RPC, with the RPCs within which it was made. */
export interface RequestRef {
  /** "Pd_session.alloc_context" */
  readonly rpc: string;
  readonly args: Readonly<Record<string, Value>>;
  readonly result: Value | null;
  /** The session that it was made on, or got its object from. */
  readonly session: { readonly service: string; readonly label: string } | null;
  readonly caller: ThreadRef;
  readonly server: ThreadRef;
  readonly time_us: number;
  readonly within: RequestRef | null;
}

/** How a capability came into a slot. */
export interface Arrival {
  readonly object: number;
  readonly type: string;
  readonly from_us: number;
  readonly by: ThreadRef;
  readonly by_other_task: boolean;
  /** What that thread was serving when it put the capability there. */
  readonly serving: RequestRef | null;
  /** The message that brought it, if one did: `item` counts its capabilities from 1. */
  readonly message: { readonly request: RequestRef; readonly as: 'argument' | 'result'; readonly item: number; readonly window: number } | null;
  /** When and by whom it was taken away; null: it is there still. */
  readonly end: { readonly time_us: number; readonly by: ThreadRef; readonly serving: RequestRef | null; readonly step: string | null } | null;
  /** The step of the scenario during which it came. */
  readonly step: string | null;
}

export interface ObjectReport {
  readonly id: number;
  readonly type: string;
  readonly rights: Rights;
  readonly role: string;
  readonly interface: string | null;
  /** Thread that a gate leads to, or that is attached to an IRQ. */
  readonly bound: ThreadRef | null;
  /** Messages that wait in an IRQ object. */
  readonly pending: number | null;
  readonly created: { readonly time_us: number; readonly by: ThreadRef | null; readonly serving: RequestRef | null; readonly step: string | null } | null;
  /** Requests made through it. */
  readonly calls: readonly { readonly rpc: string; readonly count: number; readonly last_us: number }[];
  /** The last requests that carried it as an argument. */
  readonly passed: readonly { readonly request: RequestRef; readonly argument: string }[];
  readonly passed_more: number;
  /** Every other slot of every task that names it. */
  readonly holders: readonly { readonly component: string; readonly task: number; readonly slot: number; readonly rights: Rights }[];
}

export interface SlotReport {
  readonly scenario: string;
  readonly point: string;
  readonly time_us: number;
  readonly component: string;
  readonly task: number;
  readonly slot: number;
  readonly object: ObjectReport | null;
  readonly arrival: Arrival | null;
  readonly record: CapRecordView;
  /** Earlier contents of the slot, oldest first. */
  readonly before: readonly Arrival[];
  /** What each strategy of restore leaves in the slot, from real runs; or why there are none. */
  readonly restores: Trials;
}
