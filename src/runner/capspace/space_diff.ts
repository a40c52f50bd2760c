// The difference of two sets of capability spaces, component by component: which belong together, what differs, the verdict in words.
// Owns no state. Spaces are matched by name where both sides have the same names, else by their order.

import type { Slot } from '../../emu/numbers.ts';
import { compare, type CompareMode, type CompareOptions, type Difference, DIFFERENCE_KINDS } from './compare.ts';
import type { Listing } from './listing.ts';
import { type RowLine, unifiedRows } from './rows.ts';
import { countWords, explain } from './words.ts';

export interface ComponentDiff {
  readonly name: string;
  readonly before: Listing;
  readonly after: Listing;
  readonly differences: readonly Difference[];
  /** One sentence a difference, the gravest first. */
  readonly sentences: readonly string[];
  readonly rows: readonly RowLine[];
  /** How many rows were compared, where a side shows a part of its table only; null: all. */
  readonly compared_rows: number | null;
}

export interface SpaceDiff {
  readonly mode: CompareMode;
  readonly components: readonly ComponentDiff[];
  readonly same: boolean;
  /** "2 lost, 1 retargeted in sheep_counter; 1 new in timer" */
  readonly verdict: string;
}

export function diffSpaces(before: readonly Listing[], after: readonly Listing[], mode: CompareMode): SpaceDiff | { readonly error: string } {
  const pairs = pairsOf(before, after);
  if ('error' in pairs) return pairs;
  const components: ComponentDiff[] = [];
  for (const [a, b] of pairs) {
    const component = diffComponent(a, b, mode);
    if ('error' in component) return component;
    components.push(component);
  }
  const differing = components.filter(({ differences }) => differences.length > 0);
  const named = components.length > 1 || components.some(({ name }) => !name.startsWith('listing'));
  const verdict = differing.length === 0 ? 'same' : differing.map(({ name, differences }) => `${countWords(differences)}${named ? ` in ${name}` : ''}`).join('; ');
  return { mode, components, same: differing.length === 0, verdict };
}

function pairsOf(before: readonly Listing[], after: readonly Listing[]): readonly (readonly [Listing, Listing])[] | { readonly error: string } {
  const [a] = before;
  const [b] = after;
  if (a === undefined || b === undefined) return { error: 'there is nothing to compare' };
  if (before.length === 1 && after.length === 1) return [[a, b]];
  const keyed = (listings: readonly Listing[]) => new Map(listings.map((listing) => [`${listing.name}@${listing.point}`, listing]));
  const [left, right] = [keyed(before), keyed(after)];
  const unique = left.size === before.length && right.size === after.length;
  if (unique && [...left.keys()].every((key) => right.has(key)) && left.size === right.size) return [...left].map(([key, listing]) => [listing, right.get(key) ?? listing] as const);
  if (before.length === after.length) return before.map((listing, index) => [listing, after[index] ?? listing] as const);
  return { error: `${before.length === 1 ? 'one listing' : `${before.length} listings`} cannot be matched with ${after.length === 1 ? 'one' : after.length}` };
}

function diffComponent(before: Listing, after: Listing, mode: CompareMode): ComponentDiff | { readonly error: string } {
  const parts = [before, after].filter((side) => side.partial);
  const onlyRows = parts.length === 0 ? null : parts.map((side) => side.rows.map(Number)).reduce((a, b) => a.filter((row) => b.includes(row)));
  if (onlyRows?.length === 0) return { error: 'the two listings have no row in common' };
  const options: CompareOptions = onlyRows === null ? {} : { onlyRows };
  const differences = compare(before.space, after.space, mode, options);
  const words = (listing: Listing, other: Listing) => (slot: Slot) => listing.words.get(slot) ?? other.words.get(slot);
  return {
    name: before.name.startsWith('listing') ? after.name : before.name,
    before, after, differences,
    sentences: explain(differences, { before: words(before, after), after: words(after, before) }),
    rows: unifiedRows(before.space, after.space, differences, options),
    compared_rows: onlyRows?.length ?? null,
  };
}

/** Numbers of differences by kind, all kinds named. */
export function kindCounts(differences: readonly Difference[]): Readonly<Record<string, number>> {
  return Object.fromEntries(DIFFERENCE_KINDS.map((kind) => [kind, differences.filter((difference) => difference.kind === kind).length]));
}
