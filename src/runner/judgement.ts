// What a scenario's result means once its circumstances are known: expected to fail, passed only on another attempt, not run at all.
// One table ties the result classes to exit statuses (init-run-tools.md 7.4, product.md "Command line"). Owns no state.

import type { RunResult, Verdict } from './result.ts';

/** How a class counts, and in which words it is told. */
interface ClassRow {
  /** Fails the whole. */
  readonly fails: boolean;
  readonly words: string;
}

export const RESULT_CLASSES = {
  PASS: { fails: false, words: 'passed' },
  FAIL: { fails: true, words: 'failed' },
  XFAIL: { fails: false, words: 'failed as expected' },
  XPASS: { fails: true, words: 'passed unexpectedly' },
  FLAKY: { fails: false, words: 'flaky' },
  SKIP: { fails: false, words: 'skipped' },
  TIMEOUT: { fails: true, words: 'timeout' },
  INVALID: { fails: true, words: 'invalid' },
  INTERNAL: { fails: true, words: 'internal error' },
} as const satisfies Readonly<Record<string, ClassRow>>;

export type ResultClass = keyof typeof RESULT_CLASSES;

const CLASS_OF = {
  passed: 'PASS', failed: 'FAIL', golden: 'FAIL', timeout: 'TIMEOUT', invalid: 'INVALID', internal: 'INTERNAL', nothing: 'SKIP',
} as const satisfies Readonly<Record<Verdict, ResultClass>>;

/** Verdicts that a scenario may be expected to have; an invalid scenario or a defect of Rescap is never expected. */
const EXPECTABLE: ReadonlySet<Verdict> = new Set(['failed', 'golden', 'timeout']);

export interface Attempt {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly seed: number;
  readonly time_us: number;
  readonly wall_ms: number;
}

export interface Judged {
  readonly name: string;
  readonly file: string;
  readonly class: ResultClass;
  /** What the exit status follows: an expected failure passed, an unexpected pass failed. */
  readonly verdict: Verdict;
  readonly reason: string;
  /** Of the attempt that decided: the last. */
  readonly result: RunResult;
  readonly attempts: readonly Attempt[];
  readonly wall_ms: number;
  readonly tags: readonly string[];
}

export interface Circumstances {
  /** Why the scenario is expected to fail. */
  readonly xfail?: string | undefined;
  readonly tags?: readonly string[];
}

/** `attempts` are in order and not empty; `result` is that of the last. */
export function judge(result: RunResult, attempts: readonly Attempt[], { xfail, tags = [] }: Circumstances = {}): Judged {
  const wall_ms = attempts.reduce((sum, attempt) => sum + attempt.wall_ms, 0);
  const judged = (kind: ResultClass, verdict: Verdict, reason: string): Judged => ({ name: result.scenario, file: result.file, class: kind, verdict, reason, result, attempts, wall_ms, tags });
  const { verdict, reason } = result;
  if (xfail !== undefined && EXPECTABLE.has(verdict)) return judged('XFAIL', 'passed', `${reason} (expected: ${xfail})`);
  if (xfail !== undefined && verdict === 'passed') return judged('XPASS', 'failed', `it passed, but was expected to fail: ${xfail}`);
  const [first] = attempts;
  if (verdict === 'passed' && attempts.length > 1 && first !== undefined && first.verdict !== 'passed') {
    return judged('FLAKY', 'passed', `passed at attempt ${attempts.length}; the first: ${first.reason}`);
  }
  return judged(CLASS_OF[verdict], verdict, reason);
}

export function fails({ class: kind }: Pick<Judged, 'class'>): boolean {
  return RESULT_CLASSES[kind].fails;
}

/** How many of each class, in the order of the table, those that did not occur left out: "3 passed, 1 timeout". */
export function classCounts(judged: readonly Pick<Judged, 'class'>[]): string {
  const kinds = Object.keys(RESULT_CLASSES) as ResultClass[];
  const counts = kinds.map((kind) => [kind, judged.filter((one) => one.class === kind).length] as const).filter(([, count]) => count > 0);
  return counts.map(([kind, count]) => `${count} ${RESULT_CLASSES[kind].words}`).join(', ');
}
