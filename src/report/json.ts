// One JSON document of a whole call of `rescap run`; its form is src/report/json_schema.ts, published as config/report.schema.json.
// Owns no state. Field order is the order below.

import { classCounts, type Judged } from '../runner/judgement.ts';
import { EXIT_STATUS, type Verdict } from '../runner/result.ts';
import { jsonValue, resultFields } from './files.ts';

export const REPORT_FORMAT = 1;

export interface Whole {
  readonly verdict: Verdict;
  readonly reason: string;
}

export function jsonReport(judged: readonly Judged[], whole: Whole): string {
  const value = {
    format: REPORT_FORMAT,
    verdict: whole.verdict,
    exit_status: EXIT_STATUS[whole.verdict],
    reason: whole.reason,
    counts: classCounts(judged),
    scenarios: judged.map(({ name, class: kind, reason, attempts, wall_ms, tags, result }) => ({
      name, class: kind, judged_reason: reason, tags, wall_ms: Math.round(wall_ms),
      attempts: attempts.map((attempt) => ({ ...attempt, wall_ms: Math.round(attempt.wall_ms) })),
      ...resultFields(result),
    })),
  };
  return `${JSON.stringify(value, jsonValue, 2)}\n`;
}
