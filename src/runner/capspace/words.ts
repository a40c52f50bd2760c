// Differences between capability tables in words: one sentence each, the most serious first, with what every slot is for.
// Owns no state. Example: product.md, "Capability dumps and goldens".

import type { SlotEntry } from '../../emu/jdb/model.ts';
import type { DebugId, Slot } from '../../emu/numbers.ts';
import { type AliasGroup, DIFFERENCE_KINDS, type Difference } from './compare.ts';
import { standardSlot } from './standard_slots.ts';

/** What a slot is for and where its capability came from, if that is known from events. */
export type SlotWords = (slot: Slot, entry: SlotEntry) => string | undefined;

export interface WordsOptions {
  /** Of the first table (lost slots, and the "before" of others). */
  readonly before?: SlotWords;
  /** Of the second table (new slots). */
  readonly after?: SlotWords;
  /** Whether convention explains what events do not; on unless told otherwise. */
  readonly standard?: boolean;
}

/** Sentences without a final full stop, one per difference; differing ids are told in one sentence. */
export function explain(differences: readonly Difference[], options: WordsOptions = {}): string[] {
  return DIFFERENCE_KINDS.flatMap((kind) => {
    const group = differences.filter((difference) => difference.kind === kind);
    return kind === 'id' ? idSentence(group) : group.map((difference) => sentence(difference, options));
  });
}

/** How many differences of each kind, e.g. `1 lost, 2 new`. */
export function countWords(differences: readonly Difference[]): string {
  const counts = DIFFERENCE_KINDS.map((kind) => [kind, differences.filter((difference) => difference.kind === kind).length] as const);
  return counts.filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind}`).join(', ') || 'no difference';
}

function sentence(difference: Difference, options: WordsOptions): string {
  switch (difference.kind) {
    case 'lost':
      return `lost: ${slotText(difference.slot)} ${difference.before.type}${purpose(difference.before, options.before, options)}`;
    case 'new':
      return `new: ${slotText(difference.slot)} ${difference.after.type}, object ${idText(difference.after.id)}${purpose(difference.after, options.after, options)}`;
    case 'retargeted': {
      const { slot, before, after } = difference;
      return `retargeted: ${slotText(slot)} was ${before.type} ${idText(before.id)}${purpose(before, options.before, options)}; is ${after.type} ${idText(after.id)}${purpose(after, options.after, { standard: false })}`;
    }
    case 'rights': {
      const { slot, before, after } = difference;
      return `rights: ${slotText(slot)} ${before.type} had ${rightsText(before)}, has ${rightsText(after)}${purpose(before, options.before, options)}`;
    }
    case 'aliasing':
      return difference.change === 'split'
        ? `aliasing: ${slotList(difference.slots)} named one object (${idText(difference.before.id)}), now ${groupList(difference.after)}`
        : `aliasing: ${slotList(difference.slots)} named different objects (${groupList(difference.before)}), now all name ${idText(difference.after.id)}`;
    case 'id':
      return `id: ${slotText(difference.slot)} ${difference.before.type} was object ${idText(difference.before.id)}, is ${idText(difference.after.id)}`;
  }
}

function idSentence(differences: readonly Difference[]): string[] {
  const [first] = differences;
  if (first === undefined) return [];
  if (differences.length === 1) return [sentence(first, {})];
  return [`id: ${differences.length} slots name objects with other debug ids; the first${sentence(first, {}).slice('id'.length)}`];
}

function purpose(entry: SlotEntry, words: SlotWords | undefined, { standard = true }: WordsOptions): string {
  const text = words?.(entry.slot, entry) ?? (standard ? standardSlot(entry.slot, entry.type) : undefined);
  return text === undefined ? '' : `, ${text}`;
}

const RIGHTS_WORDS = { '*': 'all rights (*)', w: 'strong without write (w)', x: 'write without strong (x)', '-': 'no rights (-)' } as const;
const rightsText = ({ rights }: SlotEntry): string => RIGHTS_WORDS[rights];
const slotText = (slot: Slot): string => `0x${slot.toString(16)}`;
const idText = (id: DebugId): string => `0x${id.toString(16)}`;
const groupList = (groups: readonly AliasGroup[]): string => groups.map(({ id, slots }) => `${slotList(slots)} ${slots.length === 1 ? 'names' : 'name'} ${idText(id)}`).join(', ');

function slotList(slots: readonly Slot[]): string {
  const texts = slots.map(slotText);
  const last = texts.pop() ?? '';
  return texts.length === 0 ? last : `${texts.join(', ')} and ${last}`;
}
