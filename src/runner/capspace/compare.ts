// Comparison of two capability tables: what the second lost, gained, or holds otherwise than the first. Owns no state.
// The three comparisons of goldens: exact (slot, id, rights, type), shape (slot, type), isomorphic (all but the numbers of ids).

import type { ObjectSpace, SlotEntry } from '../../emu/jdb/model.ts';
import type { DebugId, Slot } from '../../emu/numbers.ts';

export type CompareMode = 'exact' | 'shape' | 'isomorphic';

export interface CompareOptions {
  /** Labels of the rows that are compared, where one side shows a part of its table; left out: all. */
  readonly onlyRows?: Iterable<number>;
  /** Slots that do not matter. */
  readonly ignore?: Iterable<number>;
}

/** Slots that name one object on a side. */
export interface AliasGroup {
  readonly id: DebugId;
  readonly slots: readonly Slot[];
}

export type Difference =
  | { readonly kind: 'lost'; readonly slot: Slot; readonly before: SlotEntry }
  | { readonly kind: 'new'; readonly slot: Slot; readonly after: SlotEntry }
  /** The slot names an object of another type. */
  | { readonly kind: 'retargeted'; readonly slot: Slot; readonly before: SlotEntry; readonly after: SlotEntry }
  | { readonly kind: 'rights'; readonly slot: Slot; readonly before: SlotEntry; readonly after: SlotEntry }
  /** Slots that named one object name several now. */
  | { readonly kind: 'aliasing'; readonly change: 'split'; readonly slots: readonly Slot[]; readonly before: AliasGroup; readonly after: readonly AliasGroup[] }
  /** Slots that named several objects name one now. */
  | { readonly kind: 'aliasing'; readonly change: 'joined'; readonly slots: readonly Slot[]; readonly before: readonly AliasGroup[]; readonly after: AliasGroup }
  | { readonly kind: 'id'; readonly slot: Slot; readonly before: SlotEntry; readonly after: SlotEntry };

export type DifferenceKind = Difference['kind'];

/** In this order differences are listed and told. */
export const DIFFERENCE_KINDS = ['lost', 'new', 'retargeted', 'rights', 'aliasing', 'id'] as const satisfies readonly DifferenceKind[];

const SLOTS_PER_ROW = 4;

/** Differences by kind, and ascending by slot within a kind. None: the tables are equal in this mode. */
export function compare(before: ObjectSpace, after: ObjectSpace, mode: CompareMode, options: CompareOptions = {}): Difference[] {
  const counts = slotFilter(options);
  const old = entriesBySlot(before, counts);
  const now = entriesBySlot(after, counts);
  const lost: Difference[] = [...old.values()].filter(({ slot }) => !now.has(slot)).map((entry) => ({ kind: 'lost', slot: entry.slot, before: entry }));
  const gained: Difference[] = [...now.values()].filter(({ slot }) => !old.has(slot)).map((entry) => ({ kind: 'new', slot: entry.slot, after: entry }));
  const common: Pair[] = [...old.values()].flatMap((entry) => {
    const other = now.get(entry.slot);
    return other === undefined ? [] : [{ slot: entry.slot, before: entry, after: other }];
  });
  const sameType = common.filter((pair) => pair.before.type === pair.after.type);
  const retargeted: Difference[] = common.filter((pair) => pair.before.type !== pair.after.type).map((pair) => ({ kind: 'retargeted', ...pair }));
  const found: Difference[] = [...lost, ...gained, ...retargeted];
  if (mode === 'shape') return found;
  for (const pair of sameType) if (pair.before.rights !== pair.after.rights) found.push({ kind: 'rights', ...pair });
  if (mode === 'isomorphic') found.push(...aliasing(sameType));
  else for (const pair of sameType) if (pair.before.id !== pair.after.id) found.push({ kind: 'id', ...pair });
  return found;
}

/** Every slot that a difference is about. */
export function slotsOf(difference: Difference): readonly Slot[] {
  return difference.kind === 'aliasing' ? difference.slots : [difference.slot];
}

interface Pair {
  readonly slot: Slot;
  readonly before: SlotEntry;
  readonly after: SlotEntry;
}

export function slotFilter({ onlyRows, ignore }: CompareOptions): (slot: Slot) => boolean {
  const rows = onlyRows === undefined ? null : new Set(onlyRows);
  const ignored = new Set(ignore);
  return (slot) => !ignored.has(slot) && (rows === null || rows.has(slot - (slot % SLOTS_PER_ROW)));
}

function entriesBySlot(space: ObjectSpace, counts: (slot: Slot) => boolean): Map<Slot, SlotEntry> {
  const entries = space.slots.filter(({ slot }) => counts(slot)).sort((a, b) => a.slot - b.slot);
  return new Map(entries.map((entry) => [entry.slot, entry]));
}

/** Where no bijection of ids carries one side into the other: the groups that fell apart, then those that became one. */
function aliasing(pairs: readonly Pair[]): Difference[] {
  const differences: Difference[] = [];
  for (const [id, group] of groupBy(pairs, (pair) => pair.before.id)) {
    const parts = groupBy(group, (pair) => pair.after.id);
    if (parts.size > 1) {
      const slots = slotsOfPairs(group);
      differences.push({ kind: 'aliasing', change: 'split', slots, before: { id, slots }, after: groupsOf(parts) });
    }
  }
  for (const [id, group] of groupBy(pairs, (pair) => pair.after.id)) {
    const parts = groupBy(group, (pair) => pair.before.id);
    if (parts.size > 1) {
      const slots = slotsOfPairs(group);
      differences.push({ kind: 'aliasing', change: 'joined', slots, before: groupsOf(parts), after: { id, slots } });
    }
  }
  return differences;
}

const slotsOfPairs = (pairs: readonly Pair[]): Slot[] => pairs.map(({ slot }) => slot);
const groupsOf = (parts: ReadonlyMap<DebugId, readonly Pair[]>): AliasGroup[] => [...parts].map(([id, pairs]) => ({ id, slots: slotsOfPairs(pairs) }));

/** Groups in the order of their first element. */
function groupBy(pairs: readonly Pair[], idOf: (pair: Pair) => DebugId): Map<DebugId, Pair[]> {
  const groups = new Map<DebugId, Pair[]>();
  for (const pair of pairs) {
    const group = groups.get(idOf(pair));
    if (group === undefined) groups.set(idOf(pair), [pair]);
    else group.push(pair);
  }
  return groups;
}
