// The record of a sweep as a file: what was swept, how, and every moment that did not pass. Printed, parsed strictly, merged.
// Pure; owns no state. Named fields, versioned; records of shards and of interrupted runs of one sweep merge into one.

import type { Strategy } from '../../runtime/system.ts';
import { type Explained, EXPLAINED_OUTCOMES, type MomentResult, OUTCOMES } from './experiment.ts';

export const SWEEP_FORMAT = 4;

/** What makes two records parts of one sweep. */
export interface SweepIdentity {
  readonly scenario: string;
  /** Hash of the scenario's text and its boot modules. */
  readonly hash: string;
  readonly component: string;
  readonly moments_of: string;
  readonly strategy: { readonly checkpoint: Strategy; readonly restore: Strategy };
}

export interface SweepRecord {
  readonly format: typeof SWEEP_FORMAT;
  readonly identity: SweepIdentity;
  /** All moments of the sweep. */
  readonly total: number;
  /** Moments tried, ascending; results of `ok` ones are only counted. */
  readonly tried: readonly number[];
  readonly ok: number;
  /** Those that came to another end than the undisturbed run, by what explains it (experiment.ts); kinds that did not occur are left out. */
  readonly explained: readonly ExplainedMoments[];
  readonly refused: number;
  readonly failures: readonly MomentResult[];
  /** Failures beyond the limit of the list. */
  readonly failures_more: number;
  /** By reason; how often, and the smallest moment. */
  readonly refusals: readonly Refusal[];
}

export interface ExplainedMoments {
  readonly outcome: Explained;
  readonly count: number;
  /** The smallest. */
  readonly example: MomentResult;
}

export interface Refusal {
  readonly reason: string;
  readonly count: number;
  readonly moment: number;
}

export const FAILURES_MAX = 200;
/** Reasons beyond are counted as "other reasons". */
const REASONS_MAX = 30;
const OTHER_REASONS = 'other reasons';

export function emptyRecord(identity: SweepIdentity, total: number): SweepRecord {
  return { format: SWEEP_FORMAT, identity, total, tried: [], ok: 0, explained: [], refused: 0, failures: [], failures_more: 0, refusals: [] };
}

export function withResult(record: SweepRecord, result: MomentResult): SweepRecord {
  return withResults(record, [result]);
}

/** Many at once: a sweep has many thousand moments, and each call copies their list. */
export function withResults(record: SweepRecord, results: readonly MomentResult[]): SweepRecord {
  const of = (outcome: MomentResult['outcome']): MomentResult[] => results.filter((result) => result.outcome === outcome);
  const refused = of('refused');
  const failures = [...record.failures, ...of('failed')].sort((a, b) => a.moment - b.moment);
  return {
    ...record,
    tried: [...record.tried, ...results.map(({ moment }) => moment)].sort((a, b) => a - b),
    ok: record.ok + of('ok').length,
    explained: EXPLAINED_OUTCOMES.flatMap((outcome) => of(outcome).map((example) => ({ outcome, count: 1, example }))).reduce(withExplained, record.explained),
    refused: record.refused + refused.length,
    failures: failures.slice(0, FAILURES_MAX),
    failures_more: record.failures_more + Math.max(0, failures.length - FAILURES_MAX),
    refusals: refused.reduce((all, { reason: [reason = ''], moment }) => withRefusal(all, { reason, count: 1, moment }), record.refusals),
  };
}

