// The record of which extensions the scenarios of the catalogue need (run/extensions.json): its form, and when it is stale.
// Owns no state.

import type { Need, ScenarioNeeds } from './needs.ts';

export interface NeedsRow extends ScenarioNeeds {
  readonly scenario: string;
  /** Of what the scenario does, so that a changed one is noticed. */
  readonly hash: string;
}

export interface NeedsRecord {
  readonly format: typeof NEEDS_FORMAT;
  readonly extensions: readonly string[];
  readonly rows: readonly NeedsRow[];
}

export const NEEDS_FORMAT = 1;
const OUTCOMES: readonly unknown[] = ['needed', 'avoidable', 'idle'] satisfies readonly Need['outcome'][];

/** One row a line, so that a change of one scenario is a change of one line. */
export function printNeeds({ extensions, rows }: NeedsRecord): string {
  const sorted = [...rows].sort((a, b) => (a.scenario < b.scenario ? -1 : 1));
  return `{"format":${NEEDS_FORMAT},"extensions":${JSON.stringify(extensions)},"rows":[\n${sorted.map(({ scenario, hash, smallest, needs }) => JSON.stringify({ scenario, hash, smallest, needs })).join(',\n')}\n]}\n`;
}

export function parseNeeds(text: string): NeedsRecord | { readonly error: string } {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (thrown) {
    return { error: `no JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
  }
  const record = data as Partial<NeedsRecord> | null;
  if (record === null || typeof record !== 'object' || record.format !== NEEDS_FORMAT) return { error: `no record of format ${NEEDS_FORMAT}` };
  if (!isStrings(record.extensions) || !Array.isArray(record.rows) || !record.rows.every(isRow)) return { error: 'a row is not as it should be' };
  return { format: NEEDS_FORMAT, extensions: record.extensions, rows: record.rows };
}

function isRow(value: unknown): value is NeedsRow {
  const row = value as Partial<NeedsRow> | null;
  return row !== null && typeof row === 'object' && typeof row.scenario === 'string' && typeof row.hash === 'string' && isStrings(row.smallest) && Array.isArray(row.needs) && row.needs.every(isNeed);
}

function isNeed(value: unknown): boolean {
  const need = value as Partial<Need> | null;
  return need !== null && typeof need === 'object' && typeof need.extension === 'string' && OUTCOMES.includes(need.outcome) && typeof need.how === 'string' && typeof need.reason === 'string';
}

const isStrings = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');

/** What a record does not tell of the catalogue as it is now; empty: it is up to date. */
export function staleness(record: NeedsRecord, extensions: readonly string[], catalogue: ReadonlyMap<string, string>): readonly string[] {
  const rows = new Map(record.rows.map((row) => [row.scenario, row]));
  const stale: string[] = [];
  if (JSON.stringify(record.extensions) !== JSON.stringify(extensions)) stale.push(`extensions are ${extensions.join(', ')}, not ${record.extensions.join(', ')}`);
  for (const [scenario, hash] of catalogue) {
    const row = rows.get(scenario);
    if (row === undefined) stale.push(`${scenario} is not in it`);
    else if (row.hash !== hash) stale.push(`${scenario} has changed`);
  }
  for (const scenario of rows.keys()) if (!catalogue.has(scenario)) stale.push(`${scenario} does not exist, or restores nothing`);
  return stale;
}
