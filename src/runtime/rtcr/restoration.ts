// The working records of the restore in progress, one per component, and the translation of ids: what was called so at the checkpoint is this now.
// Owner of both; there is one restore at a time. Source modelled: checkpoint-restore.md 1.7, 4.3.

import type { PlainRecord } from '../../emu/plain.ts';
import { capId, dec, inc } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { record, table } from '../native/store.ts';
import { isContent } from './contents.ts';
import { discard } from './discard.ts';
import type { DecidedStrategy } from './strategies.ts';
import { decideStrategy } from './strategies.ts';
import { type Snapshot, snapshots, type StoredThread, threadsOf } from './target_state.ts';

export interface Restoration {
  /** Number of the component in the restore, from 1; 0 while there is none. */
  readonly member: number;
  /** Name of the component to be. */
  readonly name: string;
  /** Key of the snapshot and of the new target. */
  readonly snapshot: number;
  readonly target: number;
  readonly strategy: DecidedStrategy;
  /** Native sessions of the new target's own PD. */
  readonly native: number;
  readonly task: number;
  /** The same of further domains, by their numbers in the snapshot. */
  readonly further: readonly { readonly pd: number; readonly native: number; readonly task: number }[];
  /** Whether the hook of bootstrap="log-hook" has come and gone. */
  readonly hooked: boolean;
  readonly installed: number;
  readonly rewritten: number;
  readonly copied_bytes: number;
  /** Debug ids and kernel threads: key of the new thread's row by key of the stored one. */
  readonly threads: readonly { readonly stored: number; readonly key: number }[];
  /** Threads that exist only to keep a place of a thread that is gone: number in the plan, and key. */
  readonly fillers: readonly { readonly filler: number; readonly key: number }[];
  readonly lost: readonly PlainRecord[];
  readonly extensions: readonly string[];
}

interface Translation {
  /** Slot here, holding one reference; 0 where only the id is known. */
  readonly slot: number;
  readonly id: number;
}

const defaults = decideStrategy('restore', {});
if (!defaults.ok) throw new Error(defaults.message);

const NOTHING: Restoration = {
  member: 0, name: '', snapshot: 0, target: 0, strategy: defaults.strategy, native: 0, task: 0, further: [], hooked: false, installed: 0, rewritten: 0, copied_bytes: 0, threads: [], fillers: [],
  lost: [], extensions: [],
};

/** The record of the component that is being worked on. */
export const restoration = record<Restoration>('rtcr_restoration', NOTHING);
/** The records of the other components, by their numbers. */
const parked = table<Restoration>('rtcr_parked_restorations');
/** By id at the time of the checkpoint. */
const translations = table<Translation>('rtcr_translations');

export type RestoreItem = { readonly snapshot: number; readonly name: string };

/** Begins to restore components; the first one is worked on. Result: their numbers. */
export function beginRestoration(x: Execution, items: readonly RestoreItem[], strategy: DecidedStrategy): readonly number[] {
  endRestoration(x);
  items.forEach((item, at) => parked(x).set(at + 1, { ...NOTHING, ...item, member: at + 1, strategy }));
  enterMember(x, 1);
  return items.map((_item, at) => at + 1);
}

/** Makes the record of a component the one that is worked on. */
export function enterMember(x: Execution, member: number): void {
  const now = restoration.get(x);
  if (now.member === member) return;
  if (now.member !== 0) parked(x).set(now.member, now);
  restoration.set(x, parked(x).require(member));
  parked(x).delete(member);
}

/** The records of all components of the restore, in order. */
export function allMembers(x: Execution): readonly Restoration[] {
  const now = restoration.get(x);
  return [...(now.member === 0 ? [] : [now]), ...parked(x).entries().map(([, row]) => row)].sort((a, b) => a.member - b.member);
}