/** Most frequent first. */
function withRefusal(refusals: readonly Refusal[], one: Refusal): readonly Refusal[] {
  const reason = refusals.length < REASONS_MAX || refusals.some((other) => other.reason === one.reason) ? one.reason : OTHER_REASONS;
  const old = refusals.find((other) => other.reason === reason);
  const sum = { reason, count: one.count + (old?.count ?? 0), moment: Math.min(one.moment, old?.moment ?? one.moment) };
  return [...refusals.filter((other) => other !== old), sum].sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

/** The whole of several records of one sweep. */
export function mergeRecords(records: readonly SweepRecord[]): SweepRecord | { readonly error: string } {
  const [first, ...rest] = records;
  if (first === undefined) return { error: 'there is no record to merge' };
  const same = (a: SweepIdentity, b: SweepIdentity): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
  let merged = first;
  for (const record of rest) {
    if (!same(first.identity, record.identity)) return { error: `the records belong to different sweeps: ${words(first.identity)} and ${words(record.identity)}` };
    const known = new Set(merged.tried);
    const twice = record.tried.filter((moment) => known.has(moment));
    if (twice.length > 0) return { error: `moment ${twice[0] ?? 0} is in two of the records: shards of one sweep have none in common` };
    const failures = [...merged.failures, ...record.failures].sort((a, b) => a.moment - b.moment);
    merged = {
      ...merged,
      tried: [...merged.tried, ...record.tried].sort((a, b) => a - b),
      ok: merged.ok + record.ok,
      explained: record.explained.reduce(withExplained, merged.explained),
      refused: merged.refused + record.refused,
      failures: failures.slice(0, FAILURES_MAX),
      failures_more: merged.failures_more + record.failures_more + Math.max(0, failures.length - FAILURES_MAX),
      refusals: record.refusals.reduce(withRefusal, merged.refusals),
    };
  }
  return merged;
}

/** In the order of the outcomes. */
function withExplained(all: readonly ExplainedMoments[], one: ExplainedMoments): readonly ExplainedMoments[] {
  const old = all.find(({ outcome }) => outcome === one.outcome);
  const example = old === undefined || one.example.moment < old.example.moment ? one.example : old.example;
  const sum = { outcome: one.outcome, count: one.count + (old?.count ?? 0), example };
  return EXPLAINED_OUTCOMES.flatMap((outcome) => (outcome === sum.outcome ? [sum] : all.filter((other) => other.outcome === outcome)));
}

/** How many moments a kind of explanation was found for. */
export const explainedCount = (record: SweepRecord, outcome: Explained): number => record.explained.find((one) => one.outcome === outcome)?.count ?? 0;

const words = ({ scenario, component, moments_of }: SweepIdentity): string => `${scenario} (${component}, ${moments_of})`;

/** Fields in one order, so that equal identities print equal. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([name, field]) => [name, sorted(field)]));
}

export const printRecord = (record: SweepRecord): string => `${JSON.stringify(record, null, 1)}\n`;

/** Reads strictly: whatever is no record of this format is an error in words. */
export function parseRecord(text: string): SweepRecord | { readonly error: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    return { error: `is no JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
  }
  const problem = recordProblem(value);
  return problem === null ? (value as SweepRecord) : { error: problem };
}

const FIELDS = ['format', 'identity', 'total', 'tried', 'ok', 'explained', 'refused', 'failures', 'failures_more', 'refusals'];

function recordProblem(value: unknown): string | null {
  if (!isObject(value)) return 'is no sweep record';
  if (value['format'] !== SWEEP_FORMAT) return `has format ${JSON.stringify(value['format'])}, this version reads ${SWEEP_FORMAT}`;
  const unknown = Object.keys(value).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) return `has an unknown field '${unknown}'`;
  const identity = value['identity'];
  if (!isObject(identity) || ['scenario', 'hash', 'component', 'moments_of'].some((name) => typeof identity[name] !== 'string') || !isObject(identity['strategy'])) return "has no sound field 'identity'";
  for (const name of ['total', 'ok', 'refused', 'failures_more']) if (!isCount(value[name])) return `has no count '${name}'`;
  const { tried, failures, refusals, explained } = value;
  if (!Array.isArray(tried) || !tried.every(isCount)) return "has no list of moments 'tried'";
  if (!Array.isArray(failures) || !failures.every(isResult)) return "has no sound list 'failures'";
  if (!Array.isArray(explained) || !explained.every(isExplained)) return "has no sound list 'explained'";
  if (!Array.isArray(refusals) || !refusals.every(isRefusal)) return "has no sound list 'refusals'";
  const counted = Number(value['ok']) + explained.reduce((sum, { count }) => sum + count, 0) + Number(value['refused']) + failures.length + Number(value['failures_more']);
  return counted === tried.length ? null : `counts ${counted} results for ${tried.length} moments`;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

const isRefusal = (value: unknown): boolean => isObject(value) && typeof value['reason'] === 'string' && isCount(value['count']) && isCount(value['moment']);

const isExplained = (value: unknown): value is ExplainedMoments => isObject(value) && (EXPLAINED_OUTCOMES as readonly unknown[]).includes(value['outcome']) && isCount(value['count']) && isResult(value['example']);

function isResult(value: unknown): boolean {
  if (!isObject(value) || !isCount(value['moment'])) return false;
  const { outcome, reason, threads } = value;
  if (!(OUTCOMES as readonly unknown[]).includes(outcome)) return false;
  return Array.isArray(reason) && reason.every((line) => typeof line === 'string') && Array.isArray(threads) && threads.every((row) => isObject(row) && typeof row['name'] === 'string' && typeof row['phase'] === 'string');
}
