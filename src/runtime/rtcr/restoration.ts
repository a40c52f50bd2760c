// The working record of the restore in progress, and the translation of ids: what was called so at the checkpoint is this now.
// Owner of both; there is one restore at a time. Source modelled: checkpoint-restore.md 1.7, 4.3.

import type { PlainRecord } from '../../emu/plain.ts';
import { capId, dec, inc } from '../native/cap_space.ts';
import type { Execution } from '../native/execution.ts';
import { record, table } from '../native/store.ts';
import type { DecidedStrategy } from './strategies.ts';
import { decideStrategy } from './strategies.ts';
import { type Snapshot, snapshots } from './target_state.ts';

export interface Restoration {
  /** Key of the snapshot and of the new target. */
  readonly snapshot: number;
  readonly target: number;
  readonly strategy: DecidedStrategy;
  /** Native sessions of the new target's own PD. */
  readonly native: number;
  readonly task: number;
  /** Whether the hook of bootstrap="log-hook" has come and gone. */
  readonly hooked: boolean;
  readonly installed: number;
  readonly rewritten: number;
  readonly copied_bytes: number;
  /** Debug ids and kernel threads: key of the new thread's row by key of the stored one. */
  readonly threads: readonly { readonly stored: number; readonly key: number }[];
  /** Threads that exist only to keep a hole in the thread slots. */
  readonly fillers: readonly number[];
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
  snapshot: 0, target: 0, strategy: defaults.strategy, native: 0, task: 0, hooked: false, installed: 0, rewritten: 0, copied_bytes: 0, threads: [], fillers: [],
  lost: [], extensions: [],
};

export const restoration = record<Restoration>('rtcr_restoration', NOTHING);
/** By id at the time of the checkpoint. */
const translations = table<Translation>('rtcr_translations');

export const beginRestoration = (x: Execution, snapshot: number, strategy: DecidedStrategy): void =>
  restoration.set(x, { ...NOTHING, snapshot, strategy });

/** Forgets the restore in progress and drops what it kept. */
export function endRestoration(x: Execution): void {
  const { native, task } = restoration.get(x);
  for (const slot of [native, task]) if (slot !== 0) dec(x, slot);
  for (const [badge, { slot }] of translations(x).entries()) {
    if (slot !== 0) dec(x, slot);
    translations(x).delete(badge);
  }
  restoration.set(x, NOTHING);
}

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

/** Id of the restored object, if there is one. */
export const nowCalled = (x: Execution, badge: number): number | undefined => translations(x).get(badge)?.id;

/** Notes something that the restored target does not have. */
export const lost = (x: Execution, what: PlainRecord): void => restoration.update(x, { lost: [...restoration.get(x).lost, what] });

export function usedForRestore(x: Execution, extension: string): void {
  const { extensions } = restoration.get(x);
  if (!extensions.includes(extension)) restoration.update(x, { extensions: [...extensions, extension] });
}

/** Key of the restored thread for the key of the stored one. */
export const restoredThread = (x: Execution, stored: number): number | undefined => restoration.get(x).threads.find((row) => row.stored === stored)?.key;

/** True while a restore waits for the first LOG request of this target. */
export const awaitsHook = (x: Execution, target: number): boolean => {
  const { target: restored, strategy, hooked } = restoration.get(x);
  return restored === target && strategy.bootstrap === 'log-hook' && !hooked;
};
