// Numbers, faults and verdicts as people read them, for all reports.
// Owns no state.

import type { RunResult, Verdict } from '../runner/result.ts';

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

export function closingLine(results: readonly RunResult[]): string {
  const passed = results.filter((result) => result.verdict === 'passed').length;
  const skipped = results.filter((result) => result.verdict === 'nothing').length;
  return `${passed} passed, ${results.length - passed - skipped} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

const hexWord = (value: number) => `0x${value.toString(16)}`;

export function faultWords(fault: RunResult['faults'][number]): string {
  const where = fault.task === 0 ? '' : ` (task ${hexWord(fault.task)}${fault.component === undefined ? '' : ` ${fault.component}`}, thread ${hexWord(fault.thread)}${fault.pc === undefined ? '' : `, pc ${hexWord(fault.pc)}`})`;
  return `${fault.message}${where}`;
}
