// Records of many sweeps as one table in Markdown: a row each, with why moments were refused and where the first failure is.
// Pure; owns no state.

import { EXPLAINED_OUTCOMES } from '../runner/sweep/experiment.ts';
import { explainedCount, type SweepRecord } from '../runner/sweep/record.ts';

const REASONS_SHOWN = 3;
const REASON_CHARACTERS = 110;

export function sweepTable(records: readonly SweepRecord[]): string {
  const rows = [...records].sort((a, b) => (a.identity.scenario < b.identity.scenario ? -1 : 1)).map(row);
  const sum = (count: (record: SweepRecord) => number): number => records.reduce((total, record) => total + count(record), 0);
  const failed = (record: SweepRecord): number => record.failures.length + record.failures_more;
  const total = `| all | | ${sum(({ total }) => total)} | ${sum(({ tried }) => tried.length)} | ${sum(({ ok }) => ok)} | ${EXPLAINED_OUTCOMES.map((outcome) => sum((record) => explainedCount(record, outcome))).join(' | ')} | ${sum(({ refused }) => refused)} | ${sum(failed)} | |`;
  return `${[`| scenario | components | moments | tried | ok | ${EXPLAINED_OUTCOMES.join(' | ')} | refused | failed | refused because; first failure |`, `|---|---|---|---|---|${'---|'.repeat(EXPLAINED_OUTCOMES.length)}---|---|---|`, ...rows, total].join('\n')}\n`;
}

function row(record: SweepRecord): string {
  const { identity: { scenario, component }, total, tried, ok, refused, refusals, failures, failures_more } = record;
  const reasons = refusals.slice(0, REASONS_SHOWN).map(({ reason, count }) => `${count}: ${cell(reason)}`);
  const more = refusals.slice(REASONS_SHOWN).reduce((sum, { count }) => sum + count, 0);
  const [first] = failures;
  const words = [...reasons, ...(more === 0 ? [] : [`${more}: other reasons`]), ...(first === undefined ? [] : [`failed first at ${first.moment}: ${cell(first.reason[0] ?? '')}`])];
  return `| \`${scenario}\` | ${cell(component)} | ${total} | ${tried.length} | ${ok} | ${EXPLAINED_OUTCOMES.map((outcome) => explainedCount(record, outcome)).join(' | ')} | ${refused} | ${failures.length + failures_more} | ${words.join('; ')} |`;
}

function cell(text: string): string {
  const plain = text.replaceAll('|', '/').replaceAll('<', '&lt;');
  return plain.length <= REASON_CHARACTERS ? plain : `${plain.slice(0, Math.max(plain.lastIndexOf(' ', REASON_CHARACTERS), 1))} …`;
}
