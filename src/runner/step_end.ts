// How a step ended, as the runner's parts tell each other.
// Owns no state.

import type { Stop } from './progress.ts';
import type { StepOutcome, Verdict } from './result.ts';

/** `fatal`: the steps after it make no sense any more. */
export interface StepEnd {
  readonly verdict: Verdict;
  readonly message: readonly string[];
  readonly fatal?: boolean;
  readonly facts?: StepOutcome['facts'];
}

export const PASSED: StepEnd = { verdict: 'passed', message: [] };

/** What a wait came to, as the end of its step. */
export function fatal(stop: Stop | null): StepEnd {
  return stop === null ? PASSED : { verdict: stop.verdict, message: [stop.reason], fatal: true };
}
