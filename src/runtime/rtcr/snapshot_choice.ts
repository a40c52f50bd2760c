// Which snapshot of a checkpoint each component of a restore gets.
// Owns no state; pure but for the table of snapshots that it reads.

import type { HasStore } from '../native/store.ts';
import type { RestoreItem } from './restoration.ts';
import { snapshots } from './target_state.ts';

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

/**
 * Components that have names of the checkpoint get the snapshots of these names, in whatever order. Other names stand in the order of
 * the checkpoint, one for each of its components.
 */
export function snapshotsFor(x: HasStore, from: string, names: readonly string[]): { readonly items: readonly RestoreItem[] } | { readonly error: string } {
  const members = snapshots(x).entries().filter(([, row]) => row.name === from);
  const [first] = members;
  if (first === undefined) return { error: `there is no checkpoint "${from}" of this component's children` };
  const old = members.map(([, row]) => row.target_name);
  if (names.every((name) => old.includes(name))) return { items: names.map((name) => ({ snapshot: members[old.indexOf(name)]?.[0] ?? 0, name })) };
  if (names.length === members.length) return { items: members.map(([snapshot], at) => ({ snapshot, name: names[at] ?? '' })) };
  const few = `checkpoint "${from}" is of ${quoted(old)}`;
  return { error: `${few}: ${quoted(names)} ${names.length === 1 ? 'is' : 'are'} not among them; name components as they were, or one for each of them in this order` };
}
