// A sweep for people: the line of progress, and the result with the smallest failing moment and how to see it again.
// Owns no state.

import { EXPLAINED, type MomentResult } from '../runner/sweep/experiment.ts';
import type { SweepRecord } from '../runner/sweep/record.ts';
import { bad, good, quiet } from './colors.ts';

export interface SweepProgress {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  readonly elapsed_ms: number;
}

const BAR_CELLS = 20;

/** One line that fits the width; the rate and the time left are guesses from what was done so far. */
export function progressLine(name: string, { done, total, failed, elapsed_ms }: SweepProgress, columns: number): string {
  const share = total === 0 ? 1 : done / total;
  const cells = Math.round(share * BAR_CELLS);
  const rate = elapsed_ms > 0 ? (done * 1000) / elapsed_ms : 0;
  const left_s = rate > 0 ? Math.ceil((total - done) / rate) : 0;
  const parts = [`${done}/${total}`, ...(failed > 0 ? [`${failed} failed`] : []), `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)}/s`, `${left_s} s left`];
  const wide = `${name} [${'#'.repeat(cells)}${'.'.repeat(BAR_CELLS - cells)}] ${parts.join(', ')}`;
  const line = wide.length < columns ? wide : `${name} ${parts.join(', ')}`;
  return line.slice(0, Math.max(0, columns - 1));
}

export function sweepText(record: SweepRecord, command: (moment: number) => string): string {
  const { identity, tried, total, ok, explained, refused, refusals, failures, failures_more } = record;
  const failed = failures.length + failures_more;
  const strategy = [...Object.entries(identity.strategy.checkpoint).map(([name, value]) => `checkpoint ${name}=${value}`), ...Object.entries(identity.strategy.restore).map(([name, value]) => `restore ${name}=${value}`)];
  return [
    `${identity.scenario}: checkpoint, kill and restore of ${identity.component} at ${identity.moments_of}${strategy.length === 0 ? '' : ` (${strategy.join(', ')})`}`,
    `${tried.length}${tried.length === total ? '' : ` of ${total}`} moments: ${good(`${ok} ok`)},${explained.map(({ outcome, count }) => ` ${count} ${outcome},`).join('')} ${refused} refused, ${failed === 0 ? '0 failed' : bad(`${failed} failed`)}`,
    ...refusals.map(({ reason, count, moment }) => quiet(`refused ${count} time${count === 1 ? '' : 's'}, first at instruction ${moment}: ${reason}`)),
    ...explained.map(({ outcome, count, example }) => quiet(`${outcome} ${count} time${count === 1 ? '' : 's'}, first at instruction ${example.moment}: ${EXPLAINED[outcome]}`)),
    ...(failures[0] === undefined ? [] : failureLines(failures[0], command)),
    '',
  ].join('\n');
}

function failureLines({ moment, reason, threads }: MomentResult, command: (moment: number) => string): string[] {
  return [
    bad(`smallest failing moment: instruction ${moment}`),
    ...reason.map((line) => `  ${line}`),
    ...(threads.length === 0 ? [] : [`  at the checkpoint: ${threads.map(({ name, phase }) => `${name} ${phase}`).join(', ')}`]),
    `  again: ${command(moment)}`,
  ];
}
