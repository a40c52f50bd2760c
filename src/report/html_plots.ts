// Sizes and stop times of checkpoints and restores as bars, each beside its number. Owns no state.
// Source of the figures: the facts that the checkpointer tells of each command, and the timeline's operations.

import type { OperationRecord } from '../runner/run_record.ts';
import type { RunResult, StepOutcome } from '../runner/result.ts';
import { type Html, html } from './html_text.ts';
import { timeWords } from './words.ts';

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly words: string;
}

const KIB = 1024;

export function plots({ steps, timeline }: Pick<RunResult, 'steps' | 'timeline'>): Html | '' {
  const stops = timeline.operations.filter(({ kind }) => kind === 'checkpoint' || kind === 'restore').map((operation): Bar => ({ label: label(operation), value: operation.stop_us, words: timeWords(operation.stop_us) }));
  const sizes = steps.flatMap((step) => [...bars(step, 'bytes', 'memory of the target'), ...bars(step, 'copied_bytes', 'copied'), ...bars(step, 'file_bytes', 'image file')]);
  if (stops.length === 0 && sizes.length === 0) return '';
  return html`<h3>Sizes and stop times</h3><div class="plots">${plot('The component stood still (virtual time)', stops)}${plot('Bytes', sizes)}</div>`;
}

const label = ({ step, words }: OperationRecord): string => `${step}. ${words}`;

function bars(step: StepOutcome, fact: string, name: string): readonly Bar[] {
  const value = step.facts?.[fact];
  return typeof value === 'number' ? [{ label: `${step.number}. ${step.words}: ${name}`, value, words: byteWords(value) }] : [];
}

function byteWords(bytes: number): string {
  if (bytes < KIB) return `${bytes} B`;
  return bytes < KIB * KIB ? `${(bytes / KIB).toFixed(1)} KiB` : `${(bytes / KIB / KIB).toFixed(1)} MiB`;
}

function plot(title: string, rows: readonly Bar[]): Html | '' {
  if (rows.length === 0) return '';
  const most = Math.max(1, ...rows.map(({ value }) => value));
  const lines = rows.map(({ label: name, value, words }) => html`<dt>${name}</dt><dd><i style="width:${((value / most) * 100).toFixed(2)}%"></i><span>${words}</span></dd>`);
  return html`<figure><figcaption>${title}</figcaption><dl>${lines}</dl></figure>`;
}
