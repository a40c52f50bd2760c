// One capability comparison as a scenario asks for it: which slots count, which are expected to be lost, and the answer in words,
// sentences first, rows second. Owns no state; the comparison itself is capspace's.

import type { ObjectSpace } from '../emu/jdb/model.ts';
import type { Slot } from '../emu/numbers.ts';
import { inRanges, type SlotRange } from '../scenario/value.ts';
import { compare, type CompareMode } from './capspace/compare.ts';
import { unifiedRows } from './capspace/rows.ts';
import { countWords, explain } from './capspace/words.ts';

export interface CapsQuestion {
  readonly expected: ObjectSpace;
  readonly actual: ObjectSpace;
  readonly compare: CompareMode;
  /** Only these slots count; left out: all. */
  readonly rows?: readonly SlotRange[] | undefined;
  /** These slots are expected to be lost, and nothing else may differ. */
  readonly missing?: readonly SlotRange[] | undefined;
  /** Labels of the rows that the expected listing covers, where it is a part. */
  readonly covered?: readonly number[] | undefined;
  /** What a slot is for, where it is known from events. */
  readonly describe: (slot: number) => string | undefined;
}

/** Empty: as expected. */
export function checkCaps(question: CapsQuestion): readonly string[] {
  const { missing, rows, covered } = question;
  const counted = (space: ObjectSpace) => (rows === undefined ? space : only(space, (slot) => inRanges(slot, rows)));
  const before = counted(question.expected);
  const after = counted(question.actual);
  const lossLines = (missing ?? []).flatMap((range) => unexpectedlyKept(range, before, after));
  // What is expected to be lost is taken out of the first side; whatever differs then is not expected.
  const reduced = missing === undefined ? before : only(before, (slot) => !inRanges(slot, missing));
  const options = covered === undefined ? {} : { onlyRows: covered };
  const differences = compare(reduced, after, question.compare, options);
  if (differences.length === 0) return lossLines;
  const describe = (slot: Slot) => question.describe(slot);
  const sentences = explain(differences, { before: describe, after: describe });
  const listing = unifiedRows(reduced, after, differences, options).map((line) => line.text);
  return [...lossLines, countWords(differences), ...sentences, ...listing];
}

/** The losses that were expected and have come, in words: what each capability was and what it was for. */
export function expectedLosses(question: CapsQuestion): readonly string[] {
  const { missing, expected, actual } = question;
  if (missing === undefined) return [];
  const differences = compare(only(expected, (slot) => inRanges(slot, missing)), actual, 'shape').filter(({ kind }) => kind === 'lost');
  const describe = (slot: Slot) => question.describe(slot);
  return explain(differences, { before: describe, after: describe }).map((line) => `as expected, ${line}`);
}

function unexpectedlyKept(range: SlotRange, before: ObjectSpace, after: ObjectSpace): readonly string[] {
  const inside = (space: ObjectSpace) => space.slots.filter(({ slot }) => inRanges(slot, [range]));
  const words = range.first === range.last ? hex(range.first) : `${hex(range.first)}-${hex(range.last)}`;
  if (inside(before).length === 0) return [`${words} was to be lost, but nothing was there before`];
  return inside(after).map(({ slot, type }) => `kept: ${hex(slot)} ${type} was to be lost, but is there`);
}

function only(space: ObjectSpace, counts: (slot: number) => boolean): ObjectSpace {
  return { ...space, slots: space.slots.filter(({ slot }) => counts(slot)) };
}

const hex = (slot: number) => `0x${slot.toString(16)}`;
