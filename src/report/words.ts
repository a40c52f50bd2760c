// Numbers, faults, steps and verdicts as people read them, for all reports.
// Owns no state.

import { fails, type Judged, RESULT_CLASSES } from '../runner/judgement.ts';
import type { RunResult, StepOutcome, Verdict } from '../runner/result.ts';

export const VERDICT_WORDS = {
  passed: 'passed',
  failed: 'failed',
  invalid: 'invalid',
  golden: 'golden mismatch',
  timeout: 'timeout',
  internal: 'internal error',
  nothing: 'nothing executed',
} as const satisfies Record<Verdict, string>;

/** Virtual time: "3.012 s". */
export function timeWords(time_us: number): string {
  return `${(time_us / 1e6).toFixed(3)} s`;
}

/** Of a failed golden the verdict's own words, for it has an exit status of its own. */
export function classWords({ class: kind, verdict }: Pick<Judged, 'class' | 'verdict'>): string {
  return kind === 'FAIL' ? VERDICT_WORDS[verdict] : RESULT_CLASSES[kind].words;
}

export function stepsWords({ steps }: Pick<RunResult, 'steps'>): string {
  return steps.length === 1 ? '1 step' : `${steps.length} steps`;
}

/** What a checkpoint or restore tells of itself, as far as it is a line's worth. */
export function factWords({ facts }: StepOutcome): string {
  const shown = Object.entries(facts ?? {}).filter(([, fact]) => typeof fact === 'number' || typeof fact === 'string' || typeof fact === 'boolean');
  return shown.map(([name, fact]) => `${name} ${String(fact)}`).join(', ');
}

/** The last line of several scenarios. */
export function closingLine(judged: readonly Pick<Judged, 'class'>[]): string {
  const failed = judged.filter(fails).length;
  const skipped = judged.filter((one) => one.class === 'SKIP').length;
  return `${judged.length - failed - skipped} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

const hexWord = (value: number) => `0x${value.toString(16)}`;

export function faultWords(fault: RunResult['faults'][number]): string {
  const where = fault.task === 0 ? '' : ` (task ${hexWord(fault.task)}${fault.component === undefined ? '' : ` ${fault.component}`}, thread ${hexWord(fault.thread)}${fault.pc === undefined ? '' : `, pc ${hexWord(fault.pc)}`})`;
  return `${fault.message}${where}`;
}
