// All that is known of the slots of one task at one point: what `rescap explain` answers from, and what is kept for the next question.
// Plain data; owns no state.

import type { SlotReport } from './slot_report.ts';
import { type Fates, fateOf } from './trials.ts';

/** Of one slot, without what becomes of it. */
export type Told = Omit<SlotReport, 'restores'>;

export interface PointRecord {
  readonly told: readonly Told[];
  /** Of every slot that is not among `told`; its slot is none. */
  readonly other: Told;
  readonly fates: Fates;
}

/** Where records of a point are kept; which point, scenario, programs and task it is about is the owner's to know. */
export interface PointStore {
  /** Undefined if there is none, or it was made of something else. */
  get(): PointRecord | undefined;
  put(record: PointRecord): void;
}

export const toldOf = ({ told, other }: Pick<PointRecord, 'told' | 'other'>, slot: number): Told => told.find((one) => one.slot === slot) ?? { ...other, slot };

export const reportOf = (record: PointRecord, slot: number): SlotReport => ({ ...toldOf(record, slot), restores: fateOf(record.fates, slot) });
