// Which extensions restores need, as Markdown: by extension, by smallest set, and scenario by scenario. Owns no state.
// The record it is made from: src/runner/needs/record.ts.

import type { Need } from '../runner/needs/needs.ts';
import type { NeedsRecord, NeedsRow } from '../runner/needs/record.ts';

const code = (text: string): string => `\`${text}\``;
/** Bars would end the cell of a table. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

/** By extension: how many restores fail without it whatever strategy is tried, and what fails. Then the smallest sets. */
export function needsSummary(record: NeedsRecord): string {
  return `${byExtension(record)}\n\n${bySet(record)}`;
}

function byExtension({ extensions, rows }: NeedsRecord): string {
  const lines = extensions.map((extension) => {
    const found = rows.flatMap(({ scenario, needs }) => needs.filter((need) => need.extension === extension).map((need) => ({ scenario, need })));
    const of = (outcome: Need['outcome']) => found.filter(({ need }) => need.outcome === outcome);
    const needed = of('needed');
    const how = needed.find(({ need }) => need.how !== '')?.need.how ?? of('avoidable')[0]?.need.how ?? '';
    return `| ${code(extension)} | ${found.length} | ${needed.length} | ${of('avoidable').length} | ${how === '' ? 'nothing' : code(how)} | ${examples(needed)} |`;
  });
  return ['| extension | restores that use it | fail without | pass with another strategy | what is tried instead | what fails first then |', '|---|---|---|---|---|---|', ...lines].join('\n');
}

const EXAMPLES = 3;

/** The most frequent failures, each with a scenario that shows it. */
function examples(needed: readonly { readonly scenario: string; readonly need: Need }[]): string {
  const kinds = new Map<string, { count: number; scenario: string; reason: string }>();
  for (const { scenario, need } of needed) {
    const kind = kindOf(need.reason);
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, { count: 1, scenario, reason: kind });
    else known.count++;
  }
  const sorted = [...kinds.values()].sort((a, b) => b.count - a.count || (a.scenario < b.scenario ? -1 : 1));
  const shown = sorted.slice(0, EXAMPLES).map(({ count, scenario, reason }) => `${cell(reason)} (${count}, so ${code(scenario)})`);
  return shown.join('; ') + (sorted.length > EXAMPLES ? '; and others' : '');
}

/** Failures that differ in names, numbers and texts only are of one kind. */
function kindOf(reason: string): string {
  return reason
    .replace(/log ".*" did not come within \d+ ms/, 'the next line does not come')
    .replace(/^\d+ lost.*/, 'slots are lost')
    .replace(/^\d+ lines, not \d+, matched .*/, 'a line comes another number of times')
    .replace(/^fail: .*/, 'a line comes that must not')
    .replace(/thread "[^"]*"/g, 'a thread')
    .replace(/0x[0-9a-f]+/g, 'N')
    .replace(/^the (checkpoint|restore) did not end: core stands in Cpu_thread.pause.*/, 'core waits for ever in Cpu_thread.pause');
}

/** One row a smallest set, with all its scenarios. */
function bySet({ extensions, rows }: NeedsRecord): string {
  const sets = new Map<string, NeedsRow[]>();
  for (const row of rows) {
    const key = extensions.map((extension) => (row.smallest.includes(extension) ? '●' : ' ')).join('|');
    sets.set(key, [...(sets.get(key) ?? []), row]);
  }
  const sorted = [...sets].sort(([a, ofA], [b, ofB]) => ofB.length - ofA.length || (a < b ? 1 : -1));
  const names = (of: readonly NeedsRow[], losing: boolean) => of.filter(({ scenario }) => scenario.startsWith('loses/') === losing).map(({ scenario }) => code(scenario)).join(' ');
  const lines = sorted.map(([key, of]) => `| ${key.split('|').join(' | ')} | ${names(of, false)} | ${names(of, true)} |`);
  return [`| ${extensions.map(code).join(' | ')} | restores | that show a loss |`, `|${'---|'.repeat(extensions.length + 2)}`, ...lines].join('\n');
}

const MARKS = { needed: '●', avoidable: '○', idle: '·' } as const satisfies Record<Need['outcome'], string>;

/** Scenario by scenario, with what fails first without each extension. */
export function needsTable({ extensions, rows }: NeedsRecord): string {
  const lines = rows.map(({ scenario, needs }) => `| ${code(scenario)} | ${extensions.map((extension) => MARKS[needs.find((need) => need.extension === extension)?.outcome ?? 'idle'].replace('·', needs.some((need) => need.extension === extension) ? '·' : ' ')).join(' | ')} |`);
  return [`| scenario | ${extensions.map(code).join(' | ')} |`, `|${'---|'.repeat(extensions.length + 1)}`, ...lines].join('\n');
}

/** The failures behind the marks. */
export function needsReasons({ rows }: NeedsRecord): string {
  return rows.flatMap(({ scenario, needs }) => {
    const needed = needs.filter(({ outcome }) => outcome === 'needed');
    if (needed.length === 0) return [];
    return [`* ${code(scenario)}`, ...needed.map(({ extension, how, reason }) => `  * without ${code(extension)}${how === '' ? '' : `, with ${code(how)}`}: ${reason.replace(/\s+/g, ' ')}`)];
  }).join('\n');
}
