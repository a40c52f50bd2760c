// What `rescap bench` measures with: figures as samples, things measured side by side, the clock. Owns no state.
// A figure is never a threshold; what is compared is measured in turns in one process, because machines drift.

import type { Context } from '../context.ts';

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly samples: readonly number[];
}

/** What every group of figures gets. */
export interface Bench {
  readonly context: Context;
  /** Samples per figure. */
  readonly runs: number;
  /** An image of the captured system for QEMU, where somebody has one. */
  readonly board_image?: string;
  /** Takes note of what is not measured, and why. */
  readonly leaveOut: (why: string) => void;
}

/** Of the processor, by this process so far. */
export function used_ms(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What work costs: time of the processor, not on the wall, so that others on the machine are not counted. */
export function cpu_ms(work: () => void): number {
  const begin = used_ms();
  work();
  return used_ms() - begin;
}

/** What a person waits: for work in other processes. */
export function wall_ms({ context }: Bench, work: () => void): number {
  const begin = context.wall_ms();
  work();
  return context.wall_ms() - begin;
}

/** Milliseconds of several pieces of work, in turns; `measure` is cpu_ms or another clock. */
export function inTurns<Name extends string>(bench: Bench, works: Readonly<Record<Name, () => void>>, measure: (work: () => void) => number = cpu_ms): Record<Name, number[]> {
  const names = Object.keys(works) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let i = 0; i < bench.runs; i++) for (const name of names) samples[name].push(measure(works[name]));
  return samples;
}

export const scaled = (samples: readonly number[], factor: number): number[] => samples.map((sample) => sample * factor);

/** How often one fits into the other, sample by sample. */
export const ratios = (samples: readonly number[], others: readonly number[]): number[] => samples.map((sample, i) => sample / (others[i] ?? Number.NaN));

export function spread(samples: readonly number[]): { readonly minimum: number; readonly median: number; readonly maximum: number } {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  return { minimum: at(0), median: at(sorted.length >>> 1), maximum: at(sorted.length - 1) };
}