/** Forgets the restore in progress and drops what it kept. */
export function endRestoration(x: Execution): void {
  for (const { native, task, further, strategy } of allMembers(x)) {
    for (const slot of further.flatMap((space) => [space.native, space.task])) if (slot !== 0) dec(x, slot);
    if (native !== 0) dec(x, native);
    if (strategy.attached === 'copy') discard(x, task);
    else if (task !== 0) dec(x, task);
  }
  for (const [badge, { slot }] of translations(x).entries()) {
    if (slot !== 0) dec(x, slot);
    translations(x).delete(badge);
  }
  for (const member of parked(x).keys()) parked(x).delete(member);
  restoration.set(x, NOTHING);
}

/** By what a domain of the new target is reached: slots of its native PD session and its task, 0 where it is not. */
export const domainAccess = (x: Execution, pd: number): { readonly native: number; readonly task: number } => {
  const { native, task, further } = restoration.get(x);
  return pd === 0 ? { native, task } : (further.find((space) => space.pd === pd) ?? { native: 0, task: 0 });
};

/** The number of the domain that a stored thread is in. */
export const domainOfThread = (x: Execution, { pd }: StoredThread): number => Math.max(0, snapshotOf(x).pd_sessions.findIndex(({ key }) => key === pd));

export const snapshotOf = (x: Execution): Readonly<Snapshot> => snapshots(x).require(restoration.get(x).snapshot);

/** Says that `badge` is now the capability in `slot`; the translation takes over one reference from the caller. */
export function translated(x: Execution, badge: number, slot: number): void {
  if (badge === 0) return dec(x, slot);
  const old = translations(x).get(badge);
  if (old !== undefined && old.slot !== 0) dec(x, old.slot);
  translations(x).set(badge, { slot, id: capId(x, slot) });
}

/** As `translated` for a capability that another row keeps. */
export function alsoKnown(x: Execution, badge: number, slot: number): void {
  if (badge === 0 || slot === 0) return;
  inc(x, slot);
  translated(x, badge, slot);
}

/** Says what an id is called now where no capability is at hand. */
export function renamed(x: Execution, badge: number, id: number): void {
  if (badge !== 0 && translations(x).get(badge) === undefined) translations(x).set(badge, { slot: 0, id });
}

/** Slot of the restored object; null if it is not restored or only its id is known. */
export function nowAt(x: Execution, badge: number): number | null {
  const found = translations(x).get(badge);
  return found === undefined || found.slot === 0 ? null : found.slot;
}

/** Whether the new target gets RAM of its own in place of an attached dataspace: the strategy says so, and the checkpoint has copied it. */
export const comesAsCopy = (x: Execution, badge: number): boolean =>
  restoration.get(x).strategy.attached === 'copy' && snapshotOf(x).references.some((row) => row.badge === badge && isContent(x, row.ds));

/** Id of the restored object, if there is one. */
export const nowCalled = (x: Execution, badge: number): number | undefined => translations(x).get(badge)?.id;

/** Notes something that the restored target does not have. */
export const lost = (x: Execution, what: PlainRecord): void => restoration.update(x, { lost: [...restoration.get(x).lost, what] });

export function usedForRestore(x: Execution, extension: string): void {
  const { extensions } = restoration.get(x);
  if (!extensions.includes(extension)) restoration.update(x, { extensions: [...extensions, extension] });
}

/** Key of the restored thread for the key of the stored one, of whatever component of the restore. */
export const restoredThread = (x: Execution, stored: number): number | undefined => allMembers(x).flatMap(({ threads }) => threads).find((row) => row.stored === stored)?.key;

/** All stored threads of the components of the restore: they may wait for each other. */
export const storedThreads = (x: Execution): readonly StoredThread[] => allMembers(x).flatMap(({ snapshot }) => threadsOf(snapshots(x).require(snapshot)));

/** True while a restore waits for the first LOG request of this target. */
export const awaitsHook = (x: Execution, target: number): boolean => {
  const { target: restored, strategy, hooked } = restoration.get(x);
  return restored === target && strategy.bootstrap === 'log-hook' && !hooked;
};
