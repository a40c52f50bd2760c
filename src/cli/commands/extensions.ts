// `rescap extensions SCENARIO...`: which of the kernel's and core's extensions a scenario needs, found out by running it without
// each of them. `--write` does it for every scenario that restores something and renews the record and the tables made from it.
// Owns no state beyond the run; images of checkpoints go to a folder of their own.

import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { good, quiet } from '../../report/colors.ts';
import { needsReasons, needsSummary, needsTable } from '../../report/needs_tables.ts';
import { WALL_MS_DEFAULT } from '../../runner/limits.ts';
import { type Need, needsOf, restores, type RunWith, type ScenarioNeeds } from '../../runner/needs/needs.ts';
import { NEEDS_FORMAT, type NeedsRecord, type NeedsRow, parseNeeds, printNeeds, staleness } from '../../runner/needs/record.ts';
import { runScenario } from '../../runner/run.ts';
import type { Scenario } from '../../scenario/model.ts';
import { RTCR_EXTENSIONS } from '../../runtime/rtcr/extensions.ts';
import { type Command, type Exit, PASSED, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { imageStore } from '../image_store.ts';
import { openScenario } from '../open_scenario.ts';
import { findScenarios, goldensOf, loadScenario } from '../scenarios.ts';

export const EXTENSIONS: Command = {
  name: 'extensions',
  summary: 'Runs a scenario without each extension that it uses, also with the strategies that do without it, and tells the smallest set with which it passes.',
  usage: 'extensions SCENARIO... | --write [--fresh]',
  example: ['rescap extensions sheep_counter', 'rescap extensions "restore/*"', 'rescap extensions --write'],
  options: {
    write: { type: 'boolean', doc: "every scenario that restores something: run/extensions.json and the tables in README.md and run/EXTENSIONS.md" },
    fresh: { type: 'boolean', doc: 'with --write: run unchanged scenarios again, too' },
  },
  run: ({ values, positionals }, context) => {
    if (values['write'] === true) return writeRecord(values['fresh'] === true, context);
    if (positionals.length === 0) throw new UsageError('extensions needs a scenario', 'for example: rescap extensions sheep_counter');
    let exit: Exit = PASSED;
    for (const file of findScenarios(positionals, context)) {
      const found = examine(file, context);
      if ('verdict' in found) exit = found;
      else context.out(sentences(found));
    }
    return exit;
  },
};

export const NEEDS_RECORD = 'run/extensions.json';
const DETAILS = 'run/EXTENSIONS.md';
const README = 'README.md';
export const EXTENSION_NAMES: readonly string[] = RTCR_EXTENSIONS.map(({ name }) => name);

/** Every scenario that restores something, with a hash of what it does. */
export function restoringScenarios(context: Context): ReadonlyMap<string, { readonly file: string; readonly hash: string }> {
  const found = new Map<string, { readonly file: string; readonly hash: string }>();
  for (const file of findScenarios([], context)) {
    const { scenario } = loadScenario(file, context);
    if (scenario !== undefined && restores(scenario)) found.set(scenario.name, { file, hash: hashOf(scenario) });
  }
  return found;
}

/** Places and words for people: a scenario that differs in these only is the same experiment. */
const NOT_HASHED: ReadonlySet<string> = new Set(['span', 'tagSpan', 'source', 'config', 'doc', 'tags']);

function hashOf(scenario: Scenario): string {
  const text = JSON.stringify(scenario, (key, value: unknown) => (NOT_HASHED.has(key) ? undefined : value instanceof Set ? [...value].sort() : value));
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Runs a scenario in all ways; an exit where it does not even pass as it is. */
export function examine(file: string, context: Context): NeedsRow | Exit {
  const opened = openScenario(file, context);
  if ('verdict' in opened) return opened;
  const { scenario, modules } = opened;
  const folder = mkdtempSync(join(tmpdir(), 'rescap-extensions-'));
  try {
    const observer = { line: () => undefined, stepDone: () => undefined };
    const goldens = { ...goldensOf(file, scenario.variant, context), write: () => undefined, remove: () => undefined };
    const ports = { boot: context.boot, goldens, images: imageStore(folder, folder, file, context), ci: true, observer, wall_ms: context.wall_ms, wall_limit_ms: WALL_MS_DEFAULT };
    const run: RunWith = (one) => runScenario(one, modules, ports);
    const whole = run(scenario);
    if (whole.verdict !== 'passed') return { verdict: whole.verdict, reason: `${scenario.name} does not pass as it is: ${whole.reason}` };
    return { scenario: scenario.name, hash: hashOf(scenario), ...needsOf(scenario, whole.extensions_used, run) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const OUTCOME_WORDS: Readonly<Record<Need['outcome'], (need: Need) => string>> = {
  needed: ({ how, reason }) => `needed: ${how === '' ? '' : `with ${how}, `}${reason}`,
  avoidable: ({ how }) => quiet(`${good('not needed')}: it passes with ${how}`),
  idle: () => quiet(`${good('not needed')}: it passes without`),
};

function sentences({ scenario, needs, smallest }: { readonly scenario: string } & ScenarioNeeds): string {
  const head = needs.length === 0 ? `${scenario} uses no extension\n` : `${scenario} passes with ${smallest.length} of the ${needs.length} extensions that it uses: ${smallest.join(', ') || 'none'}\n`;
  const width = Math.max(0, ...needs.map(({ extension }) => extension.length));
  return head + needs.map((need) => `  ${need.extension.padEnd(width)}  ${OUTCOME_WORDS[need.outcome](need)}\n`).join('');
}

function writeRecord(fresh: boolean, context: Context): Exit {
  const path = resolve(context.cwd, NEEDS_RECORD);
  const old = !fresh && existsSync(path) ? parseNeeds(readFileSync(path, 'utf8')) : undefined;
  const known = old === undefined || 'error' in old || JSON.stringify(old.extensions) !== JSON.stringify(EXTENSION_NAMES) ? [] : old.rows;
  const rows: NeedsRow[] = [];
  let exit: Exit = PASSED;
  for (const [scenario, { file, hash }] of restoringScenarios(context)) {
    const before = known.find((row) => row.scenario === scenario && row.hash === hash);
    const row = before ?? examine(file, context);
    if ('verdict' in row) {
      exit = row;
      context.err(`${row.reason}\n`);
      continue;
    }
    rows.push(row);
    if (before === undefined) {
      context.out(sentences(row));
      // An interrupted run goes on where it was.
      writeFileSync(path, printNeeds({ format: NEEDS_FORMAT, extensions: EXTENSION_NAMES, rows: [...known.filter((other) => !rows.some((one) => one.scenario === other.scenario)), ...rows] }));
    }
  }
  const record = parseNeeds(printNeeds({ format: NEEDS_FORMAT, extensions: EXTENSION_NAMES, rows }));
  if ('error' in record) throw new Error(record.error);
  writeFileSync(path, printNeeds(record));
  for (const [file, name, text] of tablesOf(record)) writeFileSync(resolve(context.cwd, file), replaced(resolve(context.cwd, file), name, text));
  return exit;
}

/** What is generated from a record, and where it stands between its marks. */
export function tablesOf(record: NeedsRecord): readonly (readonly [file: string, mark: string, text: string])[] {
  return [
    [README, 'needs', needsSummary(record)],
    [DETAILS, 'needs', needsTable(record)],
    [DETAILS, 'reasons', needsReasons(record)],
  ];
}

/** The text between the marks of a file. */
export const between = (mark: string): RegExp => new RegExp(`(<!-- ${mark}:[^>]*-->\\n)([^]*?)(\\n<!-- end of ${mark} -->)`);

function replaced(path: string, mark: string, text: string): string {
  const whole = readFileSync(path, 'utf8');
  if (!between(mark).test(whole)) throw new UsageError(`${path} has no marks for '${mark}'`);
  return whole.replace(between(mark), (_all, begin: string, _old, end: string) => `${begin}${text}${end}`);
}

/** Why the record is not that of the catalogue as it is; empty: it is. */
export function recordProblems(record: NeedsRecord, context: Context): readonly string[] {
  const hashes = new Map([...restoringScenarios(context)].map(([scenario, { hash }]) => [scenario, hash]));
  return staleness(record, EXTENSION_NAMES, hashes);
}
